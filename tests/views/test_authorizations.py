"""How an authorization is put into words, and how what came of it is marked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.authorizations import AuthorizationState
from bot.views.authorizations import (
    exceptional_mark,
    marks,
    one_line,
    purged_words,
    state_words,
)
from tests.builders import NOON
from tests.views.reading import HOSTILE, shown
from tests.views.samples import MARK, WORST_MARK, an_authorization, worst_authorization

GRANTED = (
    "Granted by the Chief of Detectives, <@U-CHIEF>, November 23, 2026, 07:00 EST."
)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (AuthorizationState.PENDING, "Waiting for a commander to decide. The question lapses on November 26, 2026, 07:00 EST."),
        (AuthorizationState.GRANTED, f"{GRANTED} Valid until November 26, 2026, 07:00 EST."),
        (AuthorizationState.RUNNING, f"{GRANTED} Its one search has been started."),
        (AuthorizationState.CONSUMED, f"{GRANTED} Consumed: its one search has been made."),
        (AuthorizationState.DENIED, GRANTED.replace("Granted", "Denied") + " Reason given: It is proportionate to a series of robberies."),
        (AuthorizationState.EXPIRED, "Expired on November 26, 2026, 07:00 EST: its time is over. It allows nothing any more."),
        (AuthorizationState.REVOKED, "Revoked by <@U-SAM>, November 23, 2026, 07:00 EST. Reason given: The victim named somebody else."),
        (AuthorizationState.WITHDRAWN, "Withdrawn."),
    ],
)  # fmt: skip
def test_every_state_is_one_line(state: AuthorizationState, said: str) -> None:
    assert state_words(an_authorization(state)) == said


def test_a_question_that_nobody_decided_is_not_said_to_have_been_granted() -> None:
    lapsed = replace(an_authorization(), state=AuthorizationState.EXPIRED)
    read = state_words(lapsed)
    assert "nobody decided it in time" in read
    assert "Granted" not in read


def test_a_withdrawal_says_by_whom_if_it_was_a_person() -> None:
    view = an_authorization(AuthorizationState.WITHDRAWN)
    ended = replace(view, ended_by="U-DANA", ended_at=NOON)
    read = state_words(ended)
    assert read == "Withdrawn by <@U-DANA>, November 23, 2026, 07:00 EST."


def test_the_end_of_an_expired_one_is_when_it_ended() -> None:
    view = an_authorization(AuthorizationState.EXPIRED)
    ended = replace(view, ended_at=NOON + timedelta(hours=1))
    assert "Expired on November 23, 2026, 08:00 EST" in state_words(ended)


@pytest.mark.parametrize("state", AuthorizationState)
def test_the_longest_reason_leaves_one_line(state: AuthorizationState) -> None:
    read = state_words(worst_authorization(state))
    assert "\n" not in read
    assert len(read) < 1000


@given(st.text(alphabet="ab \n\r\t\u2028&<"))
def test_a_text_on_one_line_has_no_line_of_its_own(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


def test_a_mark_names_repository_office_moment_and_authorization() -> None:
    assert shown(exceptional_mark(replace(MARK, reason=""))) == (
        "*EXCEPTIONAL REPOSITORY · DMV photographs* · authorized by the Chief of Detectives on "
        "November 23, 2026, 07:00 EST · AU-1"
    )


def test_a_mark_gives_the_reason_as_a_quotation() -> None:
    read = shown(exceptional_mark(MARK))
    assert read.endswith("*Reason given*\n> The till was robbed by a licensed driver.")


def test_a_mark_fits_and_names_nobody_however_long_its_parts_are() -> None:
    read = shown(exceptional_mark(WORST_MARK))
    assert len(read) <= 3000
    assert HOSTILE not in read
    assert "<!channel>" not in read


def test_what_is_not_exceptional_is_not_marked() -> None:
    assert marks(None) == []


def test_what_was_destroyed_is_said_to_be_and_for_what_reason() -> None:
    destroyed = "What was found has been destroyed."
    for state, why in (
        (AuthorizationState.REVOKED, "The authorization was revoked."),
        (AuthorizationState.EXPIRED, "The time of the authorization was over."),
    ):
        assert purged_words(replace(MARK, state=state)) == f"{why} {destroyed}"


def test_a_search_is_not_said_to_be_revoked_that_nobody_revoked() -> None:
    held = replace(MARK, state=AuthorizationState.CONSUMED)
    assert purged_words(held) == purged_words(None)
    assert purged_words(None).endswith("What was found has been destroyed.")
    assert "authorization" not in purged_words(None)
