"""A request takes a step at a time, and remembers how it ended."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.requests import FaceRequest, Outcome
from bot.domain.workflow import IllegalStep, State, Step, next_state
from tests.builders import NOON, a_request

LATER = NOON + timedelta(hours=3)


def walked(steps: list[Step]) -> list[FaceRequest]:
    """Every version of a request that was offered these steps; the impossible ones change nothing."""
    versions = [a_request()]
    for step in steps:
        try:
            versions.append(versions[-1].take(step, NOON))
        except IllegalStep:
            continue
    return versions


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_a_request_moves_as_the_machine_does(state: State, step: Step) -> None:
    request = a_request(state=state)
    try:
        target = next_state(state, step)
    except IllegalStep:
        with pytest.raises(IllegalStep):
            request.take(step, NOON)
    else:
        assert request.take(step, NOON).state is target


def test_a_step_leaves_the_version_before_it_as_it_was() -> None:
    before = a_request()
    after = before.take(Step.STORE, NOON)
    assert before == a_request()
    assert after == replace(before, state=State.CHECKING, version=2, moved_at=NOON)


@given(st.lists(st.sampled_from(Step), max_size=40))
def test_versions_count_up_one_by_one_on_every_way(steps: list[Step]) -> None:
    versions = walked(steps)
    assert [v.version for v in versions] == list(range(1, len(versions) + 1))


@given(st.lists(st.sampled_from(Step), max_size=60))
def test_what_was_asked_and_by_whom_never_changes(steps: list[Step]) -> None:
    assert {
        (v.id, v.asked, v.requester, v.channel, v.submitted_at) for v in walked(steps)
    } == {
        (a.id, a.asked, a.requester, a.channel, a.submitted_at) for a in [a_request()]
    }


@given(st.lists(st.sampled_from(Step), max_size=60))
def test_a_request_has_an_outcome_and_a_closing_time_exactly_when_it_has_ended(
    steps: list[Step],
) -> None:
    for version in walked(steps):
        assert (version.outcome is not None) == version.state.is_final
        assert (version.closed_at is not None) == version.state.is_final


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (State.RELEASED, Outcome.RELEASED),
        (State.ACKNOWLEDGED, Outcome.RELEASED),
        (State.CORROBORATED, Outcome.RELEASED),
        (State.NO_POSSIBLE_MATCH, Outcome.NO_POSSIBLE_MATCH),
        (State.UNSUITABLE, Outcome.UNSUITABLE_PROBE),
        (State.REFUSED, Outcome.REFUSED),
        (State.WITHDRAWN, Outcome.WITHDRAWN),
    ],
)
def test_every_end_has_its_outcome(state: State, outcome: Outcome) -> None:
    assert a_request(state=state).outcome is outcome


@pytest.mark.parametrize("step", [Step.RELEASE, Step.CLOSE])
def test_a_ruling_that_ends_a_request_stays_in_its_round(step: Step) -> None:
    assert a_request(state=State.SUPERVISOR_REVIEW).take(step, NOON).round == 1


def test_a_returned_request_is_open_and_in_its_next_round() -> None:
    returned = a_request(state=State.SUPERVISOR_REVIEW, round=2).take(Step.RETURN, NOON)
    assert (returned.round, returned.closed_at) == (3, None)


def test_the_moment_of_the_last_step_closes_a_request() -> None:
    request = a_request(state=State.THIRD_REVIEW)
    assert request.take(Step.DISAGREE, LATER).closed_at == LATER


def test_the_reason_of_an_end_is_kept_with_it() -> None:
    withdrawn = a_request().take(Step.WITHDRAW, NOON, reason="Found by other means.")
    assert withdrawn.reason == "Found by other means."


def test_an_acknowledgment_does_not_move_the_moment_a_request_was_closed() -> None:
    released = a_request(state=State.SUPERVISOR_REVIEW).take(Step.RELEASE, NOON)
    assert released.take(Step.ACKNOWLEDGE, LATER).closed_at == NOON
