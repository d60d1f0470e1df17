"""A supervisor's word: before and after a search for an imminent threat, and after one that failed."""

from datetime import datetime, timedelta

from bot.casework.alerts import Alerts
from bot.casework.each import each
from bot.casework.exceptional import end_open
from bot.casework.failures import find_failures, try_again
from bot.casework.probes import queue_search
from bot.casework.purging import purge
from bot.domain.actors import (
    SYSTEM,
    Actor,
    Part,
    Role,
    check_holds,
    check_plays_no_part,
)
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.authorizations import check_reason
from bot.domain.requests import FaceRequest
from bot.domain.rulings import LAPSED, STARTED, WRITTEN, RulingRecord
from bot.domain.work import WorkKind
from bot.domain.workflow import State, Step, can_step
from bot.errors import Refusal
from storage.database import Database, Snapshot, Transaction

_HELD = (
    "There was no written sign-off for the imminent threat in time. What was found has been destroyed "
    "and must not be used."
)


async def sign_off(
    db: Database, id: str, *, granted: bool, actor: Actor, now: datetime
) -> FaceRequest:
    """Let a search for purpose F start on a supervisor's word, or refuse it (policy 7, A34).

    Whoever does is thereby the supervisor of this request, and may rule on its release later. The
    written sign-off is due within hours: see ``write`` and ``lapse``.
    """
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_holds(actor, Role.SUPERVISOR, "signs for a search")
        # Whoever allowed the same image to be searched again is its supervisor already.
        others = await tx.requests.parts(id) - {(actor.person, Part.SUPERVISOR)}
        check_plays_no_part(actor, others, "sign for it")
        step = Step.SIGN_OFF if granted else Step.REFUSE
        signed = request.take(
            step,
            now,
            reason="" if granted else "A supervisor did not sign for this search.",
        )
        await tx.requests.save(signed)
        ruling = STARTED if granted else step
        await tx.rulings.add(
            RulingRecord(id, request.round, actor.person, ruling, "", now)
        )
        if granted:
            await queue_search(tx, signed, now)
        verb = Verb.SIGN_OFF_GIVEN if granted else Verb.SIGN_OFF_DENIED
        facts = by(actor) | moved(request, signed)
        await tx.audit.append(AuditEvent(now, actor.person, verb, id, facts))
    return signed


async def write(
    db: Database, id: str, reason: str, *, hours: int, actor: Actor, now: datetime
) -> FaceRequest:
    """Give the written sign-off of a threat search that was started; any supervisor may."""
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_holds(actor, Role.SUPERVISOR, "signs for a search")
        others = await tx.requests.parts(id) - {(actor.person, Part.SUPERVISOR)}
        check_plays_no_part(actor, others, "sign for it")
        started = await due(tx, id)
        if started is None or request.state is State.WITHDRAWN:
            raise Refusal("No written sign-off is due on this request.", rule="STATE")
        if now >= started.at + timedelta(hours=hours):
            raise Refusal(
                "The time for the written sign-off is over.", rule="SIGN_OFF_LAPSED"
            )
        check_reason(reason)
        await tx.rulings.add(
            RulingRecord(id, request.round, actor.person, WRITTEN, reason.strip(), now)
        )
        facts = {"reason": reason.strip(), **by(actor)}
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.SIGN_OFF_WRITTEN, id, facts)
        )
    return request


async def due(tx: Snapshot, id: str) -> RulingRecord | None:
    """The start of a threat search for which a written sign-off is still awaited."""
    rulings = await tx.rulings.of(id)
    if any(ruling.ruling in (WRITTEN, LAPSED) for ruling in rulings):
        return None
    return next((r for r in rulings if r.ruling == STARTED), None)


async def lapse(db: Database, hours: int, alerts: Alerts, now: datetime) -> list[str]:
    """Hold every threat search whose written sign-off did not come in time, and destroy what it
    found (policy 7, A34); return which. Harmless to repeat."""
    async with db.snapshot() as snapshot:
        overdue = await snapshot.rulings.without(
            STARTED, (WRITTEN, LAPSED), now - timedelta(hours=hours)
        )
    return await each(overdue, lambda id: _lapse(db, id, alerts, now))


async def _lapse(db: Database, id: str, alerts: Alerts, now: datetime) -> bool:
    async with db.transaction() as tx:
        if await due(tx, id) is None:
            return False
        request = await tx.requests.get(id)
        await tx.rulings.add(
            RulingRecord(id, request.round, SYSTEM.person, LAPSED, "", now)
        )
        await end_open(tx, id, "The request was held.", actor=SYSTEM, now=now)
        request = await tx.requests.get(id)
        await purge(tx, await tx.searches.of(id), "no written sign-off", now)
        await tx.work.cancel(id)
        facts = await _hold(tx, request, now)
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.SIGN_OFF_LAPSED, id, facts)
        )
        is_held = " is held" if "to" in facts else ""
        text = (
            f"{id}{is_held}: the written sign-off for an imminent threat did not come in time. What "
            "was found has been destroyed."
        )
        await alerts.add(tx, f"held/{id}", text, request_id=id)
    return True


async def _hold(
    tx: Transaction, request: FaceRequest, now: datetime
) -> dict[str, object]:
    """What has ended without a result stays as it ended; everything else is held."""
    if not can_step(request.state, Step.HOLD):
        return {"state": request.state}
    held = request.take(Step.HOLD, now, reason=_HELD)
    await tx.requests.save(held)
    return moved(request, held)


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
