"""How long somebody was at a candidate is told from moments alone."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.timing import PAUSE_MAX, Act, Did, seconds_at
from tests.builders import NOON


def act(second: float, did: Did, candidate: str | None = None) -> Act:
    return Act(NOON + timedelta(seconds=second), did, candidate)


acts = st.lists(
    st.builds(
        act,
        st.floats(-4000, 4000),
        st.sampled_from(Did),
        st.sampled_from([None, "a", "b"]),
    ),
    max_size=8,
)

BEGAN = act(0, Did.BEGAN)


def test_a_comparison_takes_from_its_opening_to_its_saving() -> None:
    done = [BEGAN, act(40, Did.OPENED, "a"), act(100, Did.DECIDED, "a")]
    assert seconds_at("a", done) == 60


def test_several_views_of_one_candidate_add_up() -> None:
    done = [
        BEGAN,
        act(10, Did.OPENED, "a"),  # closed without saving, another one opened
        act(30, Did.OPENED, "b"),
        act(70, Did.DECIDED, "b"),
        act(80, Did.OPENED, "a"),
        act(85, Did.DECIDED, "a"),
    ]
    assert seconds_at("a", done) == 25
    assert seconds_at("b", done) == 40


def test_an_exclusion_takes_since_whatever_was_done_last() -> None:
    done = [BEGAN, act(12, Did.DECIDED, "a"), act(15, Did.DECIDED, "b")]
    assert seconds_at("a", done) == 12
    assert seconds_at("b", done) == 3


def test_a_decision_that_is_changed_adds_to_the_time() -> None:
    done = [BEGAN, act(12, Did.DECIDED, "a"), act(15, Did.DECIDED, "a")]
    assert seconds_at("a", done) == 15


def test_a_clock_that_went_back_takes_no_time_away() -> None:
    done = [BEGAN, act(-500, Did.DECIDED, "a"), act(-490, Did.DECIDED, "a")]
    assert seconds_at("a", done) == 10


def test_a_night_between_two_clicks_is_not_work() -> None:
    done = [BEGAN, act(0, Did.OPENED, "a"), act(50_000, Did.DECIDED, "a")]
    assert seconds_at("a", done) == PAUSE_MAX.total_seconds()


@given(acts)
def test_no_second_is_counted_twice_and_none_is_negative(done: list[Act]) -> None:
    ahead = [(b.at - a.at).total_seconds() for a, b in pairwise(done) if b.at > a.at]
    times = [seconds_at(c, done) for c in ("a", "b")]
    assert min(times) >= 0
    assert sum(times) <= sum(ahead) + 1
