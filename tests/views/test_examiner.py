"""What examiners are shown, and what must not reach them or their channel."""

import re
from dataclasses import fields, is_dataclass, replace
from inspect import getmembers, isclass
from typing import Any

import pytest

from bot.domain.authorizations import AuthorizationState
from bot.domain.candidates import CONCLUSIONS, Conclusion, Exclusion
from bot.domain.components import FINDINGS, Component, Finding
from bot.views import examiner
from bot.views.blocks import Json
from bot.views.examiner import (
    CandidateTile,
    CompareModal,
    OwnDecision,
    Stage,
    SubmitModal,
    candidate_page,
    compare_modal,
    decision_note,
    decisions_modal,
    examination_card,
    pages,
    picture_file_name,
    picture_title,
    purged_page,
    submit_modal,
)
from bot.views.ids import ActionId, BlockId, parse_ref
from bot.views.text import Message
from tests.builders import NOON, REQUEST
from tests.views.every import examiner_views
from tests.views.reading import buttons, field_ids, shown
from tests.views.samples import FIFTY, MARK, a_page, an_examination_card


def test_nothing_an_examiner_is_shown_has_room_for_a_fact_that_could_bias() -> None:
    told = {
        field.name
        for _, kind in getmembers(examiner, isclass)
        if is_dataclass(kind) and kind.__module__.startswith("bot.views.exami")
        for field in fields(kind)
    }
    assert "label" in told
    biasing = re.compile(
        "seat|similarity|score|rank|subject|name|arrest|case|category|purpose|basis|sex|birth"
    )
    assert [name for name in told if biasing.search(name)] == []


def test_no_examiner_reads_of_a_seat_a_rank_or_a_case() -> None:
    telling = re.compile(r"\b(peer|first|second|similarity|rank|score|case)\b", re.I)
    read = [shown(view) for view in examiner_views()]
    assert len(read) > 20
    assert [text for text in read if telling.search(text)] == []


@pytest.mark.parametrize(
    ("stage", "offered"),
    [
        (Stage.PREPARING, []),
        (Stage.WAITING, [ActionId.TAKE]),
        (
            Stage.TAKEN,
            [
                *(ActionId.ANALYSE, ActionId.MY_DECISIONS),
                *(ActionId.SUBMIT_EXAMINATION, ActionId.EDIT_STILL),
                *(ActionId.HAND_BACK, ActionId.REASSIGN),
            ],
        ),
        (Stage.SUBMITTED, []),
        (Stage.CLOSED, []),
    ],
)
def test_a_card_offers_what_can_be_done_now(stage: Stage, offered: list[str]) -> None:
    card = examination_card(an_examination_card(stage, examiner="U-ELLIS"))
    assert buttons(card) == offered


def test_a_taken_card_says_by_whom_and_not_how_far() -> None:
    view = an_examination_card(Stage.TAKEN, examiner="U-ELLIS")
    read = shown(examination_card(view))
    assert "Taken by <@U-ELLIS>." in read
    assert "decided" not in read


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.TAKEN])
def test_pictures_whose_time_is_over_can_be_asked_for_again(stage: Stage) -> None:
    view = replace(an_examination_card(stage), pictures_removed=True)
    assert buttons(examination_card(view))[0] == ActionId.SHOW_AGAIN
    assert ActionId.TAKE not in buttons(examination_card(view))
    assert ActionId.ANALYSE not in buttons(examination_card(view))


@pytest.mark.parametrize("stage", Stage)
def test_every_card_says_that_the_person_may_not_be_there(stage: Stage) -> None:
    card = examination_card(an_examination_card(stage))
    assert "Nobody here may be the person" in shown(card)


@pytest.mark.parametrize("stage", Stage)
def test_candidates_can_be_decided_only_while_taken(stage: Stage) -> None:
    assert bool(buttons(candidate_page(a_page(stage)))) is (stage is Stage.TAKEN)


def test_a_button_knows_the_letter_and_the_examination_and_no_candidate() -> None:
    page = candidate_page(a_page(Stage.TAKEN, CandidateTile("C", picture="F-1")))
    assert buttons(page) == ["exclude.C", "compare.C", "exclude_as.C"]
    exclude, compare, more = page.blocks[-1]["elements"]
    assert parse_ref(exclude["value"]).choice == Exclusion.FEATURES_DIFFER
    assert parse_ref(compare["value"]).id == "EX-1"
    codes = {parse_ref(o["value"]).choice for o in more["options"]}
    assert codes == set(Exclusion) - {Exclusion.FEATURES_DIFFER}


def test_a_receipt_tells_the_decision_and_its_notification_does_not() -> None:
    note = decision_note("C", Conclusion.EXCLUDED, "Marks differ.", 7, 20)
    read = shown(note)
    assert "Candidate C" in read
    assert CONCLUSIONS[Conclusion.EXCLUDED] in read
    assert "7 of 20 decided." in read
    assert note.text == "Your decision is recorded."


def test_a_face_that_cannot_be_seen_cannot_be_decided() -> None:
    gone = CandidateTile("C", removed=True)
    assert buttons(candidate_page(a_page(Stage.TAKEN, gone))) == []


def test_a_removed_picture_is_no_longer_referred_to() -> None:
    tile = CandidateTile("C", picture="F-1", removed=True)
    page = candidate_page(a_page(Stage.CLOSED, tile))
    assert "F-1" not in str(page.blocks)
    assert "not in Slack any more" in shown(page)


def test_a_picture_that_never_came_is_not_announced_for_ever() -> None:
    tile = CandidateTile("C")
    assert "being prepared" in shown(candidate_page(a_page(Stage.PREPARING, tile)))
    assert "being prepared" not in shown(candidate_page(a_page(Stage.CLOSED, tile)))


def test_a_page_holds_five_candidates() -> None:
    assert [len(page) for page in pages(FIFTY[:12])] == [5, 5, 2]


def test_files_and_titles_say_nothing_but_the_letter() -> None:
    assert (picture_title("C"), picture_title(None)) == ("Candidate C", "Probe")
    assert picture_file_name("AB") == "candidate-AB.png"
    assert picture_file_name(None) == "probe.png"


def element(view: Json, block: str) -> Json:
    found: Json = next(b for b in view["blocks"] if b.get("block_id") == block)
    inner: Json = found["element"]
    return inner


def test_a_comparison_has_five_levels_and_none_is_chosen() -> None:
    view = compare_modal(CompareModal("EX-1", "C", "F-1"))
    components = [f"{BlockId.COMPONENT}.{c}" for c in Component]
    others = [BlockId.EXPLANATION, BlockId.CONCLUSION, BlockId.REASON]
    assert field_ids(view) == [BlockId.REST_SIMILAR, *components, *others]
    assert "initial_option" not in str(view)
    levels = element(view, BlockId.CONCLUSION)
    assert [o["text"]["text"] for o in levels["options"]] == list(CONCLUSIONS.values())
    assert "initial_option" not in levels


@pytest.mark.parametrize("level", Conclusion)
def test_ones_own_decision_comes_back_when_it_is_opened_again(
    level: Conclusion,
) -> None:
    view = compare_modal(CompareModal("EX-1", "C", "F-1", level, "Ears differ."))
    conclusion = element(view, BlockId.CONCLUSION)
    assert conclusion["initial_option"]["value"] == str(int(level))
    assert element(view, BlockId.REASON)["initial_value"] == "Ears differ."


@pytest.mark.parametrize("finding", Finding)
def test_ones_own_findings_come_back_when_it_is_opened_again(finding: Finding) -> None:
    found = {Component.NOSE: finding}
    view = compare_modal(
        CompareModal(
            "EX-1",
            "C",
            "F-1",
            Conclusion.INCONCLUSIVE,
            findings=found,
            explanation="By age.",
        )
    )
    chosen = {
        component: element(view, f"{BlockId.COMPONENT}.{component}")["initial_option"]
        for component in Component
    }
    assert chosen.pop(Component.NOSE)["text"]["text"] == FINDINGS[finding]
    assert {one["value"] for one in chosen.values()} == {Finding.NOT_VISIBLE}
    assert element(view, BlockId.EXPLANATION)["initial_value"] == "By age."


def test_a_comparison_carries_ids_only() -> None:
    view = compare_modal(CompareModal("EX-1", "C", "F-1", None, "Ears differ."))
    assert view["private_metadata"] == '{"examination":"EX-1","label":"C"}'


def test_ones_decisions_are_listed_with_what_is_open() -> None:
    decision = OwnDecision("B", Conclusion.INCONCLUSIVE, "Too dark to say.", NOON)
    read = shown(decisions_modal(REQUEST, [decision], ["A", "C"]))
    assert "Still open (2): A, C" in read
    assert "*Candidate B:* 0  Inconclusive\nToo dark to say." in read
    assert "November 23, 2026, 07:00 EST" in read


def test_an_unfinished_examination_cannot_be_submitted() -> None:
    view = submit_modal(SubmitModal(REQUEST, "EX-1", 2, (), ("A", "C")))
    assert "submit" not in view
    assert "Still open (2): A, C" in shown(view)


def test_a_finished_one_is_summed_up_before_it_is_submitted() -> None:
    decided = (
        ("A", Conclusion.EXCLUDED),
        ("B", Conclusion.SOME_SUPPORT_SAME),
        ("C", Conclusion.INCONCLUSIVE),
        ("D", Conclusion.SOME_SUPPORT_DIFFERENT),
    )
    view = submit_modal(SubmitModal(REQUEST, "EX-1", 2, decided, ()))
    assert view["submit"]["text"] == "Submit"
    assert "Candidate B: +1" in shown(view)
    assert "2 candidates different or excluded, 1 inconclusive" in shown(view)


MARKED: list[Message | dict[str, Any]] = [
    examination_card(replace(an_examination_card(), exceptional=MARK)),
    examination_card(replace(an_examination_card(), exceptional=MARK, purged=True)),
    candidate_page(replace(a_page(), exceptional=MARK)),
    compare_modal(CompareModal("EX-1", "C", "F-1", exceptional=MARK)),
    submit_modal(SubmitModal(REQUEST, "EX-1", 2, (), (), exceptional=MARK)),
    decisions_modal(REQUEST, [], ["A"], exceptional=MARK),
]


@pytest.mark.parametrize("view", MARKED)
def test_what_came_of_an_exceptional_search_says_so_first_and_not_why(
    view: Message | dict[str, Any],
) -> None:
    blocks = view.blocks if isinstance(view, Message) else view["blocks"]
    assert shown(blocks[0]).startswith("*EXCEPTIONAL REPOSITORY · DMV photographs*")
    assert MARK.reason not in str(blocks)


@pytest.mark.parametrize("stage", Stage)
def test_what_was_destroyed_leaves_neither_a_button_nor_a_count(stage: Stage) -> None:
    revoked = replace(MARK, state=AuthorizationState.REVOKED)
    view = replace(an_examination_card(stage), exceptional=revoked, purged=True, can_ask=True)  # fmt: skip
    card = examination_card(view)
    assert buttons(card) == []
    assert "The authorization was revoked." in shown(card)
    assert "20 candidates" not in shown(card)


def test_an_old_page_of_what_was_destroyed_shows_no_letter_and_no_picture() -> None:
    page = purged_page(REQUEST)
    assert shown(page) == "What was found has been destroyed."
    assert len(page.blocks) == 1


def test_an_examiner_can_ask_for_another_repository_where_that_is_offered() -> None:
    view = replace(an_examination_card(Stage.WAITING), can_ask=True)
    card = examination_card(view)
    assert buttons(card) == [ActionId.TAKE, ActionId.ASK_AUTHORIZATION]
    assert card.blocks[-1]["elements"][0]["value"] == "EX-1|2"
