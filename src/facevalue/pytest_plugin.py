"""Claims as test cases: a marker makes one of each claim and system of an audit file.

Mark a test that takes `facevalue_claim` with ``@pytest.mark.facevalue_claims("audit.yaml")``
(beside the test file) and call ``facevalue_claim.check()``. It fails with the verdict's sentence
when the claim is not upheld. The audit runs once a session, into a temporary folder.

pytest loads this module wherever facevalue is installed: it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from facevalue.domain import Verdict
    from facevalue.flow import Run

__all__ = [
    "FacevalueClaim",
    "facevalue_audit",
    "facevalue_claim",
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
]

MARKER = "facevalue_claims"
FIXTURE = "facevalue_claim"


@dataclass(frozen=True, slots=True)
class FacevalueClaim:
    """One claim about one system.

    Parameters
    ----------
    verdicts
        One for each dataset that the claim was held against.
    open_passes
        Whether an inconclusive or not testable claim passes.
    """

    verdicts: tuple[Verdict, ...]
    open_passes: bool

    def check(self) -> None:
        """Fail the test with the verdicts' sentences, unless the claim is upheld."""
        if not self.verdicts and not self.open_passes:
            pytest.fail("NOT TESTABLE: the system was not run on data of this claim", pytrace=False)
        fine = {"upheld", "inconclusive", "not_testable"} if self.open_passes else {"upheld"}
        failed = [v for v in self.verdicts if v.outcome not in fine]
        if failed:
            pytest.fail("\n".join(map(_words, failed)), pytrace=False)


def _words(verdict: Verdict) -> str:
    because = f" Because {verdict.reason}." if verdict.reason else ""
    words = verdict.outcome.words.upper()
    return f"{words}: “{verdict.claim.says}” {verdict.sentence}{because}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says what an open verdict is."""
    parser.getgroup("facevalue").addoption(
        "--facevalue-inconclusive",
        choices=("fail", "pass"),
        default="fail",
        help="whether a claim that is inconclusive or not testable fails its test (default: fail)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", f"{MARKER}(audit_file): run the test for each claim and system of an audit file"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a case of each claim and system, from the audit file alone."""
    marker = metafunc.definition.get_closest_marker(MARKER)
    if marker is None or FIXTURE not in metafunc.fixturenames:
        return
    if len(marker.args) != 1 or marker.kwargs:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: {MARKER} takes one audit file")
    from facevalue.audits import claims_of, read_audit
    from facevalue.errors import InputError

    path = metafunc.definition.path.parent / marker.args[0]
    try:
        spec = read_audit(path).spec
    except InputError as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: {error}") from error
    cases = [
        (claim.id, system.name)
        for claim in claims_of(spec)
        for system in spec.systems
        if not claim.systems or system.name in claim.systems
    ]
    metafunc.parametrize(
        FIXTURE,
        [(path, claim, system) for claim, system in cases],
        ids=[f"{claim}-{system}" for claim, system in cases],
        indirect=True,
    )


@pytest.fixture(scope="session")
def facevalue_audit(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | Path], Run]:
    """Return what runs an audit file, once a session, into a temporary folder."""
    done: dict[Path, Run] = {}

    def run(path: str | Path) -> Run:
        from facevalue import flow

        at = Path(path).resolve()
        if at not in done:
            done[at] = flow.audit(at, tmp_path_factory.mktemp("facevalue") / "run")
        return done[at]

    return run


@pytest.fixture
def facevalue_claim(
    request: pytest.FixtureRequest, facevalue_audit: Callable[[str | Path], Run]
) -> FacevalueClaim:
    """Return one claim about one system; the marker ``facevalue_claims`` says of which audit."""
    if not hasattr(request, "param"):
        raise pytest.UsageError(
            f"{FIXTURE} needs a marker on the test: @pytest.mark.{MARKER}('audit.yaml')"
        )
    path, claim, system = request.param
    verdicts = facevalue_audit(path).verdicts
    # What no data can settle, or none that are here, has one verdict for all systems.
    found = [
        v
        for v in verdicts
        if v.claim.id == claim and (v.system == system or not v.dataset or not v.system)
    ]
    passes = request.config.getoption("--facevalue-inconclusive") == "pass"
    return FacevalueClaim(tuple(found), passes)
