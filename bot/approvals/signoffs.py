"""A supervisor's signature: before a search for an imminent threat, and after one that failed."""

from datetime import datetime

from bot.casework.failures import find_failures, try_again
from bot.casework.probes import queue_search
from bot.domain.actors import Actor, Part, Role, check_holds, check_plays_no_part
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.requests import FaceRequest
from bot.domain.rulings import RulingRecord
from bot.domain.work import WorkKind
from bot.domain.workflow import State, Step
from storage.database import Database


async def sign_off(
    db: Database, id: str, *, granted: bool, actor: Actor, now: datetime
) -> FaceRequest:
    """Let a search for purpose F start, or refuse it (policy 7, A34).

    Whoever signs is thereby the supervisor of this request, and may rule on its release later.
    """
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_holds(actor, Role.SUPERVISOR, "signs for a search")
        check_plays_no_part(actor, await tx.requests.parts(id), "sign for it")
        step = Step.SIGN_OFF if granted else Step.REFUSE
        signed = request.take(
            step,
            now,
            reason="" if granted else "A supervisor did not sign for this search.",
        )
        await tx.requests.save(signed)
        await tx.rulings.add(
            RulingRecord(id, request.round, actor.person, step, "", now)
        )
        if granted:
            await queue_search(tx, signed, now)
        verb = Verb.SIGN_OFF_GIVEN if granted else Verb.SIGN_OFF_DENIED
        facts = by(actor) | moved(request, signed)
        await tx.audit.append(AuditEvent(now, actor.person, verb, id, facts))
    return signed


async def retry(db: Database, id: str, *, actor: Actor, now: datetime) -> FaceRequest:
    """Try again what failed for technical reasons."""
    async with db.transaction() as tx:
        check_holds(actor, Role.SUPERVISOR, "starts a failed search again")
        # Who signed for the search, or has read its record, may; requester and examiners may not.
        others = await tx.requests.parts(id) - {(actor.person, Part.SUPERVISOR)}
        check_plays_no_part(actor, others, "start it again")
        failed = await tx.requests.get(id)
        if failures := await find_failures(tx, failed):
            await try_again(tx, failed, failures, now)
            facts = by(actor) | failures.facts()
            await tx.audit.append(
                AuditEvent(now, actor.person, Verb.WORK_RETRIED, id, facts)
            )
            if failed.state is not State.SEARCH_FAILED:
                return failed
        is_stored = await tx.probes.find(id) is not None
        step = Step.RETRY if is_stored else Step.REFETCH
        kind = WorkKind.CHECK_PROBE if is_stored else WorkKind.FETCH
        retried = failed.take(step, now)
        await tx.requests.save(retried)
        await tx.work.add(kind, id, priority=retried.asked.category.priority, now=now)
        facts = by(actor) | moved(failed, retried)
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.SEARCH_RETRIED, id, facts)
        )
    return retried
