"""The context check: what two blind opinions agree on is held against the known facts (policy 6.3, 16)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.approvals.examinations import once_more
from bot.approvals.releases import Opinion, opinions, supported
from bot.casework import subjects
from bot.casework.known import known_of
from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.candidates import Candidate
from bot.domain.context import (
    Check,
    Checks,
    ContextCheck,
    Known,
    check_answers,
    check_may_check,
)
from bot.domain.examinations import checkers
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State, Step
from bot.errors import Refusal
from storage.database import Database, Snapshot, Transaction

CanExamine = Callable[[str], bool]
"""Whether a person (by badge) is a certified examiner at this moment."""


@dataclass(frozen=True, slots=True)
class ToCheck:
    """One agreed candidate with everything that may be known of it from here on; ``letter`` is that
    of whoever checks."""

    request: FaceRequest
    candidate: Candidate
    letter: str
    known: Known
    examination: str = ""
    """That of whoever checks: the sheet with all photographs belongs to it, where there are several."""


async def open_next(
    db: Database, id: str, *, can_examine: CanExamine, actor: Actor, now: datetime
) -> ToCheck:
    """Unmask the next agreed candidate without a check, strongest first; reading it is recorded."""
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        done = await _admitted(tx, request, can_examine, actor, now)
        waiting = await _unchecked(tx, request, done)
        to_check = await _to_check(tx, request, waiting[0], done, actor)
        await _have_sheet(tx, to_check, now)
        facts = {"request": id, "candidate": waiting[0], **by(actor)}
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.CONTEXT_VIEWED, id, facts)
        )
    return to_check


async def verify(
    db: Database,
    id: str,
    candidate_id: str,
    checks: Checks,
    *,
    can_examine: CanExamine,
    actor: Actor,
    now: datetime,
) -> None:
    """Refuse answers the record contradicts, before anything is written; tell nobody else what it says."""
    async with db.snapshot() as snapshot:
        request = await snapshot.requests.get(id)
        await _admitted(snapshot, request, can_examine, actor, now)
        candidate = await snapshot.searches.candidate(candidate_id)
        check_answers(checks, (await known_of(snapshot, candidate)).recorded())


async def check(
    db: Database,
    id: str,
    candidate_id: str,
    checks: Checks,
    *,
    can_examine: CanExamine,
    actor: Actor,
    now: datetime,
) -> FaceRequest:
    """Save the answers about one agreed candidate; after the last one the supervisor's review opens.

    An inconsistency nobody explained goes there, too: the supervisor may close or return, and can
    never release (``check_context``).
    """
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        done = await _admitted(tx, request, can_examine, actor, now)
        waiting = await _unchecked(tx, request, done)
        if candidate_id not in waiting:
            raise Refusal(
                "There is nothing to check about this candidate (any more).",
                rule="CONTEXT_NOT_WANTED",
            )
        candidate = await tx.searches.candidate(candidate_id)
        recorded = (await known_of(tx, candidate)).recorded()
        check_answers(checks, recorded)
        saved = ContextCheck(
            request_id=id,
            round=request.round,
            candidate_id=candidate_id,
            examiner=actor.person,
            at=now,
            checks={one: checks[one] for one in Check},
            recorded=recorded,
        )
        await tx.contexts.add(saved)
        after, facts = request, _facts(saved)
        if waiting == [candidate_id]:
            after = request.take(Step.CONTEXT_DONE, now)
            await tx.requests.save(after)
            facts |= moved(request, after)
        await tx.audit.append(
            AuditEvent(
                now, actor.person, Verb.CONTEXT_CHECKED, id, {**facts, **by(actor)}
            )
        )
    return after


async def _admitted(
    tx: Snapshot,
    request: FaceRequest,
    can_examine: CanExamine,
    actor: Actor,
    now: datetime,
) -> list[Opinion]:
    """The opinions of the round, if this person may check what they agree on."""
    _check_open(request, now)
    done = await opinions(tx, request)
    examiners = checkers([opinion.examination for opinion in done])
    submitted = [o.examination.submitted_at for o in done if o.examination.submitted_at]
    check_may_check(
        actor,
        examiners,
        first_can=can_examine(examiners[0]),
        waiting_since=max(submitted),
        now=now,
    )
    return done


def _check_open(request: FaceRequest, now: datetime) -> None:
    if request.state is not State.CONTEXT_CHECK:
        request.take(Step.CONTEXT_DONE, now)


async def _unchecked(
    snapshot: Snapshot, request: FaceRequest, done: list[Opinion]
) -> list[str]:
    checked = await snapshot.contexts.of(request.id, request.round)
    return [a.candidate_id for a in supported(done) if a.candidate_id not in checked]


async def _to_check(
    snapshot: Snapshot,
    request: FaceRequest,
    candidate_id: str,
    done: list[Opinion],
    actor: Actor,
) -> ToCheck:
    candidate = await snapshot.searches.candidate(candidate_id)
    own = next(o.examination for o in done if o.examination.examiner == actor.person)
    return ToCheck(
        request,
        candidate,
        own.label_of(candidate_id),
        await known_of(snapshot, candidate),
        own.id,
    )


async def _have_sheet(tx: Transaction, to_check: ToCheck, now: datetime) -> None:
    """Have all photographs with the state of each arrest drawn for this person, or shown once more
    after their hours in Slack; of one photograph the form says everything."""
    listed = to_check.candidate
    if not await tx.photographs.of_several([listed.photo_id]):
        return
    examination = await tx.examinations.get(to_check.examination)
    drawn = await subjects.unmasked(tx, examination, listed.id)
    for picture in drawn:
        if picture.removed_at is not None:
            await tx.pictures.save(once_more(picture))
    if not drawn:
        await subjects.draw_unmasked(
            tx, to_check.request, examination.id, listed.id, now
        )


def _facts(saved: ContextCheck) -> dict[str, object]:
    """All values, as policy 6.3 wants them logged."""
    answers: Mapping[str, object] = {
        one: {"answer": given.answer, "note": given.note}
        for one, given in saved.checks.items()
    }
    return {
        "candidate": saved.candidate_id,
        "round": saved.round,
        "checks": answers,
        "recorded": dict(saved.recorded),
        "unexplained": list(saved.unexplained),
    }
