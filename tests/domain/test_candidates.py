"""Candidates: the scale, a decision with reasons, an order that tells nothing, and letters."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.candidates import (
    CONCLUSIONS,
    EXCLUSIONS,
    LIST_LENGTH_DEFAULT,
    LIST_LENGTH_MAX,
    REASON_MIN,
    Conclusion,
    Exclusion,
    compare,
    exclude,
    label,
    shuffled,
)
from bot.errors import Refusal
from tests.builders import NOON, REASON, candidates
from tests.domain.test_components import SEEN

ids = st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=LIST_LENGTH_MAX)
seeds = st.integers(0, 2**63 - 1)


def test_the_list_is_as_long_as_the_policy_says() -> None:
    assert (LIST_LENGTH_DEFAULT, LIST_LENGTH_MAX) == (20, 50)


def test_only_the_two_upper_levels_support_the_same_person() -> None:
    assert {level for level in Conclusion if level.is_support} == {
        Conclusion.STRONG_SUPPORT_SAME,
        Conclusion.SOME_SUPPORT_SAME,
    }


def test_the_scale_runs_from_minus_two_to_plus_two() -> None:
    assert sorted(Conclusion) == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize("level", list(Conclusion))
def test_every_level_is_shown_with_its_number_and_never_as_an_identification(
    level: Conclusion,
) -> None:
    number, words = CONCLUSIONS[level].split("  ")
    assert int(number) == level
    assert not {"identified", "identification", "match"} & set(words.lower().split())


def test_every_reason_for_an_exclusion_has_its_words() -> None:
    assert set(EXCLUSIONS) == set(Exclusion)
    assert len(set(EXCLUSIONS.values())) == len(Exclusion)


@pytest.mark.parametrize("code", list(set(Exclusion) - {Exclusion.PICTURE_TOO_POOR}))
def test_one_click_excludes_and_keeps_its_code(code: Exclusion) -> None:
    decided = exclude("C-1", code, NOON)
    assert (decided.conclusion, decided.exclusion) == (Conclusion.EXCLUDED, code)
    assert decided.reason == EXCLUSIONS[code]


def test_a_picture_too_poor_to_compare_excludes_nobody() -> None:
    decided = exclude("C-1", Exclusion.PICTURE_TOO_POOR, NOON)
    assert decided.conclusion is Conclusion.INCONCLUSIVE
    assert decided.exclusion is Exclusion.PICTURE_TOO_POOR


@pytest.mark.parametrize("code", list(Exclusion))
def test_one_click_never_supports_anybody(code: Exclusion) -> None:
    assert not exclude("C-1", code, NOON).conclusion.is_support


@pytest.mark.parametrize("level", list(Conclusion))
def test_a_comparison_keeps_its_level_and_its_reason(level: Conclusion) -> None:
    decided = compare("C-1", level, f"\n {REASON} ", NOON, SEEN)
    assert (decided.candidate_id, decided.conclusion) == ("C-1", level)
    assert (decided.reason, decided.exclusion, decided.at) == (REASON, None, NOON)


@pytest.mark.parametrize("level", list(Conclusion))
def test_a_reason_one_character_too_short_is_refused(level: Conclusion) -> None:
    just_enough = "x" * REASON_MIN
    assert compare("C-1", level, just_enough, NOON, SEEN).reason == just_enough
    with pytest.raises(Refusal, match="at least 20") as refused:
        compare("C-1", level, just_enough[1:], NOON, SEEN)
    assert refused.value.rule == "REASON_TOO_SHORT"


def test_spaces_around_a_reason_do_not_make_it_longer() -> None:
    with pytest.raises(Refusal):
        compare("C-1", Conclusion.INCONCLUSIVE, "alike".center(80), NOON)


@given(ids, seeds)
def test_a_shuffle_loses_adds_and_repeats_nobody(order: list[str], seed: int) -> None:
    assert sorted(shuffled(order, seed)) == sorted(order)


@given(ids, seeds, st.randoms(use_true_random=False))
def test_the_order_of_similarity_does_not_shine_through_a_shuffle(
    order: list[str], seed: int, random: Random
) -> None:
    by_similarity = random.sample(order, len(order))
    assert shuffled(by_similarity, seed) == shuffled(order, seed)


@given(ids, seeds)
def test_a_recorded_seed_replays_the_order(order: list[str], seed: int) -> None:
    assert shuffled(order, seed) == shuffled(tuple(order), seed)


def test_a_recorded_seed_replays_the_same_order_in_every_release() -> None:
    assert shuffled("ABCDE", 4711) == ("E", "A", "C", "D", "B")


def test_two_examiners_seldom_see_the_same_order() -> None:
    names = [c.id for c in candidates(20)]
    assert len({shuffled(names, seed) for seed in range(200)}) == 200


def test_every_place_falls_to_the_nearest_candidate_about_equally_often() -> None:
    names = [c.id for c in candidates(5)]
    places = [shuffled(names, seed).index("C-1") for seed in range(5_000)]
    # 5 standard deviations of a fair draw; the seeds are fixed, so this never wavers.
    assert all(abs(places.count(place) - 1_000) < 5 * 28.3 for place in range(5))


@pytest.mark.parametrize(
    ("position", "letters"),
    [
        (0, "A"),
        (25, "Z"),
        (26, "AA"),
        (27, "AB"),
        (49, "AX"),
        (51, "AZ"),
        (52, "BA"),
        (701, "ZZ"),
        (702, "AAA"),
    ],
)
def test_letters_go_on_after_z_as_columns_do(position: int, letters: str) -> None:
    assert label(position) == letters


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_positions_never_share_a_label(one: int, other: int) -> None:
    assert (label(one) == label(other)) == (one == other)


@given(st.integers(0, 10**6))
def test_a_label_is_made_of_capital_letters_only(position: int) -> None:
    assert set(label(position)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
