"""The machine a request runs through, drawn, and every pair of state and step tried."""

from collections.abc import Iterator, Set
from itertools import product

import pytest

from bot.domain.workflow import IllegalStep, State, Step, arrows, next_state

DRAWN = """
received --store-----------------> checking
received --fail_probe------------> unsuitable
received --give_up---------------> search_failed
received --withdraw--------------> withdrawn
checking --ask_face--------------> face_choice
checking --ask_repeat------------> repeat_review
checking --ask_sign_off----------> sign_off
checking --accept----------------> ready
checking --fail_probe------------> unsuitable
checking --give_up---------------> search_failed
checking --withdraw--------------> withdrawn
face_choice --choose_face--------> ready
face_choice --ask_repeat---------> repeat_review
face_choice --ask_sign_off-------> sign_off
face_choice --fail_probe---------> unsuitable
face_choice --withdraw-----------> withdrawn
repeat_review --allow_repeat-----> ready
repeat_review --ask_sign_off-----> sign_off
repeat_review --refuse_repeat----> refused
repeat_review --withdraw---------> withdrawn
sign_off --sign_off--------------> ready
sign_off --refuse----------------> refused
examination --refuse_image-------> refused
peer_review --refuse_image-------> refused
third_review --refuse_image------> refused
sign_off --withdraw--------------> withdrawn
ready --start_search-------------> searching
ready --give_up------------------> search_failed
ready --withdraw-----------------> withdrawn
searching --list-----------------> examination
searching --find_nobody----------> supervisor_review
searching --give_up--------------> search_failed
searching --withdraw-------------> withdrawn
search_failed --retry------------> checking
search_failed --refetch----------> received
search_failed --withdraw---------> withdrawn
examination --propose------------> peer_review
examination --check_none---------> peer_review
examination --find_none----------> supervisor_review
examination --withdraw-----------> withdrawn
peer_review --agree--------------> context_check
peer_review --agree_none---------> supervisor_review
peer_review --split--------------> third_review
peer_review --withdraw-----------> withdrawn
third_review --agree-------------> context_check
third_review --disagree----------> no_possible_match
third_review --withdraw----------> withdrawn
context_check --context_done-----> supervisor_review
context_check --close-------------> no_possible_match
context_check --return------------> examination
context_check --withdraw---------> withdrawn
context_check --fall_back--------> no_possible_match
context_check --reopen-----------> examination
context_check --resume-----------> ready
context_check --hold-------------> held
supervisor_review --release------> released
supervisor_review --close--------> no_possible_match
supervisor_review --return-------> examination
supervisor_review --withdraw-----> withdrawn
released --acknowledge-----------> acknowledged
acknowledged --corroborate-------> corroborated
checking --fall_back--------------> no_possible_match
checking --reopen-----------------> examination
checking --resume-----------------> ready
checking --hold-------------------> held
ready --fall_back-----------------> no_possible_match
ready --reopen--------------------> examination
ready --resume--------------------> ready
ready --hold----------------------> held
searching --fall_back-------------> no_possible_match
searching --reopen----------------> examination
searching --resume----------------> ready
searching --hold------------------> held
search_failed --fall_back---------> no_possible_match
search_failed --reopen------------> examination
search_failed --resume------------> ready
search_failed --hold--------------> held
examination --fall_back-----------> no_possible_match
examination --reopen--------------> examination
examination --resume--------------> ready
examination --hold----------------> held
peer_review --fall_back-----------> no_possible_match
peer_review --reopen--------------> examination
peer_review --resume--------------> ready
peer_review --hold----------------> held
third_review --fall_back----------> no_possible_match
third_review --reopen-------------> examination
third_review --resume-------------> ready
third_review --hold---------------> held
supervisor_review --fall_back-----> no_possible_match
supervisor_review --reopen--------> examination
supervisor_review --resume--------> ready
supervisor_review --hold----------> held
no_possible_match --search_other--> ready
examination --search_other--------> ready
examination --search_derivative---> ready
search_failed --search_other------> ready
no_possible_match --reopen--------> examination
no_possible_match --resume--------> ready
no_possible_match --hold----------> held
released --hold-------------------> held
acknowledged --hold---------------> held
corroborated --hold---------------> held
released --recall-----------------> recalled
acknowledged --recall-------------> recalled
corroborated --recall-------------> recalled
"""


def drawn(line: str) -> tuple[State, Step, State]:
    start, arrow, end = line.split()
    return State(start), Step(arrow.strip("->")), State(end)


ARROWS = [drawn(line) for line in DRAWN.strip().splitlines()]
FINAL = {
    State.RELEASED,
    State.ACKNOWLEDGED,
    State.CORROBORATED,
    State.NO_POSSIBLE_MATCH,
    State.UNSUITABLE,
    State.REFUSED,
    State.WITHDRAWN,
    State.HELD,
    State.RECALLED,
}


LEADS = (State.RELEASED, State.ACKNOWLEDGED, State.CORROBORATED)


def reached_from(
    start: State, *, avoiding: Set[State] = frozenset(), without: Step | None = None
) -> set[State]:
    """Every state some row of steps leads to without passing through those to avoid."""
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        steps = [(step, end) for begin, step, end in ARROWS if begin is here]
        ahead = {end for step, end in steps if step is not without} - seen - avoiding
        seen |= ahead
        waiting += ahead
    return seen


def before_release() -> Iterator[State]:
    return (state for state in State if state not in FINAL)


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_only_the_drawn_steps_exist(state: State, step: Step) -> None:
    targets = {end for start, arrow, end in ARROWS if (start, arrow) == (state, step)}
    if targets:
        assert {next_state(state, step)} == targets
    else:
        with pytest.raises(IllegalStep) as refused:
            next_state(state, step)
        assert (refused.value.state, refused.value.step) == (state, step)


def test_the_machine_shows_exactly_the_drawn_arrows() -> None:
    assert sorted(arrows()) == sorted(ARROWS)


def test_every_step_occurs_somewhere() -> None:
    assert {step for _, step, _ in ARROWS} == set(Step)


def test_every_state_can_be_reached() -> None:
    assert reached_from(State.RECEIVED) == set(State)


@pytest.mark.parametrize("state", list(State))
def test_every_state_leads_to_an_end(state: State) -> None:
    assert reached_from(state) & FINAL


@pytest.mark.parametrize("state", list(State))
def test_a_state_is_final_when_nobody_but_the_requester_has_anything_left_to_do(
    state: State,
) -> None:
    assert state.is_final == (state in FINAL)


def test_an_end_is_left_only_for_another_repository_or_to_take_results_back() -> None:
    after_the_end = {(start, step) for start, step, _ in ARROWS if start in FINAL}
    assert after_the_end == {
        (State.RELEASED, Step.ACKNOWLEDGE),
        (State.ACKNOWLEDGED, Step.CORROBORATE),
        *((state, Step.RECALL) for state in LEADS),
        (State.NO_POSSIBLE_MATCH, Step.SEARCH_OTHER),
        (State.NO_POSSIBLE_MATCH, Step.REOPEN),
        (State.NO_POSSIBLE_MATCH, Step.RESUME),
        *((state, Step.HOLD) for state in (*LEADS, State.NO_POSSIBLE_MATCH)),
    }


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED, State.WITHDRAWN])
def test_nothing_leads_away_from_what_was_taken_back(state: State) -> None:
    assert reached_from(state) == {state}


@pytest.mark.parametrize("state", list(before_release()))
def test_a_requester_can_withdraw_at_any_time_before_the_end(state: State) -> None:
    assert next_state(state, Step.WITHDRAW) is State.WITHDRAWN


def test_whoever_is_agreed_on_reaches_a_supervisor_only_through_the_context_check() -> (
    None
):
    for review in (State.PEER_REVIEW, State.THIRD_REVIEW):
        assert next_state(review, Step.AGREE) is State.CONTEXT_CHECK
    assert next_state(State.CONTEXT_CHECK, Step.CONTEXT_DONE) is State.SUPERVISOR_REVIEW


@pytest.mark.parametrize("gate", [State.SEARCHING, State.SUPERVISOR_REVIEW])
def test_nothing_is_released_around_a_search_or_a_supervisor(gate: State) -> None:
    # What is reopened is a list, and only a search makes one.
    reached = reached_from(State.RECEIVED, avoiding={gate}, without=Step.REOPEN)
    assert State.RELEASED not in reached


def test_a_proposed_candidate_reaches_a_supervisor_only_through_the_peer() -> None:
    proposed = next_state(State.EXAMINATION, Step.PROPOSE)
    assert proposed is State.PEER_REVIEW
    assert {start for start, _, end in ARROWS if end is State.RELEASED} == {
        State.SUPERVISOR_REVIEW
    }


def test_a_refused_step_does_not_tell_where_the_request_stands() -> None:
    refused = IllegalStep(State.PEER_REVIEW, Step.CHOOSE_FACE)
    assert "no longer open" in refused.message
    assert "peer" not in refused.message
    assert (refused.state, refused.step) == (State.PEER_REVIEW, Step.CHOOSE_FACE)
