"""The audit files that ship are read as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevalue.audits import read_audit

ROOT = Path(__file__).parents[3]
SHIPPED = [ROOT / "src/facevalue/cli/demo.yaml", *sorted(ROOT.glob("examples/*/audit.yaml"))]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_read(path: Path) -> None:
    spec = read_audit(path).spec
    assert spec.title
    assert spec.claims


def test_the_demo_takes_a_claim_from_the_library_without_a_bound() -> None:
    claims = read_audit(SHIPPED[0]).spec.claims
    assert [c.key for c in claims if c.metric is None] == ["suspects-from-video"]
