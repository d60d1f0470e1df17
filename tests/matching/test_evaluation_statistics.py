"""Rates, thresholds, intervals and ratios: against examples counted by hand and against slow plain code."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.evaluations import AtFpir, Rate
from bot.matching.evaluation.bootstrap import (
    Resampling,
    numbered,
    percentiles,
    rate,
    wilson,
)
from bot.matching.evaluation.groups import differentials
from bot.matching.evaluation.measures import (
    NEVER,
    Mated,
    Nonmated,
    Searches,
    at_fpirs,
    cmc,
    det,
    detected,
    hit_rates,
    is_measurable,
    mated_of,
    nonmated_of,
    thresholds,
)

OFF = (NEVER, -math.inf, True)
NOBODY = np.empty(0, np.int64)


def mated(*outcomes: tuple[int, float, bool], subjects: str = "") -> Mated:
    names = list(subjects) or [f"S{at}" for at in range(len(outcomes))]
    return mated_of(names, outcomes)


def strangers(*tops: float) -> Nonmated:
    return nonmated_of(
        [f"X{at}" for at in range(len(tops))], [(top, True) for top in tops]
    )


def measured(searches: Searches, *fpirs: float) -> list[AtFpir]:
    return list(at_fpirs(searches, searches.resampling(200, 1), fpirs))


def found(*similarities: float) -> list[tuple[int, float, bool]]:
    return [(1, similarity, True) for similarity in similarities]


# --- hit rates


def test_hit_rates_are_shares_of_all_searches_also_of_those_without_a_face() -> None:
    one = mated((1, 0.9, True), (5, 0.4, True), (20, 0.3, True), OFF, OFF)
    told = {
        hit.rank: hit.rate
        for hit in hit_rates(one, Resampling(one.subject, NOBODY, 100, 1))
    }
    assert {rank: told[rank].events for rank in told} == {1: 1, 5: 2, 20: 3, 50: 3}
    assert told[20].value == pytest.approx(0.6)
    lost = mated((1, 0.9, True), (NEVER, -math.inf, False))
    [first, *_] = hit_rates(lost, Resampling(lost.subject, NOBODY, 100, 1))
    assert (first.rate.events, first.rate.trials) == (1, 2)
    assert detected(lost, 100, 1).value == pytest.approx(0.5)


def test_no_searches_have_no_rate_rather_than_a_rate_of_nothing() -> None:
    nothing = mated()
    [first, *_] = hit_rates(nothing, Resampling(NOBODY, NOBODY, 100, 1))
    assert first.rate == Rate(0, 0, None, None, None)


def test_the_cmc_never_falls_and_ends_with_the_list() -> None:
    one = mated((1, 0.9, True), (3, 0.4, True), (50, 0.3, True), OFF)
    curve = cmc(one, Resampling(one.subject, NOBODY, 100, 1))
    assert len(curve.x) == 50
    assert (curve.y[0], curve.y[2], curve.y[48], curve.y[49]) == (0.25, 0.5, 0.5, 0.75)
    assert list(curve.y) == sorted(curve.y)


# --- FNIR at FPIR


def test_fnir_is_what_does_not_exceed_the_best_stranger_that_is_let_through() -> None:
    searches = Searches(
        mated(*found(0.9, 0.8, 0.55, 0.5, 0.2), OFF),
        strangers(0.1, 0.2, 0.3, 0.4, 0.5, 0.15, 0.25, 0.35, 0.45, 0.6),
    )
    tenth, fifth, all_ = measured(searches, 0.1, 0.2, 1.0)
    assert tenth.threshold == pytest.approx(0.5)
    assert tenth.strangers is not None
    assert (tenth.strangers.events, tenth.strangers.trials) == (1, 10)
    assert tenth.strangers.high is not None
    assert tenth.strangers.high > 0.4
    assert tenth.fnir is not None
    assert (tenth.fnir.events, tenth.fnir.trials) == (3, 6)
    assert fifth.threshold == pytest.approx(0.45)
    assert fifth.fnir is not None
    assert fifth.fnir.events == 2
    # Even when every stranger is let through: who is not on the list is missed.
    assert all_.threshold is None
    assert all_.fnir is not None
    assert all_.fnir.events == 1


def test_strangers_that_tie_are_let_through_together_or_not_at_all() -> None:
    searches = Searches(mated(*found(0.5, 0.6, 0.7)), strangers(*[0.5] * 3, *[0.1] * 7))
    low, high = measured(searches, 0.2, 0.3)
    assert low.threshold == pytest.approx(0.5)
    assert low.fnir is not None
    assert low.fnir.events == 1
    assert high.threshold == pytest.approx(0.1)
    assert high.fnir is not None
    assert high.fnir.events == 0


def test_an_fpir_below_one_stranger_is_not_measured_and_not_extrapolated() -> None:
    searches = Searches(mated(*found(0.5, 0.6)), strangers(*[0.1] * 100))
    tenth, hundredth, thousandth = at_fpirs(searches, searches.resampling(100, 1))
    assert tenth.fnir is not None
    assert hundredth.fnir is not None
    assert thousandth == AtFpir(0.001, None, None)
    assert is_measurable(0.001, 1000)
    assert not is_measurable(0.001, 999)


def test_without_strangers_there_is_no_threshold_and_no_curve() -> None:
    searches = Searches(mated(*found(0.5)), strangers())
    drawing = searches.resampling(100, 1)
    assert {one.fnir for one in at_fpirs(searches, drawing)} == {None}
    assert det(searches, drawing) is None


def test_the_det_begins_at_one_stranger_and_falls() -> None:
    random = np.random.default_rng(7)
    searches = Searches(
        mated(*found(*random.uniform(0.2, 1, 200))),
        strangers(*random.uniform(0, 0.6, 300)),
    )
    curve = det(searches, searches.resampling(200, 1))
    assert curve is not None
    assert curve.x[0] == pytest.approx(1 / 300)
    assert curve.x[-1] == 1
    assert list(curve.y) == sorted(curve.y, reverse=True)
    assert all(
        low <= y <= high
        for low, y, high in zip(curve.low, curve.y, curve.high, strict=True)
    )


COARSE = st.sampled_from([-math.inf, 0.1, 0.2, 0.3, 0.4, 0.5])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), COARSE), min_size=1, max_size=20),
    st.lists(COARSE, min_size=1, max_size=20),
    st.integers(1, 19).map(lambda k: k / 20),
)
def test_fnir_at_fpir_is_what_slow_plain_code_counts(
    mates: list[tuple[int, float]], tops: list[float], fpir: float
) -> None:
    own = mated_of([str(s) for s, _ in mates], [(1, sim, True) for _, sim in mates])
    searches = Searches(own, strangers(*tops))
    [one] = measured(searches, fpir)
    if fpir * len(tops) < 1 - 1e-9:
        assert one.fnir is None
        return
    allowed = math.floor(fpir * len(tops) + 1e-9)
    candidates = [-math.inf, *sorted(set(tops))]
    threshold = next(t for t in candidates if sum(top > t for top in tops) <= allowed)
    assert one.fnir is not None
    assert one.fnir.events == sum(not sim > threshold for _, sim in mates)
    assert (one.threshold is None) == (threshold == -math.inf)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(COARSE, min_size=1, max_size=12),
    st.data(),
)
def test_a_weight_is_the_same_as_so_many_copies_of_a_search(
    tops: list[float], data: st.DataObject
) -> None:
    times = data.draw(
        st.lists(st.integers(0, 3), min_size=len(tops), max_size=len(tops))
    )
    copies = [top for top, count in zip(tops, times, strict=True) for _ in range(count)]
    if not copies:
        return
    weighted = thresholds(strangers(*tops), np.array([times], np.float64), [0.25])
    copied = thresholds(strangers(*copies), np.ones((1, len(copies))), [0.25])
    assert weighted == copied


# --- the bootstrap


def test_subjects_are_drawn_with_all_of_their_searches() -> None:
    subjects = numbered(list("AABCCC"))
    drawing = Resampling(subjects, NOBODY, 500, 3)
    rows = drawing.again(lambda weights, _: weights)
    assert rows.shape == (500, 6)
    assert (rows[:, 0] == rows[:, 1]).all()
    assert (rows[:, 3] == rows[:, 5]).all()
    assert (rows[:, [0, 2, 3]].sum(axis=1) == 3).all()
    # Each of the 10 ways to draw three of three occurs: A, B and C together in 6 of 27.
    seen = Counter(map(tuple, rows[:, [0, 2, 3]].astype(int)))
    assert len(seen) == 10
    assert seen[1, 1, 1] == pytest.approx(500 * 6 / 27, rel=0.25)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    def rows(seed: int) -> bytes:
        drawing = Resampling(numbered(list("ABCDEF")), NOBODY, 20, seed)
        return drawing.again(lambda weights, _: weights).tobytes()

    assert rows(1) == rows(1)
    assert rows(1) != rows(2)


def test_the_ends_hold_the_middle_95_percent() -> None:
    low, high = percentiles(np.arange(1000, dtype=np.float64)[:, None])
    assert (low[0], high[0]) == (24, 975)


def covered(
    share: float, subjects: int, *, per_subject: int = 1, sets: int = 250
) -> float:
    """How many of so many intervals hold the true rate; the searches of a subject end alike."""
    random = np.random.default_rng(int(share * 1000) + subjects)
    inside = 0
    names = [str(at // per_subject) for at in range(subjects * per_subject)]
    for seed in range(sets):
        hits = np.repeat(random.random(subjects) < share, per_subject)
        one = mated_of(names, [(1, 0.5, True) if hit else OFF for hit in hits])
        drawing = Resampling(one.subject, NOBODY, 300, seed)
        [hit] = hit_rates(one, drawing, [1])
        assert hit.rate.low is not None
        assert hit.rate.high is not None
        inside += hit.rate.low <= share <= hit.rate.high
    return inside / sets


@pytest.mark.parametrize(
    ("share", "subjects", "per_subject"),
    [(0.7, 150, 1), (0.7, 120, 3), (0.97, 150, 1), (0.995, 300, 1)],
)
def test_about_95_of_100_intervals_hold_the_truth(
    share: float, subjects: int, per_subject: int
) -> None:
    assert 0.92 <= covered(share, subjects, per_subject=per_subject) <= 0.995


def test_no_miss_in_so_many_searches_does_not_mean_none_ever() -> None:
    one = mated(*found(*[0.5] * 100))
    [hit] = hit_rates(one, Resampling(one.subject, NOBODY, 200, 1), [1])
    assert hit.rate.value == 1
    assert hit.rate.high == 1
    assert hit.rate.low == pytest.approx(0.963, abs=0.001)


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


def test_many_photographs_of_few_people_are_no_more_certain_than_the_people() -> None:
    few = rate(0, 1000, subjects=20, low=0, high=0)
    assert few.high == pytest.approx(wilson(0, 20)[1])


# --- groups


def compared(
    hits: dict[str, tuple[int, int]], times: int = 400, seed: int = 1
) -> dict[str, tuple[float, float, float] | None]:
    """Ratios over the rest of missing the first rank; each group has (misses, searches)."""
    outcomes, groups = [], []
    for name, (misses, count) in hits.items():
        outcomes += [OFF] * misses + [(1, 0.5, True)] * (count - misses)
        groups += [name] * count
    searches = Searches(mated(*outcomes), strangers())
    first = next(
        differentials(searches, searches.resampling(times, seed), "sex", groups, [])
    )
    return {
        group.name: (over.value, over.low, over.high)
        if (over := group.over_rest)
        else None
        for group in first.groups
    }


def test_a_ratio_is_of_a_groups_rate_to_that_of_all_others() -> None:
    told = compared({"F": (30, 100), "M": (20, 200)})
    assert told["F"] is not None
    assert told["F"][0] == pytest.approx(3)
    assert told["F"][1] < 3 < told["F"][2]
    assert told["F"][1] > 1
    assert told["M"] is not None
    assert told["M"][0] == pytest.approx(1 / 3)


def test_with_too_few_people_or_misses_no_ratio_is_told() -> None:
    assert compared({"F": (29, 29), "M": (50, 100)}) == {"F": None, "M": None}
    assert compared({"F": (9, 100), "M": (50, 100)}) == {"F": None, "M": None}
    told = compared({"F": (10, 30), "M": (10, 30)})
    assert None not in told.values()


def test_the_best_group_is_the_one_of_those_large_enough() -> None:
    outcomes = [OFF] * 40 + [(1, 0.5, True)] * 60 + [OFF] * 20 + [(1, 0.5, True)] * 80
    outcomes += [(1, 0.5, True)] * 5
    groups = ["old"] * 100 + ["young"] * 100 + ["none"] * 5
    searches = Searches(mated(*outcomes), strangers())
    first = next(
        differentials(searches, searches.resampling(200, 1), "age", groups, [])
    )
    best = {group.name: group.over_best for group in first.groups}
    assert [group.name for group in first.groups if group.best] == ["young"]
    assert best["young"] is None
    assert best["none"] is None
    assert best["old"] is not None
    assert best["old"].value == pytest.approx(2)


def test_a_threshold_is_one_for_all_groups() -> None:
    searches = Searches(
        mated(*found(*[0.35] * 50, *[0.9] * 50)),
        strangers(*[0.1] * 80, *[0.3] * 10, *[0.4] * 10),
    )
    mates = ["F"] * 50 + ["M"] * 50
    others = ["F"] * 50 + ["M"] * 50
    told = {
        (one.measure, one.fpir): {group.name: group.rate.events for group in one.groups}
        for one in differentials(
            searches, searches.resampling(100, 1), "sex", mates, others
        )
    }
    assert told["fnir", 0.1] == {"F": 0, "M": 0}
    assert told["fpir", 0.1] == {"F": 0, "M": 10}
    assert told["fnir", 0.01] == {"F": 50, "M": 0}
    assert told["miss", None] == {"F": 0, "M": 0}
    assert ("fpir", 0.001) not in told


def test_about_95_of_100_ratios_hold_the_truth() -> None:
    random = np.random.default_rng(5)
    inside = told = 0
    for seed in range(200):
        drawn = {"F": (int(random.binomial(150, 0.2)), 150)}
        drawn["M"] = (int(random.binomial(300, 0.1)), 300)
        over = compared(drawn, 300, seed)["F"]
        if over is not None:
            told += 1
            inside += over[1] <= 2 <= over[2]
    assert told > 195
    assert 0.92 <= inside / told <= 0.985
