"""The background check: which answers the record lets pass, who gives them, and what they keep back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.actors import Actor, Role
from bot.domain.context import (
    CHECKS,
    NOTE_MIN,
    STAND_IN_AFTER,
    Answer,
    BadAnswers,
    Check,
    Checked,
    Known,
    age_on,
    check_answers,
    check_context,
    check_may_check,
)
from bot.errors import NotPermitted, Refusal
from tests.builders import (
    DETECTIVE,
    ELLIS,
    EXAMINER,
    NOON,
    PAT,
    PEER,
    a_context_check,
    a_photograph,
    an_actor,
)

FITTING = {check: Checked(Answer.CONSISTENT) for check in Check}
WORDS = "x" * NOTE_MIN


def wrong_with(
    changes: Mapping[Check, Checked], recorded: Mapping[Check, Answer] | None = None
) -> list[tuple[Check, str]]:
    try:
        check_answers({**FITTING, **changes}, recorded or {})
    except BadAnswers as bad:
        return [(one.check, one.rule) for one in bad.wrong]
    return []


def test_every_check_has_words() -> None:
    assert set(CHECKS) == set(Check)


def test_every_check_has_to_be_answered_and_all_that_miss_are_told_at_once() -> None:
    with pytest.raises(BadAnswers) as bad:
        check_answers({}, {})
    assert [one.check for one in bad.value.wrong] == list(Check)
    assert bad.value.rule == "CONTEXT_NOT_ANSWERED"


@pytest.mark.parametrize("answer", [Answer.CONSISTENT, Answer.UNKNOWN])
@pytest.mark.parametrize("check", [Check.SEALED, Check.MINOR, Check.NEWER_PHOTOGRAPH])
def test_nobody_answers_against_the_record(check: Check, answer: Answer) -> None:
    recorded = {check: Answer.INCONSISTENT}
    given = {check: Checked(answer, WORDS)}
    assert wrong_with(given, recorded) == [(check, "AGAINST_RECORD")]
    assert wrong_with({check: Checked(Answer.INCONSISTENT)}, recorded) == []


def test_an_explanation_has_words_enough() -> None:
    for note, wrong in ((" " * 30, True), ("x" * (NOTE_MIN - 1), True), (WORDS, False)):
        given = {Check.BUILD: Checked(Answer.EXPLAINED, note)}
        expected = [(Check.BUILD, "CONTEXT_NOT_EXPLAINED")] if wrong else []
        assert wrong_with(given) == expected


@pytest.mark.parametrize("check", [Check.SEALED, Check.MINOR])
def test_no_words_make_a_sealed_photograph_or_a_minor_usable(check: Check) -> None:
    given = {check: Checked(Answer.EXPLAINED, WORDS)}
    assert wrong_with(given) == [(check, "CONTEXT_NEVER_EXPLAINED")]


def test_what_the_record_does_not_know_is_consistent_only_with_its_source() -> None:
    recorded = {Check.MINOR: Answer.UNKNOWN}
    assert wrong_with({}, recorded) == [(Check.MINOR, "CONTEXT_NOT_EXPLAINED")]
    assert wrong_with({Check.MINOR: Checked(Answer.CONSISTENT, WORDS)}, recorded) == []
    assert wrong_with({Check.MINOR: Checked(Answer.UNKNOWN)}, recorded) == []


def test_t9_a_newer_photograph_stands_in_the_record() -> None:
    compared = a_photograph(capture_date=date(2018, 5, 1))
    older = replace(compared, id="P-2", capture_date=date(2016, 1, 1))
    newer = replace(compared, id="P-3", capture_date=date(2018, 5, 2))
    undated = replace(compared, id="P-4", capture_date=None)
    for others, newest, says in (
        ((), None, Answer.CONSISTENT),
        ((older,), None, Answer.CONSISTENT),
        ((newer, older), newer, Answer.INCONSISTENT),
        ((older, undated), None, Answer.UNKNOWN),
        ((newer, undated), newer, Answer.INCONSISTENT),
    ):
        known = Known(compared, others)
        assert known.newer == newest
        assert known.recorded()[Check.NEWER_PHOTOGRAPH] is says
    assert Known(undated, (older,)).recorded()[Check.NEWER_PHOTOGRAPH] is Answer.UNKNOWN


def test_of_several_birth_dates_the_one_counts_that_protects() -> None:
    adult = a_photograph(birth_date=date(1988, 1, 1), capture_date=date(2020, 6, 1))
    other = replace(adult, id="P-2", birth_date=date(2003, 6, 2), capture_date=None)
    assert Known(adult).recorded()[Check.MINOR] is Answer.CONSISTENT
    assert Known(adult, (other,)).recorded()[Check.MINOR] is Answer.INCONSISTENT
    nobody_knows = replace(adult, birth_date=None)
    assert Known(nobody_knows).recorded()[Check.MINOR] is Answer.UNKNOWN


def test_a_sealed_photograph_stands_in_the_record() -> None:
    sealed = Known(a_photograph(), is_sealed=True).recorded()
    assert sealed[Check.SEALED] is Answer.INCONSISTENT


@pytest.mark.parametrize(
    ("on", "born", "age"),
    [
        (date(2026, 11, 22), date(1988, 11, 22), 38),
        (date(2026, 11, 21), date(1988, 11, 22), 37),
        (date(2026, 2, 28), date(1988, 2, 29), 37),
        (date(2026, 3, 1), date(1988, 2, 29), 38),
    ],
)
def test_an_age_is_in_whole_years(on: date, born: date, age: int) -> None:
    assert age_on(on, born) == age


OUTSIDER = an_actor(Role.EXAMINER, person="B-2009")
EXPIRED = an_actor(Role.EXAMINER, person=ELLIS, certified_until=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("actor", "first_can", "waited", "rule"),
    [
        (EXAMINER, True, timedelta(0), None),
        (PEER, True, timedelta(0), "FIRST_EXAMINER_CHECKS"),
        (PEER, True, STAND_IN_AFTER - timedelta(seconds=1), "FIRST_EXAMINER_CHECKS"),
        (PEER, True, STAND_IN_AFTER, None),
        (PEER, False, timedelta(0), None),
        (OUTSIDER, False, STAND_IN_AFTER, "NOT_OF_THIS_ROUND"),
        (EXPIRED, False, STAND_IN_AFTER, "TRAINING_EXPIRED"),
        (DETECTIVE, False, STAND_IN_AFTER, "ROLE_REQUIRED"),
    ],
)
def test_the_first_examiner_checks_and_another_of_the_round_only_instead(
    actor: Actor, first_can: bool, waited: timedelta, rule: str | None
) -> None:
    refused = None
    try:
        check_may_check(
            actor,
            [ELLIS, PAT],
            first_can=first_can,
            waiting_since=NOON - waited,
            now=NOON,
        )
    except Refusal as refusal:
        refused = refusal.rule
    assert refused == rule


def test_a9_nothing_is_released_before_its_context_is_checked() -> None:
    with pytest.raises(NotPermitted) as refused:
        check_context(None, {})
    assert refused.value.rule == "CONTEXT_NOT_CHECKED"


@pytest.mark.parametrize("check", list(Check))
def test_t12_one_unexplained_inconsistency_keeps_a_candidate_from_release(
    check: Check,
) -> None:
    against = a_context_check(answers={check: Answer.INCONSISTENT})
    with pytest.raises(NotPermitted) as refused:
        check_context(against, {})
    assert refused.value.rule == "CONTEXT_INCONSISTENT"
    check_context(a_context_check(answers={check: Answer.EXPLAINED}), {})
    check_context(a_context_check(answers={check: Answer.UNKNOWN}), {})


def test_t9_what_came_into_the_record_after_the_check_makes_it_out_of_date() -> None:
    now = {Check.NEWER_PHOTOGRAPH: Answer.INCONSISTENT}
    checked = a_context_check(recorded={Check.NEWER_PHOTOGRAPH: Answer.CONSISTENT})
    with pytest.raises(NotPermitted) as refused:
        check_context(checked, now)
    assert refused.value.rule == "CONTEXT_OUTDATED"
    explained = a_context_check(
        answers={Check.NEWER_PHOTOGRAPH: Answer.EXPLAINED}, recorded=now
    )
    check_context(explained, now)
