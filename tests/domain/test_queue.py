"""What waits for whom, in which order, and when somebody is reminded."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.actors import Part, Role
from bot.domain.queue import (
    Task,
    Timers,
    Told,
    Waiting,
    for_me,
    for_others,
    reminders_due,
)
from tests.builders import NOON, an_actor

ONE = Waiting("FIS-1", "EX-1", Task.TAKE, NOON, 1, "EX-1/root")
ERIK = an_actor(Role.EXAMINER, person="8101")
SAM = an_actor(Role.SUPERVISOR, person="9001")
HOUR = timedelta(hours=1)
TODAY = NOON.date()


def test_the_gravest_comes_first_and_then_the_oldest() -> None:
    new_murder = replace(ONE, about="a", priority=0, since=NOON + 2 * HOUR)
    old_murder = replace(ONE, about="b", priority=0, since=NOON + HOUR)
    robbery = replace(ONE, about="c", priority=1)
    missing = replace(ONE, about="d", priority=2, since=NOON - HOUR)
    queue = for_me([robbery, new_murder, missing, old_murder], ERIK, TODAY)
    assert [one.about for one in queue] == ["b", "a", "d", "c"]


def test_what_one_person_holds_waits_for_that_person_alone() -> None:
    held = replace(ONE, task=Task.SUBMIT, holder="8101")
    priya = an_actor(Role.EXAMINER, person="8102")
    assert for_me([held], ERIK, TODAY) == (held,)
    assert for_me([held], priya, TODAY) == ()
    assert for_others([held], priya, TODAY) == (held,)


@pytest.mark.parametrize("part", Part)
def test_whoever_has_a_part_does_not_compare(part: Part) -> None:
    assert for_me([replace(ONE, parts=frozenset({("8101", part)}))], ERIK, TODAY) == ()


def test_whoever_asked_sees_nothing_of_the_examiners_whatever_else_they_are() -> None:
    own = replace(ONE, parts=frozenset({("8101", Part.REQUESTER)}))
    assert for_others([own], ERIK, TODAY) == ()


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize(
    "role", [Role.REQUESTER, Role.COMMANDER, Role.AUDITOR, Role.ADMINISTRATOR]
)
def test_only_the_section_sees_what_waits_for_others(task: Task, role: Role) -> None:
    someone = an_actor(role, person="1")
    assert for_others([replace(ONE, task=task, holder="2")], someone, TODAY) == ()


def test_a_supervisor_who_ruled_before_may_rule_again() -> None:
    ruling = replace(ONE, task=Task.RULE, parts=frozenset({("9001", Part.SUPERVISOR)}))
    assert for_me([ruling], SAM, TODAY) == (ruling,)


@pytest.mark.parametrize(
    ("task", "holder", "hours", "told"),
    [
        (Task.TAKE, None, 23.99, []),
        (Task.TAKE, None, 24, [Told.EXAMINERS]),
        (Task.SUBMIT, "8101", 24, [Told.HOLDER]),
        (Task.SUBMIT, "8101", 72, [Told.HOLDER, Told.HOLDER, Told.SUPERVISORS]),
        (Task.RULE, None, 72, [Told.SUPERVISORS, Told.SUPERVISORS]),
        (Task.ACKNOWLEDGE, "4711", 14 * 24 - 1, []),
        (Task.ACKNOWLEDGE, "4711", 14 * 24, [Told.REQUESTER, Told.SUPERVISORS]),
        (Task.AUTHORIZE, None, 1000, []),
    ],
)
def test_reminders_come_at_their_hour(
    task: Task, holder: str | None, hours: float, told: list[Told]
) -> None:
    waiting = replace(ONE, task=task, holder=holder)
    due = reminders_due(waiting, Timers(), NOON + timedelta(hours=hours))
    assert [reminder.told for reminder in due] == told


def test_the_hours_are_those_of_the_configuration() -> None:
    timers = Timers(first=HOUR, supervisors=2 * HOUR)
    due = reminders_due(ONE, timers, NOON + 2 * HOUR)
    assert [(r.told, r.place) for r in due] == [
        (Told.EXAMINERS, 1),
        (Told.EXAMINERS, 2),
        (Told.SUPERVISORS, 2),
    ]


def test_nothing_of_an_examiner_waits_for_somebody_whose_certificate_is_over() -> None:
    ended = replace(ERIK, certified_until=TODAY - timedelta(days=1))
    last_day = replace(ERIK, certified_until=TODAY)
    assert for_me([ONE], ended, TODAY) == ()
    assert for_others([ONE], ended, TODAY) == (ONE,)
    assert for_me([ONE], last_day, TODAY) == (ONE,)
