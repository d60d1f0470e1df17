"""Authorizations as they are shown, and how whatever came of one is marked."""

from collections.abc import Callable, Iterable

from bot.domain.authorizations import Authorization, AuthorizationState, named_team
from bot.domain.repositories import Repositories, Repository
from bot.domain.searches import Search
from bot.views.authorizations import AuthorizationView, Exceptional, Named
from storage.database import Snapshot

_REVOCABLE = (
    AuthorizationState.GRANTED,
    AuthorizationState.RUNNING,
    AuthorizationState.CONSUMED,
)


def mark(authorization: Authorization, *, with_reason: bool) -> Exceptional:
    """The reason may hold facts of the case: not for examiners, who are blind to them."""
    return Exceptional(
        repository=authorization.repository,
        authorization=authorization.id,
        title=authorization.decided_title,
        decided_by=authorization.decided_by or "",
        decided_at=authorization.decided_at or authorization.asked_at,
        reason=authorization.reason if with_reason else "",
        state=authorization.state,
    )


async def mark_of(
    snapshot: Snapshot, search: Search, *, with_reason: bool
) -> Exceptional | None:
    """How what a search found is marked; None if it was of the standard repository."""
    if search.authorization_id is None:
        return None
    authorization = await snapshot.authorizations.get(search.authorization_id)
    return mark(authorization, with_reason=with_reason)


def named(
    asked: Iterable[Authorization], account_of: Callable[[str], str | None]
) -> tuple[Named, ...]:
    """Whoever the questions of one request name as working its case."""
    return tuple(
        Named(person, account_of(person) or _stranger(person))
        for person in named_team(asked)
    )


def _stranger(person: str) -> str:
    """Whoever is not on the role map was noted by account."""
    account = person.removeprefix("account ")
    return "" if account == person else account


def seen(
    authorization: Authorization,
    repositories: Repositories,
    *,
    picture: str | None = None,
    faces: int = 1,
    team: tuple[Named, ...] = (),
    searched: bool = False,
) -> AuthorizationView:
    """An authorization as it is drawn; ``faces`` is how many the probe shows."""
    name = authorization.repository
    # A repository may have been taken off the file since: what was decided stays readable.
    held = repositories.exceptional.get(name) or Repository(name, "", "", "", "")
    return AuthorizationView(
        id=authorization.id,
        version=authorization.version,
        number=authorization.request_id,
        case_number=authorization.case_number,
        repository=held,
        state=authorization.state,
        grounds=authorization.grounds,
        asked_by=authorization.asked_by_account,
        asked_at=authorization.asked_at,
        expires_at=authorization.expires_at,
        decided_by=authorization.decided_by_account,
        decided_title=authorization.decided_title,
        decided_at=authorization.decided_at,
        reason=authorization.reason,
        ended_by=authorization.ended_by_account,
        ended_at=authorization.ended_at,
        end_reason=authorization.end_reason,
        picture=picture,
        face=authorization.face_index + 1 if faces > 1 else None,
        can_be_revoked=authorization.state in _REVOCABLE,
        team=team,
        searched=searched,
    )
