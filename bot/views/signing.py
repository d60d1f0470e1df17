"""Purpose F: a search that a supervisor starts at once and signs for in writing soon after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.authorizations import REASON_MIN
from bot.domain.purposes import OffenseCategory
from bot.views.blocks import (
    Json,
    actions,
    button,
    case_fields,
    confirm,
    header,
    modal,
    reason_field,
    section,
)
from bot.views.ids import ActionId, ViewId, ref
from bot.views.text import (
    ZONE,
    Message,
    counted,
    fitted,
    mention,
    moment,
    quoted,
)

HOURS_TO_WRITE = 24


@dataclass(frozen=True, slots=True)
class SignOffView:
    """``supervisor`` is a Slack account."""

    granted: bool
    supervisor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WrittenView:
    """The written sign-off; ``supervisor`` is a Slack account."""

    supervisor: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class SignOffCard:
    """Purpose F: a search that a supervisor has to start; ``requester`` is a Slack account.

    ``write_by`` is when the written sign-off is due, once the search was started; ``lapsed`` says
    that it never came, and that the request is held.
    """

    number: str
    version: int
    case_number: str
    category: OffenseCategory
    requester: str
    threat: str
    decision: SignOffView | None = None
    withdrawn: bool = False
    written: WrittenView | None = None
    write_by: datetime | None = None
    lapsed: bool = False
    hours: int = HOURS_TO_WRITE


def sign_off_card(view: SignOffCard, zone: str = ZONE) -> Message:
    title = f"Sign-off for {view.number}"
    blocks = [
        header(title),
        case_fields(view.case_number, view.category),
        section(
            f"{mention(view.requester)} asks for a search because of an imminent threat:"
        ),
        section(quoted(view.threat)),
        *_end(view, zone),
    ]
    return Message(f"{title}.", tuple(blocks))


def _end(view: SignOffCard, zone: str) -> Iterator[Json]:
    if (decision := view.decision) is not None:
        done = "Search started" if decision.granted else "Refused"
        yield section(
            f"*{done}* by {mention(decision.supervisor)}, {moment(decision.at, zone)}."
        )
        if decision.granted:
            yield from _writing(view, zone)
    elif view.withdrawn:
        yield section("The requester withdrew the request. Nothing is left to decide.")
    else:
        yield _buttons(view)


def _writing(view: SignOffCard, zone: str) -> Iterator[Json]:
    if (written := view.written) is not None:
        yield section(
            f"*Signed off in writing* by {mention(written.supervisor)}, "
            f"{moment(written.at, zone)}.\n{quoted(written.reason, 2000)}"
        )
    elif view.lapsed:
        held = "" if view.withdrawn else "*Held.* "
        yield section(
            f"{held}No written sign-off came in time. What was found has been destroyed."
        )
    elif view.withdrawn:
        yield section("The requester withdrew the request. Nothing is left to write.")
    elif view.write_by is not None:
        yield section(
            f"The written sign-off is due by {moment(view.write_by, zone)}. Without it the request "
            "is held and what was found is destroyed."
        )
        yield actions(_write(view))


def _write(view: SignOffCard) -> Json:
    value = ref(view.number, view.version)
    text = "Write the sign-off…"
    return button(text, ActionId.WRITE_SIGN_OFF, value, style="primary")


def _buttons(view: SignOffCard) -> Json:
    value = ref(view.number, view.version)
    hours = counted(view.hours, "hour")
    return actions(
        button(
            "Start the search",
            ActionId.SIGN_OFF,
            value,
            style="primary",
            confirm=confirm(
                "Start this search?",
                "You state that the threat is imminent and that the search helps to avert it. Your "
                f"name is recorded. A written sign-off is due within {hours}, or what was found is "
                "destroyed.",
                "Start",
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


def write_sign_off_modal(
    number: str, version: int, hours: int = HOURS_TO_WRITE
) -> Json:
    return modal(
        ViewId.WRITE_SIGN_OFF,
        "Written sign-off",
        [
            section(
                f"*{fitted(number, 50)}*\nThe search was started because of an imminent threat. State "
                f"in writing why, within {counted(hours, 'hour')} of its start. Without it the request "
                "is held and what was found is destroyed."
            ),
            reason_field(
                "Why the threat was imminent, and how the search helps to avert it",
                f"Recorded with your name. At least {REASON_MIN} characters.",
                least=REASON_MIN,
            ),
        ],
        metadata={"request": number, "version": version},
        submit="Sign",
        close="Cancel",
    )
