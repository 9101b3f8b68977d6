"""Dawid and Skene's model of raters who err: labels and errors, estimated together.

Every item is taken to have one right label that nobody knows, and a rater to give another
label with a chance that hangs on the right one and on nothing else: not on the item, not on
what others said. That is a strong assumption where items are ambiguous in themselves. Without
the identity of raters, all of them share one table of errors.

References
----------
Dawid and Skene (1979), *Applied Statistics* 28(1), eq. 2.3 to 2.5: expectation–maximisation,
started from each item's shares of ratings. Allman, Matias and Rhodes (2009), *Annals of
Statistics* 37(6), cor. 5: three ratings an item suffice, up to the names of the labels. Kott
(2001), *Journal of Official Statistics* 17(4): the delete-a-group jackknife.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from facevalue.stats.jackknife import Replicates
from facevalue.stats.ratings import RatingTally
from facevalue.stats.tally import FloatArray

__all__ = ["DawidSkene", "SharedErrors", "dawid_skene", "shared_errors"]

LEAST = 1e-10
"""Least probability of any answer, so that logarithms are finite."""

ENOUGH_RATINGS = 3
MAX_STEPS, TOLERANCE = 1000, 1e-10
N_PARTS = 20
"""Parts that subjects are dealt into for the jackknife: a fit takes too long for each."""


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """A fitted model.

    Parameters
    ----------
    prior
        How often each label is the right one, shape ``(n_labels,)``.
    errors
        How often a rater says what, by right label: shape ``(n_raters, n_labels, n_answers)``,
        rows sum to 1.
    posterior
        How likely each label is to be an item's right one, shape ``(n_items, n_labels)``.
    log_likelihood
        Of the ratings, natural logarithm.
    n_steps
        Steps taken.
    is_converged
        Whether the last step gained less than the tolerance.
    """

    prior: FloatArray
    errors: FloatArray
    posterior: FloatArray
    log_likelihood: float
    n_steps: int
    is_converged: bool

    @property
    def accuracy(self) -> FloatArray:
        """How often each rater gives the right label, shape ``(n_raters,)``."""
        summed: FloatArray = np.einsum("rkk,k->r", self.errors[:, :, : len(self.prior)], self.prior)
        return summed


def dawid_skene(
    item: npt.ArrayLike,
    rater: npt.ArrayLike,
    answer: npt.ArrayLike,
    *,
    n_labels: int,
    max_steps: int = MAX_STEPS,
    tolerance: float = TOLERANCE,
) -> DawidSkene:
    """Fit the model to ratings with the identity of raters.

    Parameters
    ----------
    item, rater, answer
        Codes from 0 on, one rating a row, shape ``(n_ratings,)`` each; an answer of
        ``n_labels`` is one outside the taxonomy.
    max_steps, tolerance
        Stop after so many steps, or when one gains less log-likelihood a rating.

    Raises
    ------
    ValueError
        If there are no ratings or a code is out of range.

    Examples
    --------
    >>> item, rater = np.repeat([0, 1, 2, 3], 3), np.tile([0, 1, 2], 4)
    >>> fit = dawid_skene(item, rater, [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0], n_labels=2)
    >>> np.round(fit.accuracy, 2).tolist()     # the third errs twice
    [1.0, 1.0, 0.5]
    """
    i, r, a = (np.asarray(x, dtype=np.int64) for x in (item, rater, answer))
    if not len(i) or n_labels < 1 or min(i.min(), r.min(), a.min()) < 0 or a.max() > n_labels:
        raise ValueError(f"ratings are codes from 0 on, answers up to {n_labels}")
    n_answers = int(max(a.max() + 1, n_labels))
    shape = (int(i.max()) + 1, (int(r.max()) + 1) * n_answers)
    said = csr_array((np.ones(len(i)), (i, r * n_answers + a)), shape=shape)
    shares = np.zeros((shape[0], n_labels))
    for k in range(n_labels):
        shares[:, k] = np.bincount(i[a == k], minlength=shape[0])
    return _fitted(said, np.ones(shape[0]), shares, n_answers, max_steps, tolerance)


def _fitted(
    said: csr_array,
    weight: FloatArray,
    shares: FloatArray,
    n_answers: int,
    max_steps: int,
    tolerance: float,
) -> DawidSkene:
    """Alternate both steps, from the shares of labels; ``weight`` counts an item's row."""
    n_labels = shares.shape[1]
    total = shares.sum(axis=1, keepdims=True)
    even = np.full_like(shares, 1.0 / n_labels)
    posterior = np.divide(shares, total, out=even, where=total > 0)
    transposed = csr_array(said.T)
    n_ratings = float(weight @ said.sum(axis=1))
    last, gained, steps = -np.inf, np.inf, 0
    prior, errors = _maximised(posterior, weight, transposed, n_answers)
    while steps < max_steps and gained >= tolerance:
        steps += 1
        logs = np.log(np.maximum(prior, LEAST)) + said @ np.log(errors).reshape(-1, n_labels)
        highest = logs.max(axis=1, keepdims=True)
        likely = np.exp(logs - highest)
        summed = likely.sum(axis=1, keepdims=True)
        posterior = likely / summed
        now = float(weight @ (highest + np.log(summed))[:, 0])
        gained, last = (now - last) / n_ratings, now
        prior, errors = _maximised(posterior, weight, transposed, n_answers)
    return DawidSkene(prior, errors.transpose(0, 2, 1), posterior, last, steps, gained < tolerance)


def _maximised(
    posterior: FloatArray, weight: FloatArray, transposed: csr_array, n_answers: int
) -> tuple[FloatArray, FloatArray]:
    """Labels' shares, and answers' shares by rater: ``(n_raters, n_answers, n_labels)``."""
    weighed = posterior * weight[:, None]
    counts = (transposed @ weighed).reshape(-1, n_answers, posterior.shape[1])
    raised = np.maximum(counts, LEAST)
    return weighed.sum(axis=0) / weight.sum(), raised / raised.sum(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True)
class SharedErrors:
    """The model with one table of errors for all raters, and its jackknife.

    Parameters
    ----------
    fit
        The model on all items; one row of ``posterior`` for each distinct row of counts.
    accuracy
        How often a rater gives the right label. Its "subjects", and those below, are parts
        that the subjects were dealt into.
    shares
        How often each label is the right one; one a label.
    errors
        How often raters give the answer ``k`` where ``j`` is right, at ``errors[j][k]``.
    n_subjects
        Subjects there are.
    most_ratings
        Ratings of the item that has most.
    """

    fit: DawidSkene
    accuracy: Replicates
    shares: tuple[Replicates, ...]
    errors: tuple[tuple[Replicates, ...], ...]
    n_subjects: int
    most_ratings: int

    @property
    def n_parts(self) -> int:
        """Parts that the subjects were dealt into; as many as subjects, if few."""
        return min(self.n_subjects, N_PARTS)

    def doubt(self) -> str:
        """Return why the whole model cannot be told from others that fit as well, or ""."""
        if self.most_ratings < ENOUGH_RATINGS:
            return f"no item has {ENOUGH_RATINGS} ratings"
        return "" if self.fit.is_converged else f"no solution in {self.fit.n_steps} steps"

    def misnamed(self) -> Iterator[tuple[int, int]]:
        """Yield labels that raters call something else more often, with what they call them.

        The model finds groups of items and cannot name them. Such a group may not be what the
        name says, and what is estimated of it is not identified.
        """
        for label in np.flatnonzero(self.fit.prior > 1 / max(self.accuracy.n_items, 1)):
            called = int(self.fit.errors[0, label].argmax())
            if called != label:
                yield int(label), called


def shared_errors(ratings: RatingTally, rng: np.random.Generator) -> SharedErrors:
    """Fit the model to counts, without the identity of raters, and leave out parts of it.

    Parameters
    ----------
    rng
        Deals subjects into 20 parts of equal size (as many as subjects, if fewer). Each part
        is left out in turn.

    Raises
    ------
    ValueError
        If no item has a rating.

    Examples
    --------
    >>> r = RatingTally(np.repeat([[4, 1, 0], [1, 4, 0]], 30, axis=0), np.arange(60))
    >>> model = shared_errors(r, np.random.default_rng(1))
    >>> round(model.accuracy.value, 3), np.round(model.fit.posterior[0], 3).tolist()
    (0.789, [0.981, 0.019])
    """
    if not ratings.n_ratings.any():
        raise ValueError("no item has a rating")
    ratings = ratings.only(ratings.n_ratings > 0)
    rows, which = ratings.patterns
    n_labels, n_subjects = ratings.n_labels, len(ratings.subjects)
    n_parts = min(n_subjects, N_PARTS)
    dealt = rng.permutation(n_subjects) % n_parts
    part = dealt[np.searchsorted(ratings.subjects, ratings.subject)]
    weights = np.bincount(which * n_parts + part, minlength=len(rows) * n_parts)
    weights = weights.reshape(len(rows), n_parts).astype(np.float64)
    said, everyone = csr_array(rows), weights.sum(axis=1)

    def fitted(weight: FloatArray, start: FloatArray) -> DawidSkene:
        return _fitted(said, weight, start, n_labels + 1, MAX_STEPS, TOLERANCE)

    whole = fitted(everyone, rows[:, :n_labels])
    values = _values(whole)
    left_out = np.full((n_parts, len(values)), np.nan)
    if n_parts > 1:
        # From the solution on all: a part less moves it a little, and finds the same one.
        refits = [fitted(everyone - w, whole.posterior) for w in weights.T]
        left_out = np.stack([_values(fit) for fit in refits])
    sizes = np.bincount(part, weights=ratings.n_ratings, minlength=n_parts).astype(np.float64)
    found = [
        Replicates(float(v), o, sizes, np.arange(n_parts), len(which))
        for v, o in zip(values, left_out.T, strict=True)
    ]
    tables = np.arange(1 + n_labels, len(found)).reshape(n_labels, n_labels + 1)
    return SharedErrors(
        whole, found[0], tuple(found[1 : 1 + n_labels]),
        tuple(tuple(found[i] for i in row) for row in tables), n_subjects,
        int(ratings.n_ratings.max(initial=0.0)),
    )  # fmt: skip


def _values(fit: DawidSkene) -> FloatArray:
    return np.concatenate([fit.accuracy, fit.prior, fit.errors[0].ravel()])
