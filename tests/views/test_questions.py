"""What whoever asked for another repository is told of it."""

from dataclasses import replace

import pytest

from bot.domain.authorizations import AuthorizationState
from bot.domain.workflow import State
from bot.views.ids import ActionId
from bot.views.requester import RequestCard, request_card, told_requester
from tests.builders import REQUEST
from tests.views.reading import buttons, shown
from tests.views.samples import GROUNDS, a_card, an_authorization

OPEN = [state for state in State if not state.is_final]
GRANTED = (
    AuthorizationState.GRANTED,
    AuthorizationState.RUNNING,
    AuthorizationState.CONSUMED,
)


def asking_card(state: State, asked: AuthorizationState) -> RequestCard:
    return replace(a_card(state), authorizations=(an_authorization(asked),))


def test_another_repository_can_be_asked_for_only_where_it_is_offered() -> None:
    card = replace(a_card(State.NO_POSSIBLE_MATCH), can_ask=True)
    assert buttons(request_card(card)) == [ActionId.ASK_AUTHORIZATION]
    assert buttons(request_card(replace(card, can_ask=False))) == []


@pytest.mark.parametrize("asked", AuthorizationState)
def test_a_question_can_be_withdrawn_exactly_while_it_waits(
    asked: AuthorizationState,
) -> None:
    offered = buttons(request_card(asking_card(State.NO_POSSIBLE_MATCH, asked)))
    waits = asked is AuthorizationState.PENDING
    assert (ActionId.WITHDRAW_AUTHORIZATION in offered) is waits


def test_a_button_of_a_question_points_at_the_request_and_its_version_tells_nothing() -> (
    None
):
    card = asking_card(State.NO_POSSIBLE_MATCH, AuthorizationState.PENDING)
    drawn = request_card(replace(card, can_ask=True)).blocks
    values = [e["value"] for b in drawn if b["type"] == "actions" for e in b["elements"]]  # fmt: skip
    assert values == [f"{REQUEST}|0", f"{REQUEST}|0"]


@pytest.mark.parametrize("state", OPEN)
def test_whether_an_authorized_search_is_made_cannot_be_told_from_a_card(
    state: State,
) -> None:
    cards = [asking_card(state, asked) for asked in GRANTED]
    assert len({shown(request_card(card)) for card in cards}) == 1


def test_after_the_answer_an_authorized_search_is_said_to_be_made() -> None:
    card = asking_card(State.NO_POSSIBLE_MATCH, AuthorizationState.CONSUMED)
    assert "Consumed: its one search has been made." in shown(request_card(card))


@pytest.mark.parametrize("asked", AuthorizationState)
def test_the_grounds_stay_off_the_card(asked: AuthorizationState) -> None:
    read = shown(request_card(asking_card(State.EXAMINATION, asked)))
    assert GROUNDS.need not in read
    assert GROUNDS.legal_basis not in read


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (AuthorizationState.GRANTED, "DMV photographs, was granted."),
        (AuthorizationState.DENIED, "DMV photographs, was denied."),
        (AuthorizationState.EXPIRED, "DMV photographs, has expired."),
        (AuthorizationState.REVOKED, "DMV photographs, was granted and has been revoked."),
    ],
)  # fmt: skip
def test_whoever_asked_is_told_what_was_decided(
    state: AuthorizationState, said: str
) -> None:
    message = told_requester(an_authorization(state))
    assert said in shown(message)
    assert message.text == f"Request {REQUEST}: there is news."


def test_a_denial_is_told_with_its_reason() -> None:
    read = shown(told_requester(an_authorization(AuthorizationState.DENIED)))
    assert "Reason given: It is proportionate to a series of robberies." in read


def test_of_many_questions_the_latest_are_shown_and_the_others_counted() -> None:
    denied = an_authorization(AuthorizationState.DENIED)
    card = replace(a_card(), authorizations=(denied,) * 7)
    read = shown(request_card(card))
    assert read.count("*Another repository:*") == 5
    assert "2 earlier questions" in read


def test_only_where_a_search_was_made_its_results_are_said_to_be_destroyed() -> None:
    revoked = an_authorization(AuthorizationState.REVOKED)
    made = shown(told_requester(replace(revoked, searched=True)))
    assert "What its search found is destroyed." in made
    never = shown(told_requester(revoked))
    assert "No search was made under it." in never
    assert "destroyed" not in never
