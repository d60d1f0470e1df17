"""What supervisors decide on, and that nothing is decided for them beforehand."""

from dataclasses import replace

import pytest

from bot.domain.candidates import Conclusion
from bot.domain.leads import Ruling
from bot.views.blocks import Json
from bot.views.ids import ActionId, BlockId
from bot.views.reviewing import SHOWN_MAX
from bot.views.supervisor import (
    RulingView,
    SearchFailedCard,
    SignOffView,
    alert,
    review_card,
    review_modal,
    search_failed_card,
    sign_off_card,
)
from tests.builders import NOON, REQUEST
from tests.views.reading import buttons, field_ids, shown
from tests.views.samples import (
    MARK,
    a_review,
    a_review_card,
    a_sign_off,
    a_supported,
    worst_review,
)


def options(view: Json, block: str) -> list[str]:
    [field] = [b for b in view["blocks"] if b.get("block_id") == block]
    return [option["value"] for option in field["element"]["options"]]


def test_a_review_says_in_a_line_what_each_examination_found() -> None:
    read = shown(review_card(a_review_card(2, 0)))
    assert "Examination 1: supports 2 candidates." in read
    assert "Examination 2: supports none." in read


def test_an_empty_candidate_list_is_said_to_be_one() -> None:
    assert "no candidate" in shown(review_card(a_review_card()))


def test_an_open_review_can_be_opened_and_a_closed_one_cannot() -> None:
    ruling = RulingView(Ruling.CLOSE, "U-SAM", NOON, "Ears differ in all of them.")
    closed = review_card(replace(a_review_card(0), ruling=ruling))
    assert buttons(review_card(a_review_card(0))) == [ActionId.REVIEW]
    assert buttons(closed) == []
    assert "Closed as no possible match* by <@U-SAM>" in shown(closed)
    assert "> Ears differ in all of them." in shown(closed)


def test_a_withdrawn_request_leaves_nothing_to_decide() -> None:
    assert buttons(review_card(replace(a_review_card(1), withdrawn=True))) == []
    assert buttons(sign_off_card(replace(a_sign_off(), withdrawn=True))) == []


def test_no_ruling_and_no_candidate_is_chosen_beforehand() -> None:
    assert "initial_option" not in str(review_modal(a_review(a_supported())))


def test_only_what_both_examiners_support_can_be_released() -> None:
    one_sided = a_supported("C-2", agreed=None)
    view = review_modal(a_review(one_sided, a_supported("C-1")))
    assert options(view, BlockId.RELEASED_CANDIDATE) == ["C-1"]


def test_without_agreement_a_release_is_not_offered() -> None:
    view = review_modal(a_review(a_supported(agreed=None)))
    assert BlockId.RELEASED_CANDIDATE not in field_ids(view)
    assert options(view, BlockId.RULING) == [Ruling.CLOSE, Ruling.RETURN]


def test_with_agreement_there_are_three_rulings() -> None:
    view = review_modal(a_review(a_supported()))
    assert options(view, BlockId.RULING) == list(Ruling)


def test_both_opinions_stand_side_by_side_with_their_own_letters() -> None:
    read = shown(review_modal(a_review(a_supported())))
    assert "Examination 1, letter C: +2  Strong support for same person" in read
    assert "Examination 2, letter F: +1  Some support for same person" in read
    assert "(agreed: +1  Some support for same person)" in read


def test_rank_and_similarity_are_said_to_be_no_probability() -> None:
    read = shown(review_modal(a_review(a_supported())))
    assert "rank 4, similarity 0.735" in read
    assert "neither is a probability" in read


def test_the_agreed_come_first_and_what_is_left_out_is_counted() -> None:
    doubtful = [a_supported(f"D-{i}", agreed=None) for i in range(25)]
    view = review_modal(a_review(*doubtful, a_supported("C-1")))
    assert options(view, BlockId.RELEASED_CANDIDATE) == ["C-1"]
    assert f"{26 - SHOWN_MAX} more supported candidates" in shown(view)


@pytest.mark.parametrize(
    ("count", "kind"), [(10, "radio_buttons"), (11, "static_select")]
)
def test_more_candidates_than_radio_buttons_hold_become_a_menu(
    count: int, kind: str
) -> None:
    view = review_modal(worst_review(count))
    [field] = [
        b for b in view["blocks"] if b.get("block_id") == BlockId.RELEASED_CANDIDATE
    ]
    assert field["element"]["type"] == kind


def test_a_cut_reason_says_that_it_was_cut() -> None:
    view = review_modal(a_review(a_supported(reason="x" * 3000)))
    assert "… (shortened)" in shown(view)


def test_a_weak_candidate_is_marked_in_the_record() -> None:
    weak = replace(a_supported(agreed=Conclusion.SOME_SUPPORT_SAME), weak=True)
    assert "marked weak" in shown(review_modal(a_review(weak)))


def test_a_threat_can_be_signed_off_or_refused_each_after_a_second_thought() -> None:
    card = sign_off_card(a_sign_off())
    assert buttons(card) == [ActionId.SIGN_OFF, ActionId.REFUSE]
    assert all("confirm" in element for element in card.blocks[-1]["elements"])
    assert "> A bomb threat against a school." in shown(card)


@pytest.mark.parametrize(("granted", "word"), [(True, "Search started"), (False, "Refused")])  # fmt: skip
def test_a_decided_sign_off_says_by_whom(granted: bool, word: str) -> None:
    decision = SignOffView(granted, "U-SAM", NOON)
    card = sign_off_card(replace(a_sign_off(), decision=decision))
    assert buttons(card) == []
    assert f"*{word}* by <@U-SAM>, November 23, 2026, 07:00 EST." in shown(card)


def test_a_failed_search_can_be_tried_again_once() -> None:
    card = SearchFailedCard(REQUEST, 5, "The gallery could not be read.")
    assert buttons(search_failed_card(card)) == [ActionId.TRY_AGAIN]
    assert buttons(search_failed_card(replace(card, still_failed=False))) == []


def test_an_alert_keeps_its_details_out_of_the_notification() -> None:
    message = alert("Channel C-1 is now shared outside.")
    assert "C-1" not in message.text
    assert "> Channel C-1 is now shared outside." in shown(message)


def test_an_alert_names_whom_it_is_about_and_its_text_names_nobody() -> None:
    message = alert("Somebody <@U-9> is there.", ("C-1", "U-2", "U-2"))
    assert message.blocks[-1]["elements"][0]["text"] == "<#C-1> · <@U-2>"
    assert "<@U-9>" not in str(message.blocks)


@pytest.mark.parametrize("ruled", [True, False])
def test_an_exceptional_review_says_so_first_and_why(ruled: bool) -> None:
    ruling = RulingView(Ruling.CLOSE, "U-SAM", NOON, "Ears differ in all of them.")
    view = replace(a_review_card(1), exceptional=MARK, ruling=ruling if ruled else None)
    read = shown(review_card(view))
    assert read.startswith("*EXCEPTIONAL REPOSITORY · DMV photographs*")
    assert f"> {MARK.reason}" in read


def test_the_record_of_an_exceptional_review_speaks_of_no_arrest() -> None:
    view = review_modal(replace(a_review(a_supported()), exceptional=MARK))
    assert shown(view["blocks"][0]).startswith("*EXCEPTIONAL REPOSITORY")
    assert "record number K26612345" in shown(view)
    assert "arrest number" not in shown(view)


def test_a_review_of_what_was_destroyed_keeps_its_ruling_and_nothing_else() -> None:
    ruling = RulingView(Ruling.RELEASE, "U-SAM", NOON, "Both agree on the scar.")
    view = replace(a_review_card(1, 1), exceptional=MARK, purged=True)
    assert buttons(review_card(view)) == []
    assert "What was found has been destroyed." in shown(review_card(view))
    assert "supports" not in shown(review_card(view))
    ruled = shown(review_card(replace(view, ruling=ruling)))
    assert "Released as a lead* by <@U-SAM>" in ruled
