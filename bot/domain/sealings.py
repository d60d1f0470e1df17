"""Photographs that a court or a statute took out of the gallery for ever (CPL 160.50; policy 1.8)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sealing:
    """One order: every photograph of one arrest. ``finished_at`` is when nothing of them was left."""

    id: str
    order_reference: str
    arrest_number: str
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


def normal_arrest(number: str) -> str:
    """An arrest number as orders and photographs are compared by: in capitals, without spaces."""
    return "".join(number.split()).upper()
