"""Photographs that a court or a statute took out of the gallery for ever (CPL 160.50; policy 1.8)."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.identifiers import BadIdentifier, Identifiers
from bot.errors import Refusal, Unavailable

REFERENCE_MAX = 200


class SealedMeanwhile(Unavailable):
    """A photograph was sealed while the search ran that returned it, or while a sheet of it was drawn:
    that has to be made anew, or whoever would have been on it instead is missing."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a court or a statute demands: every photograph of one arrest, by which order."""

    arrest_number: str
    reference: str


@dataclass(frozen=True, slots=True)
class Sealing:
    """One order that was received. ``finished_at`` is when nothing of its photographs was left.

    The arrest is kept as a keyed hash only: that somebody was arrested is what is sealed.
    """

    id: str
    order_reference: str
    arrest_hash: str
    actor: str
    received_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stays of a sealed photograph: that there was one, and that it must not come back."""

    photo_id: str
    subject_id: str
    repository: str
    sha256: str
    sealing_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Of what somebody wants to enrol, what is sealed: by its id, its bytes, or the arrest behind it."""

    photo_ids: frozenset[str]
    sha256s: frozenset[str]
    arrest_numbers: frozenset[str]

    def covers(self, photo_id: str, sha256: str, arrest_number: str) -> bool:
        return (
            photo_id in self.photo_ids
            or sha256 in self.sha256s
            or normal_arrest(arrest_number) in self.arrest_numbers
        )


class BadOrder(Refusal):
    """An order that cannot be carried out as it is written."""

    rule = "SEALING_ORDER"


class Sealed(Refusal):
    """The photograph was sealed; nothing may be done with it any more."""

    rule = "SEALED"

    def __init__(self) -> None:
        super().__init__(
            "This photograph has been sealed and must not be used (CPL 160.50)."
        )


def normal_arrest(number: str) -> str:
    """An arrest number as orders and photographs are compared by: in capitals, without spaces."""
    return "".join(number.split()).upper()


def read_order(
    arrest_number: str, reference: str, identifiers: Identifiers, *, known: bool = False
) -> Order:
    """Refuse an order without its reference, and a number that is none: a slip of the pen would seal
    nothing and look as if it had. ``known``: there are photographs of that very number."""
    reference = " ".join(reference.split())
    if not reference or len(reference) > REFERENCE_MAX or not reference.isprintable():
        raise BadOrder(
            f"Give the reference of the order, in at most {REFERENCE_MAX} characters."
        )
    if known and normal_arrest(arrest_number):
        return Order(normal_arrest(arrest_number), reference)
    try:
        return Order(identifiers.parse("arrest_number", arrest_number), reference)
    except BadIdentifier as bad:
        raise BadOrder(bad.message) from None
