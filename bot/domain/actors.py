"""Who acts: one person, whatever number of accounts, and the roles the role map gives."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.errors import NotPermitted


class Role(StrEnum):
    """Policy 6.1."""

    REQUESTER = "requester"
    EXAMINER = "examiner"
    SUPERVISOR = "supervisor"
    COMMANDER = "commander"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Office(StrEnum):
    """The two offices that alone may open another repository (policy 0, 3)."""

    CHIEF_OF_DETECTIVES = "chief_of_detectives"
    DEPUTY_COMMISSIONER = "deputy_commissioner"


OFFICES: dict[Office, str] = {
    Office.CHIEF_OF_DETECTIVES: "Chief of Detectives",
    Office.DEPUTY_COMMISSIONER: "Deputy Commissioner, Intelligence and Counterterrorism",
}


class Part(StrEnum):
    """What a person has already done on one request; nobody plays two (policy 7, A1 and A2)."""

    REQUESTER = "requester"
    EXAMINER = "first examiner"
    PEER = "second examiner"
    THIRD = "third examiner"
    SUPERVISOR = "supervisor"
    ASKER = "one who asked for another repository"
    COMMANDER = "commander"
    EXAMINED_BEFORE = "one who compared this image for an earlier request"


# Said alike of all who compare: whose turn it was would tell whether two of them differed.
COMPARES = frozenset({Part.EXAMINER, Part.PEER, Part.THIRD})


@dataclass(frozen=True, slots=True)
class Actor:
    """One person (by badge), acting through one Slack account."""

    person: str
    slack_user: str
    roles: frozenset[Role]
    certified_until: date | None = None
    office: Office | None = None
    is_delegate: bool = False  # acts for the office; only if the role map says so

    @property
    def title(self) -> str:
        """The office, as it stands on every screen; empty for whoever holds none."""
        if self.office is None:
            return ""
        return (
            f"Delegate of the {OFFICES[self.office]}"
            if self.is_delegate
            else OFFICES[self.office]
        )

    def holds(self, role: Role) -> bool:
        return role in self.roles


SYSTEM = Actor(person="system", slack_user="", roles=frozenset())


def a_role(role: Role) -> str:
    return f"{'an' if role.value[0] in 'aeiou' else 'a'} {role}"


def check_holds(actor: Actor, role: Role, deed: str) -> None:
    """Refuse whoever lacks the role; ``deed`` completes "Only an examiner ..."."""
    if not actor.holds(role):
        raise NotPermitted(f"Only {a_role(role)} {deed}.", rule="ROLE_REQUIRED")


def check_certified(actor: Actor, now: datetime) -> None:
    """Refuse an examiner whose training has run out (policy 1.9; 7, A4). No date means never trained.

    ``now`` is by the unit's own clock: the last day of a certificate ends at the unit's midnight.
    """
    if actor.certified_until is None or actor.certified_until < now.date():
        raise NotPermitted(
            "Your examiner certification has expired or is not on record. Ask your supervisor to "
            "have it renewed in the role map.",
            rule="TRAINING_EXPIRED",
        )


def days_certified(actor: Actor, today: date) -> int | None:
    """How many days a certificate still counts after today; None without one, below 0 when it is over."""
    until = actor.certified_until
    return None if until is None else (until - today).days


def check_plays_no_part(
    actor: Actor, parts: frozenset[tuple[str, Part]], deed: str
) -> None:
    """Refuse whoever already plays a part on this request: never two on one (policy 6.1)."""
    if (part := next((p for who, p in parts if who == actor.person), None)) is not None:
        raise NotPermitted(
            f"You are {_said(part)}, so somebody else must {deed}.",
            rule="SEPARATION_OF_DUTIES",
        )


def _said(part: Part) -> str:
    if part is Part.EXAMINED_BEFORE:
        return part
    return (
        "an examiner of this request"
        if part in COMPARES
        else f"the {part} of this request"
    )
