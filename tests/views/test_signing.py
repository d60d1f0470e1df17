"""A search started for an imminent threat, and the signature that has to follow."""

from dataclasses import replace

import pytest

from bot.domain.authorizations import REASON_MIN
from bot.views.ids import ActionId, BlockId
from bot.views.supervisor import (
    SignOffCard,
    SignOffView,
    WrittenView,
    sign_off_card,
    write_sign_off_modal,
)
from tests.builders import NOON, REQUEST
from tests.views.reading import buttons, field_ids, shown
from tests.views.samples import a_sign_off

STARTED = replace(
    a_sign_off(), decision=SignOffView(True, "U-SAM", NOON), write_by=NOON
)
WRITTEN = WrittenView("U-SAM", NOON, "The call was traced; the school was cleared.")


def test_whoever_starts_a_search_reads_that_a_signature_is_due() -> None:
    start = sign_off_card(replace(a_sign_off(), hours=12)).blocks[-1]["elements"][0]
    assert start["text"]["text"] == "Start the search"
    asked = start["confirm"]["text"]["text"]
    assert "A written sign-off is due within 12 hours" in asked
    assert asked.endswith("destroyed.")


def test_a_started_search_can_be_signed_for() -> None:
    card = sign_off_card(STARTED)
    assert buttons(card) == [ActionId.WRITE_SIGN_OFF]
    assert card.blocks[-1]["elements"][0]["value"] == f"{REQUEST}|4"
    assert "due by November 23, 2026, 07:00 EST" in shown(card)


def test_a_signature_once_given_is_shown_and_not_asked_for_again() -> None:
    card = sign_off_card(replace(STARTED, written=WRITTEN))
    assert buttons(card) == []
    assert "Signed off in writing* by <@U-SAM>" in shown(card)
    assert "> The call was traced; the school was cleared." in shown(card)


@pytest.mark.parametrize(
    "over", [replace(STARTED, lapsed=True), replace(STARTED, withdrawn=True)]
)
def test_a_request_held_or_withdrawn_leaves_nothing_to_sign(over: SignOffCard) -> None:
    assert buttons(sign_off_card(over)) == []


def test_a_signature_that_never_came_is_said_to_have_cost_the_results() -> None:
    read = shown(sign_off_card(replace(STARTED, lapsed=True)))
    assert "*Held.* No written sign-off came in time." in read
    assert "destroyed" in read


def test_a_refused_search_needs_no_signature() -> None:
    refused = replace(STARTED, decision=SignOffView(False, "U-SAM", NOON))
    assert buttons(sign_off_card(refused)) == []
    assert "due by" not in shown(sign_off_card(refused))


def test_the_written_sign_off_is_a_reason_of_some_length() -> None:
    view = write_sign_off_modal(REQUEST, 5, hours=12)
    assert field_ids(view) == [BlockId.REASON]
    assert view["blocks"][-1]["element"]["min_length"] == REASON_MIN
    assert "within 12 hours" in shown(view)
    assert view["private_metadata"] == f'{{"request":"{REQUEST}","version":5}}'
