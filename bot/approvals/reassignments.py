"""An examination that its examiner gives up, or that a supervisor takes from whoever cannot end it."""

from datetime import datetime

from bot.approvals.examinations import check_open, open_examination
from bot.domain.actors import Actor, Part, Role, check_holds, check_plays_no_part
from bot.domain.audit import AuditEvent, Verb, by
from bot.domain.authorizations import check_reason
from bot.domain.examinations import (
    Examination,
    HandBack,
    check_is_held,
    check_may_work,
)
from bot.domain.work import WorkKind
from bot.errors import Refusal
from storage.database import Database, Snapshot, Transaction


async def check_may_hand_back(
    snapshot: Snapshot, examination: Examination, actor: Actor, now: datetime
) -> None:
    """Only whoever sits at it, still certified: for anybody else a supervisor has to act (policy 7, A4)."""
    check_holds(actor, Role.EXAMINER, "compares candidates")
    check_is_held(examination)
    check_may_work(examination, actor, now)
    await check_open(snapshot, examination)


async def check_may_reassign(
    snapshot: Snapshot, examination: Examination, actor: Actor
) -> None:
    """Only a supervisor without any other part on the request (policy 6.1; 7, A1 and A2)."""
    check_holds(actor, Role.SUPERVISOR, "takes an examination from its examiner")
    parts = await snapshot.requests.parts(examination.request_id)
    others = parts - {(actor.person, Part.SUPERVISOR)}
    check_plays_no_part(actor, others, "do this")
    check_is_held(examination)
    await check_open(snapshot, examination)


async def hand_back(
    db: Database, id: str, reason: str, *, version: int, actor: Actor, now: datetime
) -> Examination:
    """Give an examination up; return the one that is laid out anew for somebody else."""
    async with db.transaction() as tx:
        left = await tx.examinations.get(id)
        await check_may_hand_back(tx, left, actor, now)
        _check_unchanged(left, version)
        return await _leave(tx, left, reason, actor, now, Verb.EXAMINATION_HANDED_BACK)


async def reassign(
    db: Database, id: str, reason: str, *, version: int, actor: Actor, now: datetime
) -> Examination:
    """Take an examination from its examiner, who is absent, may no longer act, or is stuck; return
    the one that is laid out anew. ``version`` is that of the sitting the supervisor looked at."""
    async with db.transaction() as tx:
        left = await tx.examinations.get(id)
        await check_may_reassign(tx, left, actor)
        _check_unchanged(left, version)
        return await _leave(tx, left, reason, actor, now, Verb.EXAMINATION_REASSIGNED)


def _check_unchanged(left: Examination, version: int) -> None:
    if left.version != version:
        raise Refusal(
            "This examination has changed since you opened the form. Look at its card.",
            rule="CHANGED_MEANWHILE",
        )


async def _leave(
    tx: Transaction,
    left: Examination,
    reason: str,
    actor: Actor,
    now: datetime,
    verb: Verb,
) -> Examination:
    """End the sitting and lay the candidates out anew. Its decisions stay on record; whoever comes
    next sees none of them, nor its order or its letters (policy 3.5)."""
    check_reason(reason)
    await tx.examinations.save(left.leave(now))
    examiner = left.examiner or ""
    done = HandBack(
        left.id, left.request_id, examiner, actor.person, reason.strip(), now
    )
    await tx.examinations.note_hand_back(done)
    # What is still being drawn would be drawn for nobody.
    await tx.work.cancel(left.request_id, {WorkKind.DRAW_ALONE, WorkKind.DRAW})
    request = await tx.requests.get(left.request_id)
    following = await open_examination(
        tx, request, left.search_id, left.seat, now, sitting=left.sitting + 1
    )
    facts = {
        "request": left.request_id,
        "seat": left.seat,
        "sitting": left.sitting,
        "examiner": examiner,
        "decided": len(await tx.examinations.dispositions(left.id)),
        "reason": done.reason,
        "next": following.id,
        **by(actor),
    }
    await tx.audit.append(AuditEvent(now, actor.person, verb, left.id, facts))
    return following
