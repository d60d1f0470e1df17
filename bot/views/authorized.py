"""What examiners see of an authorization: what may be searched and until when, and no fact of the case."""

from dataclasses import replace

from bot.domain.authorizations import AuthorizationState, Grounds
from bot.views.authorizations import (
    SCOPE,
    AuthorizationView,
    Exceptional,
    marks,
    one_line,
    state_words,
)
from bot.views.blocks import Json, actions, button, confirm, context, header, section
from bot.views.ids import ActionId, ref
from bot.views.text import ZONE, Message, moment

_NO_GROUNDS = Grounds("", "", "", "", "", "")

_TURNED: dict[AuthorizationState, str] = {
    AuthorizationState.PENDING: "waits for a commander",
    AuthorizationState.DENIED: "was denied",
    AuthorizationState.EXPIRED: "has expired",
    AuthorizationState.REVOKED: "was revoked before it was made",
    AuthorizationState.WITHDRAWN: "is no longer wanted",
}


def blind(view: AuthorizationView) -> AuthorizationView:
    """Return it without anything that tells of the case, or of who asked."""
    return replace(
        view,
        case_number="",
        grounds=_NO_GROUNDS,
        asked_by="",
        reason="",
        ended_by="",
        end_reason="",
        picture=None,
        team=(),
    )


def blind_marks(mark: Exceptional | None, zone: str = ZONE) -> list[Json]:
    """The mark without its reason, which is a fact of the case."""
    return marks(mark and replace(mark, reason=""), zone)


def authorized_search_card(view: AuthorizationView, zone: str = ZONE) -> Message:
    """For the examiners' channel: a search that one of them may start, once."""
    title = f"Authorized search for {view.number}"
    seen = blind(view)
    blocks = [
        header(title),
        section(
            f"*Repository:* {one_line(seen.repository.name)}\n{state_words(seen, zone)}"
        ),
        context(SCOPE),
        *([actions(_start(seen))] if seen.state is AuthorizationState.GRANTED else []),
    ]
    return Message(f"{title}.", tuple(blocks))


def _start(view: AuthorizationView) -> Json:
    return button(
        "Start the search",
        ActionId.START_AUTHORIZED,
        ref(view.id, view.version),
        style="primary",
        confirm=confirm(
            "Start this search?",
            "One search only: the authorization is used up by it, whatever it finds. Your name is "
            "recorded.",
            "Start",
        ),
    )


def examiner_reminder(view: AuthorizationView, zone: str = ZONE) -> Message:
    said = (
        f"*{one_line(view.number)}:* the authorized search of {one_line(view.repository.name)} has "
        f"not been started. It lapses on {moment(view.expires_at, zone)}."
    )
    return Message(f"Reminder: a search for {view.number} waits.", (section(said),))


def told_examiners(view: AuthorizationView, zone: str = ZONE) -> Message:
    """What the examiners' channel is told when an authorization was given or has ended."""
    turned = _TURNED.get(view.state, "was granted")
    if view.state is AuthorizationState.REVOKED and view.searched:
        turned = "was revoked; what was found has been destroyed"
    said = (
        f"*{one_line(view.number)}:* the search of another repository, "
        f"{one_line(view.repository.name)}, {turned}.\n{state_words(blind(view), zone)}"
    )
    return Message(f"Authorization for {view.number}: news.", (section(said),))
