"""Whether it comes out differently for groups."""

from __future__ import annotations

from facevalue.audits.findings import Finding
from facevalue.audits.looks import LARGEST_GAP, RATIO_OF
from facevalue.audits.scope import ANY_OF
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import (
    Block,
    Bullets,
    Column,
    Figure,
    Gallery,
    Heading,
    Prose,
    Table,
    Text,
)
from facevalue.report.figures import (
    Entry,
    Wanted,
    counted,
    dot_figure,
    entry_table,
    finding_link,
    quantity_cell,
)
from facevalue.report.metrics import metric_words, parts, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.sections.conditions import MAIN, main_metric
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import (
    Unit,
    condition_words,
    count,
    interval,
    level_words,
    listed,
    p_phrase,
    p_words,
    quantity,
    with_unit,
)

__all__ = ["group_blocks", "over_predicted_blocks"]

MAX_DRAWN_GROUPS = 16
MAX_LABEL_ROWS = 12
CLEAR = 0.05
SPREAD_KNOWN = 5
"""Of fewer groups it is hardly known how much they differ."""

POOLED = (
    "Partially pooled numbers (hollow marks) let each group borrow from the other groups of the "
    "attribute: the more, the fewer people it has and the more alike the groups look. They jump "
    "less by chance, but a group that really is different is pulled towards the others. So "
    "neither replaces the other."
)


def group_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return, per attribute, the groups' figures, the gaps and what they allow to say."""
    attributes = dict.fromkeys(
        f.place.attribute
        for f in pair.of("correctness", "disparity")
        if f.place.attribute is not None
    )
    made = [(a, _Attribute(pair, a, material.report.provenance.level)) for a in attributes]
    shown = [(a, m) for a, m in made if m.levels or m.gaps]
    if not shown:
        return []
    figures = tuple(figure for _, m in shown if (figure := m.figure()) is not None)
    said = [sentence for _, m in shown for sentence in m.sentences()]
    said += [POOLED] if any(m.pooled for _, m in shown) else []
    blocks: list[Block] = [Heading("Groups", 4), Prose(tuple(said))]
    if figures:
        blocks.append(Gallery(figures))
    blocks += [table for _, m in shown for table in m.tables()]
    return blocks


class _Attribute:
    """The findings on one attribute: the groups' levels and the comparisons."""

    def __init__(self, pair: Pair, attribute: str, level: float) -> None:
        self.pair, self.attribute, self.level = pair, attribute, level
        found = [f for f in pair.of("correctness", "disparity") if f.place.attribute == attribute]
        self.metric = main_metric(pair) or _first_main(found)
        same = [f for f in found if f.place.metric == self.metric]
        self.condition = _condition(same)
        same = [f for f in same if f.place.condition == self.condition]
        self.levels = [f for f in same if f.place.reference is None and f.place.group is not None]
        self.gaps = [f for f in same if f.place.reference == LARGEST_GAP]
        self.comparisons = [f for f in same if f.place.reference not in (None, LARGEST_GAP)]
        ratio = f"{RATIO_OF}{self.metric}"
        self.ratios = [
            f for f in found if f.place.metric == ratio and f.place.condition == self.condition
        ]
        here = {
            (f.place.metric, f.place.group): f
            for f in found
            if f.place.condition == self.condition and f.place.reference is None
        }
        pooled = {f.place.group: here.get((f"pooled_{self.metric}", f.place.group)) for f in same}
        self.pooled = {group: f for group, f in pooled.items() if f is not None}
        self.spread = here.get((f"group_spread[{self.metric}]", None))

    @property
    def where(self) -> str:
        """The condition in words, if it is not the whole sample."""
        return f", {condition_words(self.condition)}" if self.condition is not None else ""

    def sentences(self) -> list[str]:
        """Return what the largest gap says, and how much groups differ."""
        return [*(self._gap_sentence(gap) for gap in self.gaps), *self._spread_sentence()]

    def _spread_sentence(self) -> list[str]:
        """Return the spread between groups in points, around the rate of all of them."""
        whole = self._whole()
        result = None if self.spread is None else self.spread.result
        if whole is None or not isinstance(result, Estimate) or len(self.pooled) < SPREAD_KNOWN:
            return []
        # A small step in log-odds moves a rate p by p·(1 − p) times as much.
        value, low, high = (
            x * whole * (1.0 - whole) for x in (result.value, result.low, result.high)
        )
        beyond = " beyond what each attribute adds by itself" if "×" in self.attribute else ""
        return [
            f"{self.attribute}{self.where}: pooled, groups differ{beyond} with a standard "
            f"deviation of {with_unit(value, Unit.GAP)} ({interval(low, high, Unit.GAP)})."
        ]

    def _gap_sentence(self, gap: Finding) -> str:
        name = metric_words(self.metric or "")
        start = f"{self.attribute}{self.where}: largest gap in {name} between groups"
        result = gap.result
        said = quantity(result, unit_of(gap.place))
        if not isinstance(result, Estimate):
            return f"{start}: {said}."
        p = gap.p_adjusted if gap.p_adjusted is not None else result.p_value
        tested = "" if p is None else f", {p_phrase(p)}"
        between = f" ({gap.place.group})" if gap.place.group is not None else ""
        end = "" if result.low > 0 else " The interval reaches zero: no gap is shown."
        if ANY_OF in self.attribute:
            # The largest pair need not be the one that is known best.
            end += " The lower end and p may come from another pair than the one named."
        return f"{start}{between}: {said}{tested}.{end}"

    def figure(self) -> Figure | None:
        """Return a dot per group, if there are not too many groups to see."""
        if not self.levels or len(self.levels) > MAX_DRAWN_GROUPS:
            return None
        whole = self._whole()
        return dot_figure(
            self._entries(),
            Wanted(
                name=("groups", self.attribute, self.pair.system, self.pair.dataset),
                title=self._title,
                first=self.attribute,
                noun=self.pair.noun,
                level=self.level,
                is_close=True,
                line=whole,
                line_words="" if whole is None else "all groups together",
                dot_words=f"group, with {level_words(self.level)} interval",
                hollow_words="partially pooled with the other groups",
            ),
        )

    @property
    def _title(self) -> str:
        name = metric_words(self.metric or "")
        return f"{self.pair.title}: {name} by {self.attribute}{self.where}"

    def _entries(self) -> list[Entry]:
        return [
            Entry(f.place.group or "", f, pooled=self.pooled.get(f.place.group))
            for f in self.levels
        ]

    def tables(self) -> list[Table]:
        """Return the groups' levels, if no figure holds them, and the comparisons."""
        made = [self._comparison_table()]
        if len(self.levels) > MAX_DRAWN_GROUPS:
            made.insert(
                0,
                entry_table(
                    self._title, self.attribute, self._entries(),
                    noun=self.pair.noun, level=self.level,
                ),
            )  # fmt: skip
        return [table for table in made if table.rows]

    def _whole(self) -> float | None:
        return next(
            (
                f.result.value
                for f in self.pair.of("correctness")
                if f.place.metric == self.metric
                and f.place.condition == self.condition
                and f.place.attribute is None
                and f.place.reference is None
            ),
            None,
        )

    def _comparison_table(self) -> Table:
        """Return every comparison between groups of the attribute."""
        ratios = {(f.place.group, f.place.reference): f for f in self.ratios}
        found = (*self.gaps, *self.comparisons)
        return Table(
            caption=f"{self.attribute}{self.where}: {metric_words(self.metric or '')} of groups "
            f"compared ({level_words(self.level)} intervals)",
            columns=(
                Column("Group"),
                Column("Compared with"),
                Column("Difference", "number"),
                Column("Ratio", "number"),
                Column("p", "number"),
                Column("p adjusted", "number"),
                Column(f"{self.pair.noun.capitalize()}s", "number"),
                Column("Finding"),
            ),
            rows=tuple(
                _comparison_row(f, ratios.get((f.place.group, f.place.reference))) for f in found
            ),
        )


def _comparison_row(finding: Finding, ratio: Finding | None) -> tuple[Text, ...]:
    place, result = finding.place, finding.result
    is_told = ratio is not None and ratio.is_estimated
    return (
        place.group or "all groups",
        place.reference or "",
        quantity_cell(finding),
        quantity(ratio.result, unit_of(ratio.place)) if ratio is not None and is_told else "–",
        p_words(result.p_value if isinstance(result, Estimate) else None),
        p_words(finding.p_adjusted),
        counted(finding, result.n_subjects),
        finding_link(finding),
    )


def _first_main(found: list[Finding]) -> str | None:
    present = {f.place.metric for f in found}
    return next((m for m in MAIN if m in present), None)


def _condition(found: list[Finding]) -> str | None:
    """Return the condition to show: the whole sample, else the first there is."""
    conditions = [f.place.condition for f in found]
    return None if None in conditions or not conditions else conditions[0]


def over_predicted_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return which label is predicted more often for whom, for the same annotations."""
    found = _rate_differences(pair)
    if not found:
        return []
    alike = parts(found[0].place.metric)[0] == "standardised_prediction_rate"
    level = material.report.provenance.level
    largest = _largest(found, MAX_LABEL_ROWS)
    references = {f.place.reference for f in found}
    sizes = _sizes(pair)
    entries = [
        Entry(_label_for(f, len(references) > 1), f, n_group=sizes.get(_cell(f))) for f in largest
    ]
    figure = dot_figure(
        entries,
        Wanted(
            name=("labels", pair.system, pair.dataset),
            title=f"{pair.title}: who is given a label more often than others",
            first="Label and group",
            noun=pair.noun,
            level=level,
            line=0.0,
            line_words="no difference",
            dot_words=f"group minus {listed(sorted(x for x in references if x))}, "
            f"with {level_words(level)} interval",
            note=f"The {len(largest)} largest of {len(found)} differences; the others are in the "
            "table of all findings.",
        ),
    )
    head = (
        "Compared as if every group had the same mix of annotations: what remains is not due "
        "to groups showing different emotions in these data."
        if alike
        else "Compared without allowing for different annotations in the groups."
    )
    return [
        Heading("Which label is given to whom", 4),
        Prose((head, _how_many(found))),
        *_more_often(found),
        Gallery((figure,)),
    ]


def _cell(finding: Finding) -> tuple[str | None, ...]:
    return finding.place.condition, finding.place.attribute, finding.place.group


def _sizes(pair: Pair) -> dict[tuple[str | None, ...], int]:
    """Return how many subjects each group has, as far as it may be told."""
    return {
        _cell(f): f.result.n_subjects
        for f in pair.of("correctness")
        if f.place.metric == "accuracy" and f.place.reference is None and not is_hidden(f)
    }


def _rate_differences(pair: Pair) -> list[Finding]:
    """Return differences in how often a label is predicted; the standardised, if any."""
    for base in ("standardised_prediction_rate", "prediction_rate"):
        found = [
            f
            for f in pair.of("disparity")
            if parts(f.place.metric)[0] == base
            and f.place.condition is None
            and f.place.group is not None
            and f.place.reference not in (None, LARGEST_GAP)
            and isinstance(f.result, Estimate)
        ]
        if found:
            return found
    return []


def _p(finding: Finding) -> float | None:
    if finding.p_adjusted is not None:
        return finding.p_adjusted
    return finding.result.p_value if isinstance(finding.result, Estimate) else None


def _largest(found: list[Finding], n: int) -> list[Finding]:
    """Return the ``n`` largest differences in the order of the data, not by size.

    People are not ranked (docs/language.md).
    """
    by_size = sorted(range(len(found)), key=lambda i: -abs(found[i].result.value or 0.0))
    return [found[i] for i in sorted(by_size[:n])]


def _label_for(finding: Finding, with_reference: bool) -> str:
    place = finding.place
    against = f", against {place.reference}" if with_reference else ""
    return f"“{parts(place.metric)[1]}”: {place.group}{against}"


def _clear(found: list[Finding]) -> list[Finding]:
    return [f for f in found if (p := _p(f)) is not None and p < CLEAR]


def _how_many(found: list[Finding]) -> str:
    n_clear = len(_clear(found))
    adjusted = "an adjusted " if any(f.p_adjusted is not None for f in found) else "a "
    if not n_clear:
        return f"Of {count(len(found), 'difference')}, none has {adjusted}p below 0.05."
    return f"Of {count(len(found), 'difference')}, {n_clear:,} have {adjusted}p below 0.05."


def _more_often(found: list[Finding]) -> list[Block]:
    """Return in words who is given a label more often."""
    more = _largest([f for f in _clear(found) if (f.result.value or 0.0) > 0], 6)
    said = tuple(
        f"predicted “{parts(f.place.metric)[1]}” more often for {f.place.group} than for "
        f"{f.place.reference}: {quantity(f.result, unit_of(f.place))}"
        for f in more
    )
    return [Bullets(said)] if said else []
