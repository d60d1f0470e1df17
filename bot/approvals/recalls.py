"""A lead taken back by hand: somebody in the section has learned that it is false (policy 6.3, 22)."""

from datetime import datetime

from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.authorizations import check_reason
from bot.domain.leads import check_may_recall
from bot.domain.requests import FaceRequest
from bot.domain.rulings import RECALLED_BY_HAND, RulingRecord
from bot.domain.work import OF_RESULTS
from bot.domain.workflow import Step
from bot.errors import Refusal
from storage.database import Database, Snapshot


async def check_can_recall(
    snapshot: Snapshot, id: str, *, actor: Actor, now: datetime
) -> FaceRequest:
    """Return the request with its lead recalled; refuse whoever may not, and where there is no lead."""
    check_may_recall(actor, await snapshot.requests.parts(id))
    request = await snapshot.requests.get(id)
    recalled = request.take(Step.RECALL, now)
    if await snapshot.leads.find(id) is None:
        raise Refusal("There is no lead on this request.", rule="NO_LEAD")
    return recalled


async def recall(
    db: Database, id: str, reason: str, *, actor: Actor, now: datetime
) -> FaceRequest:
    """Take a released lead back, whether or not its requester has opened it. The requester is told why.

    Unlike a sealing it destroys nothing: who found what has to stay explainable, to the defence as well.
    What its pictures are in Slack is removed, because the request has ended (``is_over``).
    """
    async with db.transaction() as tx:
        await check_can_recall(tx, id, actor=actor, now=now)
        check_reason(reason)
        said = reason.strip()
        request = await tx.requests.get(id)
        after = request.take(Step.RECALL, now, reason=said)
        await tx.requests.save(after)
        await tx.rulings.add(
            RulingRecord(id, request.round, actor.person, RECALLED_BY_HAND, said, now)
        )
        await tx.work.cancel(id, OF_RESULTS)
        facts = {"reason": said, **by(actor), **moved(request, after)}
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.LEAD_RECALLED, id, facts)
        )
    return after
