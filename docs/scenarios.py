"""One page for each scenario that ships, made from its file alone."""

from __future__ import annotations

from wording import bullets, cell, cited, escaped, slug_link, stated, table

from facevalue.audits.library import library_claims
from facevalue.simulate import (
    Amount,
    Scenario,
    Simulated,
    alone,
    deployment_of,
    fact,
    scenario,
    scenario_names,
)
from facevalue.simulate.words import sentences

NUMBERS = {
    "people_a_day": "people looked at a day",
    "looks_a_day": "looks at one of them a day",
    "base_rate": "share of looks at which what is sought is there",
    "looks": "looks at one person over the period",
    "correlation": "correlation between looks at one person",
    "claimed": "accuracy claimed for this use",
}


def pages() -> dict[str, str]:
    """Return the pages by path in ``docs``."""
    names = scenario_names()
    found = {f"scenarios/{name}.md": _page(scenario(name)) for name in names}
    return {"scenarios/index.md": _index(names), **found}


def _index(names: list[str]) -> str:
    rows = [
        [slug_link(name), cell(s.title), cell(f"who {s.sought}"), _number(s.base_rate)]
        for name, s in ((n, scenario(n)) for n in names)
    ]
    text = """# Scenarios

A scenario describes a use: who is looked at, how often, what is sought and how rare that is, and
what a flag leads to. No number in it stands alone: each has a source that was read, or a reason.
Where no figure exists, a range is given, and everything is worked out at both ends of it.

[Write your own](../guide/own-scenario.md) in ten lines. A number needs `fact` (a cited figure) or
`why` (a reason).

"""
    return text + table(["scenario", "use", "what is sought", "how rare"], rows)


def _page(s: Scenario) -> str:
    parts = [
        f"# {escaped(s.title)}\n\n{escaped(s.who)}\n",
        table(
            ["", ""],
            [
                ["name", f"`{s.name}`"],
                ["people", cell(s.people)],
                ["sought", cell(f"{s.people} who {s.sought}")],
                ["one look", cell(s.look)],
                ["period", cell(f"in {s.period}")],
                ["a flag leads to", cell(s.leads_to)],
            ],
        ),
        "## The numbers\n\n" + table(["number", "value", "where it comes from"], _numbers(s)),
        _follows(s),
        _flag(s),
        _mix(s),
        "## What evidence would settle it\n\n" + escaped(s.settles) + "\n",
        _claims(s),
        _background(s),
        _law(s),
    ]
    return "\n".join(p for p in parts if p)


def _numbers(s: Scenario) -> list[list[str]]:
    rows: list[list[str]] = []
    for name, words in NUMBERS.items():
        amount = getattr(s, name)
        if amount is not None:
            rows.append([words, _number(amount), _origin(amount)])
    for found, who in ((s.published, "published"), (s.without, "without the system")):
        if found is not None:
            for part in ("sensitivity", "specificity"):
                amount = getattr(found, part)
                origin = f"{cell(found.says)} {_origin(amount)}"
                rows.append([f"{part}, {who}", _number(amount), origin])
    for words, amount in (
        ("minutes of staff for one flag", s.review.minutes),
        ("members of staff at a time", s.review.staff),
        ("hours a day", s.review.hours),
        *_costs(s),
    ):
        rows.append([words, _number(amount), _origin(amount)])
    return rows


def _costs(s: Scenario) -> list[tuple[str, Amount]]:
    if s.cost is None:
        return []
    unit = escaped(s.cost.currency)
    false = (f"cost of a false flag, in {unit}", s.cost.false_flag)
    missed = s.cost.missed
    return [false] if missed is None else [false, (f"cost of a missed case, in {unit}", missed)]


def _follows(s: Scenario) -> str:
    """Return what would follow, from a study or else from the claim taken at its word."""
    command = f"```console\n$ facevalue simulate {s.name}\n```\n\n"
    if s.published is None and s.claimed is None:
        return (
            "## What would follow\n\nNo accuracy was claimed for this use, and no study was read. "
            f"Give one:\n\n```console\n$ facevalue simulate {s.name} --accuracy 0.95\n```\n"
        )
    rates = alone(s)
    basis = "By the published study" if s.published is not None else "Taken at its word"
    use = deployment_of(s, rates)
    found = Simulated(scenario=s, rates=rates, use=use).found
    told = bullets(list(sentences(s, rates, use, found)))
    assumed = "Assumed:\n\n" + bullets(list(rates.says)) if rates.says else ""
    return f"## What would follow\n\n{basis}:\n\n{command}{told}\n{assumed}"


def _number(amount: Amount) -> str:
    low, high = amount.ends
    if amount.is_range:
        return f"{_plain(low)} to {_plain(high)}"
    spread = f" ({_plain(low)} to {_plain(high)})" if low != high else ""
    return _plain(amount.at) + spread


def _plain(value: float) -> str:
    if value == 0 or value >= 1000:
        return f"{value:,.0f}"
    if value >= 0.001:
        return f"{value:.4g}"
    return f"1 in {1 / value:,.0f}"


def _origin(amount: Amount) -> str:
    parts = [] if amount.source is None else [cited(amount.source)]
    if amount.why is not None:
        parts.append(cell(amount.why))
    return " ".join(parts)


def _flag(s: Scenario) -> str:
    if s.flag is None:
        return ""
    labels = " + ".join(f"`{escaped(name)}`" for name in s.flag.labels)
    calm = ", ".join(f"`{escaped(name)}`" for name in s.flag.calm)
    return (
        f"## From label to flag\n\nA flag is raised where the scores of {labels} add up to "
        f"{s.flag.threshold:g} or more. Why these: {escaped(s.flag.why)}\n\nItems annotated as "
        f"{calm} should raise none. On real predictions this is counted, not assumed.\n"
    )


def _mix(s: Scenario) -> str:
    if s.mix is None:
        return ""
    rows = [[cell(group), f"{100 * share:.4g} %"] for group, share in s.mix.shares.items()]
    return (
        f"## Who is looked at\n\nBy {escaped(s.mix.attribute)}: {escaped(s.mix.why)}\n\n"
        + table(["group", "share"], rows)
    )


def _claims(s: Scenario) -> str:
    says = {c.id: c.says for c in library_claims()}
    lines = [f"{slug_link(c, '../claims/')}: {escaped(says[c])}" for c in s.claims if c in says]
    return "## The claims\n\n" + bullets(lines, raw=True) if lines else ""


def _background(s: Scenario) -> str:
    lines = [stated(f) for f in map(fact, s.background)]
    return "## Worth knowing\n\n" + bullets(lines, raw=True) if lines else ""


def _law(s: Scenario) -> str:
    if not s.law:
        return ""
    rows = []
    for note in s.law:
        f = fact(note.fact)
        rows.append([f"{cell(f.statement)} {cited(f)}", cell(note.here)])
    return (
        f"## The law\n\n**This is not legal advice.** The provisions were read on "
        f"{escaped(s.law_checked)}. Law changes; ask somebody who answers for the answer.\n\n"
        + table(["provision", "what it means here"], rows)
    )
