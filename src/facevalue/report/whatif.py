"""The what-if table: figures that follow the reader's assumptions, in the page itself.

The page computes from the same draws by the same formulas as `facevalue.simulate`; without
scripts, and on paper, the table stands as it is for the scenario.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

from facevalue.report.blocks import Slider, Told, WhatIf
from facevalue.simulate import QUANTITIES, Amount, Simulated
from facevalue.simulate.record import stored_rates
from facevalue.simulate.words import about, percent, ranged

__all__ = ["GROUP_QUANTITIES", "whatif"]

GROUP_QUANTITIES = (
    ("false_flag_rate", "flagged of those not sought", "share"),
    ("burden", "over that of all others", "ratio"),
    ("sensitivity", "flagged of those sought", "share"),
    ("ppv", "chance that a flag is right", "share"),
    ("false_flags_a_day", "false flags a day", "count"),
    ("flagged_once", "not sought, flagged at least once", "share"),
)
"""Name, words and unit of what is told by group."""

DEFAULT_CORRELATION = 0.0
MAX_LOOKS = 5000
STEPS = 200


def whatif(one: Simulated, anchor: str, caption: str) -> WhatIf:
    """Return the table with its sliders and the data it is worked out from.

    Parameters
    ----------
    anchor
        Id in the page, of letters, digits and hyphens.
    """
    if one.use.correlation is None:
        # A table needs a number to start from; the sentences tell both ends.
        one = replace(one, use=replace(one.use, correlation=DEFAULT_CORRELATION))
    found = one.found
    names = [q for q in QUANTITIES if q.name in found.of_all]
    groups = tuple(found.of_groups)
    return WhatIf(
        anchor=anchor,
        caption=caption,
        data=_data(one),
        sliders=_sliders(one),
        shares=tuple(
            Slider(
                name=f"share-{i}", label=name, low=0, high=100, step=1, at=round(100 * share),
                words=percent(float(share)),
            )
            for i, (name, share) in enumerate(zip(one.rates.groups, one.rates.shares, strict=True))
        ) if groups else (),
        told=tuple(Told(q.name, q.words, ranged(found.of_all[q.name], q.unit)) for q in names),
        groups=groups,
        by_group=tuple(
            tuple(
                Told(name, words, ranged(told[name], unit))
                for name, words, unit in GROUP_QUANTITIES
                if name in told
            )
            for told in found.of_groups.values()
        ),
        group_columns=tuple(words for name, words, _ in GROUP_QUANTITIES),
    )  # fmt: skip


def _data(one: Simulated) -> str:
    rates = stored_rates(one.rates)
    wanted = ("groups", "shares", "thresholds", "at", "shape", "sensitivity", "false_flag_rate")
    document = {
        "use": asdict(one.use),
        "rates": {name: rates[name] for name in wanted},
        "units": {q.name: q.unit for q in QUANTITIES}
        | {name: unit for name, _, unit in GROUP_QUANTITIES},
    }
    return json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _sliders(one: Simulated) -> tuple[Slider, ...]:
    scenario, use, rates = one.scenario, one.use, one.rates
    found = [
        _logarithmic(
            "base_rate", "Base rate (what is sought, of all looks)", scenario.base_rate,
            use.base_rate, _share_words(use.base_rate), most=0.5,
        ),
        _whole("looks", f"Looks at one person in {scenario.period}", use.looks, MAX_LOOKS),
        Slider(
            name="correlation", label="Correlation between looks at one person", low=0, high=1,
            step=0.01, at=use.correlation or 0.0, words=f"{use.correlation or 0.0:.2f}",
        ),
        _logarithmic(
            "people_a_day", f"{scenario.people} a day", scenario.people_a_day,
            use.people_a_day, about(use.people_a_day), most=1e9,
        ),
        _whole("staff", "Staff at a time", use.staff, 500),
        Slider(
            name="minutes", label="Minutes of a review", low=min(1.0, use.minutes),
            high=max(120.0, use.minutes), step=1, at=use.minutes, words=about(use.minutes),
        ),
    ]  # fmt: skip
    if rates.thresholds is not None:
        found.insert(
            1,
            Slider(
                name="at", label="Threshold", low=0, high=len(rates.thresholds) - 1, step=1,
                at=rates.at, words=f"{rates.thresholds[rates.at]:g}", scale="place",
            ),
        )  # fmt: skip
    return tuple(found)


def _logarithmic(
    name: str, label: str, amount: Amount, at: float, words: str, *, most: float
) -> Slider:
    stands = round(math.log10(at), 4)
    # The scale never ends short of where it stands.
    low = min(stands, math.floor(math.log10(max(1e-9, min(amount.ends[0], at) / 10))))
    top = min(math.log10(most), math.ceil(math.log10(max(amount.ends[1], at) * 10)))
    high = max(stands, top)
    step = round((high - low) / STEPS, 4)
    return Slider(
        name=name, label=label, low=low, high=round(high, 4), step=step,
        at=stands, words=words, scale="log",
    )  # fmt: skip


def _whole(name: str, label: str, at: int, most: int) -> Slider:
    high = min(most, max(20, 5 * at))
    return Slider(name=name, label=label, low=1, high=max(high, at), step=1, at=at, words=f"{at:,}")


def _share_words(p: float) -> str:
    return f"{percent(p)} (1 in {about(1 / p)})"
