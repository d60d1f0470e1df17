import numpy as np

from benchmarks import drawn
from benchmarks.drawn import BLOCK, Population


def test_templates_have_unit_length_and_are_the_same_each_time() -> None:
    one, again = Population(2000, 32).whole(), Population(2000, 32).whole()
    assert np.allclose(np.linalg.norm(one.templates, axis=1), 1, atol=1e-6)
    assert np.array_equal(one.templates, again.templates)
    assert np.array_equal(one.minors, again.minors)


def test_a_smaller_population_is_the_beginning_of_a_larger_one() -> None:
    small, large = Population(500, 8).whole(), Population(BLOCK + 300, 8).whole()
    assert np.array_equal(small.templates, large.templates[:500])
    assert np.array_equal(small.subjects, large.subjects[:500])


def test_the_photographs_of_a_subject_lie_in_one_block() -> None:
    subjects = Population(BLOCK + 300, 8).whole().subjects
    assert not np.intersect1d(subjects[:BLOCK], subjects[BLOCK:]).size
    assert 1.8 < len(subjects) / len(np.unique(subjects)) < 2.2


def test_half_of_the_probes_show_somebody_enrolled_who_is_nearest() -> None:
    population = Population(3000, 128)
    whole, probes = population.whole(), population.probes(200)
    mated = probes.mates >= 0
    assert mated.sum() == 100
    scores = probes.templates[mated] @ whole.templates.T
    first = whole.subjects[scores.argmax(axis=1)]
    assert (first == probes.mates[mated]).mean() > 0.9


def test_strangers_and_mates_are_as_far_as_on_real_photographs() -> None:
    population = Population(5000, 128)
    whole, probes = population.whole(), population.probes(400)
    strangers = probes.templates[probes.mates < 0] @ whole.templates.T
    assert 0.35 < np.median(strangers.max(axis=1)) < 0.45
    pairs = whole.subjects[1:] == whole.subjects[:-1]
    mates = (whole.templates[1:] * whole.templates[:-1]).sum(axis=1)[pairs]
    assert 0.62 < np.median(mates) < 0.72
    assert 0.40 < np.percentile(mates, 5) < 0.52


def test_ids_are_in_the_order_of_the_rows() -> None:
    ids = [drawn.photo_id(row) for row in (0, 9, 10, 99_999, 100_000, 3_999_999)]
    assert ids == sorted(ids)
