"""Exact search by certified codes: what the codes cannot rule out is compared in 64 bits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import (
    CodedProbe,
    Codes,
    Limits,
    Loose,
    encode_probe,
    lowest_product,
)
from bot.matching.kernel import MULTIPLY, Multiply, Scratch, products
from bot.matching.packed import Packed

Scores = NDArray[np.float64]
"""Never rounded before they are in order: two people may differ by less than 32 bits hold."""
Numbers = NDArray[np.int64]
"""Of rows."""

MINOR = np.uint8(1)

_ROWS = 4096
_NONE: Numbers = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Hit:
    """A subject by its nearest photograph; rank 1 is the nearest of all."""

    subject_id: str
    photo_id: str
    similarity: float
    rank: int


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Row i is one photograph: its template, its codes, the number of its subject, its flags."""

    templates: NDArray[np.float32]
    codes: Codes
    subjects: NDArray[np.int32]
    flags: NDArray[np.uint8]
    limits: Limits
    loose: Loose
    packed: Packed | None = None  # the codes once more, for a faster scan


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Which rows a search may list: not the ``excluded`` (by rising number), and minors only if it says so."""

    excluded: Numbers
    minors: bool

    def of(self, rows: Rows, numbers: Numbers) -> Numbers:
        if not self.minors:
            numbers = numbers[rows.flags[numbers] & MINOR == 0]
        if not len(self.excluded):
            return numbers
        at = np.searchsorted(self.excluded, numbers)
        found = self.excluded[np.minimum(at, len(self.excluded) - 1)] == numbers
        kept: Numbers = numbers[~found]
        return kept


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The best row of each of the nearest subjects, nearest first; and how many rows were re-ranked."""

    rows: Numbers
    scores: Scores
    reranked: int


def exact_scores(
    templates: NDArray[np.float32], numbers: Numbers, probe: NDArray[np.float64]
) -> Scores:
    """Return the similarity of these rows: the products summed in 64 bits.

    Each row is summed by itself and in the same order, so that two copies of a photograph get the
    same number wherever they stand.
    """
    scores = np.empty(len(numbers), np.float64)
    for start in range(0, len(numbers), _ROWS):
        rows = templates[numbers[start : start + _ROWS]].astype(np.float64)
        scores[start : start + _ROWS] = (rows * probe).sum(axis=1)
    return scores


def nearest(
    rows: Rows,
    probe: NDArray[np.float32],
    n: int,
    kept: Kept,
    scratch: Scratch,
    multiply: Multiply | None = None,
) -> Nearest:
    """Return the ``n`` nearest subjects by their nearest kept photograph; ties by the number of the row.

    Fewer only if fewer subjects are kept. ``scratch`` has room for as many rows.
    """
    coded = encode_probe(probe)
    if rows.packed is not None and multiply is None:
        rows.packed.products(coded.codes, scratch)
    else:
        products(rows.codes, coded.codes, scratch, multiply or MULTIPLY)
    first, first_scores, least = _first_guess(rows, coded, n, kept, scratch)
    lists = best_of_each_subject(rows.subjects, first, first_scores)
    if len(lists[0]) < n:
        return Nearest(*lists, len(first))
    reaching = kept.of(rows, _may_reach(rows, coded, lists[1][n - 1], scratch))
    # What was not in the first guess is all that has to be looked at besides.
    more = reaching[scratch.numbers[reaching] < least]
    scores = exact_scores(rows.templates, more, coded.exact)
    found, best = best_of_each_subject(
        rows.subjects,
        np.concatenate([first, more]),
        np.concatenate([first_scores, scores]),
    )
    return Nearest(found[:n], best[:n], len(first) + len(more))


def best_of_each_subject(
    subjects: NDArray[np.int32], numbers: Numbers, scores: Scores
) -> tuple[Numbers, Scores]:
    """Of these rows keep the best of each subject, and put them in order; ties by number."""
    order = np.lexsort((numbers, -scores))
    _, first = np.unique(subjects[numbers[order]], return_index=True)
    best = order[np.sort(first)]
    return numbers[best], scores[best]


def _first_guess(
    rows: Rows, probe: CodedProbe, n: int, kept: Kept, found: Scratch
) -> tuple[Numbers, Scores, int]:
    """Return kept rows with ``n`` subjects among them, their scores, and the least product they have.

    All rows with that product or more are among them; if there are no ``n`` subjects, all kept rows.
    """
    wanted = 4 * n
    while True:
        least = found.reached_by(wanted)
        numbers = kept.of(rows, found.reaching(least))
        if wanted >= len(found.numbers) or _several(rows.subjects, numbers, n):
            return numbers, exact_scores(rows.templates, numbers, probe.exact), least
        wanted *= 4


def _several(subjects: NDArray[np.int32], numbers: Numbers, n: int) -> bool:
    return len(numbers) >= n and len(np.unique(subjects[numbers])) >= n


def _may_reach(
    rows: Rows, probe: CodedProbe, score: np.float64, found: Scratch
) -> Numbers:
    """Return every row whose exact score the codes cannot prove to be below ``score``."""
    limits, loose = rows.limits, rows.loose
    common = lowest_product(
        probe, limits, score, np.array([limits.length]), np.array([limits.error])
    )
    tight = found.reaching(int(common[0]))
    if not len(loose.rows):
        return tight
    own = lowest_product(probe, limits, score, loose.lengths, loose.errors)
    wide = loose.rows[found.numbers[loose.rows] >= own]
    return np.union1d(tight, wide)
