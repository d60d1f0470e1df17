"""The search a commander authorized: checked when it runs, used once, and undone when it must be."""

from collections.abc import Sequence
from datetime import datetime

from bot.casework.alerts import Alerts
from bot.casework.each import each
from bot.casework.probes import queue_search
from bot.casework.purging import purge
from bot.casework.recalling import (
    back_to_standard,
    move,
    recall,
    was_answered,
)
from bot.domain.actors import SYSTEM, Actor
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.authorizations import (
    REMINDERS,
    Authorization,
    AuthorizationState,
    AuthorizationStep,
    NotInForce,
    Use,
    check_in_force,
    stepped,
)
from bot.domain.requests import FaceRequest
from bot.domain.searches import Search
from bot.domain.work import OF_RESULTS, WorkItem
from bot.domain.workflow import SEARCH_UNDER_WAY, State, Step
from storage.database import Database, Snapshot, Transaction

ENDED_BY = {
    AuthorizationStep.EXPIRE: Verb.AUTHORIZATION_EXPIRED,
    AuthorizationStep.REVOKE: Verb.AUTHORIZATION_REVOKED,
    AuthorizationStep.WITHDRAW: Verb.AUTHORIZATION_WITHDRAWN,
}


async def check_use(
    snapshot: Snapshot,
    id: str,
    request: FaceRequest,
    repository: str,
    key: bytes,
    now: datetime,
    *,
    state: AuthorizationState,
) -> Authorization:
    """Return the authorization if it allows this very search now; raise NotInForce if not."""
    authorization = await snapshot.authorizations.find(id)
    if authorization is None:
        raise NotInForce(
            "There is no such authorization.", rule="AUTHORIZATION_UNKNOWN"
        )
    probe = await snapshot.probes.get(request.id)
    face = probe.face
    use = Use(
        request_id=request.id,
        case_number=request.asked.case_number,
        probe_sha256=probe.sha256,
        face_index=face.index if face else -1,
        face_place=face.place if face else "",
        repository=repository,
    )
    entries = await snapshot.audit.entries(id)
    history = [entry.event.verb for entry in entries]
    check_in_force(authorization, use, history, key, now, state=state)
    return authorization


async def check_running(
    snapshot: Snapshot, id: str, request: FaceRequest, key: bytes, now: datetime
) -> Authorization:
    """Return the authorization a search was ordered under; raise NotInForce if it allows none now."""
    found = await snapshot.authorizations.find(id)
    repository = found.repository if found else ""
    state = AuthorizationState.RUNNING
    return await check_use(snapshot, id, request, repository, key, now, state=state)


async def consume(
    tx: Transaction, authorization: Authorization, search: Search, found: int
) -> None:
    """Note that the one search was made; called in the transaction that writes its results."""
    consumed = authorization.take(AuthorizationStep.CONSUME)
    await tx.authorizations.save(consumed)
    facts = {
        "request": authorization.request_id,
        "search": search.id,
        "repository": authorization.repository,
        "candidates": found,
        **stepped(authorization.state, consumed),
    }
    await tx.audit.append(
        AuditEvent(
            search.finished_at,
            SYSTEM.person,
            Verb.AUTHORIZATION_CONSUMED,
            authorization.id,
            facts,
        )
    )


async def end(
    tx: Transaction,
    authorization: Authorization,
    step: AuthorizationStep,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> FaceRequest:
    """Expire, revoke or withdraw an authorization, and undo whatever has come of it."""
    ended = authorization.end(step, actor, reason, now)
    await tx.authorizations.save(ended)
    facts = {
        "request": ended.request_id,
        "repository": ended.repository,
        "reason": ended.end_reason,
        **stepped(authorization.state, ended),
        **by(actor),
    }
    await tx.audit.append(
        AuditEvent(now, actor.person, ENDED_BY[step], ended.id, facts)
    )
    return await _undo(tx, authorization, f"{ended.id} {ended.state}", now)


async def _undo(
    tx: Transaction, authorization: Authorization, why: str, now: datetime
) -> FaceRequest:
    request = await tx.requests.get(authorization.request_id)
    searches = await tx.searches.of(request.id)
    own = [s for s in searches if s.authorization_id == authorization.id]
    is_present = await _is_present(tx, authorization, searches)
    lead = await tx.leads.find(request.id)
    await purge(tx, own, why, now)
    if lead is not None and lead.authorization_id == authorization.id:
        await tx.work.cancel(request.id, OF_RESULTS)
        return await recall(tx, request, why, now)
    if is_present and request.state in SEARCH_UNDER_WAY:
        await tx.work.cancel(request.id, OF_RESULTS)
        if was_answered(searches, but=authorization.id):
            return await move(tx, request, Step.FALL_BACK, why, now)
        return await back_to_standard(tx, request, why, now)
    is_only_answer = bool(own) and not was_answered(searches, but=authorization.id)
    if request.state is State.NO_POSSIBLE_MATCH and is_only_answer:
        return await back_to_standard(tx, request, why, now)
    return request


async def _is_present(
    tx: Transaction, authorization: Authorization, searches: Sequence[Search]
) -> bool:
    """Whether what is being worked on now has come of this authorization."""
    if authorization.state is AuthorizationState.RUNNING:
        return True
    asked = await tx.authorizations.of(authorization.request_id)
    if any(one.state is AuthorizationState.RUNNING for one in asked):
        return False
    kept = [search for search in searches if search.purged_at is None]
    return bool(kept) and kept[-1].authorization_id == authorization.id


async def end_open(
    tx: Transaction, request_id: str, reason: str, *, actor: Actor, now: datetime
) -> None:
    """The request has ended: what was asked or granted for it is no longer wanted."""
    for authorization in await tx.authorizations.of(request_id):
        if authorization.state.is_open:
            await end(
                tx,
                authorization,
                AuthorizationStep.WITHDRAW,
                reason,
                actor=actor,
                now=now,
            )


async def expire(db: Database, now: datetime) -> list[str]:
    """End whatever has reached its hour; return what was ended. Harmless to repeat."""
    async with db.snapshot() as snapshot:
        over = await snapshot.authorizations.ending(now)
    return await each(over, lambda id: _expire(db, id, now))


async def _expire(db: Database, id: str, now: datetime) -> bool:
    async with db.transaction() as tx:
        authorization = await tx.authorizations.get(id)
        if not authorization.state.is_open or authorization.expires_at > now:
            return False
        step, reason = AuthorizationStep.EXPIRE, "Its time was over."
        await end(tx, authorization, step, reason, actor=SYSTEM, now=now)
    return True


async def remind(db: Database, now: datetime) -> None:
    """Have the cards of those redrawn whose end is near: the reminder is one of them."""
    async with db.transaction() as tx:
        for request in await tx.authorizations.requests_ending(now + max(REMINDERS)):
            await tx.requests.touch(request)


async def refuse_run(
    db: Database, item: WorkItem, why: NotInForce, alerts: Alerts, *, now: datetime
) -> None:
    """A search was to run that nobody authorized so: end it, record it, tell the supervisors."""
    about = item.subject or item.request_id
    async with db.transaction() as tx:
        await tx.work.finish(item)
        facts = {"request": item.request_id, "rule": why.rule, "reason": why.message}
        await tx.audit.append(
            AuditEvent(
                now,
                SYSTEM.person,
                Verb.AUTHORIZATION_NOT_IN_FORCE,
                about,
                facts,
            )
        )
        request_id = item.request_id
        await tell_supervisors(tx, alerts, about, request_id, why, done="stopped")
        await _end_run(tx, item, why, now)
        request = await tx.requests.get(item.request_id)
        if request.state in (State.READY, State.SEARCHING):
            go_on = _go_on if item.subject else _stop
            await go_on(tx, request, item, why, now)


async def _stop(
    tx: Transaction,
    request: FaceRequest,
    item: WorkItem,
    why: NotInForce,
    now: datetime,
) -> None:
    """Until a supervisor tries again: another worker set up like this one would be refused, too."""
    stopped = request.take(
        Step.GIVE_UP, now, reason="A technical problem delays this search."
    )
    await tx.requests.save(stopped)
    facts = {"work": item.kind, "error": why.rule, **moved(request, stopped)}
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.SEARCH_GIVEN_UP, request.id, facts)
    )


async def _go_on(
    tx: Transaction,
    request: FaceRequest,
    item: WorkItem,
    why: NotInForce,
    now: datetime,
) -> None:
    """Back to the answer there was, if nothing else was ordered: no search is made a second time."""
    asked = await tx.authorizations.of(request.id)
    searches, reason = await tx.searches.of(request.id), f"{item.subject} {why.rule}"
    if any(one.state is AuthorizationState.RUNNING for one in asked):
        await queue_search(tx, request, now)
    elif was_answered(searches, but=item.subject):
        await move(tx, request, Step.FALL_BACK, reason, now)
    else:
        await back_to_standard(tx, request, reason, now)


async def _end_run(
    tx: Transaction, item: WorkItem, why: NotInForce, now: datetime
) -> None:
    authorization = await tx.authorizations.find(item.subject)
    if authorization is None or authorization.request_id != item.request_id:
        return
    if authorization.state is AuthorizationState.RUNNING:
        is_late = why.rule == "AUTHORIZATION_EXPIRED"
        step = AuthorizationStep.EXPIRE if is_late else AuthorizationStep.REVOKE
        await end(tx, authorization, step, why.message, actor=SYSTEM, now=now)


async def tell_supervisors(
    tx: Transaction,
    alerts: Alerts,
    id: str,
    request_id: str,
    why: NotInForce,
    *,
    done: str,
) -> None:
    """``done`` is what was done about it: a start is refused, what runs is stopped."""
    await alerts.add(
        tx,
        f"not_in_force/{id}/{why.rule}/{done}",
        f"A search of another repository was {done}: {why.message} ({why.rule}, {id}, "
        f"{request_id})",
    )
