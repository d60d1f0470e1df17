"""What every screen of another repository shares: one authorization in words, and the mark of what came of it."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.authorizations import AuthorizationState, Grounds
from bot.domain.repositories import Repository
from bot.views.blocks import Json, section
from bot.views.text import ZONE, fitted, line, mention, moment, quoted

SCOPE = "One request, one image, one repository, one search."
_NAME_MAX = 150
_REASON_MAX = 600
_MARK_REASON_MAX = 1500


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody named as working the case; ``account`` is empty where the role map knows none."""

    person: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class AuthorizationView:
    """One authorization as whoever is concerned may see it; people are Slack accounts.

    ``number`` is the request's; ``searched`` says whether its search was made; ``team`` is whoever any question of it named. An empty ``ended_by`` stands for the
    system, an empty ``decided_by`` for nobody yet. ``picture`` is the Slack file of the probe, and
    ``face`` the number of the face meant, from 1, where the probe shows several.
    """

    id: str
    version: int
    number: str
    case_number: str
    repository: Repository
    state: AuthorizationState
    grounds: Grounds
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str = ""
    decided_title: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    ended_by: str = ""
    ended_at: datetime | None = None
    end_reason: str = ""
    picture: str | None = None
    face: int | None = None
    can_be_revoked: bool = False
    team: tuple[Named, ...] = ()
    searched: bool = False


@dataclass(frozen=True, slots=True)
class Exceptional:
    """How everything that came of an exceptional search is marked.

    ``authorization`` is its id, ``title`` the office, ``decided_by`` a badge or whatever else is to
    be read. ``reason`` is a fact of the case: left empty for examiners. ``state`` is how the
    authorization stands.
    """

    repository: str
    authorization: str
    title: str
    decided_by: str
    decided_at: datetime
    reason: str = ""
    state: AuthorizationState = AuthorizationState.CONSUMED


def exceptional_mark(mark: Exceptional, zone: str = ZONE) -> Json:
    """The first block of everything that came of an exceptional search."""
    told = (
        f"*EXCEPTIONAL REPOSITORY · {one_line(mark.repository)}* · authorized by the "
        f"{one_line(mark.title or 'commander')} on {moment(mark.decided_at, zone)} · "
        f"{one_line(mark.authorization)}"
    )
    reason = f"\n*Reason given*\n{quoted(mark.reason, _MARK_REASON_MAX)}"
    return section(told + reason if mark.reason else told)


def marks(mark: Exceptional | None, zone: str = ZONE) -> list[Json]:
    """The mark, if there is anything to mark."""
    return [] if mark is None else [exceptional_mark(mark, zone)]


def purged_words(mark: Exceptional | None, *, sealed: bool = False) -> str:
    """What is said where something was found once; its authorization may stand all the same, if a
    sign-off was missing. ``sealed``: by an order to seal one of the photographs, nobody says which."""
    if sealed:
        return f"{SEALED} What was found has been destroyed."
    why = _WHY_PURGED.get(mark.state) if mark else None
    return f"{why or 'This search is no longer covered.'} What was found has been destroyed."


SEALED = "A photograph that was compared here has been sealed by order (CPL 160.50)."

_WHY_PURGED = {
    AuthorizationState.EXPIRED: "The time of the authorization was over.",
    AuthorizationState.REVOKED: "The authorization was revoked.",
}


def state_words(view: AuthorizationView, zone: str = ZONE) -> str:
    """Where an authorization stands, in one line."""
    expiry = moment(view.expires_at, zone)
    match view.state:
        case AuthorizationState.PENDING:
            return (
                f"Waiting for a commander to decide. The question lapses on {expiry}."
            )
        case AuthorizationState.GRANTED:
            return f"{_decided('Granted', view, zone)} Valid until {expiry}."
        case AuthorizationState.RUNNING:
            return f"{_decided('Granted', view, zone)} Its one search has been started."
        case AuthorizationState.CONSUMED:
            return f"{_decided('Granted', view, zone)} Consumed: its one search has been made."
        case AuthorizationState.DENIED:
            return _decided("Denied", view, zone) + _because(view.reason)
        case AuthorizationState.EXPIRED:
            return _expired(view, zone)
        case AuthorizationState.REVOKED:
            return _ended("Revoked", view, zone) + _because(view.end_reason)
        case AuthorizationState.WITHDRAWN:
            return _ended("Withdrawn", view, zone) + _because(view.end_reason)


def granted_words(view: AuthorizationView, zone: str = ZONE) -> str:
    """The same words as long as its search may be to come, under way or made."""
    expiry = moment(view.expires_at, zone)
    return f"{_decided('Granted', view, zone)} It allows one search, until {expiry}."


def one_line(text: str, most: int = _NAME_MAX) -> str:
    return fitted(line(text), most)


def _decided(done: str, view: AuthorizationView, zone: str) -> str:
    title = f"the {one_line(view.decided_title)}" if view.decided_title else ""
    account = mention(view.decided_by) if view.decided_by else ""
    who = ", ".join(filter(None, (title, account))) or "a commander"
    return f"{done} by {who}{_on(view.decided_at, zone)}."


def _ended(done: str, view: AuthorizationView, zone: str) -> str:
    who = f" by {mention(view.ended_by)}" if view.ended_by else ""
    return f"{done}{who}{_on(view.ended_at, zone)}."


def _expired(view: AuthorizationView, zone: str) -> str:
    at = moment(view.ended_at or view.expires_at, zone)
    why = "nobody decided it in time" if view.decided_at is None else "its time is over"
    return f"Expired on {at}: {why}. It allows nothing any more."


def _on(at: datetime | None, zone: str) -> str:
    return f", {moment(at, zone)}" if at else ""


def _because(reason: str) -> str:
    return f" Reason given: {one_line(reason, _REASON_MAX)}" if reason else ""
