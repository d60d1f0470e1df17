"""Escaping, shortening and local time."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.text import (
    SHORTENED,
    clipped,
    counted,
    day,
    escape,
    fitted,
    mention,
    moment,
    quoted,
)

texts = st.text(alphabet=st.sampled_from("ab&<>\n é\u202e😀"), max_size=300)
limits = st.integers(min_value=40, max_value=400)


def test_the_three_signs_slack_reads_are_escaped() -> None:
    assert escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def test_characters_that_turn_the_direction_of_writing_are_dropped() -> None:
    assert escape("a\u202eb\u0000c\u2066d") == "abcd"


def test_letters_joined_by_a_joiner_stay_joined() -> None:
    assert escape("\u0915\u094d\u200d\u0937") == "\u0915\u094d\u200d\u0937"


@given(texts, limits)
def test_a_fitted_text_fits_and_has_nothing_left_to_escape(
    text: str, most: int
) -> None:
    kept = fitted(text, most)
    assert len(kept) <= most
    assert "<" not in kept
    assert ">" not in kept


@given(texts, limits)
def test_a_text_that_fits_is_whole_and_one_that_does_not_says_so(
    text: str, most: int
) -> None:
    if len(escape(text)) <= most:
        assert fitted(text, most) == escape(text)
    else:
        assert fitted(text, most).endswith(SHORTENED)


@given(texts, limits)
def test_no_more_is_cut_off_than_has_to_be(text: str, most: int) -> None:
    cut = fitted(text, most)
    if cut != escape(text):
        room = most - len(SHORTENED)
        kept = max(n for n in range(len(text)) if len(escape(text[:n])) <= room)
        assert cut == escape(text[:kept]) + escape(SHORTENED)


@given(texts, limits)
def test_no_escape_is_cut_in_two(text: str, most: int) -> None:
    kept = fitted(text, most)
    for whole in ("&amp;", "&lt;", "&gt;"):
        kept = kept.replace(whole, "")
    assert "&" not in kept


@given(texts, limits)
def test_every_line_of_a_quotation_is_quoted_and_all_of_it_fits(
    text: str, most: int
) -> None:
    lines = quoted(text, most).split("\n")
    assert all(line.startswith("> ") for line in lines)
    assert len("\n".join(lines)) <= most


def test_a_plain_field_is_cut_with_an_ellipsis() -> None:
    assert clipped("abcdef", 4) == "abc…"
    assert clipped("abcd", 4) == "abcd"


def test_an_account_cannot_smuggle_a_second_mention_in() -> None:
    assert mention("U1> <!here") == "<@U1&gt; &lt;!here>"


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        (datetime(2026, 11, 23, 19, 5, tzinfo=UTC), None, "November 23, 2026, 14:05 EST"),
        (datetime(2026, 7, 1, 3, 0, tzinfo=UTC), None, "June 30, 2026, 23:00 EDT"),
        (datetime(2026, 7, 1, 3, 0, tzinfo=UTC), "Europe/Oslo", "July 1, 2026, 05:00 CEST"),
    ],
)  # fmt: skip
def test_a_time_is_told_by_the_clock_of_the_unit(
    at: datetime, zone: str | None, said: str
) -> None:
    assert (moment(at, zone) if zone else moment(at)) == said


def test_a_day_has_no_leading_zero() -> None:
    assert day(date(2024, 5, 7)) == "May 7, 2024"


def test_one_is_singular_and_everything_else_plural() -> None:
    assert [counted(n, "candidate") for n in (0, 1, 2)] == [
        "0 candidates",
        "1 candidate",
        "2 candidates",
    ]
