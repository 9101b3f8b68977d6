"""What an audit file says of stress, and cannot be done."""

from __future__ import annotations

from malformed.case import AUDIT, FACES, Case, Content, lines, png, wav

__all__ = ["CASES"]

_WITH_PICTURES = FACES.replace("sex\n", "sex,media\n").replace("female\n", "female,a.png\n")
_PICTURES: dict[str, Content] = {
    "faces.csv": _WITH_PICTURES.replace(",male\n", ",male,a.png\n"),
    "a.png": png(16, 16),
}


_ASKED = AUDIT.replace("adapter: predictions", "adapter: callable").replace(
    "options: {file: answers.csv}", 'options: {function: "mine:look"}'
)


def _stress(*entries: str, claims: tuple[str, ...] = (), audit: str = _ASKED) -> dict[str, Content]:
    text = "stress:\n" + "".join(f"  {entry}\n" for entry in entries)
    if claims:
        text += "claims:\n"
    for i, claim in enumerate(claims):
        keys = "".join(f"    {key}\n" for key in claim.split("; "))
        text += f"  - id: c{i}\n    says: it is robust\n{keys}"
    return {"audit.yaml": audit + text}


CASES = (
    Case(
        name="stress of nothing",
        files=_stress("worst: 3"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 11, stress: give perturbations, checks or text, e.g. perturbations: "
                "[gaussian-blur] [bad_value]"
            ),
        ),
    ),
    Case(
        name="stress that says things twice or out of range",
        files=_stress(
            "perturbations:",
            "  - {name: jpeg, severities: [1, 1]}",
            "  - {name: shift, severities: [0, 6]}",
            "checks: [again]",
            "stop: {half_width: 0.7}",
            "budget: {}",
            "batch_size: 0",
            "worst: 101",
        ),
        says=lines(
            "audit.yaml: 8 problem(s)",
            "  line 13, stress.perturbations[0].severities: each severity once [bad_value]",
            (
                "  line 14, stress.perturbations[1].severities[0]: expected at least 1, found 0 "
                "[bad_value]"
            ),
            (
                "  line 14, stress.perturbations[1].severities[1]: expected at most 5, found 6 "
                "[bad_value]"
            ),
            (
                "  line 15, stress.checks[0]: expected 'repeat', 'alone', 'shuffled' or 'renamed', "
                "found 'again' [bad_value]"
            ),
            "  line 16, stress.stop.half_width: expected less than 0.5, found 0.7 [bad_value]",
            "  line 17, stress.budget: a budget limits items, calls or seconds [bad_value]",
            "  line 18, stress.batch_size: a batch has from 1 to 4096 items, or auto; found 0 "
            "[bad_value]",
            "  line 19, stress.worst: expected at most 100, found 101 [bad_value]",
        ),
    ),
    Case(
        name="batches that are no number",
        files=_stress("checks: [repeat]", "batch_size: many"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 13, stress.batch_size: a batch has from 1 to 4096 items, or auto; found "
                "'many' [bad_value]"
            ),
        ),
    ),
    Case(
        name="stress twice of one kind",
        files=_stress("perturbations: [shift, {name: shift, severities: [1]}]"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 11, stress: 'shift' is there twice; list its severities in one place "
                "[bad_value]"
            ),
        ),
    ),
    Case(
        name="stress of systems and datasets that are not there",
        files=_stress("perturbations: [shift]", "systems: [yours]", "datasets: [voices]"),
        says=lines(
            "audit.yaml: 2 problem(s)",
            (
                "  line 13, stress.systems[0]: there is no 'yours' in this file. Known: 'mine' "
                "[bad_value]"
            ),
            (
                "  line 14, stress.datasets[0]: there is no 'voices' in this file. Known: 'faces' "
                "[bad_value]"
            ),
        ),
    ),
    Case(
        name="claims under a stress that is not made",
        files=_stress(
            "perturbations: [{name: jpeg, severities: [1]}]",
            claims=(
                "metric: unchanged; at_least: 0.9",
                "metric: unchanged; at_least: 0.9; condition: shift:2",
                "metric: unchanged; at_least: 0.9; condition: jpeg:3",
                "metric: unchanged; at_least: 0.9; condition: jpeg",
                "metric: accuracy_change; at_least: -0.02; condition: jpeg:1",
            ),
        ),
        says=lines(
            "audit.yaml: 4 problem(s)",
            (
                "  line 14, claims[0].condition: unchanged is measured under stress; name it, as "
                "condition: jpeg:3 [bad_value]"
            ),
            (
                "  line 22, claims[1].condition: 'shift:2' is none of what stress does: 'jpeg'; "
                "add shift to stress.perturbations [bad_value]"
            ),
            (
                "  line 27, claims[2].condition: stress asks jpeg at severity 1, not at 3; add it "
                "there [bad_value]"
            ),
            "  line 32, claims[3].condition: 'jpeg' lacks its severity, as jpeg:1 [bad_value]",
        ),
    ),
    Case(
        name="conditions that are not there",
        files=_stress(
            "perturbations: [jpeg]",
            claims=(
                "metric: unchanged; at_least: 0.9; condition: 'jpg:3'",
                "metric: unchanged; at_least: 0.9; condition: 'jpeg:9'",
                "metric: unchanged; at_least: 0.9; condition: 'xyzzy'",
            ),
        ),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 3 problem(s)",
            (
                "  line 18, claims[0].condition: 'jpg:3' is neither attribute=group, as "
                "modality=face, nor done under stress: unknown perturbation 'jpg'. Did you mean "
                "'jpeg'? All of them: facevalue perturbations list [bad_value]"
            ),
            (
                "  line 23, claims[1].condition: 'jpeg:9': a severity is a number from 1 to 5, as "
                "jpeg:1 [bad_value]"
            ),
            (
                "  line 28, claims[2].condition: 'xyzzy' is neither attribute=group, as "
                "modality=face, nor done under stress: unknown perturbation 'xyzzy'. All of them: "
                "facevalue perturbations list [bad_value]"
            ),
        ),
    ),
    Case(
        name="conditions without stress",
        files={
            "audit.yaml": _ASKED + "claims:\n"
            "  - {id: a, says: s, metric: unchanged, at_least: 0.9, condition: 'jpeg:3'}\n"
            "  - {id: b, says: s, metric: unchanged, at_least: 0.9, condition: alone}\n"
        },
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 2 problem(s)",
            (
                "  line 12, claims[0].condition: nothing is asked under stress; add stress: "
                "{perturbations: [jpeg]} [bad_value]"
            ),
            (
                "  line 13, claims[1].condition: nothing is asked under stress; add stress: "
                "{checks: [alone]} [bad_value]"
            ),
        ),
    ),
    Case(
        name="severities that claims name and nobody has or asks",
        files=_stress(
            "checks: [repeat]",
            "perturbations: [mirror, jpeg, swap-face, {name: shift, severities: [2, 4]}]",
            claims=(
                "metric: unchanged; at_least: 0.9; condition: 'mirror:3'",
                "metric: unchanged; at_least: 0.9; condition: 'repeat:9'",
                "metric: unchanged; at_least: 0.9; condition: 'jpeg:5'",
                "metric: unchanged; at_least: 0.9; condition: 'shift:3'",
                "metric: unchanged; at_least: 0.9; condition: 'swap-face:1'",
            ),
        ),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 5 problem(s)",
            "  line 19, claims[0].condition: mirror has no severity 3; it has 5 [bad_value]",
            (
                "  line 24, claims[1].condition: repeat has no severities; write condition: repeat "
                "[bad_value]"
            ),
            "  line 29, claims[2].condition: jpeg has no severity 5; it has 1, 2, 3 [bad_value]",
            (
                "  line 34, claims[3].condition: stress asks shift at severity 2, 4, not at 3; add "
                "it there [bad_value]"
            ),
            "  line 39, claims[4].condition: swap-face has no severity 1; it has 5 [bad_value]",
        ),
    ),
    Case(
        name="areas that are not there",
        files=_stress(
            "checks: [alone]",
            "perturbations: [mirror, jpeg, box-scramble, {name: shift, severities: [2]}]",
            claims=(
                "metric: unchanged_area; at_least: 0.9; condition: mirror",
                "metric: unchanged_area; at_least: 0.9; condition: shift",
                "metric: unchanged_area; at_least: 0.9; condition: box-scramble",
                "metric: unchanged_area; at_least: 0.9; condition: alone",
                "metric: unchanged_area; at_least: 0.9; condition: 'jpeg:2'",
                "metric: unchanged_area; at_least: 0.9; condition: jpeg",
            ),
        ),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 5 problem(s)",
            (
                "  line 19, claims[0].condition: unchanged_area needs two severities, and stress "
                "asks mirror:5 only; claim unchanged of it [bad_value]"
            ),
            (
                "  line 24, claims[1].condition: unchanged_area needs two severities, and stress "
                "asks shift:2 only; claim unchanged of it [bad_value]"
            ),
            (
                "  line 29, claims[2].condition: unchanged_area is of perturbations that should "
                "change nothing, and box-scramble is none [bad_value]"
            ),
            (
                "  line 34, claims[3].condition: unchanged_area is of perturbations that should "
                "change nothing, and alone is none [bad_value]"
            ),
            (
                "  line 39, claims[4].condition: unchanged_area is over all severities; write "
                "condition: jpeg [bad_value]"
            ),
        ),
    ),
    Case(
        name="figures that are not there",
        files=_stress(
            "perturbations: [jpeg, box-scramble, swap-face, keep-face]",
            claims=(
                "metric: accuracy; at_least: 0.9; condition: 'box-scramble:5'",
                "metric: unchanged; at_least: 0.9; condition: 'box-scramble:5'",
                "metric: ece; at_most: 0.1; condition: 'jpeg:1'",
                "metric: answer_rate; at_most: 0.1; condition: 'jpeg:1'",
                "metric: uar; at_least: 0.1; condition: 'swap-face:5'",
                "metric: answer_rate; at_most: 0.1; condition: 'box-scramble:5'",
                "metric: accuracy; largest_gap_at_most: 0.1; over: [sex]; condition: 'jpeg:1'",
                "metric: unchanged; largest_gap_at_most: 0.1; over: [sex]; "
                "condition: 'keep-face:3'",
                "metric: unchanged; largest_gap_at_most: 0.1; over: [sex]; condition: 'jpeg:1'",
            ),
        ),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 7 problem(s)",
            (
                "  line 16, claims[0].metric: there is no accuracy under box-scramble, a control, "
                "which has no right answer; there are answer_rate, mean_confidence, "
                "confident_share[0.9], prediction_rate[label] [bad_value]"
            ),
            (
                "  line 21, claims[1].metric: there is no unchanged under box-scramble, a control, "
                "which has no right answer; there are answer_rate, mean_confidence, "
                "confident_share[0.9], prediction_rate[label] [bad_value]"
            ),
            (
                "  line 26, claims[2].metric: there is no ece under jpeg; there are unchanged, "
                "unchanged_below_floor, accuracy, uar, failure_rate, abstention_rate, "
                "accuracy_change, confidence_change, failure_change, "
                "prediction_rate_change[label] [bad_value]"
            ),
            (
                "  line 31, claims[3].metric: there is no answer_rate under jpeg; there are "
                "unchanged, unchanged_below_floor, accuracy, uar, failure_rate, abstention_rate, "
                "accuracy_change, confidence_change, failure_change, "
                "prediction_rate_change[label] [bad_value]"
            ),
            (
                "  line 36, claims[4].metric: there is no uar under swap-face; there are "
                "unchanged, unchanged_below_floor, accuracy, failure_rate, abstention_rate, "
                "accuracy_change, confidence_change, failure_change, "
                "prediction_rate_change[label] [bad_value]"
            ),
            (
                "  line 46, claims[6].metric: groups are not compared by accuracy under jpeg, but "
                "by unchanged and accuracy_change under what should change nothing [bad_value]"
            ),
            (
                "  line 52, claims[7].metric: groups are not compared by unchanged under "
                "keep-face, but by unchanged and accuracy_change under what should change "
                "nothing [bad_value]"
            ),
        ),
    ),
    Case(
        name="groups that stress leaves out",
        files=_stress(
            "perturbations: [jpeg]",
            "groups: false",
            claims=(
                "metric: unchanged; largest_gap_at_most: 0.1; over: [sex]; condition: 'jpeg:1'",
            ),
        ),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 17, claims[0].metric: groups are not compared under stress where "
                "stress.groups is false [bad_value]"
            ),
        ),
    ),
    Case(
        name="no smallest change to hold things against",
        files=_stress(
            "checks: [alone]",
            "perturbations: [jpeg, swap-face, least-change-sound, pink-noise]",
            claims=tuple(
                f"metric: unchanged_below_floor; at_most: 0.1; condition: '{name}'"
                for name in (
                    "jpeg:1",
                    "swap-face:5",
                    "least-change-sound:1",
                    "pink-noise:1",
                    "alone",
                )
            ),
        ),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 3 problem(s)",
            (
                "  line 17, claims[0].metric: nothing is asked to hold jpeg against; add repeat to "
                "stress.checks, or least-change to stress.perturbations [bad_value]"
            ),
            (
                "  line 22, claims[1].metric: nothing is asked to hold swap-face against; add "
                "repeat to stress.checks, or least-change to stress.perturbations [bad_value]"
            ),
            (
                "  line 27, claims[2].metric: nothing is asked to hold least-change-sound against; "
                "add repeat to stress.checks [bad_value]"
            ),
        ),
    ),
    Case(
        name="repeat held against itself",
        files=_stress(
            "checks: [repeat]",
            "perturbations: [least-change, jpeg]",
            claims=tuple(
                f"metric: unchanged_below_floor; at_most: 0.1; condition: '{name}'"
                for name in ("repeat", "least-change:1", "jpeg:1")
            ),
        ),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 17, claims[0].metric: repeat is what others are held against; claim "
                "unchanged of it [bad_value]"
            ),
        ),
    ),
    Case(
        name="systems and datasets that are asked nothing under stress",
        files={
            **_stress(
                "perturbations: [shift, keep-face, box-scramble]",
                "systems: [mine]",
                "datasets: [faces]",
                claims=(
                    "metric: unchanged; at_least: 0.9; condition: 'shift:1'; systems: [read, mine]",
                    "metric: unchanged; at_least: 0.9; condition: 'shift:1'; dataset: more",
                    "metric: unchanged; at_least: 0.9; condition: 'shift:1'; dataset: more; "
                    "systems: [mine]",
                    "metric: 'prediction_rate_change[joy]'; at_most: 0.1; condition: 'shift:1'",
                    "metric: 'prediction_rate[joy]'; at_most: 0.1; condition: 'box-scramble:5'",
                    "metric: 'prediction_rate_change[calm]'; at_most: 0.1; condition: 'shift:1'",
                    "metric: 'prediction_rate_change[joy]'; at_most: 0.1; dataset: faces; "
                    "condition: 'shift:1'",
                ),
                audit=_ASKED.replace(
                    "systems:\n",
                    "  - {id: more, manifest: faces.csv, taxonomy: [anger, calm, joy]}\nsystems:\n"
                    "  - {name: read, adapter: predictions, options: {file: answers.csv}}\n",
                ),
            ),
            **_PICTURES,
        },
        needs=("PIL",),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 6 problem(s)",
            (
                "  claim 'c6': prediction_rate_change[joy]: 'joy' is not in the taxonomy. It has: "
                "'anger', 'calm' [unknown_label]"
            ),
            (
                "  line 23, claims[0].systems[0]: stress does not ask 'read'; it asks 'mine' on "
                "'faces' [bad_value]"
            ),
            (
                "  line 29, claims[1].dataset: stress asks nothing on 'more'; it asks 'mine' on "
                "'faces' [bad_value]"
            ),
            (
                "  line 36, claims[2].systems[0]: stress does not ask 'mine' on 'more'; it asks "
                "'mine' on 'faces' [bad_value]"
            ),
            (
                "  line 39, claims[3].metric: prediction_rate_change[joy]: 'joy' is in no taxonomy "
                "here. There are: 'anger', 'calm' [unknown_label]"
            ),
            (
                "  line 44, claims[4].metric: prediction_rate[joy]: 'joy' is in no taxonomy here. "
                "There are: 'anger', 'calm' [unknown_label]"
            ),
        ),
    ),
    Case(
        name="claims on media of another kind",
        files={
            **_stress(
                "perturbations: [shift, pink-noise]",
                "checks: [repeat]",
                claims=tuple(
                    f"metric: unchanged; at_least: 0.9; condition: '{at}'; dataset: {dataset}"
                    for at, dataset in (
                        ("shift:1", "faces"),
                        ("pink-noise:1", "faces"),
                        ("shift:1", "voices"),
                        ("repeat", "voices"),
                        ("repeat", "words"),
                        ("shift:1", "words"),
                    )
                ),
                audit=_ASKED.replace(
                    "systems:\n",
                    "  - {id: voices, manifest: voices.csv, taxonomy: [anger, calm]}\n"
                    "  - {id: words, manifest: words.csv, taxonomy: [anger, calm]}\nsystems:\n",
                ),
            ),
            **_PICTURES,
            "voices.csv": str(_PICTURES["faces.csv"]).replace("a.png", "a.wav"),
            "a.wav": wav(4, 1),
            "words.csv": FACES,
        },
        needs=("PIL", "soundfile"),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 4 problem(s)",
            (
                "  line 27, claims[1].condition: pink-noise changes sounds, and 'faces' has images "
                "[bad_value]"
            ),
            (
                "  line 33, claims[2].condition: shift changes images, and 'voices' has sounds "
                "[bad_value]"
            ),
            (
                "  line 45, claims[4].condition: 'words' has no media that can be changed "
                "[bad_value]"
            ),
            (
                "  line 51, claims[5].condition: 'words' has no media that can be changed "
                "[bad_value]"
            ),
        ),
    ),
    Case(
        name="no system on any dataset of stress",
        files={
            **_stress(
                "checks: [repeat]",
                "datasets: [more]",
                audit=_ASKED.replace(
                    "systems:\n",
                    "  - {id: more, manifest: faces.csv, taxonomy: [anger, calm]}\nsystems:\n",
                ).replace("adapter: callable", "adapter: callable\n    datasets: [faces]"),
            ),
            **_PICTURES,
        },
        needs=("PIL",),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 13, stress: none of its systems is asked about any of its datasets "
                "[bad_value]"
            ),
        ),
    ),
    Case(
        name="checks without media",
        files=_stress("checks: [repeat]"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 11, stress: no dataset with media that can be changed; those asked on: "
                "'faces' [no_media]"
            ),
        ),
    ),
    Case(
        name="stress without media",
        files=_stress("perturbations: [shift]"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 11, stress: no dataset with media that can be changed; those asked on: "
                "'faces' [no_media]"
            ),
        ),
    ),
    Case(
        name="perturbations that are not there, or of other media",
        files={
            **_stress(
                "perturbations:",
                "  - shfit",
                "  - {name: mirror, severities: [1, 2]}",
            ),
            **_PICTURES,
        },
        needs=("PIL",),
        says=lines(
            "audit.yaml: 2 problem(s)",
            (
                "  line 13, stress.perturbations[0]: unknown perturbation 'shfit'. Did you mean "
                "'shift'? All of them: facevalue perturbations list [unknown_name]"
            ),
            (
                "  line 14, stress.perturbations[1]: mirror has no severity 1, 2; it has 5 "
                "[bad_value]"
            ),
        ),
    ),
    Case(
        name="stress of answers made elsewhere",
        files=_stress("checks: [repeat]", audit=AUDIT),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 11, stress: answers made elsewhere cannot be asked for again; name a "
                "system that can be asked [bad_value]"
            ),
        ),
    ),
    Case(
        name="stress of a system that is given paths",
        files={
            **_stress(
                "perturbations: [shift]",
                audit=_ASKED.replace("callable", "command").replace(
                    'function: "mine:look"', "command: [python, mine.py], gives: path"
                ),
            ),
            **_PICTURES,
        },
        needs=("PIL",),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 10, systems[0].options.gives: system 'mine' is given paths, and changed "
                "media have no file; give it pixels or png, or leave it out with stress.systems "
                "[bad_value]"
            ),
        ),
    ),
    Case(
        name="sound changes for pictures",
        files={**_stress("perturbations: [shift, white-noise]"), **_PICTURES},
        needs=("PIL",),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 12, stress.perturbations[1]: white-noise changes sounds, and no dataset "
                "here has any [bad_value]"
            ),
        ),
    ),
)
