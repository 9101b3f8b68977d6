"""Media that leave their root, are not there, or unfold to more than is read."""

from __future__ import annotations

from pathlib import Path

from malformed.case import Case, audit, lines, png, wav

__all__ = ["CASES"]


def _media(*paths: str) -> str:
    rows = [f"{x},p{x},anger,{path}" for x, path in zip("abcd", paths, strict=False)]
    return "\n".join(["item,subject,annotated,media", *rows, ""])


def _link_out(folder: Path) -> None:
    (folder / "faces").mkdir()
    (folder / "secret.png").write_bytes(png(16, 16))
    (folder / "faces" / "a.png").symlink_to("../secret.png")


_ROOT = ("manifest: faces.csv", "manifest: faces.csv\n    root: faces")

CASES = (
    Case(
        name="media leave their root",
        files={
            "faces.csv": _media("../secret.png", "/secret.png", "C:\\secret.png", "~/secret.png"),
            "secret.png": png(16, 16),
        },
        says=lines(
            "faces.csv: 4 problem(s)",
            (
                "  row 2, column media: the path leads out of the media folder; expected a "
                "relative path inside it [outside_root]"
            ),
            (
                "  row 3, column media: the path leads out of the media folder; expected a "
                "relative path inside it [outside_root]"
            ),
            (
                "  row 4, column media: the path leads out of the media folder; expected a "
                "relative path inside it [outside_root]"
            ),
            (
                "  row 5, column media: the path leads out of the media folder; expected a "
                "relative path inside it [outside_root]"
            ),
        ),
    ),
    Case(
        name="media at an absolute path",
        files={"faces.csv": _media("/etc/hostname"), **audit(_ROOT), "faces/a.png": png(16, 16)},
        says=lines(
            "faces.csv: 1 problem(s)",
            (
                "  row 2, column media: the path leads out of the media folder; expected a "
                "relative path inside it [outside_root]"
            ),
        ),
    ),
    Case(
        name="media through a link",
        files={"faces.csv": _media("a.png"), **audit(_ROOT)},
        then=_link_out,
        says=lines(
            "faces.csv: 1 problem(s)",
            (
                "  row 2, column media: the path leads out of the media folder; expected a "
                "relative path inside it [outside_root]"
            ),
        ),
    ),
    Case(
        name="media missing",
        files={
            "faces.csv": _media("a.png", "faces", "answers.csv", "x" * 300 + ".png"),
            "faces/a.png": png(16, 16),
        },
        says=lines(
            "faces.csv: 5 problem(s)",
            "  row 2, column media: there is no such file in the media folder [missing_media]",
            "  row 3, column media: there is no such file in the media folder [missing_media]",
            (
                "  row 4, column media: expected a file that ends in one of .png, .jpg, .jpeg, "
                ".bmp, .webp, .wav, .flac, .ogg [unsupported_media]"
            ),
            "  row 5, column media: 304 characters; at most 200 are taken [too_long]",
            "  row 5, column media: there is no such file in the media folder [missing_media]",
        ),
    ),
    Case(
        name="no media folder",
        files={"faces.csv": _media("a.png"), **audit(_ROOT)},
        says=lines(
            "faces.csv: 1 problem(s)", "  root: there is no such media folder [missing_file]"
        ),
    ),
    Case(
        name="decompression bombs",
        files={
            "faces.csv": _media("a.png", "b.png"),
            "a.png": png(8_001, 8_001),
            "b.png": png(60_000, 60_000),
        },
        says=lines(
            "faces.csv: 2 problem(s)",
            (
                "  row 2, column media: 64,016,001 pixels; at most 64,000,000 are read "
                "[media_too_large]"
            ),
            "  row 3, column media: more than 64,000,000 pixels [media_too_large]",
        ),
        needs=("PIL",),
    ),
    Case(
        name="sounds that unfold",
        files={"faces.csv": _media("a.wav", "b.wav"), "a.wav": wav(1_801, 1), "b.wav": wav(4, 9)},
        says=lines(
            "faces.csv: 2 problem(s)",
            "  row 2, column media: 1,801 s long; at most 1,800 s are read [media_too_large]",
            "  row 3, column media: 9 channels; at most 8 are read [media_too_large]",
        ),
        needs=("soundfile",),
    ),
)
