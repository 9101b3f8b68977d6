"""`facevalue power`: what it answers, what it draws, and how it refuses."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from facevalue.audits import Finding, FindingSet, Place, write_verdicts
from facevalue.cli.main import app
from facevalue.cli.power_answer import Question, answer, drawing
from facevalue.cli.power_answer import lines as lines_of
from facevalue.domain import (
    Claim,
    Comparison,
    Criterion,
    Estimate,
    NotEstimable,
    Outcome,
    Reason,
    Verdict,
)
from facevalue.stats.power import PowerSpec

RATE = ("--rate", "0.9", "--icc", "0.1", "--items", "20")
GAP = ("--rate", "0.8", "--icc", "0.1", "--items", "20")
FEW = ("--simulations", "200")


def run(*words: str) -> Any:
    result = CliRunner().invoke(app, ["power", *words])
    # Anything else is a bug of ours and keeps its traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def answered(*words: str) -> list[str]:
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    lines: list[str] = result.stdout.splitlines()
    # A path is as long as it is.
    assert max(len(x) for x in lines if not x.startswith("Figure: ")) <= 80
    return lines


def told(lines: list[str]) -> str:
    """The sentences, on one line."""
    return " ".join(lines[: lines.index("")])


def matches(pattern: str, text: str) -> re.Match[str]:
    found = re.fullmatch(pattern, text)
    assert found is not None, text
    return found


def test_people_for_a_claim_about_a_rate() -> None:
    lines = answered(*RATE, "--at-least", "0.85", "--simulations", "1000")
    found = matches(
        r"About (\d+) people with 20 items each are needed, ([\d,]+) items in all\. Then the 95 % "
        r"interval lies wholly above 85 % \(claim upheld\) with a chance of 80 %, if the true rate "
        r"is 90 % and the correlation within a person 0\.1\. Checked: \1 people settle it in "
        r"([\d.]+) % \([\d.]+ to [\d.]+\) of other audits\. With ICC 0\.1 no number of items a "
        r"person makes up for fewer than (\d+) people\.",
        told(lines),
    )
    people, items, checked, floor = (float(x.replace(",", "")) for x in found.groups())
    assert items == 20 * people
    # The normal approximation: 59.1, and 40.9 with no end of items.
    assert people == pytest.approx(60, rel=0.15)
    assert floor == pytest.approx(43, rel=0.2)
    assert checked == pytest.approx(80, abs=6)
    assert lines[-3:-1] == [
        "Simulated with facevalue's own intervals, 1,000 audits, seed 0; in brackets and",
        "beside the marks the range of chance of that (95 %). The normal approximation",
    ]
    assert lines[-1] == "says 60 people."


def test_the_curve_reads_without_colour_in_80_columns() -> None:
    lines = answered(*RATE, "--at-least", "0.85", "--simulations", "1000")
    start = lines.index("") + 1
    head, *rows = lines[start : lines.index("", start)]
    assert re.fullmatch(r"  items each       people  items in all  \d+ +\d+", head)
    cells = [re.match(r"([> ]) +(\d+|no end) +([\d,]+) *([\d,]*)  ( *─*[●◆]─*)$", r) for r in rows]
    assert all(cells), rows
    found = [c.groups() for c in cells if c is not None]
    assert [g[1] for g in found] == ["1", "2", "5", "10", "20", "50", "100", "no end"]
    # One row is what was asked, and says so by a sign of its own.
    assert [g[0] == ">" for g in found] == ["◆" in g[4] for g in found]
    assert [g[1] for g in found if g[0] == ">"] == ["20"]
    people = [int(g[2].replace(",", "")) for g in found]
    assert people == sorted(people, reverse=True)
    assert [int(g[3].replace(",", "")) for g in found[:-1]] == [
        n * int(g[1]) for n, g in zip(people, found[:-1], strict=False)
    ]
    # The mark stands farther left the fewer people there are.
    places = [max(g[4].find("●"), g[4].find("◆")) for g in found]
    assert places == sorted(places, reverse=True)
    assert "\x1b" not in "".join(lines)


def test_a_claim_that_would_fall_is_said_to() -> None:
    text = told(answered(*RATE, "--at-least", "0.95", *FEW))
    assert "lies wholly below 95 % (claim not upheld)" in text
    text = told(answered(*RATE, "--at-most", "0.95", *FEW))
    assert "lies wholly below 95 % (claim upheld)" in text


def test_what_can_be_settled_with_those_there_are() -> None:
    lines = answered(*RATE, "--at-least", "0.85", "--subjects", "91", "--simulations", "1000")
    found = matches(
        r"With 91 people and 20 items each, the nearest bound that is settled with a chance of "
        r"80 % is at least ([\d.]+) % \([\d.]+ to [\d.]+\), if the true rate is 90 % and the "
        r"correlation within a person 0\.1\. The chance that the 95 % interval lies wholly above "
        r"85 % \(claim upheld\) is ([\d.]+) % \([\d.]+ to [\d.]+\)\. With ICC 0\.1 no number of "
        r"items of these people brings that above ([\d.]+) %\.",
        told(lines),
    )
    bound, chance, floor = map(float, found.groups())
    # logit 0.9 − 2.8016·√(2.9/(20·0.09·91)): 86.2 %; the chance Φ(0.4626/0.1331 − 1.96) = 0.935.
    assert bound == pytest.approx(86.2, abs=0.5)
    assert chance == pytest.approx(93.5, abs=3)
    assert bound < floor < 90
    assert "at least" in lines[lines.index("") + 1]
    # Without a claim, the bound alone.
    alone = told(answered(*RATE, "--subjects", "91", *FEW))
    assert "The chance" not in alone


def test_people_to_show_a_gap_and_the_gap_that_shows() -> None:
    text = told(answered(*GAP, "--gap", "0.1", "--groups", "2", *FEW))
    matches(
        r"About (\d+) people in 2 groups \(\d+ \+ \d+\) with 20 items each are needed, [\d,]+ "
        r"items in all\. Then the 95 % interval of the largest gap lies above zero with a chance "
        r"of 80 %, if the true rate is 80 %, the largest gap 10 points and the correlation within "
        r"a person 0\.1\. Checked: \1 people settle it in .* of other audits\. With ICC 0\.1 no "
        r"number of items a person makes up for fewer than \d+ people\.",
        text,
    )
    text = told(answered(*GAP, "--gap", "0.05", "--subjects", "91", *FEW))
    found = matches(
        r"With 91 people in 2 groups \(46 \+ 45\) and 20 items each, a gap of ([\d.]+) points "
        r"\([\d.]+ to [\d.]+\) or more shows with a chance of 80 %, if the true rate is 80 % and "
        r"the correlation within a person 0\.1\. A gap of 5 points shows with a chance of ([\d.]+) "
        r"% \([\d.]+ to [\d.]+\)\. With ICC 0\.1 no number of items of these people brings that "
        r"below ([\d.]+) points\.",
        text,
    )
    gap, chance, floor = map(float, found.groups())
    # 2.8016·√(0.64·2.9/20/91) = 8.9 points; 5 points: Φ(5/3.18 − 1.96) = 0.35.
    assert gap == pytest.approx(9.2, abs=1)
    assert chance == pytest.approx(35, abs=11)
    assert floor < gap


def test_more_than_two_groups_are_scaled_and_say_so() -> None:
    lines = answered(*GAP, "--gap", "0.2", "--groups", "0.5,0.3,0.2", *FEW)
    assert "in 3 groups (" in told(lines)
    assert "(over 3 pairs) lies above zero" in told(lines)
    assert "Other numbers of items are scaled from that by the standard error." in " ".join(lines)


def test_no_gap_above() -> None:
    text = told(answered(*GAP, "--no-gap-above", "0.1", "--looks", "10", *FEW))
    assert (
        "Then the 99.5 % interval of the largest gap lies wholly below 10 points (claim upheld) "
        "with a chance of 80 %, if the true rate is 80 % in every group and"
    ) in text
    lines = answered(
        *GAP, "--no-gap-above", "0.1", "--gap", "0.01", "--subjects", "60", "--groups", "3", *FEW
    )
    text = told(lines)
    assert "is at most " in text
    assert "the largest gap 1 point and" in text
    assert "at most" in lines[lines.index("") + 1]


def test_conditions_within_people() -> None:
    lines = answered(*GAP, "--gap", "0.1", "--within", "--items-cv", "0.5", "--looks", "2", *FEW)
    found = matches(
        r"About (\d+) people with 20 items in each of 2 conditions are needed, ([\d,]+) items in "
        r"all\..*",
        told(lines),
    )
    people, items = (int(x.replace(",", "")) for x in found.groups())
    assert items == 40 * people
    assert (
        "2 looks at 95 % together (Holm's first step). Conditions have 75% of the correlation in "
        "common. Items a person vary by 50% of their mean."
    ) in " ".join(lines)
    # A gap between groups of different people needs more people, and every two of them.
    apart = told(answered(*GAP, "--gap", "0.1", "--items-cv", "0.5", "--looks", "2", *FEW))
    assert int(matches(r"About (\d+) people.*", apart)[1]) > 2 * people


def test_no_realistic_number() -> None:
    lines = answered("--rate", "0.9", "--at-least", "0.8999", "--items", "1")
    assert told(lines) == (
        "No realistic number of people, up to 1,000,000, with 1 item each is enough: the 95 % "
        "interval lies wholly above 89.99 % (claim upheld) with a chance of 80 %, if the true rate "
        "is 90 % and the correlation within a person 0. With ICC 0 only the number of items in all "
        "counts, down to the 8 people that intervals need."
    )
    assert ">          1 over 1,000,000" in lines
    lines = answered(*RATE, "--at-least", "0.8999")
    assert "With ICC 0.1 no number of items a person makes up for too few people." in told(lines)
    assert lines[-1] == "By the normal approximation: too many people to simulate."


def test_nothing_shows_with_so_few() -> None:
    text = told(answered("--rate", "0.99", "--icc", "0.3", "--items", "2", "--groups", "2",
                         "--subjects", "16", *FEW))  # fmt: skip
    assert text.startswith(
        "With 16 people in 2 groups (8 + 8) and 2 items each, no gap around this rate shows with a "
        "chance of 80 %, if the true rate is 99 % and the correlation within a person 0.3."
    )


def test_where_no_interval_is_told_nothing_is_settled() -> None:
    spec = PowerSpec(rate=0.9, bound=0.85, items=20, icc=0.1)
    question = Question(
        spec=spec, power=0.8, n_subjects=4, has_claim=False, is_claimed_above=True, n_audits=200,
        seed=0,
    )  # fmt: skip
    made = answer(question)
    assert (made.found, drawing(made)) == (None, None)
    assert next(lines_of(made)).startswith("With 4 people and 20 items each, nothing is settled")


def test_many_people_by_the_normal_approximation() -> None:
    lines = answered("--rate", "0.9", "--at-least", "0.899", "--items", "1")
    # (2.8016/(logit 0.9 − logit 0.899))²/0.09, with a step of 0.011062.
    assert re.match(r"About 712,\d{3} people with 1 item each are needed", lines[0])
    assert "Checked" not in told(lines)


def test_json_is_the_same_answer() -> None:
    words = (*RATE, "--at-least", "0.85", *FEW)
    result = run(*words, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert " ".join(document["words"]) == told(answered(*words))
    assert (document["format"], document["version"]) == ("facevalue-power", 1)
    assert document["of"] == "people"
    assert document["asked"] == {
        "rate": 0.9, "bound": 0.85, "items": 20, "icc": 0.1, "items_cv": 0.0, "gap": None,
        "shares": [0.5, 0.5], "shared": None, "level": 0.95, "looks": 1, "power": 0.8,
        "n_subjects": None, "simulations": 200, "seed": 0,
    }  # fmt: skip
    assert document["n_subjects"] == document["found"]["value"]
    assert document["n_items"] == 20 * document["n_subjects"]
    assert document["normal_approximation"] == pytest.approx(59.1, abs=0.1)
    assert [p["items"] for p in document["curve"]] == [1, 2, 5, 10, 20, 50, 100]
    assert document["chance"]["low"] < document["chance"]["value"] < document["chance"]["high"]


def test_the_same_seed_gives_the_same_answer() -> None:
    words = (*GAP, "--gap", "0.1", *FEW)
    assert answered(*words) == answered(*words)
    assert answered(*words) != answered(*words, "--seed", "1")


@pytest.mark.parametrize(
    ("words", "title", "up"),
    [
        (
            (*RATE, "--at-least", "0.85"),
            "People needed so that the 95 % interval lies wholly above 85 % (claim upheld)",
            "people",
        ),
        (
            (*RATE, "--subjects", "91"),
            "Nearest bound that is settled with 91 people",
            "at least, %",
        ),
        (
            (*GAP, "--groups", "2", "--subjects", "91", "--within"),
            "Smallest gap between 2 groups that shows with 91 people",
            "gap, percentage points",
        ),
    ],
)
def test_the_figure(words: tuple[str, ...], title: str, up: str, tmp_path: Path) -> None:
    path = tmp_path / "power.svg"
    lines = answered(*words, *FEW, "--figure", str(path))
    assert lines[-1] == f"Figure: {path}"
    root = ET.fromstring(path.read_text("utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == title
    # Those who cannot see it are told what the terminal says.
    assert root.findtext(f"{space}desc") == told(lines)
    texts = ["".join(e.itertext()) for e in root.iter(f"{space}text")]
    assert up in texts
    assert any(t.startswith("no end of items: ") for t in texts)
    assert any("Diamond: as asked. Band: the chance of the simulation (95 %)." in t for t in texts)
    assert any(t.startswith("items a person") for t in texts)


def test_the_figure_as_png_beside_json(tmp_path: Path) -> None:
    path = tmp_path / "power.PNG"
    result = run(*RATE, "--at-least", "0.85", *FEW, "--json", "--figure", str(path))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["format"] == "facevalue-power"
    assert result.stderr == f"Figure: {path}\n"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_no_figure_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "power.svg"
    result = run(*RATE, "--at-least", "0.89999", "--figure", str(path))
    assert (result.exit_code, path.exists()) == (0, False)
    assert result.stderr == "No figure: there is no number to draw.\n"


ICC = (
    "  --icc: is missing, expected a correlation from 0 to 0.99 (facevalue power --run RUN tells "
    "it of an audit that was made) [missing_option]"
)
REFUSED: list[tuple[tuple[str, ...], list[str]]] = [
    (
        (),
        [
            "  --rate: is missing, expected a share between 0 and 1, as 0.9 for 90 % "
            "[missing_option]",
            "  --items: is missing, expected a number of items from 1 to 100,000 [missing_option]",
            ICC,
            "  --at-least, --at-most, --no-gap-above or --gap: say what is to be settled, or with "
            "--subjects be told what can be [missing_option]",
        ],
    ),
    (("--rate", "0.9", "--items", "2", "--subjects", "20"), [ICC]),
    (
        (
            "--rate",
            "90",
            "--at-least",
            "-1",
            "--gap",
            "5",
            "--icc",
            "1",
            "--items",
            "0",
            "--items-cv",
            "4",
            "--subjects",
            "0",
            "--groups",
            "one",
            "--shared",
            "2",
            "--looks",
            "0",
            "--level",
            "95",
            "--power",
            "1",
            "--simulations",
            "10",
            "--seed",
            "-1",
            "--figure",
            "nowhere/power.pdf",
        ),
        [
            "  --rate: 90.0 is not a share between 0 and 1, as 0.9 for 90 % [bad_option]",
            "  --at-least: -1.0 is not a share between 0 and 1, as 0.9 for 90 % [bad_option]",
            "  --gap: 5.0 is not a difference between 0 and 1, as 0.05 for 5 points [bad_option]",
            "  --icc: 1.0 is not a correlation from 0 to 0.99 [bad_option]",
            "  --items: 0 is not a number of items from 1 to 100,000 [bad_option]",
            "  --items-cv: 4.0 is not a coefficient of variation from 0 (all alike) to 3 "
            "[bad_option]",
            "  --shared: 2.0 is not a share from 0 to 1 [bad_option]",
            "  --subjects: 0 is not a number of people from 1 to 1,000,000 [bad_option]",
            "  --looks: 0 is not a number of findings from 1 to 100,000 [bad_option]",
            "  --level: 95.0 is not a level from 0.5 to 0.9999, as 0.95 for 95 % [bad_option]",
            "  --power: 1.0 is not a chance from 0.05 to 0.99, as 0.8 for 80 % [bad_option]",
            "  --simulations: 10 is not a number of audits from 200 to 100,000 [bad_option]",
            "  --seed: -1 is not a whole number, at least 0 [bad_option]",
            "  --figure: 'nowhere/power.pdf' does not end in .svg or .png [bad_option]",
            "  --figure: there is no folder 'nowhere' [bad_option]",
            "  --groups: 'one' is not a number from 2 to 50, or shares as 0.7,0.2,0.1 [bad_option]",
            "  --at-least: a claim about a rate has no groups, gap or --within [bad_option]",
            "  --shared: only with --within: other groups are of different people [bad_option]",
        ],
    ),
    (
        (*RATE, "--at-least", "nan"),
        ["  --at-least: nan is not a share between 0 and 1, as 0.9 for 90 % [bad_option]"],
    ),
    (
        (*RATE, "--at-least", "0.9"),
        [
            "  --at-least: is what is anticipated (--rate): no number of people settles that "
            "[bad_option]"
        ],
    ),
    (
        (*RATE, "--at-least", "0.8", "--at-most", "0.95"),
        ["  --at-most: not together with --at-least: one claim at a time [bad_option]"],
    ),
    (
        (*GAP, "--gap", "0.05", "--no-gap-above", "0.05"),
        [
            "  --no-gap-above: is what is anticipated (--gap): no number of people settles that "
            "[bad_option]"
        ],
    ),
    (
        # In binary 1 − 0.95 is a little more than 0.1/2.
        ("--rate", "0.95", "--icc", "0", "--items", "2", "--gap", "0.1"),
        [
            "  --gap: 0.1 around a rate of 0.95 goes past 0 or 1 (--rate is the middle of both) "
            "[bad_option]"
        ],
    ),
    (
        (*GAP, "--gap", "0.5"),
        [
            "  --gap: 0.5 around a rate of 0.8 goes past 0 or 1 (--rate is the middle of both) "
            "[bad_option]"
        ],
    ),
    (
        (*GAP, "--gap", "0.05", "--groups", "0.5,0.2", "--within"),
        [
            "  --groups: with --within everybody is in each condition: give their number "
            "[bad_option]"
        ],
    ),
    (
        (*GAP, "--gap", "0.05", "--groups", "0.5,0"),
        ["  --groups: '0.5,0' is not a number from 2 to 50, or shares as 0.7,0.2,0.1 [bad_option]"],
    ),
    (
        (*GAP, "--gap", "0.05", "--groups", "0.7,0.3", "--subjects", "26"),
        [
            "  --subjects: 26 are too few for intervals that hold their level in every group, "
            "expected 27 or more [bad_option]"
        ],
    ),
    (
        (*RATE, "--subjects", "7"),
        [
            "  --subjects: 7 are too few for intervals that hold their level, expected 8 or more "
            "[bad_option]"
        ],
    ),
    (
        ("--run", "run", "--rate", "0.9", "--icc", "0", "--within", "--power", "2"),
        [
            "  --rate: not together with --run, which tells what it is [bad_option]",
            "  --icc: not together with --run, which tells what it is [bad_option]",
            "  --within: not together with --run, which tells what it is [bad_option]",
            "  --power: 2.0 is not a chance from 0.05 to 0.99, as 0.8 for 80 % [bad_option]",
        ],
    ),
]


@pytest.mark.parametrize(("words", "problems"), REFUSED)
def test_refused_with_every_problem(words: tuple[str, ...], problems: list[str]) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    head = f"facevalue: power: {len(problems)} problem(s)"
    assert result.stderr == "\n".join([head, *problems, ""])


def estimated(
    value: float, low: float, high: float, *, subjects: int = 40, **more: Any
) -> Estimate:
    counts = {"n_items": 20 * subjects, "n_answers": 20 * subjects, "n_subjects": subjects}
    return Estimate(value=value, low=low, high=high, level=0.95, method="m", **{**counts, **more})


def placed(result: Estimate, **place: Any) -> Finding:
    at: dict[str, Any] = {"system": "mine", "dataset": "faces", "family": "correctness",
                          "metric": "accuracy", **place}  # fmt: skip
    return Finding(place=Place(**at), result=result)


def inconclusive(claim: str, criterion: Criterion, keys: list[str], **more: Any) -> Verdict:
    return Verdict(
        claim=Claim(id=claim, says=claim, criterion=criterion), system="mine", dataset="faces",
        outcome=Outcome.INCONCLUSIVE, sentence="s", finding_keys=tuple(keys), **more,
    )  # fmt: skip


ABOVE, BELOW = Comparison.AT_LEAST, Comparison.AT_MOST
OVERALL = placed(estimated(0.9, 0.84, 0.94, design_effect=2.9))
WOMEN = placed(estimated(0.92, 0.86, 0.96, subjects=20), attribute="sex", group="f")
MEN = placed(estimated(0.88, 0.8, 0.93, subjects=20), attribute="sex", group="m")
LARGEST = placed(
    estimated(0.04, 0.0, 0.12, p_value=0.3), family="disparity", attribute="sex", group="f − m",
    reference="largest gap",
)  # fmt: skip
ANY = placed(
    estimated(0.04, 0.0, 0.12, p_value=0.3), family="disparity", attribute="sex or age",
    group="f − m", reference="largest gap",
)  # fmt: skip
UAR = placed(estimated(0.9, 0.84, 0.94), metric="uar")
SURE = placed(estimated(1.0, 0.9, 1.0), condition="light=day")
NONE = Finding(
    place=Place(system="mine", dataset="faces", family="correctness", metric="uar", group="x"),
    result=NotEstimable(reason=Reason.UNDEFINED, n_items=9, n_answers=9, n_subjects=9),
)
OLD = placed(estimated(1.0, 0.8, 1.0, subjects=20), attribute="age", group="old")
YOUNG = placed(estimated(0.9, 0.8, 0.95, subjects=20), attribute="age", group="young")
WIDE = placed(
    estimated(0.1, 0.0, 0.2, p_value=0.1), family="disparity", attribute="age",
    group="old − young", reference="largest gap",
)  # fmt: skip
RUN_LINES = [
    (
        inconclusive("level", Criterion(metric="accuracy", comparison=ABOVE, bound=0.85),
                     [OVERALL.key], further_subjects=15),
        r"About 15 more subjects would have an even chance of settling it, if the estimate is "
        r"true\. For a chance of 80 %: (\d+) in all, (\d+) more than there are, with 20 answers "
        r"each \(if the truth is 90\.0 %, correlation 0\.100\)\.",
    ),
    (
        inconclusive(
            "equal", Criterion(metric="accuracy", comparison=BELOW, bound=0.1, over=(("sex",),)),
            [LARGEST.key, WOMEN.key, MEN.key], further_subjects=1,
        ),
        r"About 1 more subject would .* For a chance of 80 %: (\d+) in all, (\d+) more than there "
        r"are, with 20 answers each \(if the truth is 4\.0 points around 90\.0 %, correlation "
        r"0\.100\)\.",
    ),
    (
        inconclusive(
            "within", Criterion(metric="accuracy", comparison=BELOW, bound=0.1, over=(("sex",),)),
            [LARGEST.key, WOMEN.key, placed(estimated(0.88, 0.8, 0.93), attribute="sex", group="m",
                                            condition="light=day").key], further_subjects=9,
        ),
        r"About 9 .* No more can be told: people are in several of these groups: plan it with "
        r"--within\.",
    ),
    (
        inconclusive(
            "any", Criterion(metric="accuracy", comparison=BELOW, bound=0.1,
                             over=(("sex",), ("age",))),
            [ANY.key, WOMEN.key, MEN.key], further_subjects=9,
        ),
        r"About 9 .* No more can be told: several attributes decide together: plan each with --gap "
        r"and --groups\.",
    ),
    (
        inconclusive("uar", Criterion(metric="uar", comparison=ABOVE, bound=0.85), [UAR.key],
                     further_subjects=9),
        r"About 9 .* No more can be told: only shares of answers, and gaps in them, can be "
        r"simulated\.",
    ),
    (
        inconclusive("sure", Criterion(metric="accuracy", comparison=ABOVE, bound=0.95,
                                       condition="light=day"), [SURE.key], further_subjects=9),
        r"About 9 .* No more can be told: there is no spread between people to plan from\.",
    ),
    (
        inconclusive("near", Criterion(metric="accuracy", comparison=ABOVE, bound=0.89999),
                     [OVERALL.key], further_subjects=999_999),
        r"About 999,999 more .* For a chance of 80 % more than 1,000,000 would be needed\.",
    ),
    (
        inconclusive("gone", Criterion(metric="uar", comparison=ABOVE, bound=0.5),
                     [NONE.key], further_subjects=9),
        r"About 9 .* No more can be told: only shares of answers, and gaps in them, can be "
        r"simulated\.",
    ),
    (
        inconclusive(
            "wide", Criterion(metric="accuracy", comparison=BELOW, bound=0.1, over=(("age",),)),
            [WIDE.key, OLD.key, YOUNG.key], further_subjects=9,
        ),
        r"About 9 .* No more can be told: there is no spread between people to plan from\.",
    ),
    (
        inconclusive("skill", Criterion(metric="accuracy", comparison=BELOW, bound=0.2,
                                        over=(("sex",),)), [LARGEST.key], reason="it may guess"),
        r"No more can be told: it may guess\.",
    ),
]  # fmt: skip


def written(folder: Path, findings: list[Finding], verdicts: list[Verdict]) -> Path:
    FindingSet(tuple({f.key: f for f in findings}.values())).write(folder)
    write_verdicts(folder, verdicts)
    return folder


@pytest.mark.parametrize(
    ("verdict", "pattern"), RUN_LINES, ids=[verdict.claim.id for verdict, _ in RUN_LINES]
)
def test_what_an_inconclusive_claim_of_a_run_needs(
    verdict: Verdict, pattern: str, tmp_path: Path
) -> None:
    other = placed(estimated(0.88, 0.8, 0.93), attribute="sex", group="m", condition="light=day")
    findings = [OVERALL, WOMEN, MEN, LARGEST, ANY, UAR, SURE, NONE, OLD, YOUNG, WIDE, other]
    lines = answered("--run", str(written(tmp_path, findings, [verdict])), *FEW)
    assert lines[:4] == [
        "Correlation between answers about one person (--icc), from accuracy:",
        "  0.100  mine on faces, all items: 40 subjects, 20.0 answers each",
        "",
        f"{verdict.claim.id} · mine on faces",
    ]
    found = matches(pattern, " ".join(line.strip() for line in lines[4:]))
    if found.groups():
        in_all, more = map(int, found.groups())
        assert in_all == more + 40


def test_a_run_without_an_open_claim_or_a_correlation(tmp_path: Path) -> None:
    upheld = Verdict(
        claim=Claim(id="c", says="c"), system="mine", dataset="faces", outcome=Outcome.UPHELD,
        sentence="s",
    )  # fmt: skip
    assert answered("--run", str(written(tmp_path, [UAR], [upheld]))) == [
        "Correlation between answers about one person (--icc), from accuracy:",
        "  none, as no accuracy here rests on several answers about one person",
        "",
        "No claim of this run is inconclusive.",
    ]


def test_a_run_that_cannot_be_read(tmp_path: Path) -> None:
    result = run("--run", str(tmp_path))
    assert (result.exit_code, result.stderr) == (
        2, f"facevalue: {tmp_path}/findings.parquet: no findings here. "
        f"Run: facevalue measure {tmp_path}\n",
    )  # fmt: skip
    other = written(tmp_path, [UAR], [RUN_LINES[0][0]])
    result = run("--run", str(other))
    assert result.exit_code == 2
    assert result.stderr == (
        f"facevalue: {tmp_path}: the verdicts are of other findings. Run: facevalue judge "
        f"{tmp_path}\n"
    )
