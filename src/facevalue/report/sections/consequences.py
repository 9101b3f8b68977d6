"""What it would mean: the consequences of each use that the audit file names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from facevalue.report.blocks import (
    Block,
    Bullets,
    Column,
    Dot,
    Dots,
    Figure,
    Gallery,
    Heading,
    Icons,
    Notice,
    Prose,
    Roc,
    Section,
    Table,
    Text,
    web_link,
)
from facevalue.report.model import Material
from facevalue.report.whatif import whatif
from facevalue.report.wording import slug
from facevalue.simulate import QUANTITIES, Amount, Rates, Scenario, Simulated, fact, sweep, tornado
from facevalue.simulate.consequences import of_all
from facevalue.simulate.words import amount, in_a_thousand, percent, plain, ranged, sentences

__all__ = ["consequences_section", "headline", "shown"]

ICONS, ACROSS = 1000, 40
COMPARED = ("sensitivity", "false_flag_rate", "ppv", "flags_a_day", "false_flags_a_day",
            "missed_a_day", "review_hours")  # fmt: skip
SWINGS = {
    "ppv": "chance that a flag is right",
    "flagged_once": "chance of a flag at least once, if not sought",
}


def consequences_section(material: Material) -> Section | None:
    """Return what would follow in each use, or `None` where the audit file names none."""
    report = material.report
    if not report.simulated and not report.not_simulated:
        return None
    blocks: list[Block] = [
        Prose(
            (
                "What would follow for people if the system were used as described. The rates are "
                "those measured in this audit unless it says otherwise; everything else is an "
                "assumption, listed with its source or reason. Not a forecast, and not legal "
                "advice.",
            )
        )
    ]
    for i, one in enumerate(report.simulated, start=1):
        blocks += _of_one(shown(one, report.min_cell), i)
    if report.not_simulated:
        items = tuple(
            f"{n.scenario}{f', {n.system} on {n.dataset}' if n.system else ''}: {n.reason}."
            for n in report.not_simulated
        )
        blocks.append(Notice(title="Uses that could not be worked out", items=items))
    return Section(anchor="consequences", title="What it would mean", blocks=tuple(blocks))


def shown(one: Simulated, min_cell: int) -> Simulated:
    """Return a simulation as it may be shown: with one group where a group is too small."""
    rates = one.rates
    people = (*rates.n_people, *rates.n_sought)
    if not any(0 < n < min_cell for n in people) or len(rates.groups) == 1:
        return one
    why = "Groups are not told apart, since one of them has too few people to be shown."
    return replace(one, rates=rates.together(why))


def headline(one: Simulated) -> str:
    """Return the most telling sentence of a simulation."""
    return sentences(one.scenario, one.rates, one.use, one.found)[1]


def _title(one: Simulated) -> str:
    return f"{one.scenario.title}: {one.where}" if one.where else one.scenario.title


def _of_one(one: Simulated, position: int) -> list[Block]:
    title = _title(one)
    blocks: list[Block] = [
        Heading(title, 3, f"use-{position}"),
        Prose((f"{one.scenario.who} A flag leads to: {one.scenario.leads_to}",)),
        Prose(sentences(one.scenario, one.rates, one.use, one.found)),
        _icons(one),
        Heading("What if", 4),
        Prose(
            (
                "The figures follow the sliders, where scripts run; they are worked out in this "
                "page, from the same draws. On paper they are those of the scenario."
                + _unknown(one),
            )
        ),
        whatif(one, f"whatif-{position}", f"Consequences: {title}"),
        _compared(one),
    ]
    figures = [*_tornados(one, position), *_roc(one, position)]
    blocks += [Gallery(tuple(figures))] if figures else []
    blocks += [*_thresholds(one), *_assumed(one), *_known(one.scenario), *_law(one.scenario)]
    return blocks


def _unknown(one: Simulated) -> str:
    if one.use.correlation is not None or one.use.looks <= 1:
        return ""
    return (
        " How alike looks at one person are is not known: the table starts as if they were "
        "independent, and the slider shows the rest."
    )


def _icons(one: Simulated) -> Block:
    ppv = one.found.of_all["ppv"].value
    if ppv is None:
        return Prose(("No flag is raised, so none can be right or wrong.",))
    right, wrong = in_a_thousand(ppv)
    return Icons(
        says=f"A thousand squares, one for each of 1,000 flags: {right} right, {wrong} wrong.",
        caption=f"Of 1,000 flags. {_title(one)}.",
        right=_squares(0, right),
        wrong=_squares(right, ICONS),
        right_words=f"{right} at what is sought",
        wrong_words=f"{wrong} not",
    )


def _squares(first: int, end: int) -> str:
    return "".join(
        f"M{10 * (i % ACROSS) + 1} {10 * (i // ACROSS) + 1}h8v8h-8z" for i in range(first, end)
    )


def _compared(one: Simulated) -> Table:
    """Return the system beside the claim, and beside staff without it."""
    columns: list[tuple[str, Rates]] = [(_basis(one.rates), one.rates)]
    if one.claimed is not None:
        columns.append(("as claimed", one.claimed))
    if one.without is not None:
        columns.append(("staff without it", one.without))
    found = [of_all(rates, one.use) for _, rates in columns]
    units = {q.name: q for q in QUANTITIES}
    rows: list[tuple[Text, ...]] = [
        (units[name].words, *(ranged(told[name], units[name].unit) for told in found))
        for name in COMPARED
    ]
    chance = percent(one.use.base_rate)
    rows.append(
        ("the same chance for looks picked at random", *(chance for _ in columns)),
    )
    return Table(
        caption=f"Beside what is claimed, and what is known without the system: {_title(one)}",
        columns=(Column("What follows"), *(Column(head, "number") for head, _ in columns)),
        rows=tuple(rows),
    )


def _basis(rates: Rates) -> str:
    return f"as {rates.basis}"


def _tornados(one: Simulated, position: int) -> list[Figure]:
    swings = tornado(one.rates, one.use, one.scenario)
    figures = []
    for name, words in SWINGS.items():
        mine = [
            (s, sorted((s.at_low, s.at_high)))
            for s in swings
            if s.quantity == name and s.at_low is not None and s.at_high is not None
        ]
        now = one.found.of_all.get(name)
        middle = None if now is None else now.value
        if not mine:
            continue
        top = _round_up(100 * max(*(high for _, (_, high) in mine), middle or 0.0))
        rows = tuple(
            Dot(
                label=s.assumption,
                detail=f"{plain(s.low)} to {plain(s.high)}",
                text=f"{amount(s.at_low, 'share')} to {amount(s.at_high, 'share')}",
                # What nobody knows has no dot; rounding must not put one beside its line.
                value=None if middle is None else 100 * min(max(middle, low), high),
                low=100 * low,
                high=100 * high,
            )
            for s, (low, high) in mine
        )
        title = f"What it hangs on: {words}"
        figures.append(
            Figure(
                slug=slug("hangs-on", str(position), name, one.scenario.name, one.where),
                says="; ".join(f"{r.label} from {r.detail}: {r.text}" for r in rows),
                note=f"{_title(one)}. Each bar runs between the ends of one assumption, all "
                "others as in the scenario.",
                chart=Dots(
                    title=title,
                    axis=f"{words}, %",
                    domain=(0.0, top),
                    ticks=tuple(top * k / 4 for k in range(5)),
                    rows=rows,
                    dot_words="dot: the scenario; line: the range of the assumption",
                ),
                table=Table(
                    caption=title,
                    columns=(Column("Assumption"), Column("From, to", "number"),
                             Column(f"{words}, then", "number")),
                    rows=tuple((r.label, r.detail, r.text) for r in rows),
                ),
            )
        )  # fmt: skip
    return figures


def _round_up(percent_: float) -> float:
    """Return an end of an axis with four even steps, at most 100."""
    for step in (1e-4, 1e-3, 0.01, 0.04, 0.1, 0.4, 1, 2, 4, 8, 12, 20, 40, 60, 80):
        if percent_ <= step:
            return float(step)
    return 100.0


def _roc(one: Simulated, position: int) -> list[Figure]:
    rates = one.rates
    if rates.basis != "measured":
        return []
    points = [_point(rates, t) for t in range(len(rates.sensitivity))]
    now = one.found.of_all
    claim, staff = one.claimed, one.without
    chart = Roc(
        title="Who is flagged: those sought against those not sought",
        points=tuple(points),
        at=rates.at,
        across=_ends(now["false_flag_rate"].low, now["false_flag_rate"].high),
        up=_ends(now["sensitivity"].low, now["sensitivity"].high),
        claim=None if claim is None else _point(claim, claim.at),
        claim_words="as claimed, with one accuracy for both",
        staff=None if staff is None else _point(staff, staff.at),
        staff_words="staff without the system, as published",
    )
    used = ranged(now["sensitivity"], "share"), ranged(now["false_flag_rate"], "share")
    names = [f"{t:g}" for t in rates.thresholds] if rates.thresholds is not None else ["as given"]
    table = Table(
        caption="Share flagged of those sought and of those not, by threshold (median)",
        columns=(Column("Threshold"), Column("Sought", "number"), Column("Missed", "number"),
                 Column("Not sought", "number")),
        rows=tuple(
            (name, f"{y:.1f} %", f"{100 - y:.1f} %", f"{x:.1f} %")
            for name, (x, y) in zip(names, points, strict=True)
        ),
    )  # fmt: skip
    says = f"At the threshold in use {used[0]} of those sought and {used[1]} of those not sought."
    note = f"{_title(one)}. Rates of those not sought rest on {sum(rates.n_people):,} people."
    return [
        Figure(
            slug=slug("roc", str(position), one.scenario.name, one.where), says=says, note=note,
            chart=chart, table=table,
        )
    ]  # fmt: skip


def _ends(low: float | None, high: float | None) -> tuple[float, float]:
    assert low is not None  # what is measured has ends
    assert high is not None
    return 100 * low, 100 * high


def _point(rates: Rates, at: int) -> tuple[float, float]:
    """Return the medians of those flagged, not sought and sought, in percent."""
    s, f = rates.sensitivity[at], rates.false_flag_rate[at]
    return 100 * float(np.median(rates.shares @ f)), 100 * float(np.median(rates.shares @ s))


def _thresholds(one: Simulated) -> list[Block]:
    steps = sweep(one.rates, one.use)
    if not steps:
        return []
    names = ("sensitivity", "false_flag_rate", "ppv", "flags_a_day")
    units = {q.name: q.unit for q in QUANTITIES}
    heads = ("Flagged of those sought", "Of those not", "Chance a flag is right", "Flags a day")
    rows: list[tuple[Text, ...]] = [
        (
            f"{s.threshold:g}" + (" (in use)" if i == one.rates.at else ""),
            *(ranged(s.found.of_all[n], units[n]) for n in names),
        )
        for i, s in enumerate(steps)
    ]
    return [
        Table(
            caption=f"Every threshold: {_title(one)}",
            columns=(Column("Threshold"), *(Column(h, "number") for h in heads)),
            rows=tuple(rows),
        )
    ]


def _assumed(one: Simulated) -> list[Block]:
    scenario = one.scenario
    rows: list[tuple[Text, ...]] = [
        (words, _amount_words(used), *_origin(used)) for words, used in _amounts(scenario)
    ]
    if scenario.mix is not None:
        rows += [
            (f"share of people: {group}", _plain(share), scenario.mix.why, "–")
            for group, share in scenario.mix.shares.items()
        ]
    return [
        Heading("What was assumed", 4),
        Bullets((*one.rates.says, *one.rates.notes)),
        Table(
            caption=f"Every number of the scenario, with its source or reason: {scenario.name}",
            columns=(Column("Number"), Column("Value (range)", "number"), Column("Why"),
                     Column("Source")),
            rows=tuple(rows),
        ),
    ]  # fmt: skip


def _amounts(scenario: Scenario) -> list[tuple[str, Amount]]:
    found = [
        (f"{scenario.people} a day", scenario.people_a_day),
        (f"looks at each a day (one: {scenario.look})", scenario.looks_a_day),
        ("base rate", scenario.base_rate),
        (f"looks at one person in {scenario.period}", scenario.looks),
        ("minutes of a review", scenario.review.minutes),
        ("staff at a time", scenario.review.staff),
        ("hours a day", scenario.review.hours),
        ("correlation of looks, where data do not tell it", scenario.correlation),
        ("accuracy claimed", scenario.claimed),
    ]
    for told, who in ((scenario.published, "study"), (scenario.without, "staff without it")):
        if told is not None:
            found += [(f"sensitivity, {who}", told.sensitivity),
                      (f"specificity, {who}", told.specificity)]  # fmt: skip
    if scenario.cost is not None:
        found += [
            (f"cost of a false flag, {scenario.cost.currency}", scenario.cost.false_flag),
            (f"cost of a missed case, {scenario.cost.currency}", scenario.cost.missed),
        ]
    return [(words, used) for words, used in found if used is not None]


def _amount_words(used: Amount) -> str:
    low, high = used.ends
    if used.is_range:
        return f"{_plain(low)} to {_plain(high)}, taken at about {_plain(float(f'{used.at:.2g}'))}"
    return _plain(used.at) + (f" ({_plain(low)} to {_plain(high)})" if low < high else "")


def _plain(x: float) -> str:
    """Return a number with the digits somebody stated, never as a power of ten."""
    return f"{x:,.0f}" if x >= 1000 else np.format_float_positional(x, trim="-")


def _origin(used: Amount) -> tuple[Text, Text]:
    source = used.source
    if source is None:
        return used.why or "", "–"
    said = f"{used.why} {source.statement}" if used.why else source.statement
    return said, web_link(source.url, source.citation)


def _known(scenario: Scenario) -> list[Block]:
    known = [fact(name) for name in scenario.background]
    if not known:
        return []
    rows: Sequence[tuple[Text, ...]] = [
        (f.statement, web_link(f.url, f.citation), f.note or "–") for f in known
    ]
    table = Table(
        caption=f"What is known about such uses: {scenario.name}",
        columns=(Column("Statement"), Column("Source"), Column("To know before using it")),
        rows=tuple(rows),
    )
    return [Heading("What is known", 4), table]


def _law(scenario: Scenario) -> list[Block]:
    if not scenario.law:
        return []
    rows: list[tuple[Text, ...]] = []
    for note in scenario.law:
        provision = fact(note.fact)
        rows.append((web_link(provision.url, provision.statement), note.here))
    return [
        Heading("What the law says", 4),
        Prose((f"As read on {scenario.law_checked}; not legal advice.",)),
        Table(
            caption=f"What the law says of such uses: {scenario.name}",
            columns=(Column("Rule"), Column("What it means here")),
            rows=tuple(rows),
        ),
    ]
