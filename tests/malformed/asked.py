"""Audit files that ask for what is not there: claims, names, attributes, groups."""

from __future__ import annotations

from malformed.case import AUDIT, Case, Content, audit, lines

__all__ = ["CASES"]

_SOURCE = "id: faces\n    manifest: faces.csv\n    taxonomy: [anger, calm]"


def _claims(*entries: str) -> dict[str, Content]:
    """Return the audit file with claims of our own; `entries` are the lines that decide."""
    text = "claims:\n"
    for i, entry in enumerate(entries):
        keys = "".join(f"    {key}\n" for key in entry.split("; "))
        text += f"  - id: c{i}\n    says: it works\n{keys}"
    return {"audit.yaml": AUDIT + text}


def _named(name: str, *more: str) -> dict[str, Content]:
    """Return the audit file with a named dataset instead of a manifest."""
    return audit((_SOURCE, "\n    ".join([f"name: {name}", *more])))


CASES = (
    Case(
        name="claims that cannot be decided",
        files=_claims(
            "metric: accuracy",
            "at_least: 0.5",
            "metric: acuracy; at_least: 0.5",
            "metric: accuracy; at_least: 0.5; at_most: 0.6",
            "metric: accuracy; largest_gap_at_most: 0.1",
            "metric: accuracy; at_least: .nan",
            "metric: uar; at_least: 0.5; failures: wrong",
            "metric: accuracy; at_least: many; failures: ignored",
            "metric: accuracy; at_least: 0.5; condition: sex",
            "metric: ece; largest_gap_at_most: 0.1; over: [sex]",
        ),
        says=lines(
            "audit.yaml: 11 problem(s)",
            (
                "  line 12, claims[0]: a claim needs a bound: at_least, at_most or "
                "largest_gap_at_most [bad_value]"
            ),
            "  line 15, claims[1]: a claim of your own needs a metric and a bound [bad_value]",
            (
                "  line 20, claims[2].metric: unknown metric 'acuracy'; known: accuracy, uar, mcc, "
                "ece, failure_rate, abstention_rate, mean_confidence, answer_rate, "
                "confident_share[0.9], recall[label], precision[label], f1[label], "
                "prediction_rate[label], standardised_prediction_rate[label], and under stress "
                "unchanged, unchanged_area, unchanged_below_floor, accuracy_change, "
                "confidence_change, failure_change, prediction_rate_change[label] [bad_value]"
            ),
            (
                "  line 22, claims[3]: give one bound: at_least, at_most or largest_gap_at_most "
                "[bad_value]"
            ),
            (
                "  line 27, claims[4]: largest_gap_at_most goes with over (the attributes), and "
                "over with it [bad_value]"
            ),
            "  line 34, claims[5].at_least: nan is not a share; write 0.95 for 95 % [bad_value]",
            "  line 35, claims[6]: failures: wrong is defined for accuracy only [bad_value]",
            "  line 43, claims[7].at_least: expected a number, found 'many' [wrong_type]",
            (
                "  line 44, claims[7].failures: expected 'excluded' or 'wrong', found 'ignored' "
                "[bad_value]"
            ),
            (
                "  line 49, claims[8].condition: 'sex' is neither attribute=group, as "
                "modality=face, nor done under stress: unknown perturbation 'sex'. All of them: "
                "facevalue perturbations list [bad_value]"
            ),
            (
                "  line 50, claims[9]: groups are not compared by ece, but by accuracy, uar, "
                "failure_rate, abstention_rate, recall[label] and "
                "standardised_prediction_rate[label], and under stress by unchanged and "
                "accuracy_change [bad_value]"
            ),
        ),
    ),
    Case(
        name="a bound of 95",
        files=_claims("metric: accuracy; at_least: 95"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            ("  line 15, claims[0].at_least: 95.0 is not a share; write 0.95 for 95 % [bad_value]"),
        ),
    ),
    Case(
        name="a claim that the library lacks",
        files=audit(more="claims:\n  - library: accuracy-59\n"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 12, claims[0].library: unknown claim 'accuracy-59'. Did you mean "
                "'accuracy-95'? Known: 'accuracy-95', 'aggression-nervousness', 'all-signals', "
                "'care-home-falls', 'docility', 'doorway-temperature', 'driver-nervousness', "
                "'ethnic-tagging', 'job-applicants', 'posed-is-enough', 'prison-monitoring', "
                "'prison-risk', 'problem-pupils', 'road-rage', 'seven-indexes-in-four-seconds', "
                "'shops-car-parks', 'suspects-from-video', 'vr-gamers', 'wearables', "
                "'works-for-everyone'. [bad_value]"
            ),
        ),
    ),
    Case(
        name="names that do not fit each other",
        files={
            "audit.yaml": AUDIT.replace("predictions", "predictions\n    datasets: [fases, faces]")
            + "  - name: mine\n    adapter: ratings\nclaims:\n"
            "  - {id: c, says: it works, metric: uar, at_least: 0.5, dataset: voices}\n"
            "  - {id: c, says: it works, metric: uar, at_least: 0.5, systems: [mine, yours]}\n"
        },
        says=lines(
            "audit.yaml: 5 problem(s)",
            (
                "  line 10, systems[0].datasets[0]: there is no 'fases' in this file. Known: "
                "'faces' [bad_value]"
            ),
            (
                "  line 12, systems[1]: 'mine' is there already, as systems[0]; give another name "
                "[bad_value]"
            ),
            (
                "  line 15, claims[0].dataset: there is no 'voices' in this file. Known: 'faces' "
                "[bad_value]"
            ),
            (
                "  line 16, claims[1]: 'c' is there already, as claims[0]; give another name "
                "[bad_value]"
            ),
            (
                "  line 16, claims[1].systems[1]: there is no 'yours' in this file. Known: 'mine' "
                "[bad_value]"
            ),
        ),
    ),
    Case(
        name="a metric that is not measured",
        files=_claims("metric: confident_share[0.8]; at_most: 0.05"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 14, claims[0].metric: confident_share[0.8] is not measured; with "
                "analyses.confident it is confident_share[0.9] [bad_value]"
            ),
        ),
    ),
    Case(
        name="references that are no groups",
        files=audit(("[anger, calm]", "[anger, calm]\n    references: {sex: rest}")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 7, datasets[0].references: 'rest' is reserved: every group is compared "
                "with it anyway [bad_value]"
            ),
        ),
    ),
    Case(
        name="a dataset nobody knows",
        files=_named("crema"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  datasets[0].name: unknown dataset 'crema'. Did you mean 'crema-d'? Known: "
                "'crema-d', 'emodb-2s', 'ferplus', 'generated-control-sounds', "
                "'generated-controls', 'lfw-subset'. "
                "[unknown_name]"
            ),
        ),
    ),
    Case(
        name="a dataset that is not here",
        files=_named("emodb-2s"),
        says=lines(
            "dataset 'emodb-2s' is not available here. It cannot be fetched: set "
            "FACEVALUE_DATA to a folder that holds emodb-2s/ with items.csv and flac."
        ),
    ),
    Case(
        name="a named dataset read like a manifest",
        files=_named("generated-controls", "columns: {item: id}", "root: a", "options: {seeds: 3}"),
        says=lines(
            "dataset generated-controls: 3 problem(s)",
            "  columns: this is for manifests; a named dataset has its own [not_for_named]",
            "  root: this is for manifests; a named dataset has its own [not_for_named]",
            (
                "  options.seeds: unknown option. Did you mean 'seed'? There are: 'n_per_kind', "
                "'size', 'seed', 'kinds' [unknown_option]"
            ),
        ),
    ),
    Case(
        name="a named dataset with wrong options",
        files=_named("generated-controls", "options: {n_per_kind: -1, size: big, seed: true}"),
        says=lines(
            "dataset generated-controls: 3 problem(s)",
            "  options.n_per_kind: found -1; expected a whole number from 1 to 200 [bad_option]",
            "  options.size: found 'big'; expected a whole number from 8 to 512 [bad_option]",
            (
                "  options.seed: found True; expected a whole number from 0 to 9223372036854775807 "
                "[bad_option]"
            ),
        ),
    ),
    Case(
        name="a manifest with options",
        files=audit(("[anger, calm]", "[anger, calm]\n    options: {size: 3}")),
        says=lines("dataset 'faces': a manifest has no options, found 'size'"),
    ),
    Case(
        name="adapters and systems nobody knows",
        files=audit(("adapter: predictions", "adapter: onxx"), more="  - name: fre\n"),
        says=lines(
            "audit.yaml: 2 problem(s)",
            (
                "  systems[0].adapter: unknown adapter 'onxx'. Did you mean 'onnx'? Known: "
                "'callable', 'command', 'face-api', 'facex', 'fer', 'http', 'onnx', 'predictions', "
                "'ratings', 'tflite'. [unknown_name]"
            ),
            (
                "  systems[1].name: unknown system 'fre'. Did you mean 'fer'? Known: 'face-api', "
                "'facex', 'fer'. [unknown_name]"
            ),
        ),
    ),
    Case(
        name="attributes and groups that are not there",
        files=audit(
            (
                "[anger, calm]",
                "[anger, calm]\n"
                "    conditions: [modality]\n"
                "    groups: [gender, [sex, age]]\n"
                "    references: {sex: men, race: any, sex × age: x}\n"
                "    leave_out: {sex: [Unknown, male], race: [Unknown]}",
            )
        ),
        says=lines(
            "audit.yaml: 7 problem(s)",
            (
                "  datasets[0] (faces).conditions: dataset 'faces' has no attribute 'modality'. It "
                "has: 'sex' [unknown_attribute]"
            ),
            (
                "  datasets[0] (faces).groups: dataset 'faces' has no attribute 'gender'. It has: "
                "'sex' [unknown_attribute]"
            ),
            (
                "  datasets[0] (faces).groups: dataset 'faces' has no attribute 'age'. It has: "
                "'sex' [unknown_attribute]"
            ),
            (
                "  datasets[0] (faces).references: dataset 'faces' has no attribute 'race'. It "
                "has: 'sex' [unknown_attribute]"
            ),
            (
                "  datasets[0] (faces).leave_out: dataset 'faces' has no attribute 'race'. It has: "
                "'sex' [unknown_attribute]"
            ),
            (
                "  datasets[0] (faces).references.sex: 'sex' has no group 'men'. It has: 'female', "
                "'male' [unknown_group]"
            ),
            (
                "  datasets[0] (faces).leave_out.sex: 'sex' has no group 'Unknown'. It has: "
                "'female', 'male' [unknown_group]"
            ),
        ),
    ),
    Case(
        name="claims about what is not there",
        files=_claims(
            "metric: recall[joy]; at_least: 0.5; dataset: faces",
            "metric: uar; largest_gap_at_most: 0.1; over: [gender, [sex, race]]; dataset: faces",
            "metric: uar; at_least: 0.5; condition: modality=face; dataset: faces",
        ),
        says=lines(
            "audit.yaml: 4 problem(s)",
            (
                "  claim 'c0': recall[joy]: 'joy' is not in the taxonomy. It has: 'anger', 'calm' "
                "[unknown_label]"
            ),
            (
                "  claim 'c1': dataset 'faces' has no attribute 'gender'. It has: 'sex' "
                "[unknown_attribute]"
            ),
            (
                "  claim 'c1': dataset 'faces' has no attribute 'race'. It has: 'sex' "
                "[unknown_attribute]"
            ),
            (
                "  claim 'c2': dataset 'faces' has no attribute 'modality'. It has: 'sex' "
                "[unknown_attribute]"
            ),
        ),
    ),
    Case(
        name="a system's labels that are not mapped, or to nowhere",
        files=audit(
            ("{file: answers.csv}", "{file: answers.csv}\n    labels: {angry: angre, calm: joy}"),
        )
        | {"answers.csv": "item,label\na,angry\nb,calm\nc,sad\nd,<script>alert(1)</script>\n"},
        says=lines(
            "audit.yaml: 4 problem(s)",
            (
                "  system 'mine', labels: the system's label '<script>alert(1)</script>' is not "
                "mapped; map it to one of 'anger', 'calm', or to 'outside' [unmapped_label]"
            ),
            (
                "  system 'mine', labels: the system's label 'sad' is not mapped; map it to one of "
                "'anger', 'calm', or to 'outside' [unmapped_label]"
            ),
            (
                "  system 'mine', labels: 'angre' is mapped to, but the labels are 'anger', 'calm' "
                "and 'outside' [unknown_label]"
            ),
            (
                "  system 'mine', labels: 'joy' is mapped to, but the labels are 'anger', 'calm' "
                "and 'outside' [unknown_label]"
            ),
        ),
    ),
)
