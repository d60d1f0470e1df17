"""Bands of weakness: in words, by the gallery, and never as a certainty."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.weakness import (
    BAND_WORDS,
    NOT_CALIBRATED,
    SHARES,
    Band,
    in_words,
    shares_for,
    weakness,
)

WHOLE = ((0.5, 0.36), (0.1, 0.41), (0.05, 0.43), (0.01, 0.47))


@pytest.mark.parametrize(
    ("similarity", "band"),
    [
        (-0.2, Band.COMMON),
        (0.3599, Band.COMMON),
        (0.36, Band.USUAL),
        (0.4099, Band.USUAL),
        (0.41, Band.ONE_IN_10),
        (0.43, Band.ONE_IN_20),
        (0.4699, Band.ONE_IN_20),
        (0.47, Band.ONE_IN_100),
        (1.0, Band.ONE_IN_100),
    ],
)
def test_a_similarity_lies_in_the_band_whose_limit_it_reaches(
    similarity: float, band: Band
) -> None:
    found = weakness(similarity, WHOLE)
    assert found is not None
    assert found.band is band


def test_the_rarest_band_says_that_it_may_be_rarer_still() -> None:
    assert in_words(0.9, WHOLE) == "as high as the best of 1 in 100 strangers or fewer"
    assert (
        in_words(0.9, WHOLE[:2]) == "as high as the best of 1 in 10 strangers or fewer"
    )
    assert in_words(0.42, WHOLE) == "as high as the best of 1 in 10 strangers"
    assert "every second search" in in_words(0.1, WHOLE)


def test_a_gallery_that_was_not_calibrated_tells_of_no_band() -> None:
    assert weakness(0.9, ()) is None
    assert in_words(0.9, ()) == NOT_CALIBRATED


@pytest.mark.parametrize(
    ("searches", "shares"),
    [
        (0, ()),
        (49, ()),
        (50, (0.5, 0.1)),
        (99, (0.5, 0.1)),
        (100, (0.5, 0.1, 0.05)),
        (499, (0.5, 0.1, 0.05)),
        (500, SHARES),
    ],
)
def test_a_small_sample_tells_fewer_shares(
    searches: int, shares: tuple[float, ...]
) -> None:
    assert shares_for(searches) == shares


@pytest.mark.parametrize("words", [*BAND_WORDS.values(), NOT_CALIBRATED])
def test_no_words_speak_of_a_percentage_a_chance_or_a_certainty(words: str) -> None:
    assert not re.search(
        r"%|percent|chance|probab|certain|likel|confiden|match|odds", words
    )


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_higher_similarity_is_never_in_a_more_common_band(
    one: float, other: float
) -> None:
    low, high = (weakness(s, WHOLE) for s in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert list(Band).index(low.band) <= list(Band).index(high.band)
