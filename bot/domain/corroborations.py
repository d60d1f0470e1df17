"""Independent evidence, without which nothing may be done with a lead, and leads that went wrong (policy 6.3,
21; policy 7, A26 and A33)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.domain.actors import Actor, Role, check_holds
from bot.domain.purposes import OffenseCategory
from bot.errors import NotPermitted, Refusal

TEXT_MIN, TEXT_MAX = 30, 1500

CORROBORATE_DAYS = (7, 14)
"""After how many days without evidence the requester is reminded; at the last the supervisors are told."""


class Evidence(StrEnum):
    """What links the person of a lead to the case, without the lead."""

    WITNESS = "witness"
    PHYSICAL = "physical"
    LOCATION = "location"
    ALIBI = "alibi"
    OTHER = "other"


EVIDENCE: Mapping[Evidence, str] = {
    Evidence.WITNESS: "A witness who was not shown the lead",
    Evidence.PHYSICAL: "Physical evidence (DNA, fingerprints, property)",
    Evidence.LOCATION: "Location or phone records",
    Evidence.ALIBI: "An alibi that was checked",
    Evidence.OTHER: "Other evidence",
}

INDEPENDENT = (
    "It comes neither from this lead nor from a face search by any other agency or unit; nobody who "
    "gave it was shown the photograph."
)


@dataclass(frozen=True, slots=True)
class Corroboration:
    """The independent evidence of one request; ``obtained_on`` by the unit's calendar."""

    request_id: str
    evidence: Evidence
    text: str
    obtained_on: date
    person: str
    at: datetime


class ReportKind(StrEnum):
    """What became of a lead outside the section."""

    WRONG_PERSON = "wrong_person"
    ARREST = "arrest"


@dataclass(frozen=True, slots=True)
class LeadReport:
    """What its requester reports about a lead; of each kind at most one a request.

    ``corroborated`` says whether independent evidence was on record before ``happened_on``.
    """

    request_id: str
    kind: ReportKind
    text: str
    happened_on: date
    corroborated: bool
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BareLead:
    """A lead that was opened and has no independent evidence on record; ``arrest``: it was used for an
    arrest all the same."""

    request_id: str
    requester: str
    category: OffenseCategory
    acknowledged_at: datetime
    arrest: bool


def check_own_lead(requester: str, actor: Actor) -> None:
    """Only the person who asked, and only while holding the role (policy 6.1)."""
    check_holds(actor, Role.REQUESTER, "does this with a lead")
    if actor.person != requester:
        raise NotPermitted("This lead belongs to another requester.", rule="NOT_YOURS")


def check_evidence(
    text: str, obtained_on: date, *, independent: bool, today: date
) -> None:
    """Refuse what is no independent evidence; ``independent`` is what the requester attests."""
    if not independent:
        raise Refusal(
            "Evidence that comes from the lead itself, or from another face search, corroborates "
            "nothing.",
            rule="NOT_INDEPENDENT",
        )
    check_told(text, obtained_on, today=today)


def check_told(text: str, on: date, *, today: date) -> None:
    """Refuse too few words, and what has not happened yet."""
    if len(text.strip()) < TEXT_MIN:
        raise Refusal(f"Say it in at least {TEXT_MIN} characters.", rule="TOO_SHORT")
    if on > today:
        raise Refusal("This day has not come yet.", rule="IN_THE_FUTURE")
