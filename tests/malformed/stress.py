"""What an audit file says of stress, and cannot be done."""

from __future__ import annotations

from malformed.case import AUDIT, FACES, Case, Content, lines, png

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
            "  line 18, stress.batch_size: a batch has from 1 to 4096 items [bad_value]",
            "  line 19, stress.worst: expected at most 100, found 101 [bad_value]",
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
                "  line 22, claims[1].condition: 'shift:2' is none of what stress does: 'jpeg' "
                "[bad_value]"
            ),
            (
                "  line 27, claims[2].condition: stress asks jpeg at severity 1, not at 3 "
                "[bad_value]"
            ),
            "  line 32, claims[3].condition: 'jpeg' lacks its severity, as jpeg:3 [bad_value]",
        ),
    ),
    Case(
        name="stress without media",
        files=_stress("perturbations: [shift]"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  stress: no dataset with media that can be changed; those asked on: 'faces' "
                "[no_media]"
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
                "  stress.perturbations[0]: unknown perturbation 'shfit'. Did you mean 'shift'? "
                "All of them: facevalue perturbations list [unknown_name]"
            ),
            ("  stress.perturbations[1]: mirror has no severity 1, 2; it has 5 [bad_value]"),
        ),
    ),
    Case(
        name="stress of answers made elsewhere",
        files=_stress("checks: [repeat]", audit=AUDIT),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  stress: answers made elsewhere cannot be asked for again; name a system that "
                "can be asked [bad_value]"
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
                "  systems[0].options.gives: system 'mine' is given paths, and changed media have "
                "no file; give it pixels or png, or leave it out with stress.systems [bad_value]"
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
                "  stress.perturbations[1]: white-noise changes sounds, and no dataset here has "
                "any [bad_value]"
            ),
        ),
    ),
)
