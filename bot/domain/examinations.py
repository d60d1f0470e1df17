"""Blind examination by two, or three: what independent opinions amount to (policy 3.3 to 3.5)."""

from collections.abc import Iterable, Mapping, Sequence, Set
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
from bot.domain.components import Finding
from bot.domain.purposes import ALWAYS_CHECKED_BLIND, OffenseCategory
from bot.domain.workflow import State, Step
from bot.errors import NotPermitted, Refusal

READ_REVIEWS = frozenset({Role.SUPERVISOR, Role.AUDITOR})
"""Who may sit in the supervisors' channel and read what examinations came to."""


class Seat(StrEnum):
    FIRST = "first"
    PEER = "peer"
    THIRD = "third"  # once the first two opinions differ

    @property
    def part(self) -> Part:
        return _PARTS[self]

    @property
    def open_in(self) -> State:
        """The only state of a request in which somebody works in this seat."""
        return _OPEN_IN[self]


_PARTS = {
    Seat.FIRST: Part.EXAMINER,
    Seat.PEER: Part.PEER,
    Seat.THIRD: Part.THIRD,
}
_OPEN_IN = {
    Seat.FIRST: State.EXAMINATION,
    Seat.PEER: State.PEER_REVIEW,
    Seat.THIRD: State.THIRD_REVIEW,
}


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
        if self.left_at is not None:
            raise Refusal(LEFT, rule="HANDED_BACK")
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
    # Not in which seat: that there is a third tells whoever is refused that two differ.
    check_plays_no_part(actor, parts, "make this comparison")


READ_THE_REVIEW = "READ_THE_REVIEW"


def check_has_not_read_review(
    actor: Actor, readers: Set[str], *, sits_there: bool = False
) -> None:
    """Of a round after one in which somebody submitted: the supervisors' channel says how many each
    examination supported, and an auditor reads the whole record (decision 0028).

    ``readers`` are the people, by badge, who could have read it since.
    """
    if sits_there or actor.person in readers or actor.roles & READ_REVIEWS:
        raise NotPermitted(
            "Whoever can read the supervisors' channel or the record, or could since the comparison "
            "before, cannot make this one blind. Another examiner makes it.",
            rule=READ_THE_REVIEW,
        )


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


def checkers(submitted: Sequence[Examination]) -> list[str]:
    """Who may check the context of what they have compared, by badge: the first two, never the third
    (policy 6.5, biographics)."""
    return [e.examiner or "" for e in submitted if e.seat is not Seat.THIRD]


def proposed(dispositions: Mapping[str, Disposition]) -> tuple[str, ...]:
    """The candidates one examiner supports, in a fixed order."""
    return tuple(sorted(c for c, d in dispositions.items() if d.conclusion.is_support))


@dataclass(frozen=True, slots=True)
class Agreed:
    """A candidate two examiners support, at the more cautious of their two levels."""

    candidate_id: str
    conclusion: Conclusion


Opinion = Mapping[str, Disposition]
"""All that one examiner decided, by candidate id."""


def reported(levels: Sequence[Conclusion]) -> Conclusion | None:
    """What two or three independent levels for one candidate amount to (policy 3.4).

    The lower level of those who support the candidate, if they are at least two and nobody is for
    different persons; None where nothing can be released.
    """
    supporting = [level for level in levels if level.is_support]
    if len(supporting) < 2 or min(levels) < Conclusion.INCONCLUSIVE:
        return None
    return min(supporting)


def is_unexplained(dispositions: Iterable[Disposition]) -> bool:
    """Whether anybody has seen a difference nobody has explained: one outweighs any support, whoever has
    seen it (policy 3.2; 7, A9 and T4)."""
    return any(Finding.UNEXPLAINED in d.findings.values() for d in dispositions)


def agreed(*opinions: Opinion) -> tuple[Agreed, ...]:
    """What can be released by these two or three opinions, strongest first."""
    listed = set.intersection(*map(set, opinions)) if opinions else set()
    said = {c: [opinion[c] for opinion in opinions] for c in listed}
    found = [
        Agreed(candidate, level)
        for candidate, all_said in said.items()
        if (level := reported([one.conclusion for one in all_said])) is not None
        and not is_unexplained(all_said)
    ]
    return tuple(sorted(found, key=lambda a: (-a.conclusion, a.candidate_id)))


def follows(opinions: Sequence[Opinion]) -> Step:
    """Where a request goes once two, or three, have examined it blind (policy 3.4; 6.3, 11 to 15).

    Two who differ always seat a third, however far apart they are: whether there is one must not
    tell what either has said.
    """
    if agreed(*opinions):
        return Step.AGREE
    if not any(proposed(opinion) for opinion in opinions):
        return Step.AGREE_NONE
    return Step.SPLIT if len(opinions) == 2 else Step.DISAGREE


def levels_of(opinions: Sequence[Opinion]) -> dict[str, list[int]]:
    """Every level given to each candidate whom anybody supports, in the order of the opinions."""
    supported = sorted({c for opinion in opinions for c in proposed(opinion)})
    return {c: [int(o[c].conclusion) for o in opinions if c in o] for c in supported}


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
