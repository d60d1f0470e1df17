"""A supervisor's word on a probe that was sent before (policy 7, A21 and T11)."""

from datetime import datetime

from bot.casework.probes import ask_sign_off, queue_search
from bot.casework.repeats import RULE
from bot.domain.actors import Actor, Part, Role, check_holds, check_plays_no_part
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.authorizations import check_reason
from bot.domain.purposes import Purpose
from bot.domain.requests import FaceRequest
from bot.domain.rulings import REPEAT_ALLOWED, REPEAT_REFUSED, RulingRecord
from bot.domain.workflow import State, Step
from bot.errors import Refusal
from storage.database import Database, Snapshot, Transaction

_REFUSED = (
    f"A supervisor refused to have this image searched again (rule {RULE}): a search is repeated only "
    "upon new facts. A new image of the person, or new facts, can be sent with a new request."
)


async def check_may_decide(tx: Snapshot, id: str, actor: Actor) -> FaceRequest:
    """Refuse whoever is no supervisor, or plays another part on this request or on one that it repeats:
    who examined the image before is no neutral judge of whether to look again."""
    request = await tx.requests.get(id)
    check_holds(actor, Role.SUPERVISOR, "decides about a repeated search")
    check_plays_no_part(actor, await tx.requests.parts(id), "decide about it")
    for repeat in await tx.prints.repeats(id):
        parts = await tx.requests.parts(repeat.earlier_id)
        others = parts - {(actor.person, Part.SUPERVISOR)}
        check_plays_no_part(actor, others, "decide about its repetition")
    if request.state is not State.REPEAT_REVIEW:
        raise Refusal("This is no longer open. Look at the card.", rule="STATE")
    return request


async def decide(
    db: Database, id: str, reason: str, *, allowed: bool, actor: Actor, now: datetime
) -> FaceRequest:
    """Have an image searched again because of new facts, which ``reason`` says, or refuse it.

    Whoever does is thereby the supervisor of this request. A search for purpose F still waits for its
    own sign-off.
    """
    async with db.transaction() as tx:
        request = await check_may_decide(tx, id, actor)
        check_reason(reason)
        said = reason.strip()
        ruling = REPEAT_ALLOWED if allowed else REPEAT_REFUSED
        await tx.rulings.add(
            RulingRecord(id, request.round, actor.person, ruling, said, now)
        )
        if not allowed:
            return await _refuse(tx, request, said, actor, now)
        return await _allow(tx, request, said, actor, now)


async def _allow(
    tx: Transaction, request: FaceRequest, facts: str, actor: Actor, now: datetime
) -> FaceRequest:
    said = by(actor) | {"rule": RULE, "new_facts": facts}
    if request.asked.purpose is Purpose.F_THREAT:
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.REPEAT_ALLOWED, request.id, said)
        )
        return await ask_sign_off(tx, request, now)
    ready = request.take(Step.ALLOW_REPEAT, now)
    await tx.requests.save(ready)
    await tx.audit.append(
        AuditEvent(
            now,
            actor.person,
            Verb.REPEAT_ALLOWED,
            request.id,
            said | moved(request, ready),
        )
    )
    await queue_search(tx, ready, now)
    return ready


async def _refuse(
    tx: Transaction, request: FaceRequest, why: str, actor: Actor, now: datetime
) -> FaceRequest:
    refused = request.take(Step.REFUSE_REPEAT, now, reason=_REFUSED)
    await tx.requests.save(refused)
    facts = by(actor) | moved(request, refused) | {"rule": RULE, "reason": why}
    await tx.audit.append(
        AuditEvent(now, actor.person, Verb.REPEAT_REFUSED, request.id, facts)
    )
    return refused
