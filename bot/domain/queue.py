"""What waits, for whom, since when, and when somebody is reminded of it (policy 6.3, row 24)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.actors import Actor, Part, Role, days_certified

HOURS = (24, 72)
LEAD_DAYS = 14


class Task(StrEnum):
    """What has to be done next."""

    TAKE = "take"  # an examination nobody has taken
    SUBMIT = "submit"  # one that somebody has
    CONTEXT = "context"  # the check of what the blind part agreed on
    RULE = "rule"
    SIGN = "sign"
    REPEAT = "repeat"  # a probe that was sent before
    RETRY = "retry"
    AUTHORIZE = "authorize"
    CHOOSE_FACE = "choose_face"
    ACKNOWLEDGE = "acknowledge"
    CORROBORATE = "corroborate"  # a lead without independent evidence on record
    ARREST = "arrest"  # the same, and it was used for an arrest

    @property
    def role(self) -> Role:
        return _ROLES.get(self, Role.SUPERVISOR)


_ROLES = {
    Task.TAKE: Role.EXAMINER,
    Task.SUBMIT: Role.EXAMINER,
    Task.CONTEXT: Role.EXAMINER,
    Task.AUTHORIZE: Role.COMMANDER,
    Task.CHOOSE_FACE: Role.REQUESTER,
    Task.ACKNOWLEDGE: Role.REQUESTER,
    Task.CORROBORATE: Role.REQUESTER,
    Task.ARREST: Role.REQUESTER,
}
_DIRECT = frozenset(
    {Task.CONTEXT, Task.CHOOSE_FACE, Task.ACKNOWLEDGE, Task.CORROBORATE, Task.ARREST}
)
_EVIDENCE = frozenset({Task.CORROBORATE, Task.ARREST})
"""What comes after a lead is opened: reminded of by days of its own (``corroborations.remind``)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits. ``card`` is the key of the card where it is done, ``about`` what it is of:
    an examination, or the request itself; ``holder`` the one person who has to do it, if it is one.
    ``overdue``: the days for independent evidence are over, or what it is missing for has happened."""

    request_id: str
    about: str
    task: Task
    since: datetime
    priority: int  # of the offense: 0 is murder, rape and shooting
    card: str
    holder: str | None = None
    parts: frozenset[tuple[str, Part]] = field(default_factory=frozenset)
    overdue: bool = False

    @property
    def order(self) -> tuple[bool, datetime, str]:
        """The gravest first, then the oldest."""
        return self.priority > 0, self.since, self.about

    @property
    def is_direct(self) -> bool:
        """Whether its card is a direct message to its holder."""
        return self.task in _DIRECT

    def is_late(self, after: timedelta, now: datetime) -> bool:
        """Whether it has waited longer than the first reminder; of evidence whether its days are over."""
        if self.task in _EVIDENCE:
            return self.overdue
        return now >= self.since + after

    def waits_for(self, actor: Actor, today: date) -> bool:
        """Whether this very person has to do it, or may be the one who does (policy 7, A4)."""
        if not actor.holds(self.task.role):
            return False
        left = days_certified(actor, today)
        if self.task.role is Role.EXAMINER and (left is None or left < 0):
            return False
        if self.holder is not None:
            return self.holder == actor.person
        own = {part for person, part in self.parts if person == actor.person}
        return not own - {_SAME_PART.get(self.task)}

    def is_seen_by(self, actor: Actor) -> bool:
        """Whether it may stand on somebody's Home as waiting for others (policy 6.5): examiners see
        comparisons, supervisors what the section does, and which leads stand bare for too long (policy
        7, A33); whoever asked sees nothing of either."""
        if (actor.person, Part.REQUESTER) in self.parts:
            return False
        if self.task in _EVIDENCE:
            return self.overdue and actor.holds(Role.SUPERVISOR)
        if self.task is Task.CONTEXT:
            # That it has come to this tells an examiner who may be seated yet that two agree.
            return actor.holds(Role.SUPERVISOR)
        if self.task.role is Role.EXAMINER:
            return bool(actor.roles & {Role.EXAMINER, Role.SUPERVISOR})
        return self.task.role is Role.SUPERVISOR and actor.holds(Role.SUPERVISOR)


# Whoever was the supervisor of a request goes on being it.
_SAME_PART: dict[Task, Part | None] = {
    Task.RULE: Part.SUPERVISOR,
    Task.SIGN: Part.SUPERVISOR,
    Task.REPEAT: Part.SUPERVISOR,
    Task.RETRY: Part.SUPERVISOR,
}


def for_me(
    waiting: Iterable[Waiting], actor: Actor, today: date
) -> tuple[Waiting, ...]:
    mine = [one for one in waiting if one.waits_for(actor, today)]
    return tuple(sorted(mine, key=lambda one: one.order))


def for_others(
    waiting: Iterable[Waiting], actor: Actor, today: date
) -> tuple[Waiting, ...]:
    others = [
        one
        for one in waiting
        if not one.waits_for(actor, today) and one.is_seen_by(actor)
    ]
    return tuple(sorted(others, key=lambda one: one.order))


class Told(StrEnum):
    """Who is reminded; an examination nobody has taken is brought to mind in the examiners' channel."""

    HOLDER = "holder"
    EXAMINERS = "examiners"
    SUPERVISORS = "supervisors"
    REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class Timers:
    """After what time; a lead has a time of its own."""

    first: timedelta = timedelta(hours=HOURS[0])
    supervisors: timedelta = timedelta(hours=HOURS[1])
    lead: timedelta = timedelta(days=LEAD_DAYS)


DEFAULT = Timers()


@dataclass(frozen=True, slots=True)
class Reminder:
    """One message, told once; ``place`` counts from 1."""

    waiting: Waiting
    told: Told
    place: int
    after: timedelta


def reminders_due(
    waiting: Waiting, timers: Timers, now: datetime
) -> Iterator[Reminder]:
    """Whoever has it after the first time, supervisors too after the second one."""
    if waiting.task is Task.ACKNOWLEDGE:
        if now >= waiting.since + timers.lead:
            yield Reminder(waiting, Told.REQUESTER, 1, timers.lead)
            yield Reminder(waiting, Told.SUPERVISORS, 1, timers.lead)
        return
    told = _reminded(waiting)
    if told is None:
        return
    if now >= waiting.since + timers.first:
        yield Reminder(waiting, told, 1, timers.first)
    if now >= waiting.since + timers.supervisors:
        yield Reminder(waiting, told, 2, timers.supervisors)
        if told is not Told.SUPERVISORS:
            yield Reminder(waiting, Told.SUPERVISORS, 2, timers.supervisors)


def _reminded(waiting: Waiting) -> Told | None:
    """Nobody, where other clocks run: authorizations and evidence have their own, a face is the
    requester's choice."""
    if waiting.task in {Task.AUTHORIZE, Task.CHOOSE_FACE, *_EVIDENCE}:
        return None
    if waiting.task.role is Role.SUPERVISOR:
        return Told.SUPERVISORS
    return Told.EXAMINERS if waiting.holder is None else Told.HOLDER
