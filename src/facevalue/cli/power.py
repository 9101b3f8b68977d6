"""`facevalue power`: how many people and items settle a claim, or what can be settled with some."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facevalue.errors import InputError, Problem

if TYPE_CHECKING:
    from facevalue.cli.power_answer import Question
    from facevalue.stats.power import PowerSpec

__all__ = ["add_to"]

TRUTH = "What is anticipated"
CLAIM = "What is to be settled (one of these)"
HAVE = "What there is"
HOW = "How"

SHARE = "a share between 0 and 1, as 0.9 for 90 %"
RANGES: dict[str, tuple[float, float, str]] = {
    "--rate": (1e-6, 1 - 1e-6, SHARE),
    "--at-least": (1e-6, 1 - 1e-6, SHARE),
    "--at-most": (1e-6, 1 - 1e-6, SHARE),
    "--gap": (1e-6, 1 - 1e-6, "a difference between 0 and 1, as 0.05 for 5 points"),
    "--no-gap-above": (1e-6, 1 - 1e-6, "a difference between 0 and 1, as 0.05 for 5 points"),
    "--icc": (0.0, 0.99, "a correlation from 0 to 0.99"),
    "--items": (1, 100_000, "a number of items from 1 to 100,000"),
    "--items-cv": (0.0, 3.0, "a coefficient of variation from 0 (all alike) to 3"),
    "--shared": (0.0, 1.0, "a share from 0 to 1"),
    "--subjects": (1, 1_000_000, "a number of people from 1 to 1,000,000"),
    "--looks": (1, 100_000, "a number of findings from 1 to 100,000"),
    "--level": (0.5, 0.9999, "a level from 0.5 to 0.9999, as 0.95 for 95 %"),
    "--power": (0.05, 0.99, "a chance from 0.05 to 0.99, as 0.8 for 80 %"),
    "--simulations": (200, 100_000, "a number of audits from 200 to 100,000"),
    "--seed": (0, 2**63, "a whole number, at least 0"),
}
MOST_GROUPS, TINY = 50, 1e-9
CLAIMS = ("--at-least", "--at-most", "--no-gap-above")
ASKED = (
    "--rate", "--icc", "--gap", *CLAIMS, "--items", "--subjects", "--groups", "--within",
    "--shared", "--figure", "--json",
)  # fmt: skip
WHERE_FROM = " (facevalue power --run RUN tells it of an audit that was made)"


def add_to(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("power")(power)


def _option(text: str, panel: str, *names: str) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel)


def power(
    rate: Annotated[float | None, _option("Expected share of right answers.", TRUTH)] = None,
    icc: Annotated[float | None, _option("Correlation of answers about one person.", TRUTH)] = None,
    gap: Annotated[float | None, _option("Largest gap; alone: people to show it.", TRUTH)] = None,
    at_least: Annotated[float | None, _option("The rate is at least so much.", CLAIM)] = None,
    at_most: Annotated[float | None, _option("The rate is at most so much.", CLAIM)] = None,
    no_gap_above: Annotated[float | None, _option("No gap between groups above it.", CLAIM)] = None,
    items: Annotated[int | None, _option("Items a person (in each condition).", HAVE)] = None,
    items_cv: Annotated[float, _option("Their standard deviation over their mean.", HAVE)] = 0.0,
    subjects: Annotated[int | None, _option("People in all; else those needed.", HAVE)] = None,
    groups: Annotated[str | None, _option("Number or shares: 4, or 0.7,0.2,0.1.", HAVE)] = None,
    within: Annotated[
        bool, _option("Groups are conditions that everybody is in.", HAVE, "--within")
    ] = False,
    shared: Annotated[
        float | None, _option("Share of --icc in common to conditions (else 0.75).", HAVE)
    ] = None,
    run: Annotated[
        Path | None, _option("Instead: --icc and needs of the open claims of a run.", HAVE)
    ] = None,
    looks: Annotated[int, _option("Findings in the family (Holm's first step).", HOW)] = 1,
    level: Annotated[float, _option("Level of the interval.", HOW)] = 0.95,
    chance: Annotated[float, _option("Chance of settling the claim.", HOW, "--power")] = 0.8,
    simulations: Annotated[
        int | None, _option("Audits to simulate (else 4,000; of gaps 200 to 2,000).", HOW)
    ] = None,
    seed: Annotated[int, _option("Of the simulation.", HOW)] = 0,
    figure: Annotated[Path | None, _option("Also draw FILE.svg or FILE.png.", HOW)] = None,
    as_json: Annotated[bool, _option("Print JSON.", HOW, "--json")] = False,
) -> None:
    """Tell how many people a claim needs, or what can be settled with those there are."""
    given: dict[str, Any] = {
        "--rate": rate, "--icc": icc, "--gap": gap, "--at-least": at_least,
        "--at-most": at_most, "--no-gap-above": no_gap_above, "--items": items,
        "--items-cv": items_cv, "--subjects": subjects, "--groups": groups, "--within": within,
        "--shared": shared, "--looks": looks, "--level": level, "--power": chance,
        "--simulations": simulations, "--seed": seed, "--figure": figure, "--json": as_json,
    }  # fmt: skip
    if run is not None:
        _tell_run(run, given)
        return
    from facevalue.cli.power_answer import answer, document, drawing, lines

    made = answer(_question(given))
    if as_json:
        typer.echo(json.dumps(document(made), ensure_ascii=False, allow_nan=False, indent=1))
    else:
        typer.echo("\n".join(lines(made)))
    curve = drawing(made)
    if figure is not None and curve is None:
        typer.echo("No figure: there is no number to draw.", err=True)
    elif figure is not None and curve is not None:
        from facevalue.report.power_figure import write_curve

        write_curve(figure, curve)
        typer.echo(f"Figure: {figure}", err=as_json)


def _tell_run(run: Path, given: dict[str, Any]) -> None:
    from facevalue.cli.power_run import run_lines

    others = [name for name in ASKED if given[name] is not None and given[name] is not False]
    problems = [_bad(name, "not together with --run, which tells what it is") for name in others]
    _refuse([*problems, *_out_of_range(given)])
    n_audits = given["--simulations"] or 2_000
    for line in run_lines(run, given["--power"], n_audits, given["--seed"]):
        typer.echo(line)


def _question(given: dict[str, Any]) -> Question:
    """Check everything, report everything, and return the question.

    Raises
    ------
    InputError
        With every problem at once.
    """
    from facevalue.cli.power_answer import Question

    problems = [*_missing(given), *_out_of_range(given)]
    shares = _shares(given["--groups"], problems)
    problems += _contradictions(given)
    if not problems:
        problems += _too_few(given, shares)
    _refuse(problems)
    about_gap = _is_about_gap(given)
    return Question(
        spec=_spec(given, shares),
        power=given["--power"],
        n_subjects=given["--subjects"],
        has_claim=any(given[name] is not None for name in ("--gap", *CLAIMS)),
        is_claimed_above=given["--at-least"] is not None,
        n_audits=given["--simulations"] or _usual_audits(len(shares) if about_gap else 1),
        seed=given["--seed"],
    )


def _refuse(problems: list[Problem]) -> None:
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise InputError(f"power: {len(problems)} problem(s)\n{listed}")


def _spec(given: dict[str, Any], shares: tuple[float, ...]) -> PowerSpec:
    from facevalue.stats.power import PowerSpec

    about_gap = _is_about_gap(given)
    bounds = [given[name] for name in CLAIMS if given[name] is not None]
    shared = 0.75 if given["--shared"] is None else given["--shared"]
    return PowerSpec(
        rate=given["--rate"],
        bound=bounds[0] if bounds else 0.0,
        items=given["--items"],
        icc=given["--icc"] or 0.0,
        items_cv=given["--items-cv"],
        gap=(given["--gap"] or 0.0) if about_gap else None,
        shares=shares,
        shared=shared if given["--within"] else None,
        level=given["--level"],
        looks=given["--looks"],
    )


def _usual_audits(n_groups: int) -> int:
    """Return how many audits keep an answer within seconds; all pairs together take long."""
    usual = ((1, 4_000), (2, 2_000), (5, 1_000), (12, 400), (MOST_GROUPS, 200))
    return next(n_audits for most, n_audits in usual if n_groups <= most)


def _is_about_gap(given: dict[str, Any]) -> bool:
    named = any(given[name] is not None for name in ("--gap", "--no-gap-above", "--groups"))
    return named or given["--within"]


def _bad(where: str, what: str) -> Problem:
    return Problem("bad_option", what, where)


def _missing(given: dict[str, Any]) -> Iterator[Problem]:
    wanted = {"--rate": SHARE, "--items": RANGES["--items"][2]}
    if given["--items"] != 1:
        wanted["--icc"] = RANGES["--icc"][2] + WHERE_FROM
    for name, words in wanted.items():
        if given[name] is None:
            yield Problem("missing_option", f"is missing, expected {words}", name)
    settles = any(given[name] is not None for name in ("--gap", "--subjects", *CLAIMS))
    if not settles:
        what = "say what is to be settled, or with --subjects be told what can be"
        yield Problem("missing_option", what, f"{', '.join(CLAIMS)} or --gap")


def _out_of_range(given: dict[str, Any]) -> Iterator[Problem]:
    for name, (low, high, words) in RANGES.items():
        value = given[name]
        if value is not None and not low <= value <= high:
            yield _bad(name, f"{value} is not {words}")
    figure = given["--figure"]
    if figure is None:
        return
    if figure.suffix.lower() not in (".svg", ".png"):
        yield _bad("--figure", f"{str(figure)!r} does not end in .svg or .png")
    if not figure.parent.is_dir():
        yield _bad("--figure", f"there is no folder {str(figure.parent)!r}")


def _shares(groups: str | None, problems: list[Problem]) -> tuple[float, ...]:
    """Return each group's share of the people; two equal ones if nothing is said."""
    words = [word.strip() for word in (groups or "2").split(",")]
    try:
        if len(words) == 1:
            n = int(words[0])
            parts = [1.0] * n if 2 <= n <= MOST_GROUPS else []
        else:
            parts = [float(word) for word in words] if len(words) <= MOST_GROUPS else []
    except ValueError:
        parts = []
    if not parts or not all(0 < part < float("inf") for part in parts):
        expected = f"a number from 2 to {MOST_GROUPS}, or shares as 0.7,0.2,0.1"
        problems.append(_bad("--groups", f"{groups!r} is not {expected}"))
        return (0.5, 0.5)
    return tuple(part / sum(parts) for part in parts)


def _contradictions(given: dict[str, Any]) -> Iterator[Problem]:
    claims = [name for name in CLAIMS if given[name] is not None]
    if len(claims) > 1:
        yield _bad(claims[1], f"not together with {claims[0]}: one claim at a time")
    elif claims and claims[0] != "--no-gap-above" and _is_about_gap(given):
        yield _bad(claims[0], "a claim about a rate has no groups, gap or --within")
    if given["--shared"] is not None and not given["--within"]:
        yield _bad("--shared", "only with --within: other groups are of different people")
    if given["--within"] and len(set(_shares(given["--groups"], []))) > 1:
        yield _bad("--groups", "with --within everybody is in each condition: give their number")
    rate, gap = given["--rate"] or 0.5, given["--gap"] or 0.0
    for name in claims:
        truth = "--gap" if name == "--no-gap-above" else "--rate"
        if given[name] == given[truth]:
            yield _bad(name, f"is what is anticipated ({truth}): no number of people settles that")
    if 0 < rate < 1 and not gap / 2 < min(rate, 1 - rate) - TINY:
        what = f"{gap} around a rate of {rate} goes past 0 or 1 (--rate is the middle of both)"
        yield _bad("--gap", what)


def _too_few(given: dict[str, Any], shares: tuple[float, ...]) -> Iterator[Problem]:
    least, n = _spec(given, shares).least_subjects, given["--subjects"]
    if n is not None and n < least:
        where = " in every group" if _is_about_gap(given) and not given["--within"] else ""
        what = f"{n} are too few for intervals that hold their level{where}, expected {least}"
        yield _bad("--subjects", f"{what} or more")
