"""The cards of the supervisors' channel: reviews, sign-offs, failed searches, alerts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.leads import Ruling
from bot.domain.purposes import OffenseCategory, words
from bot.views.blocks import (
    Json,
    actions,
    button,
    confirm,
    context,
    fields,
    header,
    section,
)
from bot.views.ids import ActionId, ref
from bot.views.reviewing import (
    Opinion,
    ReviewModal,
    Statement,
    Supported,
    review_modal,
)
from bot.views.text import (
    ZONE,
    Message,
    counted,
    escape,
    mention,
    moment,
    quoted,
    sentence,
)

__all__ = [
    "Opinion",
    "ReviewCard",
    "ReviewModal",
    "RulingView",
    "SearchFailedCard",
    "SignOffCard",
    "SignOffView",
    "Statement",
    "Supported",
    "alert",
    "review_card",
    "review_modal",
    "search_failed_card",
    "sign_off_card",
]

_RULED: dict[Ruling, str] = {
    Ruling.RELEASE: "Released as a lead",
    Ruling.CLOSE: "Closed as no possible match",
    Ruling.RETURN: "Returned for a new examination",
}


@dataclass(frozen=True, slots=True)
class RulingView:
    """``supervisor`` is a Slack account."""

    ruling: Ruling
    supervisor: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """``supported``: how many candidates each finished examination supports, in order."""

    number: str
    version: int
    case_number: str
    category: OffenseCategory
    supported: tuple[int, ...]
    ruling: RulingView | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class SignOffView:
    granted: bool
    supervisor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignOffCard:
    """Purpose F: a search that a supervisor has to start; ``requester`` is a Slack account."""

    number: str
    version: int
    case_number: str
    category: OffenseCategory
    requester: str
    threat: str
    decision: SignOffView | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class SearchFailedCard:
    """``still_failed`` is false once somebody tried again."""

    number: str
    version: int
    why: str
    still_failed: bool = True


def review_card(view: ReviewCard, zone: str = ZONE) -> Message:
    title = f"Review of {view.number}"
    blocks = [
        header(title),
        fields(
            [
                ("Case number", view.case_number),
                ("Category", sentence(words(view.category))),
            ]
        ),
        section("\n".join(_findings(view.supported))),
        *_review_end(view, zone),
    ]
    return Message(f"{title}.", tuple(blocks))


def _findings(supported: tuple[int, ...]) -> Iterator[str]:
    if not supported:
        yield "The search returned no candidate, so there was nothing to examine."
    for place, count in enumerate(supported, 1):
        found = f"supports {counted(count, 'candidate')}" if count else "supports none"
        yield f"Examination {place}: {found}."


def _review_end(view: ReviewCard, zone: str) -> Iterator[Json]:
    if view.ruling is not None:
        yield section(_ruled(view.ruling, zone))
    elif view.withdrawn:
        yield section("The requester withdrew the request. Nothing is left to decide.")
    else:
        yield actions(
            button(
                "Open review",
                ActionId.REVIEW,
                ref(view.number, view.version),
                style="primary",
            )
        )


def _ruled(ruling: RulingView, zone: str) -> str:
    done = f"*{_RULED[ruling.ruling]}* by {mention(ruling.supervisor)}, {moment(ruling.at, zone)}."
    return f"{done}\n{quoted(ruling.reason, 2000)}"


def sign_off_card(view: SignOffCard, zone: str = ZONE) -> Message:
    title = f"Sign-off for {view.number}"
    blocks = [
        header(title),
        fields(
            [
                ("Case number", view.case_number),
                ("Category", sentence(words(view.category))),
            ]
        ),
        section(
            f"{mention(view.requester)} asks for a search because of an imminent threat:"
        ),
        section(quoted(view.threat)),
        *_sign_off_end(view, zone),
    ]
    return Message(f"{title}.", tuple(blocks))


def _sign_off_end(view: SignOffCard, zone: str) -> Iterator[Json]:
    if (decision := view.decision) is not None:
        done = "Signed off" if decision.granted else "Refused"
        yield section(
            f"*{done}* by {mention(decision.supervisor)}, {moment(decision.at, zone)}."
        )
    elif view.withdrawn:
        yield section("The requester withdrew the request. Nothing is left to decide.")
    else:
        yield _sign_off_buttons(ref(view.number, view.version))


def _sign_off_buttons(value: str) -> Json:
    return actions(
        button(
            "Sign off and search",
            ActionId.SIGN_OFF,
            value,
            style="primary",
            confirm=confirm(
                "Sign off this search?",
                "You state that the threat is imminent and that the search helps to avert it. "
                "Your name is recorded.",
                "Sign off",
            ),
        ),
        button(
            "Refuse",
            ActionId.REFUSE,
            value,
            style="danger",
            confirm=confirm(
                "Refuse this search?",
                "Nothing is searched, the request is closed, and the requester is told so.",
                "Refuse",
            ),
        ),
    )


def search_failed_card(view: SearchFailedCard) -> Message:
    title = f"Search for {view.number} failed"
    blocks = [header(title), section(quoted(view.why))]
    if view.still_failed:
        value = ref(view.number, view.version)
        blocks.append(
            actions(button("Try again", ActionId.TRY_AGAIN, value, style="primary"))
        )
    else:
        blocks.append(section("It was tried again, or the request has ended."))
    return Message(f"{title}.", tuple(blocks))


def alert(text: str, about: Sequence[str] = ()) -> Message:
    """Something a supervisor or administrator has to look at; the details stay out of the notification.

    ``about`` are Slack's ids of the channels and accounts concerned, shown by their names.
    """
    names = " · ".join(dict.fromkeys(map(_name, about)))
    return Message(
        "The FIS bot needs your attention.",
        (
            header("Attention"),
            section(quoted(text)),
            *([context(names)] if names else []),
        ),
    )


def _name(id: str) -> str:
    """Have Slack show the name of a channel or an account."""
    return mention(id) if id.startswith(("U", "W")) else f"<#{escape(id)}>"
