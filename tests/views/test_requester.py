"""What a requester is told, and what a requester must never be told."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

import bot.views.asking
import bot.views.authorizations
import bot.views.intake
import bot.views.lead
import bot.views.questions
import bot.views.requester
from bot.domain.candidates import CONCLUSIONS
from bot.domain.leads import DISCLAIMER
from bot.domain.workflow import WITH_LEAD, State
from bot.views.ids import ActionId
from bot.views.requester import (
    channel_words,
    lead_text,
    request_card,
    status_line,
)
from tests.builders import NOON, REQUEST
from tests.views.every import requester_views
from tests.views.reading import buttons, shown
from tests.views.samples import (
    BACKING,
    LEAD,
    NO_MATCH,
    REPORTS,
    a_card,
)

FORBIDDEN = re.compile(
    r"\b(match\w*|identified|hits?|confidence|score\w*|rank\w*)\b", re.I
)
FIXED = re.compile(r"\b(no )?possible match\b", re.I)
IN_THE_SECTION = (
    State.READY,
    State.SEARCHING,
    State.EXAMINATION,
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.SUPERVISOR_REVIEW,
)


def _forbidden(text: str) -> list[str]:
    return FORBIDDEN.findall(FIXED.sub("", text))


@pytest.mark.parametrize(
    "module",
    [
        bot.views.requester,
        bot.views.intake,
        bot.views.lead,
        bot.views.questions,
        bot.views.asking,
        bot.views.authorizations,
    ],
)
def test_no_string_of_the_module_claims_more_than_a_lead(module: object) -> None:
    source = Path(str(getattr(module, "__file__", ""))).read_text()
    written = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(written) > 10
    assert [text for text in written if _forbidden(text)] == []


def test_nothing_a_requester_reads_claims_more_than_a_lead() -> None:
    read = [shown(view) for view in requester_views()]
    assert len(read) > 200
    assert [text for text in read if _forbidden(text)] == []


@pytest.mark.parametrize("state", State)
def test_a_card_can_be_withdrawn_exactly_while_the_request_is_open(
    state: State,
) -> None:
    card = request_card(a_card(state, lead=LEAD))
    assert (ActionId.WITHDRAW in buttons(card)) is not state.is_final


def test_how_far_the_section_is_cannot_be_told_from_a_card() -> None:
    assert len({shown(request_card(a_card(s))) for s in IN_THE_SECTION}) == 1


@pytest.mark.parametrize("state", State)
def test_the_channel_learns_a_neutral_word_and_no_outcome(state: State) -> None:
    line = status_line(REQUEST, state, "U-DANA")
    assert channel_words(state) in (
        "received",
        "in progress",
        "answered",
        "withdrawn",
        "could not be searched",
        "closed",
    )
    assert shown(line) == f"*{REQUEST}* · {channel_words(state)} · asked by <@U-DANA>"


@pytest.mark.parametrize("state", State)
def test_what_was_answered_once_stays_answered_in_the_channel(state: State) -> None:
    line = status_line(REQUEST, state, "U-DANA", answered=True)
    assert shown(line) == f"*{REQUEST}* · answered · asked by <@U-DANA>"


def test_a_lead_and_no_possible_match_look_alike_in_the_channel() -> None:
    lines = {
        shown(status_line(REQUEST, state, "U-DANA"))
        for state in (*WITH_LEAD, State.NO_POSSIBLE_MATCH)
    }
    assert len(lines) == 1


def test_no_possible_match_is_said_in_the_fixed_words() -> None:
    assert NO_MATCH in shown(request_card(a_card(State.NO_POSSIBLE_MATCH)))


@pytest.mark.parametrize("state", [State.UNSUITABLE, State.REFUSED])
def test_a_closed_request_says_why(state: State) -> None:
    card = request_card(a_card(state, reason="The face is too small: 12 px."))
    assert "The face is too small: 12 px." in shown(card)


def test_each_face_has_its_own_button() -> None:
    card = request_card(
        a_card(State.FACE_CHOICE, faces_picture="F-FACES", face_count=3)
    )
    assert buttons(card) == [
        "choose_face.0",
        "choose_face.1",
        "choose_face.2",
        "withdraw",
    ]


def test_at_most_ten_faces_are_offered_and_the_rest_is_explained() -> None:
    card = request_card(
        a_card(State.FACE_CHOICE, faces_picture="F-FACES", face_count=40)
    )
    assert len(buttons(card)) == 11
    assert "10 largest faces" in shown(card)


def test_faces_are_not_offered_before_they_can_be_seen() -> None:
    card = request_card(a_card(State.FACE_CHOICE, face_count=3))
    assert buttons(card) == ["withdraw"]


def test_a_released_lead_has_its_words_and_neither_photograph_nor_number() -> None:
    lead = replace(LEAD, picture="F-PHOTO")
    card = request_card(a_card(State.RELEASED, lead=lead))
    assert DISCLAIMER in shown(card)
    assert buttons(card) == [ActionId.ACKNOWLEDGE]
    assert "image" not in [block["type"] for block in card.blocks]
    assert LEAD.arrest_number not in shown(card)
    assert "May 17, 2024" not in shown(card)


def test_an_acknowledged_lead_shows_one_photograph_and_whose_it_is() -> None:
    lead = replace(LEAD, picture="F-PHOTO", acknowledged_at=NOON)
    card = request_card(a_card(State.ACKNOWLEDGED, lead=lead))
    pictures = [b["slack_file"]["id"] for b in card.blocks if b["type"] == "image"]
    assert pictures == ["F-PHOTO"]
    assert "K26612345" in shown(card)
    assert "May 17, 2024" in shown(card)
    assert DISCLAIMER in shown(card)
    assert buttons(card) == [ActionId.CORROBORATE, ActionId.REPORT_LEAD]


def test_a_photograph_on_its_way_is_announced() -> None:
    card = request_card(a_card(State.ACKNOWLEDGED, lead=LEAD))
    assert "is being delivered" in shown(card)


def test_a_removed_photograph_is_gone_even_if_its_file_is_known() -> None:
    lead = replace(LEAD, picture="F-PHOTO", picture_removed_at=NOON)
    card = request_card(a_card(State.ACKNOWLEDGED, lead=lead))
    assert "removed from Slack on November 23, 2026, 07:00 EST" in shown(card)
    assert "F-PHOTO" not in str(card.blocks)


OPENED = (State.ACKNOWLEDGED, State.CORROBORATED)


@pytest.mark.parametrize("state", [s for s in State if s not in OPENED])
def test_a_photograph_is_in_no_state_before_or_after_the_opened_lead(
    state: State,
) -> None:
    lead = replace(LEAD, picture="F-PHOTO")
    assert "F-PHOTO" not in str(request_card(a_card(state, lead=lead)).blocks)


@pytest.mark.parametrize("state", State)
def test_only_a_lead_with_evidence_on_record_is_said_to_be_array_ready(
    state: State,
) -> None:
    assert "Array-ready" not in shown(request_card(a_card(state, lead=LEAD)))
    backed = request_card(a_card(state, lead=replace(LEAD, backing=BACKING)))
    assert ("Array-ready" in shown(backed)) == (state in OPENED)


def test_a_false_lead_is_never_array_ready_and_takes_no_evidence() -> None:
    false = replace(LEAD, reported=REPORTS[:1], backing=BACKING)
    card = request_card(a_card(State.CORROBORATED, lead=false))
    assert "You reported this lead as false." in shown(card)
    assert "Array-ready" not in shown(card)
    assert buttons(card) == [ActionId.REPORT_LEAD]


def test_nothing_is_left_to_press_once_everything_was_reported() -> None:
    done = replace(LEAD, reported=REPORTS, backing=BACKING)
    assert buttons(request_card(a_card(State.CORROBORATED, lead=done))) == []


def test_an_arrest_without_evidence_says_so() -> None:
    arrest = REPORTS[1]
    for corroborated in (True, False):
        told = replace(arrest, corroborated=corroborated)
        lead = replace(LEAD, reported=(told,))
        read = shown(request_card(a_card(State.ACKNOWLEDGED, lead=lead)))
        assert "Used for an arrest on November 22, 2026" in read
        assert ("without independent evidence" in read) != corroborated


def test_the_recorded_words_are_those_shown() -> None:
    card = shown(request_card(a_card(State.RELEASED, lead=LEAD))).replace("*", "")
    words = lead_text(REQUEST, "2026-075-001234", LEAD)
    assert words in card


def test_the_recorded_words_do_not_change_with_the_acknowledgement() -> None:
    opened = replace(LEAD, picture="F-PHOTO", acknowledged_at=NOON)
    before, after = (lead_text(REQUEST, "1", lead) for lead in (LEAD, opened))
    assert before == after


def test_no_level_of_the_examiners_scale_is_on_a_card_unless_given() -> None:
    card = shown(request_card(a_card(State.RELEASED, lead=LEAD)))
    assert not any(text in card for text in CONCLUSIONS.values())


def test_a_held_request_says_that_what_was_found_is_gone() -> None:
    read = shown(request_card(a_card(State.HELD)))
    assert "Closed: held." in read
    assert "has been destroyed" in read


def test_a_lead_taken_back_shows_nothing_of_it_any_more() -> None:
    lead = replace(LEAD, picture="F-PHOTO", acknowledged_at=NOON)
    card = request_card(a_card(State.RECALLED, lead=lead))
    assert "It must not be used." in shown(card)
    assert LEAD.arrest_number not in shown(card)
    assert "F-PHOTO" not in str(card.blocks)
