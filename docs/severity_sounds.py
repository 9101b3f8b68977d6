"""Measures every step of every perturbation of sounds, and writes the table of severities.

The reference media are 60 clips of the dataset emodb-2s, chosen by a seed, and vowels made by
arithmetic at 8, 16 and 44.1 kHz. The clips decide the severity; the vowels show how far it holds
at other rates. Usage, from the repository root, with FACEVALUE_DATA set::

    python docs/severity_sounds.py                      # measures, and writes the page
    python docs/severity_sounds.py --calibrate [NAME …] # prints parameters for mid-band
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from facevalue.atomic import write_text
from facevalue.domain import Media
from facevalue.perturb import PERTURBATIONS, Applied, Perturbation, Role
from facevalue.perturb.measure_sound import (
    BELOW_THE_SCALE,
    SOUND_BANDS,
    sound_severity,
    spectral_distance,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from sounds_support import RATES_HZ, SEED, reference_clips, vowels  # found by the path above

PAGE = Path(__file__).parent / "simulations" / "severity-sounds.md"
N_TIMED = 20
DRAW_SEED = 1
"""The seed of the perturbations' own draws, as in the tests."""

LINEAR = {
    "gain-down": ("gain_db", 0.0, -30.0),
    "gain-up": ("gain_db", 0.0, 30.0),
    "dynamic-compression": ("ratio", 1.0, 20.0),
    "white-noise": ("snr_db", 60.0, -3.0),
    "pink-noise": ("snr_db", 60.0, -3.0),
    "babble-noise": ("snr_db", 60.0, -3.0),
    "music-noise": ("snr_db", 60.0, -3.0),
    "environment-noise": ("snr_db", 60.0, -3.0),
    "cough-noise": ("snr_db", 60.0, -20.0),
    "mains-hum": ("snr_db", 60.0, -3.0),
    "additive-tone": ("snr_db", 60.0, -3.0),
    "room": ("direct_to_reverb_db", 40.0, -12.0),
    "far-microphone": ("direct_to_reverb_db", 40.0, -12.0),
    "echo": ("weaker_db", 50.0, 0.0),
    "tilt-down": ("db_per_octave", 0.0, -12.0),
    "tilt-up": ("db_per_octave", 0.0, 12.0),
    "microphone-colour": ("spread_db", 0.0, 15.0),
}
LOGARITHMIC = {
    "clipping": ("share", 1e-3, 0.98),
    "coarse-steps": ("step", 1e-4, 0.2),
    "packet-loss": ("share", 1e-3, 0.9),
    "low-pass": ("cutoff_hz", 7_900.0, 300.0),
    "high-pass": ("cutoff_hz", 20.0, 6_000.0),
    "lower-rate": ("to_hz", 15_900.0, 1_000.0),
    "crop-start": ("share", 1e-3, 1.0),
    "crop-end": ("share", 1e-3, 1.0),
    "pad-start": ("seconds", 1e-4, 0.5),
    "time-offset": ("seconds", 1e-4, 0.5),
}
"""Perturbation → the parameter that is calibrated, from no change to the most that is sensible."""


def sounds() -> Iterator[Perturbation]:
    """Yield the perturbations of sounds that should not change an answer, by family."""
    found = [PERTURBATIONS[name] for name in PERTURBATIONS]
    ours = [p for p in found if p.media == "sound" and p.role is Role.NUISANCE]
    yield from sorted(ours, key=lambda p: (p.family, p.name))


def distances(applied: Applied, media: Sequence[Media]) -> list[float]:
    """Return the measure of every sound."""
    found = []
    for one in media:
        changed = applied.apply(one).sound
        assert one.sound is not None
        assert changed is not None
        assert one.rate_hz is not None
        found.append(spectral_distance(one.sound, changed, one.rate_hz))
    return found


def value_at(name: str, place: float) -> float:
    """Return the parameter at a place between no change (0) and the most that is sensible (1)."""
    if name in LINEAR:
        _, none, most = LINEAR[name]
        return none + place * (most - none)
    field, none, most = LOGARITHMIC[name]
    value = none * (most / none) ** place
    return round(value) if field == "to_hz" else value


def mean_at(perturbation: Perturbation, severity: int, value: float) -> float:
    """Return the mean measure with another value of the calibrated parameter."""
    field = {**LINEAR, **LOGARITHMIC}[perturbation.name][0]
    near = min(perturbation.steps, key=lambda k: abs(k - severity))
    change: Any = perturbation.steps[near]
    tried = replace(perturbation, steps={1: replace(change, **{field: value})})
    return float(np.mean(distances(tried.at(1, seed=DRAW_SEED), reference_clips())))


def calibrate(names: Sequence[str]) -> None:
    """Print the parameter that puts each step in the middle of its band, by bisection."""
    for perturbation in sounds():
        name = perturbation.name
        if name not in {**LINEAR, **LOGARITHMIC} or (names and name not in names):
            continue
        for severity, band in SOUND_BANDS.items():
            target = sum(band) / 2
            most = mean_at(perturbation, severity, value_at(name, 1.0))
            if most < target:
                print(f"{name} {severity}: {target:.2f} is out of reach, at most {most:.2f}")
                continue
            low, high = 0.0, 1.0
            for _ in range(10):
                middle = (low + high) / 2
                found = mean_at(perturbation, severity, value_at(name, middle))
                low, high = (middle, high) if found < target else (low, middle)
            print(f"{name} {severity}: {value_at(name, high):.4g}", flush=True)


def cost_ms(applied: Applied, media: Sequence[Media]) -> float:
    """Return the milliseconds that one clip of 2 s takes: the median over some of them."""
    applied.apply(media[0])
    taken = []
    for one in media[:N_TIMED]:
        started = time.perf_counter()
        applied.apply(one)
        taken.append(time.perf_counter() - started)
    return 1e3 * float(np.median(taken))


def parameters(applied: Applied) -> str:
    """Return the parameters of a step as words."""
    change: Any = applied.perturbation.steps[applied.severity]
    return ", ".join(f"{name} {value}" for name, value in asdict(change).items()) or "none"


def row(perturbation: Perturbation, severity: int) -> str:
    """Return one line of the table; stop if the step lies outside its band."""
    applied = perturbation.at(severity, seed=DRAW_SEED)
    found = distances(applied, reference_clips())
    mean = float(np.mean(found))
    expected = 0 if perturbation.name in BELOW_THE_SCALE else severity
    if sound_severity(mean) != expected or mean >= SOUND_BANDS[5][1]:
        raise SystemExit(f"{applied.condition} measures {mean:.2f} dB, outside its band")
    low, high = np.quantile(found, (0.05, 0.95))
    at_rates = [float(np.mean(distances(applied, vowels(rate)))) for rate in RATES_HZ]
    cells = [
        perturbation.name,
        f"{severity}" + (" (below the scale)" if not expected else ""),
        parameters(applied),
        f"{mean:.2f}",
        f"{low:.2f} to {high:.2f}",
        *(f"{value:.2f}" for value in at_rates),
        f"{cost_ms(applied, reference_clips()):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def page() -> str:
    """Return the page."""
    bands = ", ".join(f"{s}: {low:g} to {high:g}" for s, (low, high) in SOUND_BANDS.items())
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    lines = [
        "# How much each perturbation changes a sound",
        "",
        f"{len(reference_clips())} clips of emodb-2s (16 kHz, 2 s), chosen with seed {SEED}; draws "
        f"of the perturbations with seed {DRAW_SEED}.",
        f"{today}, NumPy {np.__version__}, SciPy {scipy.__version__}. Made by "
        "`python docs/severity_sounds.py`.",
        "",
        "*Mean*: `facevalue.perturb.measure_sound.spectral_distance` in dB, averaged over the",
        f"clips; it decides the severity. Bands: {bands}.",
        "*5 to 95 %*: of single clips; bands hold on average, not for every clip. *Vowels*: the",
        "mean of two vowels made by arithmetic, by sampling rate; they decide nothing. 0 at 8 kHz:",
        "such a sound has none of the frequencies that are taken away. *ms*: median time for a",
        "clip, one thread, on a shared machine. Steps that are missing are out of reach or would",
        "make no sense: ADR 19 says which.",
        "",
        "| perturbation | severity | parameters | mean | 5 to 95 % | vowels 8 kHz | 16 kHz "
        "| 44.1 kHz | ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row(p, severity) for p in sounds() for severity in p.severities),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Calibrate, or measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibrate", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    if asked.calibrate is not None:
        calibrate(asked.calibrate)
        return
    write_text(PAGE, page())


if __name__ == "__main__":
    main()
