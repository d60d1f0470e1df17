"""The right answer, found the dearest way: every similarity in float64, then sorted. Shares no code with the product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.drawn import Numbers, Vectors

Rows = NDArray[np.intp]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]

_ROWS, _QUERIES, _AT_ONCE = 8192, 256, 1024
_FIRST = 16_384
_SLACK = 1e-6
"""More than a peer in float32 rounds a similarity by, and much more than the order of a sum in float64 changes."""


@dataclass(frozen=True, slots=True, eq=False)
class List:
    """The nearest photograph of each of the nearest subjects: their rows, and the similarities."""

    rows: Rows
    scores: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What is searched: row i is photograph i of ``subjects[i]``, and may be returned if ``kept[i]``."""

    templates: Vectors
    subjects: Numbers
    kept: Mask


def lists(table: Table, queries: Vectors, n: int) -> Iterator[List]:
    """The exact list of every query: a subject once, similarities never rounded, ties by row."""
    for start in range(0, len(queries), _AT_ONCE):
        yield from _lists(table, queries[start : start + _AT_ONCE], n)


def one(table: Table, query: Vectors, n: int) -> List:
    """The same for one query, with a sum over every row: the obvious way in float64."""
    rows = np.flatnonzero(table.kept)
    scores = np.empty(len(rows), np.float64)
    for start in range(0, len(rows), _ROWS):
        there = rows[start : start + _ROWS]
        scores[start : start + _ROWS] = exact(table.templates[there], query)
    return distinct(rows, scores, table.subjects, n)


def exact(templates: Vectors, query: NDArray[np.floating]) -> Scores:
    """Each row's float64 sum; the order of its terms does not depend on the other rows."""
    wide = templates.astype(np.float64) * query.astype(np.float64)
    return np.asarray(wide.sum(axis=1), np.float64)


def distinct(rows: Rows, scores: Scores, subjects: Numbers, n: int) -> List:
    """The best row of each of the best ``n`` subjects among these rows."""
    order = np.lexsort((rows, -scores))
    _, first = np.unique(subjects[rows[order]], return_index=True)
    best = order[np.sort(first)[:n]]
    return List(rows[best], scores[best])


def same(a: List, b: List) -> bool:
    """Candidate for candidate and score for score."""
    return np.array_equal(a.rows, b.rows) and np.array_equal(a.scores, b.scores)


def misses(found: Sequence[int], right: List) -> bool:
    """Whether rows were found in which a candidate is missing that no tie within rounding excuses."""
    if not len(right.rows):
        return False
    sure = right.rows[right.scores > right.scores[-1] + _SLACK]
    return not np.isin(sure, np.asarray(found, np.intp)).all()


def _lists(table: Table, queries: Vectors, n: int) -> Iterator[List]:
    rows = np.flatnonzero(table.kept)
    at_least = _lower_bounds(table, rows[:_FIRST], queries, n) - _SLACK
    near, who, scores = _near(table, rows, queries, at_least)
    ends = np.searchsorted(who, np.arange(len(queries) + 1))
    for number, query in enumerate(queries):
        mine = slice(ends[number], ends[number + 1])
        # What is far below the last of the list cannot be on it, however its sum is rounded.
        last = _last(near[mine], scores[mine], table.subjects, n)
        few = near[mine][scores[mine] >= last - _SLACK]
        yield distinct(few, exact(table.templates[few], query), table.subjects, n)


def _near(
    table: Table, rows: Rows, queries: Vectors, at_least: NDArray[np.float64]
) -> tuple[Rows, Rows, NDArray[np.float64]]:
    """Every row, and of which query and how near, that reaches its query's bound; in the order of the queries."""
    wide = queries.astype(np.float64)
    found: list[tuple[Rows, Rows, NDArray[np.float64]]] = []
    for start in range(0, len(rows), _ROWS):
        there = rows[start : start + _ROWS]
        templates = table.templates[there].astype(np.float64)
        for first in range(0, len(queries), _QUERIES):
            some = slice(first, first + _QUERIES)
            scores = wide[some] @ templates.T
            at = np.flatnonzero(scores >= at_least[some, None])
            query, row = np.divmod(at, len(there))
            found.append((there[row], query + first, scores.ravel()[at]))
    if not found:
        nothing = np.empty(0, np.intp)
        return nothing, nothing, np.empty(0)
    near, who, similar = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(who, kind="stable")
    return near[order], who[order], similar[order]


def _lower_bounds(
    table: Table, rows: Rows, queries: Vectors, n: int
) -> NDArray[np.float64]:
    """Of each query: what its n-th subject reaches at least, from a part of the rows."""
    bounds = np.full(len(queries), -np.inf)
    few = min(8 * n, len(rows))
    if not few:
        return bounds
    templates = table.templates[rows].astype(np.float64)
    for first in range(0, len(queries), _QUERIES):
        scores = queries[first : first + _QUERIES].astype(np.float64) @ templates.T
        best = np.argpartition(scores, len(rows) - few, axis=1)[:, -few:]
        for number, (its_best, its_scores) in enumerate(zip(best, scores, strict=True)):
            bounds[first + number] = _last(
                rows[its_best], its_scores[its_best], table.subjects, n
            )
    return bounds


def _last(rows: Rows, scores: NDArray[np.float64], subjects: Numbers, n: int) -> float:
    """What the n-th subject reaches among these rows; nothing is too far if there are fewer."""
    order = np.argsort(-scores)
    _, first = np.unique(subjects[rows[order]], return_index=True)
    if len(first) < n:
        return -np.inf
    return float(scores[order[np.sort(first)[n - 1]]])
