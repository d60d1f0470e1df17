"""What a supervisor reads of a governed change before and after deciding on it."""

import pytest

from bot.domain.changes import ChangeState, ChangeStep
from bot.views.changing import change_card, decide_change_modal, in_line
from bot.views.ids import ActionId, BlockId
from tests.views.changes import WHY, a_change, a_model_change
from tests.views.reading import buttons, field_ids, shown


def test_a_setting_is_shown_as_it_is_and_as_it_would_be() -> None:
    read = shown(change_card(a_change()))
    for words in ("FIS_WEAK_BELOW", "0.35", "0.4", WHY, "7001", "without a restart"):
        assert words in read


def test_a_model_is_shown_with_weights_size_and_figures() -> None:
    read = shown(change_card(a_model_change()))
    for words in ("SFace", "5f" * 32, "Dlib", "d1" * 32, "3990", "rank1", "0.973"):
        assert words in read


def test_whoever_would_not_be_found_any_more_is_counted() -> None:
    assert "10 photographs of record cannot be" in shown(change_card(a_model_change()))
    whole = shown(change_card(a_model_change(left_out=0)))
    assert "cannot be encoded" not in whole


def test_a_missing_evaluation_is_said_to_be_missing() -> None:
    read = shown(change_card(a_model_change(evaluation={})))
    assert "No evaluation was given" in read


@pytest.mark.parametrize("state", ChangeState)
def test_only_what_waits_can_be_decided(state: ChangeState) -> None:
    can = state is ChangeState.PENDING
    expected = [ActionId.DECIDE_CHANGE] if can else []
    assert buttons(change_card(a_change(state))) == expected


def test_who_decided_and_why_is_shown() -> None:
    read = shown(change_card(a_change(ChangeState.REFUSED)))
    assert "*Refused* by <@U-RUTH>" in read
    assert f"> {WHY}" in read


def test_nothing_is_chosen_beforehand_and_a_decision_needs_a_reason() -> None:
    modal = decide_change_modal(a_change())
    assert {BlockId.DECISION, BlockId.REASON} <= set(field_ids(modal))
    [decision] = [b for b in modal["blocks"] if b.get("block_id") == BlockId.DECISION]
    assert "initial_option" not in decision["element"]
    offered = [option["value"] for option in decision["element"]["options"]]
    assert offered == [ChangeStep.APPROVE, ChangeStep.REFUSE]


def test_a_line_of_the_list_says_what_and_by_whom() -> None:
    assert in_line(a_change().change) == (
        "CH-0a1b2c3d  Pending: FIS_WEAK_BELOW: 0.35 -> 0.4, proposed by 7001"
    )
    assert "SFace -> Dlib" in in_line(a_model_change().change)
