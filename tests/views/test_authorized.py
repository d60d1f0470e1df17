"""What examiners learn of an authorization, and what not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.authorizations import AuthorizationState, Grounds
from bot.views.authorized import (
    authorized_search_card,
    examiner_reminder,
    told_examiners,
)
from bot.views.ids import ActionId
from bot.views.text import Message
from tests.builders import REQUEST
from tests.views.reading import buttons, shown
from tests.views.samples import an_authorization

SECRETS = st.text("QXZ", min_size=6, max_size=12)


def everything(view_of: AuthorizationState, secret: str) -> list[Message]:
    """All that examiners are shown of an authorization whose every fact of the case is a secret."""
    view = replace(
        an_authorization(view_of),
        case_number=secret,
        grounds=Grounds(
            secret, secret, secret, secret, secret, secret, secret, secret, (secret,)
        ),
        asked_by=secret,
        reason=secret,
        ended_by=secret,
        end_reason=secret,
        picture=secret,
    )
    return [authorized_search_card(view), examiner_reminder(view), told_examiners(view)]


@given(st.sampled_from(AuthorizationState), SECRETS)
def test_no_fact_of_the_case_and_no_asker_reaches_an_examiner(
    state: AuthorizationState, secret: str
) -> None:
    assert [m for m in everything(state, secret) if secret in str(m)] == []


@pytest.mark.parametrize("state", AuthorizationState)
def test_a_search_can_be_started_exactly_while_it_is_granted(
    state: AuthorizationState,
) -> None:
    granted = state is AuthorizationState.GRANTED
    offered = buttons(authorized_search_card(an_authorization(state)))
    assert offered == ([ActionId.START_AUTHORIZED] if granted else [])


def test_starting_takes_a_second_thought_and_carries_the_authorization() -> None:
    card = authorized_search_card(an_authorization(AuthorizationState.GRANTED))
    [start] = card.blocks[-1]["elements"]
    assert start["value"] == "AU-1|3"
    assert start["confirm"]["text"]["text"].startswith("One search only")


def test_the_card_says_what_may_be_searched_by_whose_leave_and_until_when() -> None:
    card = authorized_search_card(an_authorization(AuthorizationState.GRANTED))
    read = shown(card)
    assert f"Authorized search for {REQUEST}" in read
    assert "*Repository:* DMV photographs" in read
    assert "Granted by the Chief of Detectives" in read
    assert "Valid until November 26, 2026, 07:00 EST." in read


def test_a_search_not_started_is_recalled_to_mind_with_its_expiry() -> None:
    reminder = examiner_reminder(an_authorization(AuthorizationState.GRANTED))
    assert "It lapses on November 26, 2026, 07:00 EST." in shown(reminder)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (AuthorizationState.GRANTED, "was granted."),
        (AuthorizationState.REVOKED, "was revoked before it was made."),
        (AuthorizationState.EXPIRED, "has expired."),
        (AuthorizationState.WITHDRAWN, "is no longer wanted."),
    ],
)
def test_the_channel_is_told_what_became_of_it(
    state: AuthorizationState, said: str
) -> None:
    assert said in shown(told_examiners(an_authorization(state)))


def test_only_what_was_found_is_said_to_be_destroyed() -> None:
    revoked = an_authorization(AuthorizationState.REVOKED)
    made = shown(told_examiners(replace(revoked, searched=True)))
    assert "was revoked; what was found has been destroyed." in made
    assert "destroyed" not in shown(told_examiners(revoked))
