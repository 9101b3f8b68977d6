"""A commented audit file from a few answers, as a place to start from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from facevalue.audits.spec import parse_audit
from facevalue.declared.yamlfile import parse_yaml

__all__ = ["Draft", "draft"]

MANIFEST_ENDINGS = (".csv", ".parquet", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Answers to the questions of ``facevalue plan new``."""

    title: str
    dataset: str
    system: str
    groups: tuple[str, ...] = ()
    accuracy: float = 0.95
    gap: float = 0.05


OPTIONS: dict[str, tuple[str, ...]] = {
    "predictions": (
        "options:",
        "  file: predictions.csv     # columns item and label, or item and score_<label>",
    ),
    "callable": (
        "options:",
        "  function: my_module:predict   # takes a batch, gives scores",
    ),
    "onnx": (
        "options:",
        "  model: model.onnx",
        "  labels: [anger, happiness, neutral]   # in the order of the output",
        "  size: [64, 64]                        # height, width",
    ),
    "tflite": (
        "options:",
        "  model: model.tflite",
        "  labels: [anger, happiness, neutral]   # in the order of the output",
        "  size: [64, 64]                        # height, width",
    ),
    "command": (
        "options:",
        "  command: [./my-system, --json]   # JSON Lines in and out",
    ),
    "http": (
        "options:",
        "  url: https://example.org/predict",
        "  key_env: MY_SYSTEM_KEY      # name of the variable; the key is never written down",
    ),
}
"""Options that each adapter cannot do without, to be filled in."""

NAMED_LABELS = {
    "fer": {"angry": "anger", "happy": "happiness", "sad": "sadness"},
    "facex": {"happy": "happiness", "surprised": "surprise"},
    "face-api": {
        "happy": "happiness", "sad": "sadness", "angry": "anger", "fearful": "fear",
        "disgusted": "disgust", "surprised": "surprise",
    },
}  # fmt: skip


def draft(answers: Draft) -> str:
    """Return the text of an audit file, checked as one that is read.

    Raises
    ------
    AuditSpecError
        If the answers do not make an audit file, with every problem.
    """
    lines = [
        "# An audit file. Check it with: facevalue plan check FILE",
        "# Lock it before the data are seen: facevalue plan lock FILE --out RUN",
        "facevalue: 1",
        f"title: {_quoted(answers.title)}",
        "seed: 1            # of every random test; the same seed gives the same numbers",
        "level: 0.95        # of every interval",
        "",
        *_dataset(answers),
        "",
        *_system(answers),
        "",
        *_claims(answers),
    ]
    text = "\n".join(lines) + "\n"
    parse_audit(parse_yaml(text, "your answers"))
    return text


def _quoted(text: str) -> str:
    # JSON strings are YAML strings, whatever is in them.
    return json.dumps(text, ensure_ascii=False)


def _is_manifest(name: str) -> bool:
    return Path(name).suffix.lower() in MANIFEST_ENDINGS


def _dataset(answers: Draft) -> list[str]:
    lines = ["datasets:"]
    if _is_manifest(answers.dataset):
        lines += [
            f"  - manifest: {_quoted(answers.dataset)}",
            "    taxonomy: ekman6-neutral   # or a list of labels",
            "    # labels: {angry: anger}   # dataset's word → word of the taxonomy, or outside",
            "    # columns: {item: file, subject: speaker, annotated: emotion}",
        ]
    else:
        lines.append(f"  - name: {_quoted(answers.dataset)}")
    lines.append("    conditions: []             # attributes told value by value, as [modality]")
    if answers.groups:
        listed = ", ".join(_quoted(g) for g in answers.groups)
        lines.append(f"    groups: [{listed}]   # [a, b] in brackets is an intersection")
    return lines


def _system(answers: Draft) -> list[str]:
    lines = ["systems:"]
    if answers.system in NAMED_LABELS:
        lines.append(f"  - name: {_quoted(answers.system)}")
        lines.append("    labels:                    # system's word → word of the taxonomy")
        lines += [f"      {a}: {b}" for a, b in NAMED_LABELS[answers.system].items()]
        return lines
    name = "human raters" if answers.system == "ratings" else "the system"
    lines += [f"  - name: {name}", f"    adapter: {_quoted(answers.system)}"]
    lines += [f"    {line}" for line in OPTIONS.get(answers.system, ())]
    if answers.system != "ratings":
        lines.append("    labels: {}                 # system's word → word of the taxonomy")
    return lines


def _claims(answers: Draft) -> list[str]:
    lines = [
        "# What is claimed, and what would decide it (facevalue claims list has more).",
        "claims:",
        "  - library: accuracy-95",
        "    metric: accuracy",
        f"    at_least: {answers.accuracy}",
    ]
    if answers.groups:
        listed = ", ".join(_quoted(g) for g in answers.groups)
        lines += [
            "  - library: works-for-everyone",
            "    metric: accuracy",
            f"    over: [{listed}]",
            f"    largest_gap_at_most: {answers.gap}   # 0.05 is five percentage points",
        ]
    return lines
