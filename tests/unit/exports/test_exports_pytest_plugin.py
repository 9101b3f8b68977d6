"""The pytest plugin: a case for each claim and system, red with the verdict's sentence."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from facevalue.domain import Outcome, Verdict
from facevalue.pytest_plugin import FacevalueClaim
from report_factory import ACCURATE

pytest_plugins = ["pytester"]

AUDIT = """\
facevalue: 1
title: Claims as tests
datasets:
  - {manifest: items.csv, taxonomy: [calm, loud], groups: [sex]}
systems:
  - {name: first, adapter: predictions, options: {file: right.csv}}
  - {name: second, adapter: predictions, options: {file: wrong.csv}}
analyses: {permutations: 99, shuffles: 99}
claims:
  - {id: seventy, says: right seven times in ten, metric: accuracy, at_least: 0.7}
  - {id: only-second, says: nearly always right, metric: accuracy, at_least: 0.99,
     systems: [second]}
  - {id: equal, says: the same for everyone, metric: accuracy, over: [sex],
     largest_gap_at_most: 0.05, systems: [second]}
  - {library: ethnic-tagging}
"""
PAGE = Path(__file__).parents[3] / "docs" / "guide" / "ci.md"
CLAIMS, REPORT = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
ONCE = """
def test_once(facevalue_audit):
    assert facevalue_audit("audit.yaml") is facevalue_audit("./audit.yaml")
"""
VERDICT = partial(
    Verdict, claim=ACCURATE, system="fer", dataset="d", outcome=Outcome.INCONCLUSIVE,
    sentence="It may be.", reason="the interval is wide",
)  # fmt: skip


def write(folder: Path) -> None:
    rows = [(f"p{i}-{k}", f"p{i}", "fm"[i % 2], k) for i in range(20) for k in range(4)]
    labels = ("calm", "loud")
    (folder / "items.csv").write_text(
        "item,subject,sex,annotated\n" + "".join(
            f"{item},{p},{sex},{labels[k % 2]}\n" for item, p, sex, k in rows
        )
    )  # fmt: skip
    for name, n_wrong in (("right", 4), ("wrong", 20)):
        # Every so many items the other label: 4 of 80 wrong, or 20 of 80.
        wrong = {i for i in range(80) if i % (80 // n_wrong) == i // (80 // n_wrong) % 4}
        (folder / f"{name}.csv").write_text(
            "item,label\n" + "".join(
                f"{item},{labels[(k + (i in wrong)) % 2]}\n"
                for i, (item, _, _, k) in enumerate(rows)
            )
        )  # fmt: skip
    (folder / "audit.yaml").write_text(AUDIT)


def test_claims_and_systems_are_cases_that_fail_with_their_sentence(
    pytester: pytest.Pytester,
) -> None:
    write(pytester.path)
    pytester.makepyfile(CLAIMS + REPORT + ONCE)
    result = pytester.runpytest_subprocess("-q", "-rA", "-p", "no:cacheprovider")
    # Upheld for the first system alone; the second is held against two more claims; nobody can
    # be tested for the last.
    result.assert_outcomes(passed=3, failed=5)
    result.stdout.fnmatch_lines(
        [
            "*NOT UPHELD: “nearly always right” The claim needs accuracy of at least 99.0 %. "
            "Measured: 75.0 %*",
            "*NOT TESTABLE: *This claim cannot be tested by this audit. Because *",
            "PASSED *::test_claim[[]seventy-first[]]",
            "PASSED *::test_the_report_is_there",
            "PASSED *::test_once",
            "FAILED *::test_claim[[]seventy-second[]]*",
            "FAILED *::test_claim[[]only-second-second[]]*",
            "FAILED *::test_claim[[]equal-second[]]*",
            "FAILED *::test_claim[[]ethnic-tagging-first[]]*",
            "FAILED *::test_claim[[]ethnic-tagging-second[]]*",
        ]
    )


def test_an_option_lets_open_verdicts_pass(pytester: pytest.Pytester) -> None:
    write(pytester.path)
    # One system, no groups: right in 75 %, where 70 % is open and 99 % is not.
    short = AUDIT.replace(", groups: [sex]", "").partition("  - {id: equal")[0]
    first = "  - {name: first, adapter: predictions, options: {file: right.csv}}\n"
    (pytester.path / "audit.yaml").write_text(short.replace(first, ""))
    pytester.makepyfile(CLAIMS)
    result = pytester.runpytest_inprocess("-q", "-rA", "--facevalue-inconclusive=pass")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["PASSED *test_claim[[]seventy-second[]]", "FAILED *test_claim[[]only-second-second[]]*"]
    )


def test_a_wrong_use_is_said_before_anything_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.facevalue_claims("absent.yaml")
        def test_absent(facevalue_claim): ...
        """
    )
    result = pytester.runpytest_inprocess("-q")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*::test_absent: *absent.yaml: *"])
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.facevalue_claims()
        def test_no_file(facevalue_claim): ...
        """
    )
    no_file = pytester.runpytest_inprocess("-q")
    no_file.stdout.fnmatch_lines(["*::test_no_file: facevalue_claims takes one audit file"])
    pytester.makepyfile("def test_unmarked(facevalue_claim): ...")
    unmarked = pytester.runpytest_inprocess("-q")
    unmarked.stdout.fnmatch_lines(
        ["*needs a marker on the test: @pytest.mark.facevalue_claims('audit.yaml')*"]
    )


@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.NOT_TESTABLE])
def test_an_open_verdict_fails_unless_it_is_said_to_pass(outcome: Outcome) -> None:
    verdict = VERDICT(outcome=outcome)
    FacevalueClaim((verdict,), True).check()
    with pytest.raises(pytest.fail.Exception) as caught:
        FacevalueClaim((verdict,), False).check()
    assert str(caught.value) == (
        f"{outcome.words.upper()}: “recognises a person's emotion with up to 95 % accuracy” It may "
        "be. Because the interval is wide."
    )


def test_of_several_datasets_each_that_fails_is_told() -> None:
    verdicts = (
        VERDICT(outcome=Outcome.UPHELD),
        VERDICT(outcome=Outcome.NOT_UPHELD, sentence="It is not.", reason=""),
    )
    FacevalueClaim(verdicts[:1], False).check()
    with pytest.raises(pytest.fail.Exception, match=r"^NOT UPHELD: “[^”]*” It is not\.$"):
        FacevalueClaim(verdicts, True).check()


def test_a_system_that_was_not_run_on_data_of_the_claim_is_not_passed_over() -> None:
    FacevalueClaim((), True).check()
    with pytest.raises(pytest.fail.Exception) as caught:
        FacevalueClaim((), False).check()
    assert str(caught.value) == "NOT TESTABLE: the system was not run on data of this claim"


def test_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys, facevalue.pytest_plugin\n"
        "heavy = {'numpy', 'polars', 'pydantic', 'yaml', 'jinja2', 'altair', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
