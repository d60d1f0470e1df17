"""What may leave the section, in which words, and by whose hand (policy 1.5)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.domain.actors import Actor, Part, Role, check_holds, check_plays_no_part
from bot.domain.candidates import Conclusion, Disposition
from bot.domain.components import UnexplainedDissimilarity
from bot.domain.examinations import Agreed, is_unexplained
from bot.errors import NotPermitted, Refusal

DISCLAIMER_VERSION = "2026-11"
DISCLAIMER = (
    "INVESTIGATIVE LEAD ONLY. This possible match is not a positive identification and is NOT "
    "probable cause to arrest or to obtain an arrest or search warrant. Independent corroborating "
    "evidence is required before any identification procedure or enforcement action. Do not tell a "
    "witness that facial recognition was used or show this photograph alone. Disclose this lead and "
    "its limits to the prosecutor."
)


class Ruling(StrEnum):
    """What a supervisor decides."""

    RELEASE = "release"
    CLOSE = "close"
    RETURN = "return"


RULING_REASON_MIN = 10


@dataclass(frozen=True, slots=True)
class Lead:
    """The one possible match a requester may see, and everything that is said with it."""

    request_id: str
    candidate_id: str
    subject_id: str
    photo_id: str
    conclusion: Conclusion
    examiner: str
    peer: str
    supervisor: str
    released_at: datetime
    gallery: str
    text_sha256: str
    disclaimer_version: str = DISCLAIMER_VERSION
    acknowledged_at: datetime | None = None
    authorization_id: str | None = (
        None  # if the gallery was an exceptional repository's
    )
    third: str | None = None  # who examined it after the first two differed


def no_match_text(*searched: tuple[str, date], unanswered: str = "") -> str:
    """The same words whether nobody was found or the examiners could not tell (policy 6.3, 19);
    each gallery searched with the day it was answered. ``unanswered`` is the standard one, if its
    search gave way to another before anybody had examined it."""
    galleries = " or in ".join(
        f"{gallery} as of {on:%B} {on.day}, {on.year}" for gallery, on in searched
    )
    missing = (
        f"There is no answer from the {unanswered}: nobody has examined them for this request. "
        if unanswered
        else ""
    )
    return (
        f"No possible match was found in {galleries}. {missing}"
        "This does not mean the person is not in the gallery."
    )


def text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check_may_rule(
    actor: Actor, parts: frozenset[tuple[str, Part]], reason: str
) -> None:
    """Only a supervisor who is neither requester nor examiner of it, and only with a reason."""
    check_holds(actor, Role.SUPERVISOR, "decides on a release")
    # Having signed it off or returned it before is the same part, not a second one.
    others = frozenset(played for played in parts if played[1] is not Part.SUPERVISOR)
    check_plays_no_part(actor, others, "decide on its release")
    if len(reason.strip()) < RULING_REASON_MIN:
        raise Refusal(
            f"Give your reason in at least {RULING_REASON_MIN} characters.",
            rule="REASON_TOO_SHORT",
        )


def check_may_recall(actor: Actor, parts: frozenset[tuple[str, Part]]) -> None:
    """Any supervisor who neither asked nor examined takes a lead back (policy 6.3, 22): no second one,
    for a false lead does harm with every minute."""
    check_holds(actor, Role.SUPERVISOR, "takes a lead back")
    others = frozenset(played for played in parts if played[1] is not Part.SUPERVISOR)
    check_plays_no_part(actor, others, "take its lead back")


def check_may_release(
    candidate_id: str, supported: Sequence[Agreed], said: Iterable[Disposition] = ()
) -> Agreed:
    """Return the agreement behind a candidate; refuse one that no two examiners support, or of whom
    anybody has ``said`` that a difference is unexplained (A9)."""
    if is_unexplained(said):
        raise UnexplainedDissimilarity(
            "An examiner has recorded a dissimilarity that nobody explains, so this candidate cannot be "
            "released."
        )
    for agreement in supported:
        if agreement.candidate_id == candidate_id:
            return agreement
    raise NotPermitted(
        "Only a candidate that two examiners support, and none speaks against, can be released.",
        rule="TWO_EXAMINERS",
    )


def check_may_return(*, is_anybody_supported: bool) -> None:
    """Refuse a new round after one that supported nobody: examining until somebody fits (policy 7, A21)."""
    if not is_anybody_supported:
        raise Refusal(
            "No examiner of this round supports anybody, so there is nothing to examine again. Close the "
            "request; a new image, or new facts, come with a new one.",
            rule="NOBODY_SUPPORTED",
        )


def check_may_acknowledge(requester: str, actor: Actor) -> None:
    """Only the person who asked opens the lead, and only while holding the role (policy 6.3, 20)."""
    check_holds(actor, Role.REQUESTER, "opens a lead")
    if actor.person != requester:
        raise NotPermitted("This lead belongs to another requester.", rule="NOT_YOURS")
