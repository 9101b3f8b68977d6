"""One page for each claim of the library, with the verdicts that the examples gave.

``python docs/claims.py --run [EXAMPLE ...]`` runs the examples and writes
``docs/claims/verdicts.json``; ``docs/build.py`` makes the pages from it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from wording import bullets, cell, escaped, quoted, slug_link, stated, table

from facevalue.audits import FindingSet, read_verdicts
from facevalue.audits.library import LibraryClaim, library_claims
from facevalue.domain import Estimate
from facevalue.runs import Lock
from facevalue.simulate import fact, scenario, scenario_names

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "claims"
VERDICTS = FOLDER / "verdicts.json"
FORMAT_VERSION = 1
EXAMPLES = ("all-claims", "crema-d", "emodb-2s", "fer-in-the-box", "ferplus")
SHOWN_ALREADY = "crema-d"  # its claims stand in all-claims as well
BEARS_ON = {
    "emodb-2s": {"eighty-percent": "accuracy-95"},
    "fer-in-the-box": {
        "no-label-without-a-face": "accuracy-95",
        "not-confident-without-a-face": "accuracy-95",
    },
    "ferplus": {"ninety-percent": "accuracy-95"},
}
"""Claims of these examples are expectations of ours; some bear on a claim of the library."""

OUTCOMES = {
    "upheld": "upheld",
    "not_upheld": "not upheld",
    "inconclusive": "inconclusive",
    "not_testable": "not testable",
}
TOPICS = {
    "performance": "how often it is right",
    "equity": "whether it is equal for groups",
    "generalisation": "whether it holds elsewhere",
    "prognostic": "what will happen",
    "measurement": "a state or a quantity",
    "event": "events with times",
    "effect": "what being watched does",
    "prohibited": "an output that is prohibited",
}


def library_of(example: str) -> dict[str, str | None]:
    """Return the claims of an example that come from the library, or bear on one of it."""
    spec = yaml.safe_load((ROOT / "examples" / example / "audit.yaml").read_text("utf-8"))
    about = {c.get("id", c.get("library")): c.get("library") for c in spec["claims"]}
    return about | BEARS_ON.get(example, {})


def digest_of(example: str) -> str:
    """Return the digest of the audit file of an example, as ``lock.json`` has it."""
    from facevalue.canonical import digest_bytes

    return digest_bytes((ROOT / "examples" / example / "audit.yaml").read_bytes())


def recorded(example: str, run: Path) -> dict[str, Any]:
    """Return what a run of an example says, as it is kept in ``verdicts.json``."""
    findings = {f.key: f for f in FindingSet.read(run)}
    library = library_of(example)
    rows = []
    for v in read_verdicts(run):
        deciding = findings[v.finding_keys[0]].result if v.finding_keys else None
        known = isinstance(deciding, Estimate)
        rows.append(
            {
                "claim": library[v.claim.id],
                "id": v.claim.id,
                "says": v.claim.says,
                "system": v.system,
                "dataset": v.dataset,
                "outcome": v.outcome.value,
                "sentence": v.sentence,
                "reason": v.reason,
                "further_subjects": v.further_subjects,
                "n_items": deciding.n_items if known else None,
                "n_subjects": deciding.n_subjects if known else None,
            }
        )
    return {"audit_sha256": Lock.from_file(run / "lock.json").audit_sha256, "verdicts": rows}


def run_example(example: str, folder: Path) -> Path:
    """Run an example in a copy, with what it fetches and makes; return the run folder."""
    copy = folder / example
    shutil.copytree(ROOT / "examples" / example, copy, ignore=shutil.ignore_patterns("predictions"))
    if (copy / "baseline.py").is_file():
        subprocess.run([sys.executable, str(copy / "baseline.py")], check=True)
    run = folder / f"{example}-run"
    command = ["-m", "facevalue", "audit", str(copy / "audit.yaml"), "--out", str(run), "--fetch"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if not (run / "verdicts.json").is_file():
        raise SystemExit(f"{example} could not be run: {done.stderr.strip()}")
    return run


def write_verdicts(examples: list[str]) -> None:
    """Run examples and keep their verdicts beside those of the others."""
    known = read_recorded() if VERDICTS.is_file() else {}
    with tempfile.TemporaryDirectory() as folder:
        for example in examples:
            known[example] = recorded(example, run_example(example, Path(folder)))
            print(f"{example}: {len(known[example]['verdicts'])} verdicts", file=sys.stderr)
    document = {
        "format": "facevalue-docs-verdicts",
        "version": FORMAT_VERSION,
        "examples": dict(sorted(known.items())),
    }
    VERDICTS.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


def read_recorded() -> dict[str, Any]:
    """Return what was recorded, by example."""
    found: dict[str, Any] = json.loads(VERDICTS.read_text("utf-8"))["examples"]
    return found


def stale() -> list[str]:
    """Return the examples whose audit file is not the one that was run."""
    known = read_recorded()
    return [e for e in EXAMPLES if known.get(e, {}).get("audit_sha256") != digest_of(e)]


def pages() -> dict[str, str]:
    """Return the pages by path in ``docs``."""
    notes = yaml.safe_load((FOLDER / "notes.yaml").read_text("utf-8"))
    claims = library_claims()
    missing = {c.id for c in claims} ^ set(notes)
    if missing:
        raise SystemExit(f"docs/claims/notes.yaml: claims without a note, or gone: {missing}")
    found = {f"claims/{c.id}.md": _page(c, notes[c.id]) for c in claims}
    return {"claims/index.md": _index(claims), **found}


def _verdicts(claim: str, *, own: bool) -> list[dict[str, Any]]:
    """Return verdicts on the claim itself, or (``own``) on claims of ours that bear on it."""
    rows = []
    for example, run in read_recorded().items():
        if example == SHOWN_ALREADY or (example in BEARS_ON) != own:
            continue
        rows += [{**v, "example": example} for v in run["verdicts"] if v["claim"] == claim]
    return rows


def _index(claims: tuple[LibraryClaim, ...]) -> str:
    rows = []
    for c in claims:
        outcomes = dict.fromkeys(OUTCOMES[v["outcome"]] for v in _verdicts(c.id, own=False))
        rows.append([slug_link(c.id), cell(c.says), ", ".join(outcomes)])
    text = """# Twenty claims

These claims were made for emotion-recognition systems, as the press reported them. The words are
our paraphrases. Each page says what would have to exist for the claim to be true or false, what
evidence would settle it, and how far public data go. Verdicts come from runs of
[an example](../../examples/all-claims/README.md) that anyone can repeat:

```console
$ facevalue audit examples/all-claims/audit.yaml --out runs/all-claims
```

**Whose verdict it is.** Nobody gives us the systems these claims are about. The verdicts are about
human raters, as a yardstick: what people score on the same material. “Not testable” says what is
missing. It says nothing in favour of a system, and nothing against it.

"""
    runs = [
        [f"[{e}](../../examples/{e}/README.md)", f"`{run['audit_sha256']}`"]
        for e, run in read_recorded().items()
    ]
    return "\n".join(
        [
            text + table(["claim", "what is said", "verdict with public data"], rows),
            "## How the verdicts were made\n\n`python docs/claims.py --run` runs the examples and "
            "records what they say, with the digest of each audit file. The documentation is stale "
            "as soon as one of these files changes, and a test makes one of the runs again.\n",
            table(["example", "SHA-256 of its audit file"], runs),
        ]
    )


def _page(c: LibraryClaim, note: dict[str, Any]) -> str:
    parts = [
        f"# {c.id}\n\n{quoted(c.says)}\n",
        _who(c),
        "## What would have to exist\n\n" + escaped(note["exist"]) + "\n",
        "## What evidence would settle it\n\n" + escaped(c.settles[:1].upper() + c.settles[1:])
        + ".\n" + _needs(c),
        "## What public data allow\n\n" + note["public"] + "\n",
        _judged(c),
        _bearing(c),
        "## What to ask\n\n" + bullets([_asked(q) for q in note["ask"]]),
        _facts(note["facts"]),
        _consequences(c),
        _law(c),
        _stated(c),
    ]  # fmt: skip
    return "\n".join(p for p in parts if p)


def _who(c: LibraryClaim) -> str:
    sources = []
    for s in c.sources:
        text = escaped(str(s))
        sources.append(f"{text}, <{s.url}>" if s.url else text)
    rows = [
        ["said by", cell(c.who)],
        ["reported in", "; ".join(sources)],
        ["is about", TOPICS[c.kind]],
        ["scenario", _scenario(c.scenario)],
    ]
    return table(["", ""], rows)


def _scenario(name: str) -> str:
    if name == "any":
        return "any use"
    return slug_link(name, "../scenarios/") if name in scenario_names() else f"`{name}`"


def _needs(c: LibraryClaim) -> str:
    return "" if not c.needs else "\nIt needs:\n\n" + bullets([*c.needs])


def _judged(c: LibraryClaim) -> str:
    rows = [
        [
            f"**{OUTCOMES[v['outcome']]}**",
            f"{cell(v['system'])}{' on ' + v['dataset'] if v['dataset'] else ''}",
            cell(" ".join(filter(None, [v["sentence"], _because(v["reason"]), _further(v)]))),
        ]
        for v in _verdicts(c.id, own=False)
    ]
    if not rows:
        raise SystemExit(f"docs/claims.py: no verdict on {c.id}; run: python docs/claims.py --run")
    return "### Verdicts\n\n" + table(["verdict", "who answered", "in words"], rows)


def _because(reason: str) -> str:
    return f"Because {reason}." if reason else ""


def _further(v: dict[str, Any]) -> str:
    if v["further_subjects"] is None:
        return ""
    return (
        f"About {v['further_subjects']:,} more subjects would settle it if the estimate stayed "
        "where it is."
    )


def _bearing(c: LibraryClaim) -> str:
    rows = [
        [
            f"[{v['example']}](../../examples/{v['example']}/README.md)",
            cell(v["system"]),
            cell(v["says"]),
            OUTCOMES[v["outcome"]],
            cell(v["sentence"]),
        ]
        for v in _verdicts(c.id, own=True)
    ]
    if not rows:
        return ""
    return (
        "### What bears on it\n\nThese are expectations of ours, held against published packages, "
        "a baseline or raters. They are not the claim.\n\n"
        + table(["example", "who answered", "what was expected", "verdict", "in words"], rows)
    )


def _asked(text: str) -> str:
    is_question = text.startswith(("what ", "who ", "how ", "was ", "were ", "is ", "in which ",
                                   "at which ", "which ", "does "))  # fmt: skip
    return f"{text[:1].upper()}{text[1:]}{'?' if is_question else '.'}"


def _facts(names: list[str]) -> str:
    lines = []
    for f in map(fact, names):
        lines.append(stated(f))
    return "## What is known\n\n" + bullets(lines, raw=True)


def _consequences(c: LibraryClaim) -> str:
    if c.scenario == "any":
        uses = [
            slug_link(n, "../scenarios/") for n in scenario_names() if c.id in scenario(n).claims
        ]
        named = f" It belongs to these: {', '.join(uses)}." if uses else ""
        return (
            "## What would follow\n\nThe claim names no use. The "
            "[scenarios](../scenarios/index.md) say what an accuracy would mean in each of them."
            f"{named}\n"
        )
    return (
        "## What would follow\n\nIf it were used as claimed, "
        f"{_scenario(c.scenario)} says what would follow for people: how many would be flagged, "
        "and how many of them rightly.\n"
    )


def _law(c: LibraryClaim) -> str:
    if not c.law:
        return ""
    where = (
        "figures above name the articles"
        if c.scenario == "any"
        else ("scenario names articles and the date on which they were read")
    )
    return (
        f"## The law\n\n{escaped(c.law[:1].upper() + c.law[1:])}. This is not legal advice; the "
        f"{where}.\n"
    )


def _stated(c: LibraryClaim) -> str:
    spec = yaml.safe_load((ROOT / "examples" / "all-claims" / "audit.yaml").read_text("utf-8"))
    stated = [entry for entry in spec["claims"] if entry["library"] == c.id]
    text = yaml.safe_dump({"claims": stated}, sort_keys=False, allow_unicode=True, width=90)
    without = (
        " No bound is given: no finding of this version could settle it, and the verdict says why."
        if c.why_untestable
        else ""
    )
    return (
        "## In an audit file\n\nThe words and the source come from the library."
        f"{without}\n\n```yaml\n{text}```\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", nargs="*", metavar="EXAMPLE", help="examples; default: all")
    asked = parser.parse_args().run
    if asked is None:
        parser.error("say --run; the pages are made by docs/build.py")
    write_verdicts(asked or list(EXAMPLES))
