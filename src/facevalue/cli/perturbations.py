"""`facevalue perturbations`: what changes media, to read, to look at and to listen to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facevalue.cli.printing import print_table, safe

if TYPE_CHECKING:
    from facevalue.domain import Media
    from facevalue.perturb import Perturbation

__all__ = ["add_to"]

FILES = (
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".pdf", ".html", ".zip",
    ".wav", ".flac", ".ogg", ".mp3",
)  # fmt: skip
"""How names of files end that a folder is not to be called by mistake."""

commands = typer.Typer(help="Changes of media: list, show.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(commands, name="perturbations")


@commands.command("list")
def list_perturbations() -> None:
    """List the perturbations: what they change, in which severities, and what they stand for."""
    from facevalue.errors import PluginError
    from facevalue.perturb import PERTURBATIONS, Role
    from facevalue.perturb.pairs import PAIRS

    rows: list[Sequence[object]] = []
    for name in PERTURBATIONS:
        try:
            p = PERTURBATIONS[name]
        except PluginError as error:
            rows.append([name, "", "", "", "", f"BROKEN: {error}"])
        else:
            rows.append([name, _kind(p), _severities(p), p.family, p.role.value, p.about])
    for name, pair in PAIRS.items():
        kind = "pictures" if pair.media == "image" else "sounds"
        rows.append([name, kind, pair.severity, pair.family, Role.RELIANCE.value, pair.about])
    rows.sort(key=lambda row: str(row[0]))
    print_table(["NAME", "CHANGES", "SEVERITIES", "FAMILY", "ROLE", "ABOUT"], rows)


def _kind(perturbation: Perturbation) -> str:
    return "pictures" if perturbation.media == "image" else "sounds"


def _severities(perturbation: Perturbation) -> str:
    steps = perturbation.severities
    whole = len(steps) > 1 and steps == tuple(range(steps[0], steps[-1] + 1))
    return f"{steps[0]}–{steps[-1]}" if whole else ", ".join(map(str, steps))


@commands.command("show")
def show(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names of perturbations; all of pictures if none.", metavar="NAME"),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option("--image", help="Picture to change, instead of a test pattern of nobody."),
    ] = None,
    sound: Annotated[
        Path | None,
        typer.Option("--sound", help="Sound to change, instead of one made by arithmetic."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="For pictures a contact sheet (.png); for sounds a folder of WAV."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For what is drawn.")] = 0,
) -> None:
    """Show parameters and measured change of every severity, on one picture or sound.

    The measure is that of this one picture or sound. Severities are those of faces and voices,
    and a test pattern may lie in another band.
    """
    chosen = _chosen(names or [], of_sounds=sound is not None)
    for given, option, kind in ((image, "--image", "image"), (sound, "--sound", "sound")):
        _refuse_other(chosen, given, option, kind)
    _refuse_mixed(chosen, out)
    media: dict[str, Media] = {}
    for kind in dict.fromkeys(p.media for p in chosen):
        media[kind] = _picture(image) if kind == "image" else _heard(sound)
        typer.echo(safe(f"Measured on: {media[kind].item}"))
    for perturbation in chosen:
        typer.echo()
        _print(perturbation, media[perturbation.media], seed)
    if out is not None:
        _write(chosen, media[chosen[0].media], out, seed)


def _chosen(names: Sequence[str], *, of_sounds: bool) -> list[Perturbation]:
    from facevalue.errors import InputError
    from facevalue.perturb import PERTURBATIONS
    from facevalue.perturb.pairs import PAIRS
    from facevalue.perturb.scales import unknown_name

    if pairs := [name for name in names if name in PAIRS]:
        raise InputError(
            f"{', '.join(pairs)}: made of two items, and cannot be shown on one. "
            "What it does: facevalue perturbations list"
        )
    if unknown := [name for name in dict.fromkeys(names) if name not in PERTURBATIONS]:
        raise InputError("\n".join(map(unknown_name, unknown)))
    if names:
        return [PERTURBATIONS[name] for name in dict.fromkeys(names)]
    kind = "sound" if of_sounds else "image"
    every = [PERTURBATIONS[name] for name in PERTURBATIONS]
    # What takes a part away for the sake of a map is many alike: shown when named.
    alike = ("hide-r", "hide-t")
    of_kind = [p for p in every if p.media == kind and not p.name.startswith(alike)]
    return sorted(of_kind, key=lambda p: (p.family, p.name))


def _refuse_other(
    chosen: Sequence[Perturbation], given: Path | None, option: str, kind: str
) -> None:
    from facevalue.errors import InputError

    if given is not None and all(p.media != kind for p in chosen):
        names = ", ".join(p.name for p in chosen)
        raise InputError(f"{option} is of no use here: {names} changes {_kind(chosen[0])}")


def _refuse_mixed(chosen: Sequence[Perturbation], out: Path | None) -> None:
    from facevalue.errors import InputError

    if out is None:
        return
    if len({p.media for p in chosen}) > 1:
        raise InputError(
            "--out takes a contact sheet of pictures or a folder of sounds, not both. "
            "Show pictures and sounds one after the other."
        )
    if chosen[0].media == "image":
        if out.is_dir():
            raise InputError(f"{out}: a contact sheet is a PNG file, and this is a folder")
        if out.suffix.lower() != ".png":
            raise InputError(f"{out}: a contact sheet is a PNG file. Give a name ending in .png.")
    elif out.exists() and not out.is_dir():
        raise InputError(f"{out}: sounds are written into a folder, and this is a file")
    elif out.suffix.lower() in FILES and not out.exists():
        raise InputError(
            f"{out}: sounds are written into a folder, and this is the name of a file. Give one "
            f"without {out.suffix}."
        )


def _picture(path: Path | None) -> Media:
    from facevalue.canonical import digest_bytes
    from facevalue.dataset.media import decode_image
    from facevalue.domain import Media
    from facevalue.perturb.sheet import drawn_pattern

    if path is None:
        pattern = drawn_pattern()
        return Media(
            item="a test pattern of nobody", sha256=digest_bytes(pattern.tobytes()), image=pattern
        )
    data = _bytes_of(path)
    image = _decoded(decode_image, data, path)
    return Media(item=path.name, sha256=digest_bytes(data), image=image)


def _heard(path: Path | None) -> Media:
    from facevalue.canonical import digest_bytes
    from facevalue.dataset.media import decode_sound
    from facevalue.domain import Media
    from facevalue.perturb.sheet import MADE_RATE_HZ, made_sound

    if path is None:
        made = made_sound()
        sha256 = digest_bytes(made.tobytes())
        return Media(item="a test sound of nobody", sha256=sha256, sound=made, rate_hz=MADE_RATE_HZ)
    data = _bytes_of(path)
    sound, rate_hz = _decoded(decode_sound, data, path)
    return Media(item=path.name, sha256=digest_bytes(data), sound=sound, rate_hz=rate_hz)


def _bytes_of(path: Path) -> bytes:
    from facevalue.dataset.media import MediaLimits
    from facevalue.errors import InputError

    most = MediaLimits().max_bytes
    try:
        if path.is_file() and path.stat().st_size > most:
            raise InputError(f"{path}: the file is larger than {most >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror})") from error


def _decoded(decode: Callable[[bytes], Any], data: bytes, path: Path) -> Any:
    from facevalue.errors import InputError

    try:
        return decode(data)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _print(perturbation: Perturbation, media: Media, seed: int) -> None:
    kind = f"{perturbation.family}, {perturbation.role.value}"
    typer.echo(safe(f"{perturbation.name}: {perturbation.title} ({kind})"))
    typer.echo(safe(perturbation.about))
    if perturbation.covers:
        typer.echo(safe(f"Covers {'; '.join(perturbation.covers)}."))
    measure = "SIMILARITY" if perturbation.media == "image" else "DISTANCE"
    rows = [
        [s, _change(perturbation, s, media, seed), _parameters(perturbation, s)]
        for s in perturbation.severities
    ]
    print_table(["SEVERITY", measure, "PARAMETERS"], rows)


def _parameters(perturbation: Perturbation, severity: int) -> str:
    change: Any = perturbation.steps[severity]
    return ", ".join(f"{name} {value}" for name, value in asdict(change).items())


def _change(perturbation: Perturbation, severity: int, media: Media, seed: int) -> str:
    from facevalue.perturb.measure import image_similarity
    from facevalue.perturb.measure_sound import spectral_distance

    changed = perturbation.at(severity, seed=seed).apply(media)
    if media.image is not None and changed.image is not None:
        return f"{image_similarity(media.image, changed.image):.3f}"
    assert media.sound is not None
    assert changed.sound is not None
    assert media.rate_hz is not None
    return f"{spectral_distance(media.sound, changed.sound, media.rate_hz):.1f} dB"


def _write(chosen: Sequence[Perturbation], media: Media, out: Path, seed: int) -> None:
    from facevalue.atomic import write_bytes
    from facevalue.errors import InputError
    from facevalue.perturb.sheet import contact_sheet

    if chosen[0].media == "image":
        files = {out: contact_sheet(media, chosen, seed=seed)}
    else:
        # Everything is made before anything is written.
        files = _sound_files(chosen, media, out, seed)
    try:
        for path, data in files.items():
            write_bytes(path, data)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror})") from error
    what = "contact sheet" if chosen[0].media == "image" else f"{len(files)} sounds"
    typer.echo(safe(f"Written: {out} ({what})"), err=True)


def _sound_files(
    chosen: Sequence[Perturbation], media: Media, out: Path, seed: int
) -> dict[Path, bytes]:
    from facevalue.perturb.sheet import wav_bytes

    assert media.sound is not None
    assert media.rate_hz is not None
    files = {out / "unchanged-0.wav": wav_bytes(media.sound, media.rate_hz)}
    for perturbation in chosen:
        for severity in perturbation.severities:
            changed = perturbation.at(severity, seed=seed).apply(media)
            assert changed.sound is not None
            assert changed.rate_hz is not None
            path = out / f"{perturbation.name}-{severity}.wav"
            files[path] = wav_bytes(changed.sound, changed.rate_hz)
    return files
