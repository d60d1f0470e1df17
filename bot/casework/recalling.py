"""Takes back what a search has led to and can no longer stand: its list, its answer, its lead."""

from collections.abc import Sequence
from datetime import datetime

from bot.approvals.examinations import open_examination
from bot.casework.probes import queue_search
from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb, moved
from bot.domain.examinations import Seat
from bot.domain.requests import FaceRequest
from bot.domain.searches import Search
from bot.domain.workflow import State, Step
from storage.database import Transaction


def was_answered(searches: Sequence[Search], *, but: str) -> bool:
    """Whether another search than that of authorization ``but`` ended with no possible match, and its
    answer still stands."""
    return any(
        search.concluded_at is not None
        and search.purged_at is None
        and search.authorization_id != but
        for search in searches
    )


async def back_to_standard(
    tx: Transaction, request: FaceRequest, why: str, now: datetime
) -> FaceRequest:
    """To the list that nobody has answered; no search is made a second time."""
    for search in reversed(await tx.searches.of(request.id)):
        is_standard = search.authorization_id is None and search.purged_at is None
        if is_standard and await tx.searches.candidates(search.id):
            reopened = await move(tx, request, Step.REOPEN, why, now)
            await open_examination(tx, reopened, search.id, Seat.FIRST, now)
            return reopened
    return await search_again(tx, request, why, now)


async def search_again(
    tx: Transaction, request: FaceRequest, why: str, now: datetime
) -> FaceRequest:
    """A new search of the standard repository, for examiners who have not compared before."""
    resumed = await move(tx, request, Step.RESUME, why, now)
    await queue_search(tx, resumed, now)
    return resumed


async def recall(
    tx: Transaction, request: FaceRequest, why: str, now: datetime, *, reason: str = ""
) -> FaceRequest:
    """Take the lead back for what nobody has clicked; one that was taken back by hand already stays so."""
    if request.state is State.RECALLED:
        return request
    return await move(tx, request, Step.RECALL, why, now, reason=reason)


async def move(
    tx: Transaction,
    request: FaceRequest,
    step: Step,
    why: str,
    now: datetime,
    *,
    reason: str = "",
) -> FaceRequest:
    """Take a step that nobody has clicked; ``why`` is for the record, ``reason`` for the requester."""
    after = request.take(step, now, reason=reason)
    await tx.requests.save(after)
    facts = {"why": why, **moved(request, after)}
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.RESULTS_ABANDONED, request.id, facts)
    )
    return after
