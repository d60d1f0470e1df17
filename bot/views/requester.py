"""Everything a requester sees: a form, a line in the channel, and one card; never more than one face."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.workflow import State
from bot.views.blocks import (
    Json,
    actions,
    button,
    confirm,
    context,
    header,
    image,
    section,
)
from bot.views.ids import ActionId, detailed, ref
from bot.views.intake import IntakeDraft, intake_modal
from bot.views.text import ZONE, Message, day, escape, fitted, mention, moment

__all__ = [
    "IntakeDraft",
    "LeadView",
    "RequestCard",
    "accepted",
    "channel_words",
    "intake_modal",
    "lead_text",
    "refusal",
    "request_card",
    "status_line",
]

FACES_MAX = 10
UNVERSIONED = (
    0  # a number that grew with every inner step would tell how far the work is
)

LIMITS = (
    "Limits: the gallery holds only photographs of people who were arrested or paroled. Poor images, "
    "age, look-alikes and relatives mislead software and examiners alike. The examiners compared "
    "pictures and did not know the facts of the case."
)


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


@dataclass(frozen=True, slots=True)
class RequestCard:
    """A request as its requester may know it."""

    number: str
    case_number: str
    state: State
    reason: str = ""
    no_match_text: str = ""
    faces_picture: str | None = None
    faces_removed: bool = False
    face_count: int = 0
    lead: LeadView | None = None


_IN_PROGRESS = "In progress. The answer will come to you here."

# The states inside the section read alike: how far the work is would already tell something.
_WORDS: dict[State, str] = {
    State.RECEIVED: "Received. The image is being fetched.",
    State.CHECKING: "Received. The image is being checked.",
    State.FACE_CHOICE: "Your answer is needed: there are several faces in the image.",
    State.SIGN_OFF: "Waiting for a supervisor to sign off the imminent threat.",
    State.SEARCH_FAILED: "Delayed by a technical fault. The section knows; you need do nothing.",
    State.RELEASED: "Answered: there is a lead.",
    State.ACKNOWLEDGED: "Answered: there is a lead, and you have acknowledged its limits.",
    State.NO_POSSIBLE_MATCH: "Answered.",
    State.UNSUITABLE: "Closed: this image cannot be searched.",
    State.REFUSED: "Closed: refused.",
    State.WITHDRAWN: "Closed: withdrawn.",
}

_IN_CHANNEL: dict[State, str] = {
    State.RECEIVED: "received",
    State.CHECKING: "received",
    State.FACE_CHOICE: "received",
    State.RELEASED: "answered",
    State.ACKNOWLEDGED: "answered",
    State.NO_POSSIBLE_MATCH: "answered",
    State.UNSUITABLE: "could not be searched",
    State.REFUSED: "could not be searched",
    State.WITHDRAWN: "withdrawn",
}


def channel_words(state: State) -> str:
    """Return what everybody in the request channel may know of a state; the outcome is private."""
    return _IN_CHANNEL.get(state, "in progress")


def status_line(number: str, state: State, requester: str) -> Message:
    """The line in the request channel: a number, who asked, and a neutral word."""
    words = channel_words(state)
    line = f"*{escape(number)}* · {words} · asked by {mention(requester)}"
    return Message(f"Request {number}: {words}.", (section(line),))


def accepted(number: str) -> Message:
    """The private confirmation."""
    said = "Your request was received. Everything about it comes to you as a direct message."
    return Message(
        f"Request {number}: received.", (section(f"*{escape(number)}*\n{said}"),)
    )


def refusal(text: str) -> Message:
    """A private note in which a rule said no."""
    return Message("Your entry could not be carried out.", (section(fitted(text)),))


def request_card(view: RequestCard, zone: str = ZONE) -> Message:
    """The requester's own card, from receipt to the opened lead."""
    said = _WORDS.get(view.state, _IN_PROGRESS)
    case = fitted(view.case_number, 500)
    blocks = [
        header(f"Request {view.number}"),
        section(f"*Case number:* {case}\n{said}"),
        *_body(view, zone),
    ]
    if not view.state.is_final:
        blocks.append(actions(_withdraw(view)))
    return Message(f"Request {view.number}: see your card.", tuple(blocks))


def _body(view: RequestCard, zone: str) -> Iterator[Json]:
    if view.state is State.FACE_CHOICE:
        yield from _faces(view)
    elif view.state is State.NO_POSSIBLE_MATCH:
        yield section(fitted(view.no_match_text or "No possible match was found."))
    elif view.lead is not None and view.state in (State.RELEASED, State.ACKNOWLEDGED):
        yield from _lead(view, view.lead, zone)
    elif view.reason and view.state.is_final:
        yield section(fitted(view.reason))


def _faces(view: RequestCard) -> Iterator[Json]:
    yield section("Which one face is your request about? The others are not searched.")
    if view.faces_picture is None or not view.face_count:
        yield context("The numbered faces are being prepared.")
        return
    yield image(view.faces_picture, "The faces in your image, numbered")
    if view.face_count > FACES_MAX:
        yield context(
            f"Only the {FACES_MAX} largest faces can be chosen. If yours is not among them, withdraw "
            "this request and send a crop with that face only."
        )
    yield actions(*(_face(view, i) for i in range(min(view.face_count, FACES_MAX))))


def _face(view: RequestCard, index: int) -> Json:
    return button(
        f"Face {index + 1}",
        detailed(ActionId.CHOOSE_FACE, index),
        ref(view.number, UNVERSIONED),
    )


def _lead(view: RequestCard, lead: LeadView, zone: str) -> Iterator[Json]:
    yield section(_marked_up(view, lead, zone))
    if view.state is State.RELEASED:
        yield section(
            "The photograph opens once you acknowledge what this lead is and what it is not."
        )
        yield actions(_acknowledge(view))
        return
    taken = day(lead.capture_date) if lead.capture_date else "not on record"
    yield section(
        f"*Arrest number:* {escape(lead.arrest_number)}\n*Photograph taken:* {taken}"
    )
    yield from _photograph(view, lead, zone)
    if lead.acknowledged_at is not None:
        yield context(f"You acknowledged this on {moment(lead.acknowledged_at, zone)}.")


def _photograph(view: RequestCard, lead: LeadView, zone: str) -> Iterator[Json]:
    if lead.picture_removed_at is not None:
        yield context(
            f"The photograph was removed from Slack on {moment(lead.picture_removed_at, zone)}."
        )
    elif lead.picture is None:
        yield context("The photograph is being delivered.")
    else:
        yield image(lead.picture, f"Photograph to request {view.number}")


def lead_text(number: str, case_number: str, lead: LeadView, zone: str = ZONE) -> str:
    """Return the words of the lead without markup, for the record and its digest."""
    known = _facts(number, case_number, lead, zone)
    facts = "\n".join(f"{name}: {value}" for name, value in known)
    return f"{facts}\n\n{lead.disclaimer}\n\n{LIMITS}"


def _marked_up(view: RequestCard, lead: LeadView, zone: str) -> str:
    known = _facts(view.number, view.case_number, lead, zone)
    facts = "\n".join(f"*{name}:* {fitted(value, 150)}" for name, value in known)
    return f"{facts}\n\n*{fitted(lead.disclaimer, 1000)}*\n\n{LIMITS}"


def _facts(
    number: str, case_number: str, lead: LeadView, zone: str
) -> Iterator[tuple[str, str]]:
    yield "Request", number
    yield "Case", case_number
    yield "Gallery searched", lead.gallery
    yield "Released", moment(lead.released_at, zone)
    yield "Examiner", lead.examiner
    yield "Peer", lead.peer
    yield "Supervisor", lead.supervisor
    if lead.opinion:
        yield "Opinion of both examiners", lead.opinion


def _withdraw(view: RequestCard) -> Json:
    return button(
        "Withdraw",
        ActionId.WITHDRAW,
        ref(view.number, UNVERSIONED),
        style="danger",
        confirm=confirm(
            "Withdraw this request?",
            "The work on it stops and it is closed. To go on later, send a new request.",
            "Withdraw",
        ),
    )


def _acknowledge(view: RequestCard) -> Json:
    return button(
        "I acknowledge",
        ActionId.ACKNOWLEDGE,
        ref(view.number, UNVERSIONED),
        style="primary",
    )
