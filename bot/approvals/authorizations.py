"""Another repository: asked for, decided by a commander, searched once, revoked (policy 6.4)."""

import secrets
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.casework.exceptional import check_use, end
from bot.casework.probes import queue_search
from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.authorizations import (
    Authorization,
    AuthorizationState,
    AuthorizationStep,
    Grounds,
    can_decide,
    check_decision,
    check_grounds,
    check_may_ask,
    check_may_decide,
    check_may_revoke,
    check_may_start,
    check_on_file,
    check_order,
    check_reason,
    check_scope_is_new,
    check_team,
    seal,
    stepped,
)
from bot.domain.repositories import Repositories, Repository
from bot.domain.requests import FaceRequest
from bot.domain.work import OF_RESULTS, WorkKind
from bot.domain.workflow import State, Step
from bot.errors import NotPermitted, Refusal
from storage.database import Database, Snapshot


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: one request, one repository, and why."""

    request_id: str
    repository: Repository
    grounds: Grounds


async def check_askable(
    snapshot: Snapshot,
    question: Question,
    *,
    commanders: Iterable[Actor],
    actor: Actor,
    now: datetime,
) -> tuple[Authorization, tuple[Actor, ...]]:
    """Return the question as it would be kept, and who could decide it; refuse one nobody could."""
    request = await snapshot.requests.get(question.request_id)
    check_may_ask(request, actor, now)
    check_order(request.state, question.grounds)
    check_grounds(question.grounds)
    asked = await _asked(snapshot, request, question, actor, now)
    before = await snapshot.authorizations.about(request.id)
    check_scope_is_new(before, asked)
    check_team(before, asked)
    if await snapshot.galleries.current(asked.repository) is None:
        raise Refusal(
            "Nothing is enrolled in this repository, so there is nothing to search.",
            rule="NOTHING_ENROLLED",
        )
    team = await _team(snapshot, asked)
    return asked, _who_decides(commanders, actor, team)


async def check_anybody_decides(
    snapshot: Snapshot,
    request: FaceRequest,
    actor: Actor,
    commanders: Iterable[Actor],
) -> None:
    """Refuse a question nobody could decide, whatever it says."""
    number = request.asked.case_number
    team = await snapshot.authorizations.team(number, request.id)
    _who_decides(commanders, actor, team)


async def _asked(
    snapshot: Snapshot,
    request: FaceRequest,
    question: Question,
    actor: Actor,
    now: datetime,
) -> Authorization:
    probe = await snapshot.probes.find(request.id)
    if probe is None or probe.face is None:
        raise Refusal(
            "The image of this request has not been checked yet.", rule="STATE"
        )
    return Authorization(
        id=f"AU-{secrets.token_hex(6)}",
        request_id=request.id,
        case_number=request.asked.case_number,
        probe_sha256=probe.sha256,
        face_index=probe.face.index,
        face_place=probe.face.place,
        repository=question.repository.name,
        grounds=question.grounds,
        asked_by=actor.person,
        asked_by_account=actor.slack_user,
        asked_at=now,
        expires_at=now,
    )


def _who_decides(
    commanders: Iterable[Actor], asker: Actor, team: Set[str]
) -> tuple[Actor, ...]:
    """The commanders without a part in the case; refuse if there is none (A13)."""
    able = tuple(c for c in commanders if can_decide(c, asker.person, team))
    if not able:
        raise NotPermitted(
            "Nobody could decide this: every commander is part of the case, absent from the "
            "commanders' channel, or not on the role map. Tell your supervisor.",
            rule="NOBODY_CAN_DECIDE",
        )
    return able


async def _team(snapshot: Snapshot, asked: Authorization) -> frozenset[str]:
    known = await snapshot.authorizations.team(asked.case_number, asked.request_id)
    return known | {*asked.grounds.team}


async def ask(
    db: Database,
    question: Question,
    *,
    delivery: str,
    commanders: Sequence[Actor],
    hours: int,
    actor: Actor,
    now: datetime,
) -> Authorization:
    """Put a question to the commanders; it lapses after ``hours`` if none of them decides.

    ``commanders`` are those who can be reached now; ``delivery`` is Slack's id of the submission.
    """
    async with db.transaction() as tx:
        if not await tx.deliveries.first_time(delivery, now):
            raise Refusal(
                "This form was sent twice and is recorded once.", rule="SENT_TWICE"
            )
        asked, able = await check_askable(
            tx, question, commanders=commanders, actor=actor, now=now
        )
        asked = replace(
            asked,
            expires_at=_after(now, hours),
            told=tuple(commander.slack_user for commander in able),
        )
        await tx.authorizations.add(asked)
        await tx.work.add(
            WorkKind.DRAW_PROBE, asked.request_id, asked.id, priority=0, now=now
        )
        facts = {
            **_scope(asked),
            "repository_facts": question.repository.facts(),
            "grounds": asdict(asked.grounds),
            "told": list(asked.told),
            **stepped(None, asked),
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.AUTHORIZATION_ASKED, asked.id, facts)
        )
    return asked


def _scope(authorization: Authorization) -> dict[str, object]:
    return {
        "request": authorization.request_id,
        "case_number": authorization.case_number,
        "probe_sha256": authorization.probe_sha256,
        "face": authorization.face_index,
        "repository": authorization.repository,
        "expires_at": authorization.expires_at.isoformat(),
    }


def _after(now: datetime, hours: int) -> datetime:
    """Hours as they pass: on the unit's clock one of them may be missing or come twice."""
    return now.astimezone(UTC) + timedelta(hours=hours)


async def view(db: Database, id: str, *, actor: Actor, now: datetime) -> Authorization:
    """Open a question for a decision; reading it is an act and is recorded."""
    async with db.transaction() as tx:
        asked = await tx.authorizations.get(id)
        check_may_decide(asked, actor, await _team(tx, asked), now)
        asked.take(AuthorizationStep.DENY)  # refuses early what is decided already
        facts = {"request": asked.request_id, **by(actor)}
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.AUTHORIZATION_VIEWED, id, facts)
        )
    return asked


@dataclass(frozen=True, slots=True)
class Decision:
    """What a commander entered: the case number typed by hand, a reason, and hours for a grant."""

    case_number: str
    reason: str
    hours: int | None = None

    @property
    def step(self) -> AuthorizationStep:
        is_grant = self.hours is not None
        return AuthorizationStep.GRANT if is_grant else AuthorizationStep.DENY


async def decide(
    db: Database,
    id: str,
    decision: Decision,
    *,
    key: bytes,
    actor: Actor,
    now: datetime,
) -> Authorization:
    """Apply a commander's decision; a grant is sealed to everything it means (``key``)."""
    async with db.transaction() as tx:
        asked = await tx.authorizations.get(id)
        check_may_decide(asked, actor, await _team(tx, asked), now)
        asked.take(decision.step)  # whoever comes second is told who decided
        check_decision(asked, decision.case_number, decision.reason, decision.hours)
        until = _after(now, decision.hours) if decision.hours else None
        decided = asked.decide(decision.step, actor, decision.reason, now, until)
        if decided.state is AuthorizationState.GRANTED:
            decided = replace(decided, seal=seal(key, decided))
        await tx.authorizations.save(decided)
        facts = {
            **_scope(decided),
            "reason": decided.reason,
            "title": actor.title,
            "seal": decided.seal,
            **stepped(asked.state, decided),
            **by(actor),
        }
        verb = _DECIDED[decided.state]
        await tx.audit.append(AuditEvent(now, actor.person, verb, id, facts))
    return decided


_DECIDED = {
    AuthorizationState.GRANTED: Verb.AUTHORIZATION_GRANTED,
    AuthorizationState.DENIED: Verb.AUTHORIZATION_DENIED,
}


async def start(
    db: Database,
    id: str,
    *,
    repositories: Repositories,
    key: bytes,
    actor: Actor,
    now: datetime,
) -> FaceRequest:
    """Order the one search a grant allows; raises NotInForce for anything it does not."""
    async with db.transaction() as tx:
        granted = await tx.authorizations.get(id)
        request = await tx.requests.get(granted.request_id)
        check_may_start(actor, await tx.requests.parts(request.id), now)
        state = AuthorizationState.GRANTED
        await check_use(tx, id, request, granted.repository, key, now, state=state)
        check_on_file(granted.repository, repositories)
        await _check_is_free(tx, request)
        after = request.take(Step.SEARCH_OTHER, now)
        await tx.requests.save(after)
        started = granted.take(AuthorizationStep.START)
        await tx.authorizations.save(started)
        await tx.work.cancel(request.id, OF_RESULTS)
        await queue_search(tx, after, now)
        facts = {
            **_scope(granted),
            **stepped(granted.state, started),
            "request_moved": moved(request, after),
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.AUTHORIZATION_STARTED, id, facts)
        )
    return after


_IN_REVIEW = (
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.CONTEXT_CHECK,
    State.SUPERVISOR_REVIEW,
)


async def _check_is_free(snapshot: Snapshot, request: FaceRequest) -> None:
    """The standard search may be cut short as futile, but not once anybody has begun to compare."""
    if request.state in _IN_REVIEW or await _is_examined(snapshot, request):
        raise Refusal(
            "The search before this one is being examined. Start this one when that has ended.",
            rule="STANDARD_UNDER_REVIEW",
        )
    if request.state in (State.READY, State.SEARCHING):
        raise Refusal(
            "A search of this request is running. Start this one when it has ended.",
            rule="SEARCH_RUNNING",
        )


async def _is_examined(snapshot: Snapshot, request: FaceRequest) -> bool:
    """Whether somebody has taken the list that waits, or it was laid out in a round before."""
    latest = await snapshot.searches.find_latest(request.id)
    if request.state is not State.EXAMINATION or latest is None:
        return False
    rounds = await snapshot.examinations.of(request.id)
    own = [one for one in rounds if one.search_id == latest.id]
    return len(own) > 1 or any(one.examiner is not None for one in own)


async def revoke(
    db: Database, id: str, reason: str, *, actor: Actor, now: datetime
) -> Authorization:
    """Take a grant back: a running search stops, what it found is destroyed, a lead is recalled."""
    async with db.transaction() as tx:
        granted = await tx.authorizations.get(id)
        check_may_revoke(actor)
        granted.take(AuthorizationStep.REVOKE)
        check_reason(reason)
        step = AuthorizationStep.REVOKE
        await end(tx, granted, step, reason, actor=actor, now=now)
        return await tx.authorizations.get(id)


async def withdraw(
    db: Database, id: str, *, actor: Actor, now: datetime
) -> Authorization:
    """Take a question back that is not decided yet; only whoever asked may."""
    async with db.transaction() as tx:
        asked = await tx.authorizations.get(id)
        if actor.person != asked.asked_by:
            raise NotPermitted("Somebody else has asked this.", rule="NOT_YOURS")
        asked.take(AuthorizationStep.DENY)  # what is decided cannot be withdrawn
        step, why = AuthorizationStep.WITHDRAW, "Withdrawn by whoever asked."
        await end(tx, asked, step, why, actor=actor, now=now)
        return await tx.authorizations.get(id)


async def readable(snapshot: Snapshot, id: str, *, actor: Actor) -> Authorization:
    """Open a grant for revoking it; refuse whoever may not, and what cannot be revoked."""
    granted = await snapshot.authorizations.get(id)
    check_may_revoke(actor)
    granted.take(AuthorizationStep.REVOKE)
    return granted


async def open_question(snapshot: Snapshot, request_id: str) -> Authorization:
    """The undecided question of a request."""
    for asked in await snapshot.authorizations.of(request_id):
        if asked.state is AuthorizationState.PENDING:
            return asked
    raise Refusal("No question is open on this request.", rule="STATE")
