"""The example of stress comes out as its page says. Slow: two of the systems take minutes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facevalue import flow
from facevalue.audits import FindingSet
from facevalue.domain import Estimate
from facevalue.systems import fetch_system
from support import require, require_data

EXAMPLE = Path(__file__).parents[2] / "examples" / "stress-three-systems"
SYSTEMS = ("fer", "facex", "face-api")
TABLES = {
    "answers unchanged": "unchanged",
    "over all severities": "unchanged_area",
    "nothing left to see: mean confidence": "mean_confidence",
    "a part taken away: answers unchanged": "unchanged",
}
NUMBER = re.compile(r"\d+\.\d")
# Points: pages show one decimal, and another runtime may move single answers of a hundred.
TOLERANCE = 2.1


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the table whose heading starts so."""
    lines = (EXAMPLE / "README.md").read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip(" `") for cell in line.strip("|").split("|")])
    return found


@pytest.mark.parametrize("heading", TABLES)
def test_the_tables_of_the_page_have_their_rows(heading: str) -> None:
    assert len(rows(heading)) >= 2
    assert all(len(row) == 1 + len(SYSTEMS) for row in rows(heading))
    assert all(len(NUMBER.findall(cell)) == 3 for row in rows(heading) for cell in row[1:])


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> FindingSet:
    require("cv2")
    require_data("crema-d", "tabulatedVotes.csv")
    for name in SYSTEMS:
        fetch_system(name)
    return flow.audit(EXAMPLE / "audit.yaml", tmp_path_factory.mktemp("stress") / "run").findings


@pytest.mark.slow
@pytest.mark.parametrize("heading", TABLES)
def test_the_page_says_what_was_measured(heading: str, findings: FindingSet) -> None:
    for condition, *cells in rows(heading):
        for system, cell in zip(SYSTEMS, cells, strict=True):
            (found,) = findings.where(
                system=system, dataset="faces", metric=TABLES[heading], condition=condition,
                attribute=None,
            )  # fmt: skip
            assert isinstance(found.result, Estimate)
            measured = [100 * x for x in (found.result.value, found.result.low, found.result.high)]
            said = [float(x) for x in NUMBER.findall(cell)]
            assert said == pytest.approx(measured, abs=TOLERANCE), (condition, system)
