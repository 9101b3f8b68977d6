"""How the numbers were made, and what every metric means."""

from __future__ import annotations

from facevalue.report.blocks import (
    Block,
    Facts,
    Formula,
    Heading,
    Measure,
    Measures,
    Prose,
    Section,
)
from facevalue.report.formulas import SIGNS, formula_of, measure_anchor
from facevalue.report.metrics import base_of, definition
from facevalue.report.model import Material
from facevalue.report.sections.every import method_codes
from facevalue.report.wording import level_words
from facevalue.stats import MIN_SUBJECTS

__all__ = ["explained", "methods_section"]

# What is said of a method is picked by the words of its name; several may apply.
EXPLANATIONS: tuple[tuple[str, str], ...] = (
    (
        "cr2 over subjects",
        "Each subject is left out in turn, with all their items, and the number computed again; "
        "how much it moves gives the standard error, corrected for few subjects (CR2, Bell and "
        "McCaffrey 2002).",
    ),
    (
        "logit scale",
        "Made on the logit scale, so that it stays inside 0 and 100 %, and never wider than if "
        "each person were wholly right or wholly wrong (exact binomial).",
    ),
    ("cut at 0", "Cut at 0 and 100 %."),
    ("fisher", "Made on Fisher’s z scale, so that it stays inside −1 and 1."),
    (
        "on effective subjects",
        "Student’s t on the effective number of subjects: a few people with many items tell less "
        "than their number says (Kish 1965), and so do errors that are all of a few people.",
    ),
    (
        "newcombe",
        "The ends come from the intervals of both sides (Newcombe 1998, method 10; Zou and Donner "
        "2008), each made on the logit scale, with the correlation of people who are on both.",
    ),
    (
        "partial pooling",
        "A hierarchical logistic model, fitted at every value of the spread between groups and of "
        "the correlation of answers about one person that the data leave open, and averaged over "
        "them (Gelman et al. 2013, ch. 5). Simulated, such intervals cover as often as their "
        "level says, averaged over the groups; for a group that is unlike all others they cover "
        "less.",
    ),
    ("whole range", "Nothing varies between subjects, so the data do not narrow it down."),
    ("welch", "Each side counts with its own degrees of freedom (Welch)."),
    (
        "exact binomial over subjects",
        "Nothing varies between subjects, so the spread is silent; the exact binomial interval "
        "(Clopper and Pearson 1934) with one answer a subject takes its place.",
    ),
    (
        "exact binomial over answers",
        "Everybody is right equally often, so the spread is silent; the exact binomial interval "
        "(Clopper and Pearson 1934) over all answers takes its place.",
    ),
    (
        "max-t over pairs",
        "The lower end asks whether any pair of groups differs by more, allowing for all pairs "
        "that could be the largest; the upper end is the highest of all pairs. So it can contain "
        "zero, or for a ratio one (Chernozhukov, Lee and Rosen 2013).",
    ),
    (
        "several pairs",
        "Where several pairs could be the largest, it covers more often than its level says.",
    ),
    (
        "permutation",
        "For p, groups are permuted over subjects; each permutation looks for its own largest "
        "gap (max-T), so that looking at all pairs is allowed for. With few subjects all "
        "permutations are gone through.",
    ),
    (
        "two one-sided tests",
        "For p, every pair is tested against the bound from both sides; the largest of these p "
        "decides. A small p shows that no pair differs by as much (equivalence). The interval is "
        "the one that goes with it: its level is lower, since it counts towards one side only.",
    ),
    (
        "test inversion over supposed errors",
        "Of the errors that there may be, the interval holds those under which what was found is "
        "not surprising, chance included; so it can reach zero. The estimate is the error under "
        "which what was found is what one expects.",
    ),
    (
        "confidence taken along",
        "It is the interval of the accuracy, each subject’s confidence taken along, seen from the "
        "mean confidence.",
    ),
    (
        "few subjects, errors or hits",
        "With few subjects, or few answers of the rarer kind (right or wrong) once those of one "
        "person are counted for what they are worth, no interval can be both short and sure. "
        "This one is the safer: it may cover more often than its level says, or a little less.",
    ),
    (
        "shuffl",
        "The annotated labels are shuffled over the items many times, which leaves the system’s "
        "own frequencies as they are and takes away any skill.",
    ),
    (
        "no answer changed",
        "No answer changed, so the spread is silent; how many could have changed is the exact "
        "binomial bound (Clopper and Pearson 1934), and a change either way can be no larger.",
    ),
    (
        "looks (bonferroni)",
        "Asking could have stopped at each of these looks; the error is shared between them, so "
        "that the interval holds whenever it stopped.",
    ),
    ("exact by construction", "The number is the same for whoever is in the sample."),
)

POLICIES = (
    (
        "Subjects are the clusters",
        "Every interval treats subjects as the independent units. Many answers about one person "
        "are worth less than as many answers about different people. The design effect says how "
        "much less. With fewer than "
        f"{MIN_SUBJECTS} subjects there is no interval.",
    ),
    (
        "Skill comes first",
        "No claim about groups or robustness is upheld for a system that is not shown to beat "
        "systems that need no model.",
    ),
    (
        "Failures",
        "An item that the system failed on is counted in the failure rate and left out of the "
        "other figures. A claim may ask for failures to count as wrong answers; the measure then "
        "reads “failures=wrong”.",
    ),
    (
        "Many looks",
        "The adjusted p allows for all comparisons of a family: those that the audit file reads "
        "together, else all groups of one attribute by one kind of measure (Holm 1979). Of two "
        "groups each is the rest of the other, which is one look. Both values are shown, and the "
        "findings hold intervals that are right for all of the family at once. Without it, one "
        "in twenty comparisons falls below 0.05 by chance.",
    ),
    (
        "Not estimable",
        "Where the data cannot carry a number, the reason stands in its place. It is never shown "
        "as zero or left blank.",
    ),
    (
        "Direction",
        "A difference is the group minus its reference. “Rest” is everybody else; “largest gap” "
        "is the distance between the two groups furthest apart.",
    ),
)

STRESS_POLICIES = (
    (
        "Changed media",
        "The same items are asked about as they are and changed, and compared item by item. "
        "Intervals treat subjects as clusters here, too. The adjusted p allows for all conditions "
        "of one system on one dataset at once, and for all labels where labels are told.",
    ),
    (
        "The floor",
        "Changes are held against the smallest change there is, one step of the scale in a few "
        "pixels or samples; where a system is declared to draw its answers, or no smallest change "
        "was asked, against asking again. The smallest change itself, and other ways of asking, "
        "are held against asking again. What changes no more answers than its floor is not shown "
        "to move them.",
    ),
    (
        "Failures under changed media",
        "A failure is not the answer that was there before, and counts as an answer that changed. "
        "How often there is one is told beside it.",
    ),
    (
        "Severity",
        "Set by measuring reference media, not by eye; docs/adr/0019-severity.md says how.",
    ),
)


def explained(method: str) -> str:
    """Return a method in words, as far as its name tells.

    Examples
    --------
    >>> explained("whole range")
    'Nothing varies between subjects, so the data do not narrow it down.'
    """
    name = method.casefold()
    said = [text for words, text in EXPLANATIONS if words in name]
    return " ".join(said) or "As its name says."


def methods_section(material: Material) -> Section:
    """Return the section, with the methods and metrics that occur in the findings."""
    level = level_words(material.report.provenance.level)
    first = (
        f"Intervals are two-sided {level} intervals: they are made to cover the number they aim "
        f"at in {level} of audits like this one. Simulated audits bear that out from 10 subjects a "
        "group, unless the method of a number says that it is cautious."
    )
    blocks: list[Block] = [Prose((first,)), Facts(_policies(material))]
    codes = method_codes(material)
    if codes:
        named = [(f"{code} · {method}", explained(method)) for method, code in codes.items()]
        blocks += [Heading("Methods of the findings"), Facts(tuple(named))]
    bases = sorted({base_of(f.place.metric) for f in material.report.findings})
    if bases:
        pages = "Pages that are named are part of facevalue’s documentation."
        blocks += [Heading("Measures"), Prose((Formula(SIGNS), pages)), _measures(bases)]
    return Section(anchor="methods", title="Methods", blocks=tuple(blocks))


def _policies(material: Material) -> tuple[tuple[str, str], ...]:
    return (*POLICIES, *(STRESS_POLICIES if material.report.stressed else ()))


def _measures(bases: list[str]) -> Measures:
    entries = []
    for base in bases:
        title, said = definition(base)
        formula = formula_of(base)
        lines: list[str] = [said]
        if formula is not None:
            lines.append(f"Source: {formula.source}.")
            lines += [f"How well its interval holds: {formula.tested}"] if formula.tested else []
        entries.append(
            Measure(
                measure_anchor(base),
                title,
                Formula(formula.text) if formula else None,
                tuple(lines),
            )
        )
    return Measures(tuple(entries))
