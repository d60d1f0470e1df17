"""What is said of a sealing: that there was one, never of whom, and what to do now."""

from dataclasses import replace

from bot.domain.workflow import State
from bot.views import examiner, requester, supervisor
from bot.views.sealing import lines
from tests.builders import REQUEST
from tests.front import text_of
from tests.views.samples import a_review_card, an_examination_card


def test_examiners_are_told_to_stop_and_not_whose_photograph_it_was() -> None:
    said = text_of(examiner.told_sealed(REQUEST).blocks[0])
    assert REQUEST in said
    assert "Stop" in said
    assert "CPL 160.50" in said


def test_the_card_of_a_destroyed_list_says_that_a_photograph_was_sealed() -> None:
    view = replace(an_examination_card(), purged=True, sealed=True)
    said = text_of(list(examiner.examination_card(view).blocks))
    assert (
        "has been sealed by order (CPL 160.50). What was found has been destroyed."
        in said
    )


def test_the_review_of_a_destroyed_list_says_so_too_and_has_no_button() -> None:
    view = replace(a_review_card(1, 1), purged=True, sealed=True)
    blocks = supervisor.review_card(view).blocks
    assert "has been sealed by order" in text_of(list(blocks))
    assert not any(block["type"] == "actions" for block in blocks)


def test_whoever_held_the_lead_is_told_why_it_was_taken_back() -> None:
    told = requester.told_taken_back(REQUEST, State.RECALLED, "It was sealed.")
    assert "The lead was taken back" in text_of(list(told.blocks))
    assert "It was sealed." in text_of(list(told.blocks))


def test_the_reason_of_a_held_request_is_told_on_its_card_only() -> None:
    told = requester.told_taken_back(REQUEST, State.HELD, "No sign-off came.")
    assert "No sign-off came." not in text_of(list(told.blocks))


def test_an_administrator_reads_what_an_order_has_come_to() -> None:
    said = list(lines("SL-1", 2, recalled=("FIS-1",), taken_back=("FIS-2", "FIS-3")))
    assert said[0].startswith("SL-1: 2 photographs sealed.")
    assert "FIS-1." in said[1]
    assert "FIS-2, FIS-3." in said[2]


def test_an_order_without_photographs_is_not_told_as_if_it_had_sealed_some() -> None:
    [said] = lines("SL-1", 0)
    assert "No photograph of this arrest is here" in said


def test_the_same_order_again_is_told_to_be_that() -> None:
    [said] = lines("SL-1", 0, is_new=False)
    assert "received before (SL-1)" in said
