"""`facevalue simulate`: from a claim, or from a run, to what would follow for people."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facevalue.cli.printing import print_table, safe

if TYPE_CHECKING:
    from facevalue.simulate import Rates, Scenario, Simulated, Unsimulated

__all__ = ["add_to", "print_simulated", "read_target"]

WIDTH = 96

Target = Annotated[
    str,
    typer.Argument(
        help="Name of a scenario, a scenario file (.yaml), or a run folder.",
        metavar="SCENARIO|RUN",
    ),
]
Accuracy = Annotated[
    float | None,
    typer.Option(help="Accuracy as claimed, from 0 to 1; both sensitivity and specificity."),
]
Sensitivity = Annotated[
    float | None, typer.Option(help="Share flagged of those sought, from 0 to 1.")
]
Specificity = Annotated[
    float | None, typer.Option(help="Share not flagged of those not sought, from 0 to 1.")
]
TestedOn = Annotated[
    int | None,
    typer.Option(help="People the claim was tested on; gives it an uncertainty.", min=2),
]
BaseRate = Annotated[
    float | None, typer.Option(help="Share of looks at which what is sought is there.")
]
People = Annotated[float | None, typer.Option(help="People looked at on one day.")]
Looks = Annotated[int | None, typer.Option(help="Looks at one person over the period.")]
Correlated = Annotated[
    float | None, typer.Option(help="Correlation between looks at one person, 0 to 1.")
]
Minutes = Annotated[float | None, typer.Option(help="Minutes of review a flag takes.")]
Staff = Annotated[int | None, typer.Option(help="Reviewers at a time.")]
Seed = Annotated[int, typer.Option(help="For the draws of an uncertain claim.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON, unrounded.")]


def add_to(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("simulate")(simulate)


def simulate(
    target: Target,
    accuracy: Accuracy = None,
    sensitivity: Sensitivity = None,
    specificity: Specificity = None,
    tested_on: TestedOn = None,
    base_rate: BaseRate = None,
    people: People = None,
    looks: Looks = None,
    correlation: Correlated = None,
    minutes: Minutes = None,
    staff: Staff = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Say what would follow for people if a system were used as claimed.

    From a scenario and a claimed accuracy alone, taken at its word; or, given a run folder,
    from what was measured in it, for the scenarios that its audit file names.
    """
    changes = {
        "base_rate": base_rate,
        "people_a_day": people,
        "looks": looks,
        "correlation": correlation,
        "minutes": minutes,
        "staff": staff,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    claim = (accuracy, sensitivity, specificity, tested_on)
    if _is_run(target):
        _of_run(Path(target), any(x is not None for x in claim) or bool(given), as_json)
        return
    one = read_target(target)
    rates = _rates(one, claim, seed)
    _print_all([_simulated(one, rates, given)], [], as_json)


def _is_run(target: str) -> bool:
    from facevalue.simulate import scenario_names

    # A folder that happens to be called like a scenario is named as ./checkpoint.
    try:
        return target not in scenario_names() and Path(target).is_dir()
    except OSError:  # a name that no file can have
        return False


def _of_run(folder: Path, has_options: bool, as_json: bool) -> None:
    from facevalue import flow
    from facevalue.errors import InputError
    from facevalue.runs import RunFolder
    from facevalue.simulate import read_consequences

    if has_options:
        raise InputError(
            f"{folder} is a run folder: its rates are measured and its numbers are those of its "
            "scenarios. Change the scenario, or name a scenario instead of the run"
        )
    run = RunFolder.open(folder)
    if not flow.simulate_run(run) and not read_consequences(folder)[1]:
        raise InputError(
            f"{folder}: the audit file names no scenario. Add one, as\n"
            "  scenarios:\n    - name: checkpoint\n"
            "and run facevalue audit again; or: facevalue simulate checkpoint --accuracy 0.95"
        )
    _print_all(*read_consequences(folder), as_json)
    if not as_json:
        typer.echo(f"Consequences: {run.consequences_file}")


def read_target(target: str) -> Scenario:
    """Return the scenario of a name or a file."""
    from facevalue.simulate import read_scenario, scenario

    if target.endswith((".yaml", ".yml")):
        return read_scenario(Path(target))
    return scenario(target)


_Claim = tuple[float | None, float | None, float | None, int | None]


def _rates(one: Scenario, claim: _Claim, seed: int) -> Rates:
    from facevalue.errors import InputError
    from facevalue.simulate import alone, claimed_rates
    from facevalue.simulate.record import both, tested

    accuracy, sensitivity, specificity, tested_on = claim
    if (sensitivity is None) != (specificity is None):
        raise InputError("give --sensitivity and --specificity together")
    if accuracy is not None and sensitivity is not None:
        raise InputError("give either --accuracy, or --sensitivity and --specificity")
    if accuracy is None and sensitivity is None:
        if tested_on is not None:
            raise InputError("--tested-on goes with --accuracy, or --sensitivity and --specificity")
        return alone(one, seed)
    if sensitivity is not None and specificity is not None:
        said = (f"Sensitivity {sensitivity:g} and specificity {specificity:g} are taken as given.",)
        return claimed_rates(
            sensitivity=sensitivity, specificity=specificity, n_tested=tested_on, says=said,
            seed=seed,
        )  # fmt: skip
    assert accuracy is not None  # the two cases above are all others
    if not 0 <= accuracy <= 1:
        raise InputError(f"accuracy is {accuracy:g}, expected a share from 0 to 1 (0.95 for 95 %)")
    said = (both(accuracy),) if tested_on is None else (tested(accuracy, tested_on),)
    return claimed_rates(
        sensitivity=accuracy, specificity=accuracy, n_tested=tested_on, says=said, seed=seed
    )


def _simulated(one: Scenario, rates: Rates, changes: dict[str, float | int]) -> Simulated:
    from facevalue.simulate import Simulated, deployment_of

    use = replace(deployment_of(one, rates), **changes)  # type: ignore[arg-type]
    return Simulated(scenario=one, rates=rates, use=use)


def _print_all(
    simulated: Sequence[Simulated], not_possible: Sequence[Unsimulated], as_json: bool
) -> None:
    from facevalue.simulate import as_json as plain

    if as_json:
        import json

        document = [plain(one) for one in simulated]
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1))
        return
    for one in simulated:
        print_simulated(one)
    for none in not_possible:
        where = " on ".join(x for x in (none.system, none.dataset) if x)
        what = " · ".join(x for x in (none.scenario, where) if x)
        _paragraph(f"{what}: not possible: {none.reason}")


def print_simulated(one: Simulated) -> None:
    """Print what would follow, first in sentences, then as a table, then what it hangs on."""
    from facevalue.simulate.words import sentences

    scenario, found = one.scenario, one.found
    typer.echo(safe(scenario.title + (f" · {one.where}" if one.where else "")))
    typer.echo()
    for said in sentences(scenario, one.rates, one.use, found):
        _paragraph(said)
    typer.echo("Assumed:")
    for said in _assumed(one):
        _paragraph(f"- {said}", hanging="  ")
    typer.echo()
    _print_quantities(one)
    _print_groups(one)
    _print_swings(one)
    typer.echo("Not legal advice. A scenario is a described use, not a forecast.")


def _assumed(one: Simulated) -> list[str]:
    from facevalue.simulate import deployment_of, scenario_names
    from facevalue.simulate.words import plain

    scenario, rate = one.scenario, one.scenario.base_rate
    said = [*one.rates.says, *one.rates.notes]
    usual, used = asdict(deployment_of(scenario, one.rates)), asdict(one.use)
    changed = [f"{n.replace('_', ' ')} {plain(used[n])}" for n in used if used[n] != usual[n]]
    if changed:
        said.append(f"As given, in place of the scenario's own: {', '.join(changed)}.")
    if used["base_rate"] == usual["base_rate"]:
        low, high = map(plain, rate.ends)
        taken = f"{plain(float(f'{rate.at:.2g}'))}, a number between {low} and {high}"
        said.append(f"Base rate {taken if rate.is_range else plain(rate.at)}: {_origin(rate)}")
    said.append(f"A flag leads to: {scenario.leads_to}")
    known = scenario.name in scenario_names()
    where = f"facevalue scenarios show {scenario.name}" if known else "facevalue scenarios show"
    said.append(f"Every other number and its reason: {where}")
    return said


def _origin(amount: object) -> str:
    from facevalue.simulate import Amount

    assert isinstance(amount, Amount)  # one call site
    source = amount.source
    words = [amount.why] if amount.why else []
    if source is not None:
        words.append(f"{source.statement} ({source.citation})")
    return " ".join(words)


def _paragraph(text: str, hanging: str = "") -> None:
    # A number and its sign stay on one line.
    whole = safe(text).replace(" %", "\xa0%")
    typer.echo(textwrap.fill(whole, WIDTH, subsequent_indent=hanging).replace("\xa0%", " %"))


def _print_quantities(one: Simulated) -> None:
    from facevalue.simulate import QUANTITIES
    from facevalue.simulate.words import ranged

    found = one.found.of_all
    rows = [[q.words, ranged(found[q.name], q.unit)] for q in QUANTITIES if q.name in found]
    print_table(["QUANTITY", "VALUE"], rows)
    typer.echo()


def _print_groups(one: Simulated) -> None:
    from facevalue.simulate.words import percent, ranged

    groups = one.found.of_groups
    if not groups:
        return
    rows = [
        [
            name,
            percent(float(share)),
            ranged(told["false_flag_rate"], "share"),
            ranged(told["burden"], "ratio"),
        ]
        for (name, told), share in zip(groups.items(), one.rates.shares, strict=True)
    ]
    print_table(
        [(one.rates.attribute or "group").upper(), "OF PEOPLE", "FLAGGED, NOT SOUGHT",
         "OVER ALL OTHERS"],
        rows,
    )  # fmt: skip
    typer.echo()


def _print_swings(one: Simulated) -> None:
    from facevalue.simulate import tornado
    from facevalue.simulate.words import amount, plain

    rows = [
        [s.assumption, f"{plain(s.low)} to {plain(s.high)}",
         f"{amount(s.at_low, 'share')} to {amount(s.at_high, 'share')}"]
        for s in tornado(one.rates, one.use, one.scenario)
        if s.quantity == "ppv"
    ]  # fmt: skip
    if rows:
        print_table(["THE CHANCE THAT A FLAG IS RIGHT HANGS ON", "FROM TO", "IS THEN"], rows)
        typer.echo()
