"""The one lead of a request: its words, its record number, its photograph."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from bot.views.authorizations import Exceptional
from bot.views.blocks import Json, actions, button, context, image, section
from bot.views.corroborating import NOT_YET, Backing, Reported, usable
from bot.views.ids import ActionId, ref
from bot.views.text import ZONE, day, escape, fitted, line, moment

UNVERSIONED = (
    0  # a number that grew with every inner step would tell how far the work is
)

_CAUTION = (
    "Poor images, age, look-alikes and relatives mislead software and examiners alike. The examiners "
    "compared pictures and did not know the facts of the case."
)
LIMITS = (
    "Limits: the gallery holds only photographs of people who were arrested or paroled. "
    + _CAUTION
)
LIMITS_EXCEPTIONAL = (
    "Limits: the gallery holds only photographs of this one repository, which was searched once by a "
    "commander's authorization. To be in it says nothing about a person. " + _CAUTION
)
_DOCUMENT = (
    "from an identity document, which may be false or another person's: verify it first"
)
_CHECKED = "made after the comparison, against what is on record"
_REPEATS_MAX = 3
_MARK_MAX = 700  # of each of four facts in one section


@dataclass(frozen=True, slots=True)
class LeadView:
    """The one lead of a request; ``opinion`` is in words, and may be left empty."""

    gallery: str
    released_at: datetime
    examiner: str
    peer: str
    supervisor: str
    disclaimer: str
    arrest_number: str
    capture_date: date | None
    opinion: str = ""
    picture: str | None = None
    picture_removed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    exceptional: Exceptional | None = None
    third: str | None = None  # then one of the three could not tell
    from_document: bool = False
    context_checked: bool = False
    earlier: str = ""  # what was said of the same person before, in counts and levels
    repeats: tuple[tuple[str, str], ...] = ()  # earlier requests, each with its answer
    backing: Backing | None = None
    reported: tuple[Reported, ...] = ()

    @property
    def limits(self) -> str:
        return LIMITS if self.exceptional is None else LIMITS_EXCEPTIONAL


def lead_text(number: str, case_number: str, lead: LeadView, zone: str = ZONE) -> str:
    """Return the words of the lead without markup, for the record and its digest."""
    known = [*_mark(lead, zone), *_facts(number, case_number, lead, zone)]
    facts = "\n".join(f"{name}: {value}" for name, value in known)
    return f"{facts}\n\n{lead.disclaimer}\n\n{lead.limits}"


def closed_lead(
    number: str, case_number: str, lead: LeadView, zone: str = ZONE
) -> Iterator[Json]:
    """The words alone, until their limits are acknowledged."""
    yield from _words(number, case_number, lead, zone)
    yield section(NOT_YET)
    yield section(
        "The photograph opens once you acknowledge what this lead is and what it is not."
    )
    yield actions(_acknowledge(number))


def opened_lead(
    number: str, case_number: str, lead: LeadView, zone: str = ZONE
) -> Iterator[Json]:
    yield from _words(number, case_number, lead, zone)
    taken = day(lead.capture_date) if lead.capture_date else "not on record"
    record = "Arrest number" if lead.exceptional is None else "Record number"
    yield section(
        f"*{record}:* {escape(lead.arrest_number)}\n*Photograph taken:* {taken}"
    )
    yield _photograph(number, lead, zone)
    if lead.acknowledged_at is not None:
        yield context(f"You acknowledged this on {moment(lead.acknowledged_at, zone)}.")
    yield from usable(number, lead.backing, lead.reported, zone)


def _words(number: str, case_number: str, lead: LeadView, zone: str) -> Iterator[Json]:
    if mark := list(_mark(lead, zone)):
        yield section(_marked_up(mark, _MARK_MAX))
    facts = _marked_up(_facts(number, case_number, lead, zone), 150)
    yield section(f"{facts}\n\n*{fitted(lead.disclaimer, 1000)}*\n\n{lead.limits}")


def _marked_up(known: list[tuple[str, str]], most: int) -> str:
    return "\n".join(f"*{name}:* {fitted(value, most)}" for name, value in known)


def _mark(lead: LeadView, zone: str) -> list[tuple[str, str]]:
    if (mark := lead.exceptional) is None:
        return []
    by = f"{mark.title}, {mark.decided_by}, {moment(mark.decided_at, zone)}"
    return [
        ("EXCEPTIONAL REPOSITORY", line(mark.repository)),
        ("Authorized by", line(by)),
        ("Authorization", line(mark.authorization)),
        ("Reason given", line(mark.reason) or "see the record"),
    ]


def _facts(
    number: str, case_number: str, lead: LeadView, zone: str
) -> list[tuple[str, str]]:
    # A lead of three examiners was supported by two of them: a limit that whoever uses it has to know.
    whose = "both examiners" if lead.third is None else "two of three examiners"
    opinion = [(f"Opinion of {whose}", lead.opinion)] if lead.opinion else []
    third = [("Third examiner", lead.third)] if lead.third is not None else []
    return [
        ("Request", number),
        ("Case", case_number),
        ("Gallery searched", lead.gallery),
        ("Released", moment(lead.released_at, zone)),
        ("Examiner", lead.examiner),
        ("Peer", lead.peer),
        *third,
        ("Supervisor", lead.supervisor),
        *opinion,
        *_inconclusive(lead),
        *([("Earlier opinions on this person", lead.earlier)] if lead.earlier else []),
        *(
            [("Image searched before", searched_before(lead.repeats))]
            if lead.repeats
            else []
        ),
        *([("Background check", _CHECKED)] if lead.context_checked else []),
        *([("Image searched", _DOCUMENT)] if lead.from_document else []),
    ]


def searched_before(repeats: tuple[tuple[str, str], ...]) -> str:
    told = "; ".join(
        f"{number}: {answer}" for number, answer in repeats[-_REPEATS_MAX:]
    )
    more = len(repeats) - _REPEATS_MAX
    return f"{more} times more, and {told}" if more > 0 else told


def _inconclusive(lead: LeadView) -> list[tuple[str, str]]:
    if lead.third is None or not lead.opinion:
        return []
    return [("Opinion of the other", "inconclusive")]


def _photograph(number: str, lead: LeadView, zone: str) -> Json:
    if lead.picture_removed_at is not None:
        removed = moment(lead.picture_removed_at, zone)
        return context(f"The photograph was removed from Slack on {removed}.")
    if lead.picture is None:
        return context("The photograph is being delivered.")
    return image(lead.picture, f"Photograph to request {number}")


def _acknowledge(number: str) -> Json:
    return button(
        "I acknowledge",
        ActionId.ACKNOWLEDGE,
        ref(number, UNVERSIONED),
        style="primary",
    )
