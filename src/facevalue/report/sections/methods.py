"""How the numbers were made, and what every metric means."""

from __future__ import annotations

from facevalue.report.blocks import Block, Facts, Heading, Prose, Section
from facevalue.report.metrics import definition, parts
from facevalue.report.model import Material
from facevalue.report.sections.every import method_codes
from facevalue.report.wording import level_words
from facevalue.stats import MIN_SUBJECTS

__all__ = ["explained", "methods_section"]

# What is said of a method is picked by the words of its name; several may apply.
EXPLANATIONS: tuple[tuple[str, str], ...] = (
    (
        "jackknife over subjects",
        "Each subject is left out in turn, with all their items, and the number computed again; "
        "how much it moves gives the standard error (Efron and Tibshirani 1993, eq. 11.5).",
    ),
    (
        "paired",
        "Both sides are computed without the same subject each time, so that what they share "
        "cancels out.",
    ),
    (
        "logit scale",
        "Made on the logit scale, so that it stays inside 0 and 100 %, and never wider than if "
        "each person were wholly right or wholly wrong (exact binomial).",
    ),
    ("cut at 0", "Cut at 0 and 100 %."),
    ("log scale", "Made on the logarithmic scale, so that it stays above 0."),
    ("fisher", "Made on Fisher’s z scale, so that it stays inside −1 and 1."),
    (
        "on effective subjects",
        "Student’s t on the effective number of subjects: a few people with many items tell less "
        "than their number says (Kish 1965), and so do errors that are all of a few people.",
    ),
    (
        "newcombe",
        "The side on which nobody differs from anybody shows no spread, yet is not known exactly: "
        "the intervals of both sides are combined (Newcombe 1998, method 10).",
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
        "simultaneous",
        "Intervals of all pairs of groups are made so that they hold together. The largest gap "
        "is at least the highest of their lower ends, cut at zero, and at most the highest of "
        "their upper ends: it can contain zero.",
    ),
    (
        "permutation",
        "For p, groups are shuffled over subjects many times; each shuffle looks for its own "
        "largest gap (max-T), so that looking at all pairs is allowed for.",
    ),
    (
        "shuffl",
        "The annotated labels are shuffled over the items many times, which leaves the system’s "
        "own frequencies as they are and takes away any skill.",
    ),
    ("exact by construction", "The number is the same for whoever is in the sample."),
    (
        "bootstrap",
        "Subjects are drawn anew with replacement, with all their items, many times; the spread "
        "of the results gives the interval. Draws derive from the seed of the audit.",
    ),
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
        "The adjusted p allows for all comparisons of the groups of one attribute by one kind of "
        "measure (Holm 1979). Both values are shown. Without it, one in twenty comparisons falls "
        "below 0.05 by chance.",
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


def explained(method: str) -> str:
    """Return a method in words, as far as its name tells.

    Examples
    --------
    >>> explained("ratio, log scale")
    'Made on the logarithmic scale, so that it stays above 0.'
    """
    name = method.casefold()
    said = [text for words, text in EXPLANATIONS if words in name]
    return " ".join(said) or "As its name says."


def methods_section(material: Material) -> Section:
    """Return the section, with the methods and metrics that occur in the findings."""
    level = level_words(material.report.provenance.level)
    first = (
        f"Intervals are two-sided {level} intervals: they are made to cover the number they aim "
        f"at in {level} of audits like this one. Simulated audits bear that out from 8 subjects a "
        "group. With 5 to 7, for comparisons of rates near 0 or 1 where people differ much, and "
        "for the expected calibration error, which is biased upwards, less is promised."
    )
    blocks: list[Block] = [Prose((first,)), Facts(POLICIES)]
    codes = method_codes(material)
    if codes:
        named = [(f"{code} · {method}", explained(method)) for method, code in codes.items()]
        blocks += [Heading("Methods of the findings"), Facts(tuple(named))]
    bases = sorted({_base(f.place.metric) for f in material.report.findings})
    if bases:
        blocks += [Heading("Measures"), Facts(tuple(definition(base) for base in bases))]
    return Section(anchor="methods", title="Methods", blocks=tuple(blocks))


def _base(metric: str) -> str:
    ratio = "ratio of " if metric.startswith("ratio of ") else ""
    return ratio + parts(metric.removeprefix("ratio of "))[0]
