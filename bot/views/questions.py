"""What whoever asked for another repository reads of it: no grounds, and not how far the work is."""

from collections.abc import Iterator

from bot.domain.authorizations import AuthorizationState
from bot.views.authorizations import (
    AuthorizationView,
    granted_words,
    one_line,
    state_words,
)
from bot.views.blocks import Json, actions, button, confirm, context, section
from bot.views.ids import ActionId, ref
from bot.views.lead import UNVERSIONED
from bot.views.text import ZONE, Message

SHOWN_MAX = 5

_GRANTED = (
    AuthorizationState.GRANTED,
    AuthorizationState.RUNNING,
    AuthorizationState.CONSUMED,
)

_TURNED: dict[AuthorizationState, str] = {
    AuthorizationState.PENDING: "waits for a commander",
    AuthorizationState.DENIED: "was denied",
    AuthorizationState.EXPIRED: "has expired",
    AuthorizationState.REVOKED: "was granted and has been revoked",
    AuthorizationState.WITHDRAWN: "was withdrawn",
}
_DESTROYED = "Nothing that came of it may be used. What its search found is destroyed."
_NEVER_SEARCHED = "No search was made under it."


def questions(
    number: str,
    authorizations: tuple[AuthorizationView, ...],
    *,
    answered: bool,
    zone: str = ZONE,
) -> Iterator[Json]:
    """Where each stands, the latest last; ``answered``: the request has its answer."""
    older = len(authorizations) - SHOWN_MAX
    if older > 0:
        yield context(
            f"{older} earlier questions for another repository are on record."
        )
    for asked in authorizations[-SHOWN_MAX:]:
        stands = _stands(asked, zone, answered=answered)
        yield section(
            f"*Another repository:* {one_line(asked.repository.name)}\n{stands}"
        )
        if asked.state is AuthorizationState.PENDING:
            yield actions(_withdraw(number))


def _stands(asked: AuthorizationView, zone: str, *, answered: bool) -> str:
    """Whether its search is under way or made would tell how far the work is."""
    if asked.state in _GRANTED and not answered:
        return granted_words(asked, zone)
    return state_words(asked, zone)


def told_requester(view: AuthorizationView, zone: str = ZONE) -> Message:
    """What whoever asked is told when a question was decided, or has ended."""
    turned = _TURNED.get(view.state, "was granted")
    told = [
        f"*Request {one_line(view.number)}:* the question for another repository, "
        f"{one_line(view.repository.name)}, {turned}.",
        _stands(view, zone, answered=False),
        *_revoked(view),
    ]
    return Message(
        f"Request {view.number}: there is news.", (section("\n".join(told)),)
    )


def _revoked(view: AuthorizationView) -> Iterator[str]:
    if view.state is AuthorizationState.REVOKED:
        yield _DESTROYED if view.searched else _NEVER_SEARCHED


def _withdraw(number: str) -> Json:
    return button(
        "Withdraw the question",
        ActionId.WITHDRAW_AUTHORIZATION,
        ref(number, UNVERSIONED),
        confirm=confirm(
            "Withdraw the question?",
            "No commander decides it any more. Your request stays as it is.",
            "Withdraw",
        ),
    )
