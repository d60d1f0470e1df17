"""Everything a requester sees: a form, a line in the channel, and one card; never more than one face."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.workflow import WITH_LEAD, State
from bot.views.authorizations import AuthorizationView, Exceptional
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
from bot.views.corroborating import Reported, after_recall
from bot.views.ids import ActionId, detailed, ref
from bot.views.intake import IntakeDraft, intake_modal
from bot.views.lead import (
    LIMITS,
    UNVERSIONED,
    LeadView,
    closed_lead,
    lead_text,
    opened_lead,
)
from bot.views.questions import questions, told_requester
from bot.views.text import ZONE, Message, escape, fitted, mention

__all__ = [
    "LIMITS",
    "UNVERSIONED",
    "AuthorizationView",
    "Exceptional",
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
    "told_requester",
    "told_taken_back",
]

FACES_MAX = 10


@dataclass(frozen=True, slots=True)
class RequestCard:
    """A request as its requester may know it; ``authorizations`` in the order they were asked for."""

    number: str
    case_number: str
    state: State
    reason: str = ""
    no_match_text: str = ""
    faces_picture: str | None = None
    faces_removed: bool = False
    face_count: int = 0
    lead: LeadView | None = None
    authorizations: tuple[AuthorizationView, ...] = ()
    can_ask: bool = False
    reports_after: tuple[Reported, ...] | None = None  # of an opened lead taken back


_IN_PROGRESS = "In progress. The answer will come to you here."

# The states inside the section read alike: how far the work is would already tell something.
_WORDS: dict[State, str] = {
    State.RECEIVED: "Received. The image is being fetched.",
    State.CHECKING: "Received. The image is being checked.",
    State.FACE_CHOICE: "Your answer is needed: there are several faces in the image.",
    State.REPEAT_REVIEW: "Held: this image was sent for a search before. A supervisor decides whether there "
    "are new facts that justify another one. If you have any, tell a supervisor of the section.",
    State.SIGN_OFF: "Waiting for a supervisor to sign off the imminent threat.",
    State.SEARCH_FAILED: "Delayed by a technical fault. The section knows; you need do nothing.",
    State.RELEASED: "Answered: there is a lead.",
    State.ACKNOWLEDGED: "Answered: there is a lead, and you have acknowledged its limits.",
    State.CORROBORATED: "Answered: there is a lead, and independent evidence beside it is on record.",
    State.NO_POSSIBLE_MATCH: "Answered.",
    State.UNSUITABLE: "Closed: this image cannot be searched.",
    State.REFUSED: "Closed: refused.",
    State.WITHDRAWN: "Closed: withdrawn.",
    State.HELD: "Closed: held. There was no written sign-off within the hours; what was found has "
    "been destroyed.",
    State.RECALLED: "The lead was taken back. It must not be used.",
}

_ANSWERED = "answered"

_IN_CHANNEL: dict[State, str] = {
    State.RECEIVED: "received",
    State.CHECKING: "received",
    State.FACE_CHOICE: "received",
    State.RELEASED: _ANSWERED,
    State.ACKNOWLEDGED: _ANSWERED,
    State.CORROBORATED: _ANSWERED,
    State.NO_POSSIBLE_MATCH: _ANSWERED,
    State.UNSUITABLE: "could not be searched",
    State.REFUSED: "could not be searched",
    State.WITHDRAWN: "withdrawn",
    State.HELD: "closed",
    State.RECALLED: "closed",
}


def channel_words(state: State) -> str:
    """Return what everybody in the request channel may know of a state; the outcome is private."""
    return _IN_CHANNEL.get(state, "in progress")


def status_line(
    number: str, state: State, requester: str, *, answered: bool = False
) -> Message:
    """The line in the request channel: a number, who asked, and a neutral word.

    Once ``answered`` it stays so: that it is searched anew, or closed, would tell what the answer was.
    """
    words = _ANSWERED if answered else channel_words(state)
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


def told_taken_back(number: str, state: State, reason: str = "") -> Message:
    """A message of its own: a card that changes notifies nobody, and somebody may be acting on it."""
    said = f"*{escape(number)}*\n{_WORDS[state]} Do not act on anything you were shown for it."
    if reason and state is State.RECALLED:
        said += f"\n{fitted(reason, 1000)}"
    return Message(f"Request {number}: there is news.", (section(said),))


def request_card(view: RequestCard, zone: str = ZONE) -> Message:
    """The requester's own card, from receipt to the opened lead."""
    said = _WORDS.get(view.state, _IN_PROGRESS)
    case = fitted(view.case_number, 500)
    blocks = [
        header(f"Request {view.number}"),
        section(f"*Case number:* {case}\n{said}"),
        *_body(view, zone),
        *questions(
            view.number, view.authorizations, answered=view.state.is_final, zone=zone
        ),
    ]
    if pressable := list(_buttons(view)):
        blocks.append(actions(*pressable))
    return Message(f"Request {view.number}: see your card.", tuple(blocks))


def _body(view: RequestCard, zone: str) -> Iterator[Json]:
    if view.state is State.FACE_CHOICE:
        yield from _faces(view)
    elif view.state is State.NO_POSSIBLE_MATCH:
        yield section(fitted(view.no_match_text or "No possible match was found."))
    elif view.lead is not None and view.state is State.RELEASED:
        yield from closed_lead(view.number, view.case_number, view.lead, zone)
    elif view.lead is not None and view.state in WITH_LEAD:
        yield from opened_lead(view.number, view.case_number, view.lead, zone)
    elif view.reason and view.state.is_final:
        yield section(fitted(view.reason))
    if view.reports_after is not None:
        yield from after_recall(view.number, view.reports_after, zone)


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


def _buttons(view: RequestCard) -> Iterator[Json]:
    if view.can_ask:
        yield button(
            "Ask for another repository…",
            ActionId.ASK_AUTHORIZATION,
            ref(view.number, UNVERSIONED),
        )
    if not view.state.is_final:
        yield _withdraw(view)


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
