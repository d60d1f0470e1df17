"""What a supervisor reads of a probe that was sent before."""

from dataclasses import replace

import pytest

from bot.domain.workflow import State
from bot.views.ids import ActionId, ViewId
from bot.views.repeating import (
    SHOWN_MAX,
    RepeatDecision,
    allow_repeat_modal,
    repeat_card,
)
from tests.builders import NOON, REQUEST
from tests.views.reading import buttons, shown
from tests.views.repeating import EARLIER, HELD


def test_a_held_request_can_be_allowed_or_refused() -> None:
    both = [ActionId.ALLOW_REPEAT, ActionId.REFUSE_REPEAT]
    assert buttons(repeat_card(HELD)) == both


@pytest.mark.parametrize(
    "over",
    [
        replace(HELD, withdrawn=True),
        replace(HELD, decision=RepeatDecision(True, "U-SAM", NOON, "New facts.")),
        replace(HELD, decision=RepeatDecision(False, "U-SAM", NOON, "None.")),
    ],
)
def test_what_is_decided_or_withdrawn_leaves_nothing_to_press(over: object) -> None:
    assert buttons(repeat_card(over)) == []  # type: ignore[arg-type]


def test_the_earlier_request_its_outcome_and_why_it_is_the_same_are_told() -> None:
    read = shown(repeat_card(HELD))
    for words in (EARLIER.number, "No possible match", "The very same file"):
        assert words in read


@pytest.mark.parametrize("state", State)
def test_no_outcome_is_told_by_more_than_its_name(state: State) -> None:
    read = shown(repeat_card(replace(HELD, earlier=(replace(EARLIER, state=state),))))
    for word in ("andidate", "core", "rank", "imilarity"):
        assert word not in read


def test_more_than_a_card_holds_are_counted() -> None:
    card = repeat_card(replace(HELD, earlier=(EARLIER,) * (SHOWN_MAX + 2)))
    assert "And 2 more." in shown(card)


def test_new_facts_are_asked_for_in_some_words() -> None:
    view = allow_repeat_modal(REQUEST, 4)
    assert view["callback_id"] == ViewId.ALLOW_REPEAT
    [field] = [b for b in view["blocks"] if b["type"] == "input"]
    assert field["element"]["min_length"] == 20
    assert field["optional"] is False
