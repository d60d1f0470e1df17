"""What was done about other repositories in one month, and what became of all leads: each deed in its own month
(policy 6.4, log; 6.7)."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.domain.audit import AuditEvent, Verb
from bot.domain.authorizations import Authorization
from bot.domain.corroborations import ReportKind
from bot.errors import Refusal

K = TypeVar("K", str, "Decider")

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the unit's calendar."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        if (found := _MONTH.fullmatch(text)) is None:
            raise Refusal(
                f"{text!r} is no month. Write it like 2026-10.", rule="BAD_MONTH"
            )
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def ended_before(cls, now: datetime, zone: str) -> "Month":
        """The last one that is over by the unit's clock."""
        first = now.astimezone(ZoneInfo(zone)).date().replace(day=1)
        last = first - timedelta(days=1)
        return cls(last.year, last.month)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """From its first moment until just before the second of these, by the unit's clock."""
        following = (self.first + timedelta(days=31)).replace(day=1)
        return _midnight(self.first, zone), _midnight(following, zone)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Course:
    """One authorization, what the audit log says was done to it in the month, and the leads that were
    released in it."""

    authorization: Authorization
    verbs: Set[Verb]
    leads: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """One authorization may count in several: granted, consumed and then revoked, for example."""

    asked: int = 0
    granted: int = 0
    denied: int = 0
    withdrawn: int = 0
    expired: int = 0
    revoked: int = 0
    consumed: int = 0  # searches made
    open: int = 0  # of those asked in the month
    leads: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        names = [field.name for field in fields(self)]
        return Counts(**{n: getattr(self, n) + getattr(other, n) for n in names})


_DONE = {
    "asked": Verb.AUTHORIZATION_ASKED,
    "granted": Verb.AUTHORIZATION_GRANTED,
    "denied": Verb.AUTHORIZATION_DENIED,
    "withdrawn": Verb.AUTHORIZATION_WITHDRAWN,
    "expired": Verb.AUTHORIZATION_EXPIRED,
    "revoked": Verb.AUTHORIZATION_REVOKED,
    "consumed": Verb.AUTHORIZATION_CONSUMED,
}


@dataclass(frozen=True, slots=True, order=True)
class Decider:
    """Who granted or denied; both empty for what nobody has decided."""

    title: str  # of the office
    person: str


@dataclass(frozen=True, slots=True)
class LeadCounts:
    """What was done with leads in one month, of whatever repository; a lead may count in several."""

    released: int = 0
    acknowledged: int = 0
    corroborated: int = 0
    false: int = 0
    arrests: int = 0
    arrests_uncorroborated: int = 0  # of these (policy 7, A33)

    def __add__(self, other: "LeadCounts") -> "LeadCounts":
        names = [field.name for field in fields(self)]
        return LeadCounts(**{n: getattr(self, n) + getattr(other, n) for n in names})


SMALL_CELLS_BELOW = 5
"""What is published leaves smaller counts out (policy 6.7)."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was done in one month, as far as it was known when it was counted."""

    month: Month
    total: Counts
    by_repository: Mapping[str, Counts]
    by_commander: Mapping[Decider, Counts]
    leads: LeadCounts = LeadCounts()

    def as_dict(self) -> dict[str, object]:
        return {
            "month": str(self.month),
            "total": asdict(self.total),
            "by_repository": [
                {"repository": name, **asdict(counts)}
                for name, counts in self.by_repository.items()
            ],
            "by_commander": [
                asdict(who) | asdict(counts)
                for who, counts in self.by_commander.items()
            ],
            "leads": asdict(self.leads),
            "small_cells_below": SMALL_CELLS_BELOW,
        }


def summary_of(
    month: Month, courses: Iterable[Course], leads: LeadCounts = LeadCounts()
) -> Summary:
    """Count; both lists in the order of their names."""
    listed = list(courses)
    return Summary(
        month,
        sum(map(_counted, listed), Counts()),
        _grouped(listed, lambda one: one.authorization.repository),
        _grouped(listed, lambda one: _decider(one.authorization)),
        leads,
    )


def _grouped(courses: Iterable[Course], key: Callable[[Course], K]) -> Mapping[K, Counts]:  # fmt: skip
    groups: dict[K, Counts] = {}
    for course in courses:
        name = key(course)
        groups[name] = groups.get(name, Counts()) + _counted(course)
    return {name: groups[name] for name in sorted(groups)}


def _decider(authorization: Authorization) -> Decider:
    return Decider(authorization.decided_title, authorization.decided_by or "")


def _counted(course: Course) -> Counts:
    done = {name: int(verb in course.verbs) for name, verb in _DONE.items()}
    is_open = done["asked"] and course.authorization.state.is_open
    return Counts(open=int(is_open), leads=course.leads, **done)


COUNTED = frozenset(_DONE.values())


def leads_of(events: Iterable[AuditEvent]) -> LeadCounts:
    """Count what the audit log says of leads: it keeps it also where the lead was taken back."""
    return sum(map(_of_lead, events), LeadCounts())


def _of_lead(event: AuditEvent) -> LeadCounts:
    is_arrest = event.facts.get("kind") == ReportKind.ARREST
    is_report = event.verb is Verb.LEAD_REPORTED
    is_bare = not event.facts.get("corroborated")
    return LeadCounts(
        released=int(event.verb is Verb.LEAD_RELEASED),
        acknowledged=int(event.verb is Verb.LEAD_ACKNOWLEDGED),
        corroborated=int(event.verb is Verb.CORROBORATION_RECORDED),
        false=int(is_report and not is_arrest),
        arrests=int(is_report and is_arrest),
        arrests_uncorroborated=int(is_report and is_arrest and is_bare),
    )


OF_LEADS = frozenset(
    {
        Verb.LEAD_RELEASED,
        Verb.LEAD_ACKNOWLEDGED,
        Verb.CORROBORATION_RECORDED,
        Verb.LEAD_REPORTED,
    }
)
