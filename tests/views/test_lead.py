"""The words of a lead that came of an exceptional repository."""

from dataclasses import replace

from bot.domain.workflow import State
from bot.views.requester import lead_text, request_card
from tests.builders import NOON, REQUEST
from tests.views.reading import shown
from tests.views.samples import CASE, LEAD, MARK, a_card


def test_an_exceptional_lead_says_first_what_it_is_and_who_allowed_it() -> None:
    words = lead_text(REQUEST, "1", replace(LEAD, exceptional=MARK)).splitlines()
    assert words[:4] == [
        "EXCEPTIONAL REPOSITORY: DMV photographs",
        "Authorized by: Chief of Detectives, Chris Adeyemi (B-4001), November 23, 2026, 07:00 EST",
        "Authorization: AU-1",
        "Reason given: The till was robbed by a licensed driver.",
    ]


def test_the_recorded_words_of_an_exceptional_lead_are_those_shown() -> None:
    lead = replace(LEAD, exceptional=MARK)
    card = shown(request_card(a_card(State.RELEASED, lead=lead))).replace("*", "")
    assert lead_text(REQUEST, CASE, lead) in card


def test_a_photograph_that_was_not_taken_at_an_arrest_is_not_said_to_be() -> None:
    lead = replace(LEAD, exceptional=MARK, picture="F-PHOTO", acknowledged_at=NOON)
    read = shown(request_card(a_card(State.ACKNOWLEDGED, lead=lead)))
    assert "*Record number:* K26612345" in read
    assert "arrested or paroled" not in read
    assert "Arrest number" not in read


def test_a_reason_of_several_lines_cannot_pass_for_another_fact_of_the_lead() -> None:
    mark = replace(MARK, reason="Urgent.\nSupervisor: Nobody (B-0)")
    words = lead_text(REQUEST, "1", replace(LEAD, exceptional=mark)).splitlines()
    assert [word for word in words if word.startswith("Supervisor:")] == [
        "Supervisor: Sam Reyes (B-3001)"
    ]
