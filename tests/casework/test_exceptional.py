"""The end of an authorization: from wherever the request stands, and harmless to repeat."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.casework.alerts import Alerts
from bot.casework.exceptional import end, end_open, expire, refuse_run, remind
from bot.domain.actors import SYSTEM
from bot.domain.audit import Verb
from bot.domain.authorizations import (
    AuthorizationState,
    AuthorizationStep,
    NotInForce,
)
from bot.domain.examinations import Seat
from bot.domain.work import WorkItem, WorkKind
from bot.domain.workflow import State
from storage.database import Database
from tests.builders import (
    COMMANDER,
    NOON,
    REQUEST,
    a_gallery,
    a_lead,
    a_photograph,
    a_probe,
    a_request,
    a_search,
    an_authorization,
    candidates,
)

ID = "AU-1"
UNDER_WAY = {
    State.CHECKING,
    State.READY,
    State.SEARCHING,
    State.SEARCH_FAILED,
    State.EXAMINATION,
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.CONTEXT_CHECK,
    State.SUPERVISOR_REVIEW,
}
WITH_A_LEAD = {State.RELEASED, State.ACKNOWLEDGED, State.CORROBORATED}
REVOCABLE = (
    AuthorizationState.GRANTED,
    AuthorizationState.RUNNING,
    AuthorizationState.CONSUMED,
)
LEASE = timedelta(seconds=15)


def after(state: State, before: AuthorizationState, *, answered: bool) -> State:
    """Where a request is after a revocation."""
    is_used = before is not AuthorizationState.GRANTED
    is_found = before is AuthorizationState.CONSUMED
    if is_found and state in WITH_A_LEAD:
        return State.RECALLED
    if is_used and state in UNDER_WAY:
        return State.NO_POSSIBLE_MATCH if answered else State.EXAMINATION
    if is_found and state is State.NO_POSSIBLE_MATCH and not answered:
        return State.EXAMINATION
    return state


async def a_case(
    db: Database, state: State, before: AuthorizationState, *, answered: bool
) -> None:
    """The standard search, with an answer or abandoned, and what the authorized one has found."""
    is_found = before is AuthorizationState.CONSUMED
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=state))
        await tx.probes.add(a_probe())
        await tx.galleries.add(a_gallery())
        for photo in (c.photo_id for c in candidates(4)):
            await tx.photographs.add(a_photograph(id=photo))
        first, *others = candidates(4)
        standard = a_search(id="S-1")
        await tx.searches.add(standard, [replace(first, search_id="S-1")])
        if answered:
            await tx.searches.conclude("S-1", NOON)
        await tx.authorizations.add(an_authorization(before))
        if is_found:
            own = replace(a_search(id="S-2"), authorization_id=ID)
            listed = [replace(c, search_id="S-2") for c in others]
            await tx.searches.add(own, listed)
        if is_found and state in WITH_A_LEAD:
            lead = a_lead(candidate_id="C-2", photo_id="PHOTO-C-2")
            await tx.leads.add(replace(lead, authorization_id=ID))


async def revoked(db: Database) -> None:
    async with db.transaction() as tx:
        granted = await tx.authorizations.get(ID)
        step, why = AuthorizationStep.REVOKE, "He was found by other means."
        await end(tx, granted, step, why, actor=COMMANDER, now=NOON)


async def state_of(db: Database) -> State:
    async with db.snapshot() as snapshot:
        return (await snapshot.requests.get(REQUEST)).state


@pytest.mark.parametrize(
    ("state", "before", "answered"), list(product(State, REVOCABLE, (True, False)))
)
async def test_wherever_a_request_stands_a_revocation_leads_it_back(
    db: Database, state: State, before: AuthorizationState, *, answered: bool
) -> None:
    await a_case(db, state, before, answered=answered)
    await revoked(db)
    assert await state_of(db) is after(state, before, answered=answered)
    async with db.snapshot() as snapshot:
        standard, *own = await snapshot.searches.of(REQUEST)
        assert standard.purged_at is None
        assert len(await snapshot.searches.candidates("S-1")) == 1
        assert all(search.purged_at == NOON for search in own)
        assert all([not await snapshot.searches.candidates(s.id) for s in own])
        assert await snapshot.leads.find(REQUEST) is None
        work = [(w.kind, w.subject) for w in await snapshot.work.open_for(REQUEST)]
        opened = await snapshot.examinations.of(REQUEST)
        request = await snapshot.requests.get(REQUEST)
    assert all(e.search_id == "S-1" and e.seat is Seat.FIRST for e in opened)
    assert all(e.round == request.round == 2 for e in opened)
    assert work == [(WorkKind.DRAW_ALONE, e.id) for e in opened]
    is_used = before is not AuthorizationState.GRANTED and state in UNDER_WAY
    is_closed = state is State.NO_POSSIBLE_MATCH
    is_found = before is AuthorizationState.CONSUMED and is_closed
    assert bool(opened) is ((is_used or is_found) and not answered)


async def test_a_search_of_the_standard_repository_is_queued_without_authorization(
    db: Database,
) -> None:
    running = an_authorization(AuthorizationState.RUNNING)
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=State.SEARCHING))
        await tx.probes.add(a_probe())
        await tx.authorizations.add(running)
        await tx.work.add(WorkKind.SEARCH, REQUEST, ID, now=NOON)
    await revoked(db)
    assert await state_of(db) is State.READY
    async with db.snapshot() as snapshot:
        [work] = await snapshot.work.open_for(REQUEST)
    assert (work.kind, work.subject) == (WorkKind.SEARCH, "")


@pytest.mark.parametrize("state", list(AuthorizationState))
async def test_only_what_is_open_ends_with_its_request(
    db: Database, state: AuthorizationState
) -> None:
    await a_case(db, State.WITHDRAWN, state, answered=True)
    async with db.transaction() as tx:
        await end_open(tx, REQUEST, "It was withdrawn.", actor=SYSTEM, now=NOON)
        ended = await tx.authorizations.get(ID)
    assert ended.state is (AuthorizationState.WITHDRAWN if state.is_open else state)


@pytest.mark.parametrize("state", list(AuthorizationState))
async def test_only_what_is_open_expires_and_once(
    db: Database, state: AuthorizationState
) -> None:
    await a_case(db, State.NO_POSSIBLE_MATCH, state, answered=True)
    due = an_authorization().expires_at
    assert await expire(db, due - timedelta(microseconds=1)) == []
    assert len(await expire(db, due)) == int(state.is_open)
    assert await expire(db, due) == []
    async with db.snapshot() as snapshot:
        ended = await snapshot.authorizations.get(ID)
        entries = await snapshot.audit.entries(ID)
    assert ended.state is (AuthorizationState.EXPIRED if state.is_open else state)
    verbs = [entry.event.verb for entry in entries]
    assert verbs.count(Verb.AUTHORIZATION_EXPIRED) == int(state.is_open)


@pytest.mark.parametrize(
    ("hours_left", "redrawn"), [(25, False), (24, True), (4, True)]
)
async def test_a_request_is_redrawn_when_somebody_has_to_be_reminded(
    db: Database, hours_left: int, *, redrawn: bool
) -> None:
    granted = AuthorizationState.GRANTED
    await a_case(db, State.NO_POSSIBLE_MATCH, granted, answered=True)
    async with db.transaction() as tx:
        await tx.requests.drawn(REQUEST, await tx.requests.mark(REQUEST))
    await remind(db, an_authorization().expires_at - timedelta(hours=hours_left))
    async with db.snapshot() as snapshot:
        assert (REQUEST in await snapshot.requests.stale()) is redrawn


# --- a run that nobody authorized


async def claimed(db: Database, subject: str) -> WorkItem:
    async with db.transaction() as tx:
        await tx.work.add(WorkKind.SEARCH, REQUEST, subject, now=NOON)
        item = await tx.work.claim("W-1", NOON, LEASE)
    assert item is not None
    return item


WHY = NotInForce("There is no such authorization.", rule="AUTHORIZATION_UNKNOWN")
ALERTS = Alerts("C-SUPERVISORS", lambda: NOON)


async def test_a_run_under_no_authorization_is_told_and_the_standard_list_reopened(
    db: Database,
) -> None:
    await a_case(db, State.READY, AuthorizationState.EXPIRED, answered=False)
    await refuse_run(db, await claimed(db, "AU-9"), WHY, ALERTS, now=NOON)
    async with db.snapshot() as snapshot:
        [work] = await snapshot.work.open_for(REQUEST)
        [told] = await snapshot.outbox.heads(NOON)
        [refused] = await snapshot.audit.entries("AU-9")
        [examination] = await snapshot.examinations.of(REQUEST)
    assert (work.kind, work.subject) == (WorkKind.DRAW_ALONE, examination.id)
    assert examination.search_id == "S-1"
    assert "AUTHORIZATION_UNKNOWN" in told.text + str(told.blocks)
    assert refused.event.verb is Verb.AUTHORIZATION_NOT_IN_FORCE


async def test_a_run_under_the_authorization_of_another_request_does_not_end_it(
    db: Database,
) -> None:
    await a_case(db, State.READY, AuthorizationState.DENIED, answered=False)
    other = an_authorization(
        AuthorizationState.RUNNING, id="AU-2", request_id="FIS-2026-000124"
    )
    async with db.transaction() as tx:
        await tx.requests.add(a_request(id=other.request_id))
        await tx.authorizations.add(other)
    await refuse_run(db, await claimed(db, other.id), WHY, ALERTS, now=NOON)
    async with db.snapshot() as snapshot:
        assert await snapshot.authorizations.get(other.id) == other


@pytest.mark.parametrize(
    ("rule", "ended"),
    [
        ("AUTHORIZATION_EXPIRED", AuthorizationState.EXPIRED),
        ("AUTHORIZATION_ALTERED", AuthorizationState.REVOKED),
        ("AUTHORIZATION_SCOPE", AuthorizationState.REVOKED),
    ],
)
async def test_a_run_that_is_refused_ends_its_authorization_and_goes_back(
    db: Database, rule: str, ended: AuthorizationState
) -> None:
    await a_case(db, State.SEARCHING, AuthorizationState.RUNNING, answered=True)
    why = NotInForce("It is not as it was granted.", rule=rule)
    await refuse_run(db, await claimed(db, ID), why, ALERTS, now=NOON)
    assert await state_of(db) is State.NO_POSSIBLE_MATCH
    async with db.snapshot() as snapshot:
        assert (await snapshot.authorizations.get(ID)).state is ended
        assert await snapshot.work.open_for(REQUEST) == []
