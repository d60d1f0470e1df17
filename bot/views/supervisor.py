"""The cards of the supervisors' channel: reviews, sign-offs, failed searches, alerts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.analyses import Analysis
from bot.domain.authorizations import REASON_MIN
from bot.domain.leads import Ruling
from bot.domain.purposes import OffenseCategory
from bot.views.analysing import analysis_words
from bot.views.authorizations import Exceptional, marks, purged_words
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
from bot.views.contextual import UNCHECKED
from bot.views.ids import ActionId, ViewId, ref
from bot.views.reviewing import (
    Before,
    Opinion,
    ReviewModal,
    SaidBefore,
    Statement,
    Supported,
    review_modal,
)
from bot.views.signing import (
    SignOffCard,
    SignOffView,
    WrittenView,
    sign_off_card,
    write_sign_off_modal,
)
from bot.views.text import (
    ZONE,
    Message,
    counted,
    escape,
    fitted,
    mention,
    moment,
    quoted,
)

__all__ = [
    "Before",
    "Exceptional",
    "Opinion",
    "RecallView",
    "ReviewCard",
    "ReviewModal",
    "RulingView",
    "SaidBefore",
    "SearchFailedCard",
    "SignOffCard",
    "SignOffView",
    "Statement",
    "Supported",
    "WrittenView",
    "alert",
    "recall_modal",
    "refused_image",
    "review_card",
    "review_modal",
    "search_failed_card",
    "sign_off_card",
    "write_sign_off_modal",
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
class RecallView:
    """A lead taken back by hand; ``supervisor`` is a Slack account."""

    supervisor: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """``supported``: how many candidates each finished examination supports, in order.

    ``purged``: what was found had to be destroyed; ``sealed``: because a photograph was sealed.
    ``can_recall``: its lead stands; ``recalled``: somebody has taken it back. ``unchecked``: the context of
    somebody two agree on was never checked, as in a review that is older than the check.
    """

    number: str
    version: int
    case_number: str
    category: OffenseCategory
    supported: tuple[int, ...]
    ruling: RulingView | None = None
    withdrawn: bool = False
    exceptional: Exceptional | None = None
    purged: bool = False
    sealed: bool = False
    can_recall: bool = False
    recalled: RecallView | None = None
    unchecked: bool = False


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
        *marks(view.exceptional, zone),
        header(title),
        case_fields(view.case_number, view.category),
        *_review_body(view, zone),
    ]
    return Message(f"{title}.", tuple(blocks))


def _review_body(view: ReviewCard, zone: str) -> Iterator[Json]:
    if not view.purged:
        yield section("\n".join(_findings(view.supported)))
        yield from _review_end(view, zone)
        return
    yield section(purged_words(view.exceptional, sealed=view.sealed))
    if view.ruling is not None:
        yield section(_ruled(view.ruling, zone))
    yield from _recall(view, zone)


def _findings(supported: tuple[int, ...]) -> Iterator[str]:
    if not supported:
        yield "The search returned no candidate, so there was nothing to examine."
    for place, count in enumerate(supported, 1):
        found = f"supports {counted(count, 'candidate')}" if count else "supports none"
        yield f"Examination {place}: {found}."


def _review_end(view: ReviewCard, zone: str) -> Iterator[Json]:
    if view.ruling is not None:
        yield section(_ruled(view.ruling, zone))
        yield from _recall(view, zone)
    elif view.withdrawn:
        yield section("The requester withdrew the request. Nothing is left to decide.")
    else:
        if view.unchecked:
            yield section(f"*No context check.* {UNCHECKED}")
        yield actions(
            button(
                "Open review",
                ActionId.REVIEW,
                ref(view.number, view.version),
                style="primary",
            )
        )


def _recall(view: ReviewCard, zone: str) -> Iterator[Json]:
    if (done := view.recalled) is not None:
        yield section(
            f"*Recalled* by {mention(done.supervisor)}, {moment(done.at, zone)}.\n"
            f"{quoted(done.reason, 2000)}"
        )
    elif view.can_recall:
        value = ref(view.number, view.version)
        yield actions(
            button("Recall the lead…", ActionId.RECALL_LEAD, value, style="danger")
        )


def recall_modal(number: str, version: int) -> Json:
    """Taking back a lead; nothing about whom it shows."""
    return modal(
        ViewId.RECALL_LEAD,
        "Recall the lead",
        [
            section(
                f"*{fitted(number, 50)}*\nThe lead is taken back for good. Its photograph is removed from "
                "Slack, the request is closed, and whoever asked is told at once not to act on it. The "
                "record is kept."
            ),
            reason_field(
                "Why it must not be used",
                f"The requester reads it, and it is recorded with your name. At least {REASON_MIN} "
                "characters.",
                least=REASON_MIN,
            ),
        ],
        metadata={"request": number, "version": version},
        submit="Recall",
        close="Cancel",
    )


def _ruled(ruling: RulingView, zone: str) -> str:
    done = f"*{_RULED[ruling.ruling]}* by {mention(ruling.supervisor)}, {moment(ruling.at, zone)}."
    return f"{done}\n{quoted(ruling.reason, 2000)}"


def refused_image(number: str, account: str, analysis: Analysis) -> Message:
    """An examiner ended a request on what is no photograph; ``account`` is whose word it was."""
    title = f"{number} was refused at the analysis"
    return Message(
        f"{title}.",
        (
            header(title),
            section(
                f"{mention(account)} analysed the probe alone, before any candidate.\n"
                f"{analysis_words(analysis, 1000)}"
            ),
            context(
                "The request is closed and whoever asked is told the rule. If you think this is wrong, have "
                "them send it again: it comes to you first, because the image was sent before."
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
