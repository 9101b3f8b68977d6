"""Malformed files of predictions."""

from __future__ import annotations

import pickle
from pathlib import Path

from malformed.case import ANSWERS, Case, Content, audit, lines

__all__ = ["CASES"]

SCORES = """\
item,score_anger,score_calm
a,0.9,0.1
b,0.2,0.8
c,0.3,0.7
d,0.4,0.6
"""


def _answers(content: Content) -> dict[str, Content]:
    return {"answers.csv": content}


def _elsewhere(name: str) -> dict[str, Content]:
    return audit(("answers.csv", name))


def _link_out(folder: Path) -> None:
    (folder / "answers.csv").symlink_to("../elsewhere.csv")
    (folder.parent / "elsewhere.csv").write_text(ANSWERS)


CASES = (
    Case(
        name="missing",
        files=_answers(None),
        says=lines(
            "audit.yaml: 1 problem(s)",
            "  system 'mine', option file: there is no file 'answers.csv' [missing_file]",
        ),
    ),
    Case(
        name="leaves its folder",
        files=_elsewhere("../elsewhere.csv"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  system 'mine', option file: '../elsewhere.csv' leaves the folder of the audit "
                "file. Write an absolute path if that is meant [outside_root]"
            ),
        ),
    ),
    Case(
        name="leaves its folder through a link",
        files=_answers(None),
        then=_link_out,
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  system 'mine', option file: 'answers.csv' leaves the folder of the audit file. "
                "Write an absolute path if that is meant [outside_root]"
            ),
        ),
    ),
    Case(
        name="absolute and missing",
        files=_elsewhere("/nowhere/answers.csv"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  system 'mine', option file: there is no file '/nowhere/answers.csv' "
                "[missing_file]"
            ),
        ),
    ),
    Case(
        name="empty",
        files=_answers(""),
        says=lines("answers.csv: 1 problem(s)", "  the file is empty [empty_file]"),
    ),
    Case(
        name="header only",
        files=_answers("item,label\n"),
        says=lines("answers.csv: 1 problem(s)", "  there is no row of data [no_rows]"),
    ),
    Case(
        name="latin-1",
        files=_answers(ANSWERS.replace("anger", "colère").encode("latin-1")),
        says=lines(
            "answers.csv: 1 problem(s)",
            "  row 2: byte 16 (0xe8) is not UTF-8. Save the file as UTF-8 [wrong_encoding]",
        ),
    ),
    Case(
        name="utf-16",
        files=_answers(ANSWERS.encode("utf-16")),
        says=lines(
            "answers.csv: 1 problem(s)",
            ("  row 1: the file is in UTF-16; expected UTF-8. Save it as UTF-8 [wrong_encoding]"),
        ),
    ),
    Case(
        name="null characters",
        files=_answers(ANSWERS.replace("calm\n", "ca\0lm\n")),
        says=lines(
            "answers.csv: 3 problem(s)",
            "  row 3, column label: the label 'ca lm' holds control characters [bad_label]",
            "  row 4, column label: the label 'ca lm' holds control characters [bad_label]",
            "  row 5, column label: the label 'ca lm' holds control characters [bad_label]",
        ),
    ),
    Case(
        name="ragged",
        files=_answers(ANSWERS + "e\nf,calm,1\n"),
        says=lines(
            "answers.csv: 2 problem(s)",
            "  row 6: 1 field(s); the header has 2 [ragged_row]",
            "  row 7: 3 field(s); the header has 2 [ragged_row]",
        ),
    ),
    Case(
        name="open quote",
        files=_answers(ANSWERS + 'e,"calm\n'),
        says=lines(
            "answers.csv: 1 problem(s)",
            "  row 6: this row cannot be read: unexpected end of data [bad_csv]",
        ),
    ),
    Case(
        name="a pickle",
        files=_answers(pickle.dumps({"a": "calm"})),
        says=lines(
            "answers.csv: 1 problem(s)",
            "  row 1: byte 0 (0x80) is not UTF-8. Save the file as UTF-8 [wrong_encoding]",
        ),
    ),
    Case(
        name="a spreadsheet",
        files={**_elsewhere("answers.xlsx"), "answers.xlsx": b"PK\3\4"},
        says=lines(
            "answers.xlsx: 1 problem(s)",
            (
                "  expected a file that ends in one of .csv, .parquet, .jsonl, .ndjson "
                "[unsupported_format]"
            ),
        ),
    ),
    Case(
        name="not really parquet",
        files={**_elsewhere("answers.parquet"), "answers.parquet": ANSWERS},
        says=lines(
            "answers.parquet: 1 problem(s)",
            "  the file cannot be read as Parquet; it may be damaged [not_parquet]",
        ),
    ),
    Case(
        name="bad json lines",
        files={
            **_elsewhere("answers.ndjson"),
            "answers.ndjson": '{"item": "a", "label": "calm"}\n{"item": "b"\n["c"]\n'
            '{"item": "d", "label": {"calm": 1}}\n',
        },
        says=lines(
            "answers.ndjson: 3 problem(s)",
            "  row 2: not JSON: Expecting ',' delimiter at character 13 [bad_json]",
            """  row 3: expected an object such as {"item": "a1"} [bad_json]""",
            "  row 4: the value of 'label' is an object; expected text or a number [bad_json]",
        ),
    ),
    Case(
        name="no label",
        files=_answers("item,lable\na,calm\n"),
        says=lines(
            "answers.csv: 1 problem(s)",
            "  there is neither a column 'label' nor a column 'score_<label>' [missing_column]",
        ),
    ),
    Case(
        name="no item",
        files=_answers("id,label\na,calm\n"),
        says=lines(
            "answers.csv: 1 problem(s)",
            "  there is no column 'item' for the items. Columns: 'id', 'label' [missing_column]",
        ),
    ),
    Case(
        name="header twice",
        files=_answers("item,label,label,\na,calm,calm,\n"),
        says=lines(
            "answers.csv: 1 problem(s)",
            "  row 1, column label: two columns have this name [duplicate_column]",
        ),
    ),
    Case(
        name="scores that are none",
        files=_answers("item,score_anger,score_calm\na,NaN,0.5\nb,inf,-inf\nc,1.5,-0.1\nd,much,\n"),
        says=lines(
            "answers.csv: 7 problem(s)",
            (
                "  row 2, column score_anger: the score of 'anger' is 'NaN', expected a number in "
                "[0, 1] [bad_score]"
            ),
            (
                "  row 3, column score_anger: the score of 'anger' is 'inf', expected a number in "
                "[0, 1] [bad_score]"
            ),
            (
                "  row 3, column score_calm: the score of 'calm' is '-inf', expected a number in "
                "[0, 1] [bad_score]"
            ),
            (
                "  row 4, column score_anger: the score of 'anger' is '1.5', expected a number in "
                "[0, 1] [bad_score]"
            ),
            (
                "  row 4, column score_calm: the score of 'calm' is '-0.1', expected a number in "
                "[0, 1] [bad_score]"
            ),
            (
                "  row 5, column score_anger: the score of 'anger' is 'much', expected a number in "
                "[0, 1] [bad_score]"
            ),
            (
                "  row 5, column score_calm: the score of 'calm' is empty, expected a number in "
                "[0, 1] [bad_score]"
            ),
        ),
    ),
    Case(
        name="scores that do not sum to one",
        files={
            **audit(("answers.csv}", "answers.csv, normalised: true}")),
            "answers.csv": SCORES.replace("0.9,", "0.8,"),
        },
        says=lines(
            "answers.csv: 1 problem(s)",
            (
                "  row 2, column score_anger: the scores of this row sum to 0.9, expected 1 "
                "[bad_sum]"
            ),
        ),
    ),
    Case(
        name="duplicate items",
        files=_answers(ANSWERS + "a,calm\na,anger\n"),
        says=lines(
            "answers.csv: 2 problem(s)",
            "  row 6, column item: item 'a' is also on row 2 [duplicate_id]",
            "  row 7, column item: item 'a' is also on row 2 [duplicate_id]",
        ),
    ),
    Case(
        name="unknown items",
        files=_answers(ANSWERS + "e,calm\n../f,calm\n"),
        says=lines(
            "answers.csv: 2 problem(s)",
            "  row 6, column item: item 'e' is not in the dataset [unknown_item]",
            "  row 7, column item: item '../f' is not in the dataset [unknown_item]",
        ),
    ),
    Case(
        name="missing items",
        files=_answers("item,label\na,calm\nc,calm\n"),
        says=lines(
            "answers.csv: 1 problem(s)",
            (
                "  2 item(s) of the dataset have no row: 'b', 'd'. Add them, or set missing: "
                "failed [missing_items]"
            ),
        ),
    ),
    Case(
        name="unknown labels",
        files=_answers("item,label\na,angry\nb,<img src=x onerror=alert(1)>\nc,calm\nd,calm\n"),
        says=lines(
            "audit.yaml: 2 problem(s)",
            (
                "  system 'mine', labels: the system's label '<img src=x onerror=alert(1)>' is not "
                "mapped; map it to one of 'anger', 'calm', or to 'outside' [unmapped_label]"
            ),
            (
                "  system 'mine', labels: the system's label 'angry' is not mapped; map it to one "
                "of 'anger', 'calm', or to 'outside' [unmapped_label]"
            ),
        ),
    ),
    Case(
        name="unknown labels of scores",
        files=_answers(SCORES.replace("score_calm", "score_clam")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  system 'mine', labels: the system's label 'clam' is not mapped; map it to one "
                "of 'anger', 'calm', or to 'outside' [unmapped_label]"
            ),
        ),
    ),
    Case(
        name="control characters",
        files=_answers(ANSWERS.replace("a,anger", "a,an\x1b[31mger").replace("b,", "b\u202e,")),
        says=lines(
            "answers.csv: 3 problem(s)",
            "  row 2, column label: the label 'an [31mger' holds control characters [bad_label]",
            "  row 3, column item: item 'b\\u202e' is not in the dataset [unknown_item]",
            (
                "  1 item(s) of the dataset have no row: 'b'. Add them, or set missing: failed "
                "[missing_items]"
            ),
        ),
    ),
    Case(
        name="answers that contradict themselves",
        files=_answers(
            "item,label,score_anger,score_calm,failed\n"
            "a,joy,0.5,0.5,\n"
            "b,calm,,,timeout\n"
            "c,,,,exploded\n"
            "d,,,,\n"
        ),
        says=lines(
            "answers.csv: 5 problem(s)",
            "  row 2, column label: label 'joy' has no column of scores [unknown_label]",
            "  row 3, column failed: there is an answer and a failure [two_answers]",
            (
                "  row 4, column failed: 'exploded' is no kind of failure, expected timeout, "
                "unavailable, crashed, malformed_answer, unreadable_media, refused "
                "[unknown_failure]"
            ),
            (
                "  row 5, column score_anger: the score of 'anger' is empty, expected a number in "
                "[0, 1] [bad_score]"
            ),
            (
                "  row 5, column score_calm: the score of 'calm' is empty, expected a number in "
                "[0, 1] [bad_score]"
            ),
        ),
    ),
    Case(
        name="no item and no answer",
        files=_answers(ANSWERS.replace("b,calm", "b,") + ",calm\n"),
        says=lines(
            "answers.csv: 2 problem(s)",
            (
                "  row 3, column label: there is no label, and no kind of failure in column "
                "'failed' [missing_value]"
            ),
            "  row 6, column item: there is no item [missing_value]",
        ),
    ),
)
