"""Reads what decides which pictures of a request may be in Slack now."""

from collections.abc import Sequence

from bot.domain.authorizations import Authorization, AuthorizationState
from bot.domain.pictures import Standing, edit_key
from bot.domain.requests import FaceRequest
from storage.database import Snapshot


async def standing_of(
    snapshot: Snapshot,
    request: FaceRequest,
    asked: Sequence[Authorization] | None = None,
) -> Standing:
    """A commander sees a probe until it is decided, an examiner that of the present round.

    Not after it is submitted: whoever compares next analyses the probe first, and all threads are in one
    channel (policy 3.3, linear ACE).
    """
    if asked is None:
        asked = await snapshot.authorizations.of(request.id)
    undecided = frozenset(a.id for a in asked if a.state is AuthorizationState.PENDING)
    examinations = await snapshot.examinations.of(request.id)
    return Standing(
        request,
        undecided=undecided,
        decided=frozenset(a.id for a in asked) - undecided,
        closed=frozenset(
            examination.id
            for examination in examinations
            if examination.round != request.round
            or not examination.order
            or examination.left_at is not None
            or examination.submitted_at is not None
        ),
        compared=frozenset(
            examination.id
            for examination in examinations
            if examination.round == request.round
            and examination.order
            and examination.submitted_at is not None
        ),
        sealed=await snapshot.pictures.sealed(request.id),
        edited=frozenset(
            edit_key(draft.examination_id, draft.id)
            for draft in await snapshot.edit_drafts.of(request.id)
        ),
    )
