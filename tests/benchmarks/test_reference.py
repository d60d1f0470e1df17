"""The brute force that the exact search is compared with, itself compared with a slower one."""

import math

import numpy as np
import pytest

from benchmarks import reference
from benchmarks.drawn import Population, Vectors
from benchmarks.reference import List, Table


def naive(table: Table, query: Vectors, n: int) -> list[tuple[int, np.float32]]:
    """Row by row in Python, without the sums of NumPy: they round the last bits otherwise."""
    best: dict[int, tuple[float, int]] = {}
    for row in np.flatnonzero(table.kept).tolist():
        terms = map(float, table.templates[row].astype(np.float64) * query)
        score = -math.fsum(terms)
        subject = int(table.subjects[row])
        best[subject] = min(best.get(subject, (math.inf, 0)), (score, row))
    return [(row, np.float32(-score)) for score, row in sorted(best.values())[:n]]


def a_table(rows: int, kept: float = 0.9, dim: int = 16) -> Table:
    whole = Population(rows, dim).whole()
    chance = np.random.default_rng(3)
    return Table(whole.templates, whole.subjects, chance.random(rows) < kept)


def as_pairs(one: List) -> list[tuple[int, np.float32]]:
    return list(zip(one.rows.tolist(), one.scores.astype(np.float32), strict=True))


@pytest.mark.parametrize("rows", [1, 30, 700])
@pytest.mark.parametrize("kept", [0.0, 0.02, 1.0])
def test_both_ways_list_what_a_loop_over_the_rows_lists(rows: int, kept: float) -> None:
    table = a_table(rows, kept)
    queries = Population(rows, 16).probes(7).templates
    for query, found in zip(queries, reference.lists(table, queries, 5), strict=True):
        assert as_pairs(found) == naive(table, query, 5)
        assert reference.same(found, reference.one(table, query, 5))


def test_of_equal_photographs_the_first_row_is_listed() -> None:
    table = a_table(400, 1.0)
    table.templates[:] = table.templates[0]
    [found] = reference.lists(table, table.templates[:1], 5)
    assert as_pairs(found) == naive(table, table.templates[0], 5)
    assert np.unique(found.scores).size == 1
    assert found.rows.tolist() == sorted(found.rows.tolist())


def test_more_rows_than_are_looked_at_first_are_all_compared() -> None:
    rows = 40_000
    table = a_table(rows, 0.97, 8)
    queries = Population(rows, 8).probes(4).templates
    for query, found in zip(queries, reference.lists(table, queries, 9), strict=True):
        assert reference.same(found, reference.one(table, query, 9))


def test_a_candidate_left_out_is_noticed_and_a_tie_is_not() -> None:
    right = List(np.array([4, 2, 9]), np.array([0.9, 0.5, 0.4]))
    assert not reference.misses([9, 4, 2], right)
    assert not reference.misses([4, 2, 7], right), "7 may be as near as 9"
    assert reference.misses([4, 9, 7], right)
