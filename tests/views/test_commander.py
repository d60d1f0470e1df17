"""What commanders decide on, and that nothing is decided or typed for them beforehand."""

import json
from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any

import pytest

from bot.domain.authorizations import (
    HOURS_DEFAULT,
    HOURS_MAX,
    REASON_MIN,
    AuthorizationState,
    AuthorizationStep,
)
from bot.views.authorizations import Named
from bot.views.commander import (
    SCOPE,
    authorization_card,
    commander_reminder,
    decide_modal,
    oversight_card,
    revoke_modal,
    revoked_notice,
)
from bot.views.ids import ActionId, BlockId
from bot.views.text import SHORTENED
from tests.builders import REQUEST
from tests.views.reading import buttons, field_ids, shown
from tests.views.samples import CASE, DMV, FULL_GROUNDS, GROUNDS, an_authorization

WRITTEN = [text for text in astuple(GROUNDS)[:6] if text]
DECIDED = [s for s in AuthorizationState if s is not AuthorizationState.PENDING]


def element(view: Mapping[str, Any], block: str) -> dict[str, Any]:
    [field] = [b for b in view["blocks"] if b.get("block_id") == block]
    return dict(field["element"])


def test_a_card_shows_everything_that_was_stated() -> None:
    read = shown(authorization_card(an_authorization()))
    assert [text for text in WRITTEN if text not in read] == []
    assert [fact for fact in astuple(DMV) if fact not in read] == []
    assert CASE in read
    assert "Asked by <@U-DANA>." in read
    assert "November 26, 2026, 07:00 EST" in read


def test_what_was_not_stated_has_no_heading() -> None:
    read = shown(authorization_card(an_authorization()))
    assert "futile" not in read
    assert "What is new" not in read


def test_what_was_stated_about_order_and_news_is_shown() -> None:
    grounds = replace(GROUNDS, futile="He is abroad.", new_facts="A witness came.")
    read = shown(authorization_card(an_authorization(grounds=grounds)))
    assert "*Why the standard search would be futile*\n> He is abroad." in read
    assert "*What is new since it was denied or revoked*\n> A witness came." in read


def test_what_a_person_stated_is_a_quotation() -> None:
    grounds = replace(GROUNDS, need="One.\n*State:* Granted by everybody.")
    read = shown(authorization_card(an_authorization(grounds=grounds)))
    assert "> One.\n> *State:* Granted by everybody." in read


def test_whoever_is_named_as_working_the_case_is_read_by_all_who_decide_or_watch() -> (
    None
):
    team = (Named("0102", "U-JOON"), Named("B-1002"))
    view = replace(an_authorization(), team=team)
    said = (
        "*Named as working this case, so they do not decide:* <@U-JOON>, badge B-1002"
    )
    for shown_to in (authorization_card, decide_modal, oversight_card):
        assert said in shown(shown_to(view))
        assert "Named as working" not in shown(shown_to(replace(view, team=())))


@pytest.mark.parametrize("state", AuthorizationState)
def test_it_can_be_decided_exactly_while_it_waits(state: AuthorizationState) -> None:
    offered = buttons(authorization_card(an_authorization(state)))
    waits = state is AuthorizationState.PENDING
    assert offered == ([ActionId.DECIDE_AUTHORIZATION] if waits else [])


@pytest.mark.parametrize("state", DECIDED)
def test_it_can_be_revoked_where_that_is_offered(state: AuthorizationState) -> None:
    view = replace(an_authorization(state), can_be_revoked=True)
    assert buttons(authorization_card(view)) == [ActionId.REVOKE_AUTHORIZATION]
    assert buttons(oversight_card(view)) == [ActionId.REVOKE_AUTHORIZATION]


def test_a_button_carries_the_authorization_and_its_version() -> None:
    card = authorization_card(an_authorization())
    assert card.blocks[-1]["elements"][0]["value"] == "AU-1|3"


def test_the_image_is_shown_while_it_waits() -> None:
    drawn = authorization_card(an_authorization())
    assert [b["slack_file"] for b in drawn.blocks if b["type"] == "image"] == [
        {"id": "F-PROBE"}
    ]
    assert "Asked about is face 2 only." in shown(drawn)


def test_an_image_under_way_is_announced() -> None:
    view = replace(an_authorization(), picture=None)
    assert "is being prepared" in shown(authorization_card(view))


@pytest.mark.parametrize("state", DECIDED)
def test_the_image_is_gone_after_the_decision(state: AuthorizationState) -> None:
    drawn = authorization_card(an_authorization(state))
    assert "F-PROBE" not in str(drawn.blocks)
    assert "only until the decision" in shown(drawn)


def test_a_grant_shows_the_reason_to_the_commanders() -> None:
    read = shown(authorization_card(an_authorization(AuthorizationState.GRANTED)))
    assert "> It is proportionate to a series of robberies." in read


def test_a_reason_is_not_told_twice() -> None:
    read = shown(authorization_card(an_authorization(AuthorizationState.DENIED)))
    assert read.count("It is proportionate") == 1


def test_the_longest_of_grounds_are_whole_where_they_are_decided_on() -> None:
    view = an_authorization(grounds=FULL_GROUNDS)
    assert SHORTENED not in shown(decide_modal(view))
    assert shown(decide_modal(view)).count(FULL_GROUNDS.need) == 7
    assert SHORTENED in shown(authorization_card(view))


def test_no_verdict_is_chosen_beforehand() -> None:
    verdict = element(decide_modal(an_authorization()), BlockId.DECISION)
    assert "initial_option" not in verdict
    assert [one["value"] for one in verdict["options"]] == [
        AuthorizationStep.GRANT,
        AuthorizationStep.DENY,
    ]


def test_the_case_number_has_to_be_typed_and_is_not_given_away() -> None:
    view = decide_modal(an_authorization())
    typed = element(view, BlockId.TYPED_CASE_NUMBER)
    assert "initial_value" not in typed
    assert CASE not in json.dumps(view)


def test_the_usual_hours_are_offered_first_and_none_beyond_the_most() -> None:
    hours = element(decide_modal(an_authorization()), BlockId.EXPIRY_HOURS)
    values = [int(one["value"]) for one in hours["options"]]
    assert values == [8, 24, 48, HOURS_DEFAULT, 168, HOURS_MAX]
    assert hours["initial_option"]["value"] == str(HOURS_DEFAULT)


def test_a_decision_says_what_it_is_for_and_needs_a_reason() -> None:
    view = decide_modal(an_authorization())
    assert SCOPE in shown(view)
    assert element(view, BlockId.REASON)["min_length"] == REASON_MIN
    assert field_ids(view) == [
        BlockId.DECISION,
        BlockId.TYPED_CASE_NUMBER,
        BlockId.EXPIRY_HOURS,
        BlockId.REASON,
    ]


@pytest.mark.parametrize(
    "view", [decide_modal(an_authorization()), revoke_modal(an_authorization())]
)
def test_a_modal_carries_ids_only(view: Mapping[str, Any]) -> None:
    carried = json.loads(view["private_metadata"])
    assert carried.pop("room", "commanders") == "commanders"
    assert carried == {"authorization": "AU-1", "version": 3}


def test_revoking_says_what_it_does_and_needs_a_reason() -> None:
    view = revoke_modal(an_authorization(AuthorizationState.RUNNING))
    assert "A search under way stops. What it found is destroyed." in shown(view)
    assert "taken back" in shown(view)
    assert element(view, BlockId.REASON)["min_length"] == REASON_MIN


@pytest.mark.parametrize("state", AuthorizationState)
def test_those_who_watch_see_neither_image_nor_grounds(
    state: AuthorizationState,
) -> None:
    drawn = oversight_card(an_authorization(state))
    assert "image" not in [block["type"] for block in drawn.blocks]
    assert GROUNDS.need not in shown(drawn)
    assert CASE in shown(drawn)
    assert buttons(drawn) == []


def test_a_reminder_says_when_the_question_lapses() -> None:
    reminder = commander_reminder(an_authorization())
    assert "It lapses on November 26, 2026, 07:00 EST" in shown(reminder)
    assert reminder.text == f"Reminder: a question for {REQUEST} is waiting."


def test_a_revocation_is_told_with_who_and_why_and_not_on_the_lock_screen() -> None:
    told = revoked_notice(an_authorization(AuthorizationState.REVOKED))
    assert "was revoked" in shown(told)
    assert "Reason given" in shown(told)
    assert told.text == f"Authorization for {REQUEST}: news."
