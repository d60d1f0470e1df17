"""Blind examination and peer review: what two independent opinions amount to (policy 3.3 to 3.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from random import Random

from bot.domain.actors import (
    Actor,
    Part,
    Role,
    check_certified,
    check_holds,
    check_plays_no_part,
)
from bot.domain.candidates import Conclusion, Disposition, label
from bot.domain.purposes import ALWAYS_CHECKED_BLIND, OffenseCategory
from bot.errors import NotPermitted, Refusal


class Seat(StrEnum):
    FIRST = "first"
    PEER = "peer"

    @property
    def part(self) -> Part:
        return Part.EXAMINER if self is Seat.FIRST else Part.PEER


@dataclass(frozen=True, slots=True)
class Examination:
    """One person's comparison of every candidate of one search, in that person's own order."""

    id: str
    request_id: str
    search_id: str
    seat: Seat
    round: int
    seed: int
    order: tuple[str, ...]  # candidate ids; the position gives the letter
    opened_at: datetime
    examiner: str | None = None
    taken_at: datetime | None = None
    submitted_at: datetime | None = None
    sitting: int = 1  # how many examiners have sat down to it, this one included
    left_at: datetime | None = None  # handed back, or taken away, before submission
    version: int = 1

    def label_of(self, candidate_id: str) -> str:
        return label(self.order.index(candidate_id))

    def take(self, actor: Actor, now: datetime) -> "Examination":
        """Seat this person; refuse if somebody sits there already."""
        if self.examiner is not None:
            raise Refusal(
                "This examination has just been taken by somebody else."
                if self.examiner != actor.person
                else "You have taken this examination already.",
                rule="ALREADY_TAKEN",
            )
        return replace(
            self, examiner=actor.person, taken_at=now, version=self.version + 1
        )

    def leave(self, now: datetime) -> "Examination":
        """End this sitting without a submission; refuse where nobody sits, or has submitted."""
        check_is_held(self)
        return replace(self, left_at=now, version=self.version + 1)

    def submit(
        self, dispositions: Mapping[str, Disposition], now: datetime
    ) -> "Examination":
        """Close it; refuse while a candidate has no disposition (policy 2.4, R6)."""
        if self.submitted_at is not None:
            raise Refusal("This examination is submitted already.", rule="SUBMITTED")
        if open_ones := [c for c in self.order if c not in dispositions]:
            letters = ", ".join(self.label_of(c) for c in open_ones)
            raise Refusal(
                f"Every candidate needs a decision before you submit. Still open: {letters}.",
                rule="ALL_CANDIDATES",
            )
        return replace(self, submitted_at=now, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class HandBack:
    """A sitting that ended without a submission: ``person`` gave it up, or ``by`` took it away."""

    examination_id: str
    request_id: str
    person: str
    by: str
    reason: str
    at: datetime


def check_is_held(examination: Examination) -> None:
    """Refuse unless somebody is at it right now."""
    if examination.examiner is None:
        raise Refusal("Nobody has taken this examination.", rule="NOT_TAKEN")
    if examination.left_at is not None:
        raise Refusal(LEFT, rule="HANDED_BACK")
    if examination.submitted_at is not None:
        raise Refusal("This examination is submitted already.", rule="SUBMITTED")


LEFT = "This examination was handed back. Whoever has not seen it goes on, from the beginning."


def check_may_take(
    seat: Seat, actor: Actor, parts: frozenset[tuple[str, Part]], now: datetime
) -> None:
    """Only a certified examiner who plays no other part on the request (policy 7, A1, A2, A4)."""
    check_holds(actor, Role.EXAMINER, "compares candidates")
    check_certified(actor, now)
    check_plays_no_part(actor, parts, f"be its {seat.part}")


def check_may_work(examination: Examination, actor: Actor, now: datetime) -> None:
    """Only the examiner who took it, still certified, and only until it is submitted."""
    check_holds(actor, Role.EXAMINER, "compares candidates")
    check_certified(actor, now)
    if examination.examiner is None:
        raise NotPermitted("Take the examination first.", rule="NOT_TAKEN")
    if examination.examiner != actor.person:
        raise NotPermitted(
            "Another examiner is working on this one.", rule="NOT_YOUR_EXAMINATION"
        )
    if examination.left_at is not None:
        raise NotPermitted(LEFT, rule="HANDED_BACK")
    if examination.submitted_at is not None:
        raise NotPermitted(
            "This examination is submitted; its decisions can no longer be changed.",
            rule="SUBMITTED",
        )


def proposed(dispositions: Mapping[str, Disposition]) -> tuple[str, ...]:
    """The candidates one examiner supports, in a fixed order."""
    return tuple(sorted(c for c, d in dispositions.items() if d.conclusion.is_support))


@dataclass(frozen=True, slots=True)
class Agreed:
    """A candidate both examiners support, at the more cautious of the two levels."""

    candidate_id: str
    conclusion: Conclusion


def agreed(
    first: Mapping[str, Disposition], peer: Mapping[str, Disposition]
) -> tuple[Agreed, ...]:
    """What both support, strongest first; the more conservative opinion is the one that counts."""
    both = [
        Agreed(c, min(first[c].conclusion, peer[c].conclusion))
        for c in proposed(first)
        if c in peer and peer[c].conclusion.is_support
    ]
    return tuple(sorted(both, key=lambda a: (-a.conclusion, a.candidate_id)))


def opinions_agree(
    first: Mapping[str, Disposition], peer: Mapping[str, Disposition]
) -> bool:
    """True if both find nobody, or both support the same candidate."""
    if not proposed(first) and not proposed(peer):
        return True
    return bool(agreed(first, peer))


def is_checked_blind(category: OffenseCategory, share: float, seed: int) -> bool:
    """Whether an examination that found nobody is repeated blind: always for the gravest
    offenses, else a share of them drawn with a recorded seed."""
    if category in ALWAYS_CHECKED_BLIND:
        return True
    return Random(seed).random() < share  # noqa: S311  reproducible draw, not a secret


def summary_version(dispositions: Mapping[str, Disposition]) -> int:
    """A number that changes with any decision, so that a summary on screen can be told to be old."""
    told = sorted(
        (c, int(d.conclusion), d.reason, sorted(d.findings.items()), d.explanation)
        for c, d in dispositions.items()
    )
    return int.from_bytes(sha256(repr(told).encode()).digest()[:6])


def open_letters(
    examination: Examination, dispositions: Mapping[str, Disposition]
) -> Sequence[str]:
    """The letters that still need a decision."""
    return [examination.label_of(c) for c in examination.order if c not in dispositions]
