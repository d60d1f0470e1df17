"""A probe that was sent before: what a supervisor reads of it, and the two answers. No candidate data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.authorizations import REASON_MIN
from bot.domain.prints import Likeness
from bot.domain.purposes import OffenseCategory
from bot.domain.workflow import State
from bot.views.blocks import (
    Json,
    actions,
    button,
    case_fields,
    context,
    header,
    modal,
    reason_field,
    section,
)
from bot.views.ids import ActionId, ViewId, ref
from bot.views.text import ZONE, Message, fitted, mention, moment, quoted, sentence

SHOWN_MAX = 8

_WHY: dict[Likeness, str] = {
    Likeness.SAME_FILE: "the very same file",
    Likeness.SAME_PICTURE: "the same picture, saved or edited anew",
    Likeness.SAME_FACE: "the same face in a picture so alike that it is taken for an edit of it",
    Likeness.TRIED_AGAIN: "perhaps the same picture, edited more: an image of this requester or case was held "
    "within the last 30 days, and since then less likeness is enough",
}
_OUTCOMES: dict[State, str] = {
    State.RELEASED: "answered with a lead",
    State.ACKNOWLEDGED: "answered with a lead",
    State.CORROBORATED: "answered with a lead",
    State.NO_POSSIBLE_MATCH: "no possible match",
    State.UNSUITABLE: "could not be searched",
    State.REFUSED: "refused",
    State.WITHDRAWN: "withdrawn after a search",
    State.HELD: "held",
    State.RECALLED: "lead recalled",
}


@dataclass(frozen=True, slots=True)
class EarlierView:
    """A request with the same image, as a supervisor may know it; ``requester`` is a Slack account."""

    number: str
    case_number: str
    requester: str
    submitted_at: datetime
    state: State
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class RepeatDecision:
    """``supervisor`` is a Slack account; ``text`` the new facts, or why not."""

    allowed: bool
    supervisor: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class RepeatCard:
    """``requester`` is a Slack account."""

    number: str
    version: int
    case_number: str
    category: OffenseCategory
    requester: str
    earlier: tuple[EarlierView, ...]
    decision: RepeatDecision | None = None
    withdrawn: bool = False


def repeat_card(view: RepeatCard, zone: str = ZONE) -> Message:
    title = f"Repeated probe in {view.number}"
    blocks = [
        header(title),
        case_fields(view.case_number, view.category),
        section(
            f"{mention(view.requester)} sent an image that was sent before (rule REPEATED_PROBE). "
            "Nothing is searched until a supervisor has decided. An image is not searched again until "
            "somebody is found: only new facts justify it."
        ),
        *(section(_line(one, zone)) for one in view.earlier[:SHOWN_MAX]),
    ]
    if (more := len(view.earlier) - SHOWN_MAX) > 0:
        blocks.append(context(f"And {more} more."))
    return Message(f"{title}.", (*blocks, *_end(view, zone)))


def _line(one: EarlierView, zone: str) -> str:
    outcome = _OUTCOMES.get(one.state, "still open")
    return (
        f"*{fitted(one.number, 50)}* · case {fitted(one.case_number, 200)} · asked by "
        f"{mention(one.requester)}, {moment(one.submitted_at, zone)}\n*{sentence(outcome)}.* "
        f"{sentence(_WHY[one.likeness])}."
    )


def _end(view: RepeatCard, zone: str) -> Iterator[Json]:
    if (decision := view.decision) is not None:
        done = "Allowed because of new facts" if decision.allowed else "Refused"
        yield section(
            f"*{done}* by {mention(decision.supervisor)}, {moment(decision.at, zone)}.\n"
            f"{quoted(decision.text, 2000)}"
        )
    elif view.withdrawn:
        yield section("The requester withdrew the request. Nothing is left to decide.")
    else:
        value = ref(view.number, view.version)
        allow, refuse = ActionId.ALLOW_REPEAT, ActionId.REFUSE_REPEAT
        yield actions(
            button("Allow with new facts…", allow, value, style="primary"),
            button("Refuse…", refuse, value, style="danger"),
        )


def allow_repeat_modal(number: str, version: int) -> Json:
    return modal(
        ViewId.ALLOW_REPEAT,
        "Search again",
        [
            section(
                f"*{fitted(number, 50)}*\nThe image was sent for a search before. State in your own "
                "words what is known now and was not then."
            ),
            reason_field(
                "New facts",
                f"Recorded with your name. At least {REASON_MIN} characters.",
                least=REASON_MIN,
            ),
        ],
        metadata={"request": number, "version": version},
        submit="Allow",
        close="Cancel",
    )


def refuse_repeat_modal(number: str, version: int) -> Json:
    return modal(
        ViewId.REFUSE_REPEAT,
        "Refuse to search again",
        [
            section(
                f"*{fitted(number, 50)}*\nNothing is searched, the request is closed, and the requester "
                "is told that a search is repeated only upon new facts. Your reason stays in the section."
            ),
            reason_field(
                "Reason",
                f"Recorded with your name. At least {REASON_MIN} characters.",
                least=REASON_MIN,
            ),
        ],
        metadata={"request": number, "version": version},
        submit="Refuse",
        close="Cancel",
    )
