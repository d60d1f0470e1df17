"""What counts as independent evidence, by whom it is given, and when."""

from datetime import date, timedelta

import pytest

from bot.domain.actors import Role
from bot.domain.corroborations import (
    EVIDENCE,
    TEXT_MIN,
    Evidence,
    check_evidence,
    check_own_lead,
    check_told,
)
from bot.errors import NotPermitted, Refusal
from tests.builders import DANA, DETECTIVE, an_actor

TODAY = date(2026, 11, 23)
WORDS = "x" * TEXT_MIN


def test_independent_evidence_of_today_in_enough_words_is_taken() -> None:
    check_evidence(WORDS, TODAY, independent=True, today=TODAY)


def test_what_is_not_attested_to_be_independent_is_no_evidence() -> None:
    with pytest.raises(Refusal) as refused:
        check_evidence(WORDS, TODAY, independent=False, today=TODAY)
    assert refused.value.rule == "NOT_INDEPENDENT"


def test_a_day_that_has_not_come_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        check_told(WORDS, TODAY + timedelta(days=1), today=TODAY)
    assert refused.value.rule == "IN_THE_FUTURE"


@pytest.mark.parametrize("text", ["", WORDS[1:], f"   {WORDS[1:]}   "])
def test_too_few_words_are_refused_however_they_are_spaced(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_told(text, TODAY, today=TODAY)
    assert refused.value.rule == "TOO_SHORT"


def test_only_its_requester_says_anything_of_a_lead() -> None:
    check_own_lead(DANA, DETECTIVE)
    with pytest.raises(NotPermitted) as refused:
        check_own_lead("B-1999", DETECTIVE)
    assert refused.value.rule == "NOT_YOURS"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.REQUESTER])
def test_no_other_role_says_anything_of_a_lead(role: Role) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_own_lead(DANA, an_actor(role, person=DANA))
    assert refused.value.rule == "ROLE_REQUIRED"


def test_every_kind_of_evidence_has_its_words() -> None:
    assert set(EVIDENCE) == set(Evidence)
