"""Comparisons and context checks that nobody may make: supervisors are told, instead of everybody waiting for ever."""

from collections.abc import Sequence
from datetime import datetime

from bot.casework.alerts import Alerts
from bot.casework.each import each
from bot.casework.editing import without_editor
from bot.domain.actors import COMPARES, Actor, Part, check_certified
from bot.domain.audit import ROLE_MAP, Verb
from bot.domain.context import STAND_IN_AFTER
from bot.domain.examinations import (
    READ_REVIEWS,
    READ_THE_REVIEW,
    Examination,
    check_has_not_read_review,
    check_may_take,
    checkers,
)
from bot.domain.pictures import review_key
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State
from bot.errors import Refusal
from storage.database import Database, Snapshot, Transaction


async def parts_for(
    snapshot: Snapshot, examination: Examination
) -> frozenset[tuple[str, Part]]:
    """By what somebody has done already they may not take this free seat."""
    parts = await snapshot.requests.parts(examination.request_id)
    parts = await without_editor(snapshot, examination, parts)
    return parts | await examined_before(snapshot, examination.request_id)


async def examined_before(
    snapshot: Snapshot, request_id: str
) -> frozenset[tuple[str, Part]]:
    """Whoever compared the same image for another request, one that this one repeats or that repeats it,
    directly or by a third: they would only say once more what they have said (policy 7, A21 and T11)."""
    found: set[tuple[str, Part]] = set()
    seen, ahead = {request_id}, [request_id]
    while ahead:
        for other in await snapshot.prints.same_image(ahead.pop()):
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    for other in sorted(seen - {request_id}):
        parts = await snapshot.requests.parts(other)
        found |= {(who, Part.EXAMINED_BEFORE) for who, p in parts if p in COMPARES}
    return frozenset(found)


async def tell_of_vacant(
    db: Database, examiners: Sequence[Actor], alerts: Alerts, now: datetime
) -> list[str]:
    """Tell supervisors once of every free seat that none of ``examiners`` may take; return all such seats.

    ``examiners`` are the accounts of the role map; while there are none at all the map cannot be read,
    which is told elsewhere. ``now`` is by the unit's own clock.
    """
    if not examiners:
        return []
    async with db.snapshot() as snapshot:
        vacant = [
            examination.id
            for examination in await snapshot.examinations.waiting()
            if await _is_vacant(snapshot, examination, examiners, now)
        ]
    return await each(vacant, lambda id: _tell(db, id, examiners, alerts, now))


async def tell_of_unchecked(
    db: Database, examiners: Sequence[Actor], alerts: Alerts, now: datetime
) -> None:
    """Tell supervisors once of every context check that none of ``examiners`` may make, and have the card
    drawn by which they end one that has waited for ``STAND_IN_AFTER``. Harmless to repeat."""
    async with db.snapshot() as snapshot:
        waiting = [r.id for r in await snapshot.requests.in_states(State.CONTEXT_CHECK)]
    await each(waiting, lambda id: _tell_unchecked(db, id, examiners, alerts, now))


async def _tell_unchecked(
    db: Database, id: str, examiners: Sequence[Actor], alerts: Alerts, now: datetime
) -> bool:
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        if request.state is not State.CONTEXT_CHECK:
            return False
        if examiners and not await _can_be_checked(tx, request, examiners, now):
            hours = round(STAND_IN_AFTER.total_seconds() / 3600)
            text = (
                f"{id}: a context check waits that nobody may make: neither of the first two examiners is a "
                "certified examiner now. Have a certification renewed, or end it by the card of its review, "
                f"which stands here once it has waited {hours} hours."
            )
            name = f"unchecked/{id}/{request.round}"
            await alerts.add(tx, name, text, request_id=id)
        card = await tx.cards.find(review_key(id, request.round))
        if card is None and request.stood_for(STAND_IN_AFTER, now):
            await tx.requests.touch(id)
    return True


async def _can_be_checked(
    snapshot: Snapshot,
    request: FaceRequest,
    examiners: Sequence[Actor],
    now: datetime,
) -> bool:
    of_round = await snapshot.examinations.of(request.id, request.round)
    may = checkers([one for one in of_round if one.submitted_at is not None])
    for examiner in examiners:
        if examiner.person in may:
            try:
                check_certified(examiner, now)
            except Refusal:
                continue
            return True
    return False


async def _tell(
    db: Database, id: str, examiners: Sequence[Actor], alerts: Alerts, now: datetime
) -> bool:
    async with db.transaction() as tx:
        examination = await tx.examinations.get(id)
        if not await _is_vacant(tx, examination, examiners, now):
            return False
        await _alert(tx, examination, alerts)
    return True


async def _is_vacant(
    snapshot: Snapshot,
    examination: Examination,
    examiners: Sequence[Actor],
    now: datetime,
) -> bool:
    if examination.examiner is not None or not examination.order:
        return False
    request = await snapshot.requests.get(examination.request_id)
    is_up = request.state is examination.seat.open_in
    if not is_up or request.round != examination.round:
        return False
    parts = await parts_for(snapshot, examination)
    readers = await readers_of_reviews(snapshot, examination)
    for examiner in examiners:
        try:
            check_may_take(examination.seat, examiner, parts, now)
            if readers is not None:
                check_has_not_read_review(examiner, readers)
        except Refusal:
            continue
        return False
    return True


async def readers_of_reviews(
    snapshot: Snapshot, examination: Examination
) -> frozenset[str] | None:
    """Who, by badge, could have read what an earlier round came to, whatever opened this one: a return, a
    sealing, a search made anew. None while nobody has submitted in an earlier round.

    Those who were refused for it once stay so: they cannot read less by leaving a channel.
    """
    every = await snapshot.examinations.of(examination.request_id)
    since = min(
        (
            e.submitted_at
            for e in every
            if e.submitted_at and e.round < examination.round
        ),
        default=None,
    )
    if since is None:
        return None
    found = await _who_read_reviews(snapshot, since)
    for one in every:
        for entry in await snapshot.audit.entries(one.id):
            if entry.event.facts.get("rule") == READ_THE_REVIEW:
                found.add(entry.event.actor)
    return frozenset(found)


async def _who_read_reviews(snapshot: Snapshot, since: datetime) -> set[str]:
    """Who was a supervisor or an auditor by any role map in force from then on."""
    found: set[str] = set()
    for entry in reversed(await snapshot.audit.entries(ROLE_MAP)):
        if entry.event.verb is Verb.CONFIGURATION_CHANGED:
            for one in entry.event.facts["entries"].values():
                if READ_REVIEWS & set(one["roles"]):
                    found.add(one["person"])
            if entry.event.at < since:
                break
    return found


async def _alert(tx: Transaction, examination: Examination, alerts: Alerts) -> None:
    """Without the seat: whoever reads it may be an examiner, too."""
    text = (
        f"{examination.request_id}: a comparison waits that nobody may make. Every certified examiner of "
        "the role map has a part in this request already. Have another examiner entered there, or a "
        "certification renewed."
    )
    await alerts.add(
        tx, f"vacant/{examination.id}", text, request_id=examination.request_id
    )
