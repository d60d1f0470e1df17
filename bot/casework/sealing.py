"""Sealing (CPL 160.50): photographs out of every search at once, and undone whatever they have led to."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.casework.alerts import Alerts
from bot.casework.purging import purge
from bot.casework.recalling import (
    back_to_standard,
    move,
    recall,
    search_again,
    was_answered,
)
from bot.casework.subjects import draw_anew
from bot.domain.audit import AuditEvent, Verb
from bot.domain.identifiers import BadIdentifier, Identifiers
from bot.domain.photographs import Photograph
from bot.domain.requests import FaceRequest
from bot.domain.sealings import (
    BadOrder,
    Order,
    Sealing,
    Tombstone,
    normal_arrest,
    read_order,
)
from bot.domain.searches import Search
from bot.domain.sendings import Picture
from bot.domain.work import OF_RESULTS
from bot.domain.workflow import State, Step
from storage.database import Database, Transaction

RECALLED = (
    "The photograph of this lead has been sealed by order (CPL 160.50). It has been destroyed here. Destroy "
    "every copy you have of it, and do not use what you learned from it."
)
_EXAMINED = (
    State.EXAMINATION,
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.CONTEXT_CHECK,
    State.SUPERVISOR_REVIEW,
)


@dataclass(frozen=True, slots=True)
class Done:
    """What carrying out one order has come to; ``photographs`` and requests by id."""

    sealing: Sealing
    photographs: tuple[str, ...] = ()
    recalled: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    drawn_anew: tuple[str, ...] = ()
    is_new: bool = True


async def read_orders(
    db: Database, written: Sequence[tuple[str, str]], identifiers: Identifiers
) -> list[Order | BadOrder]:
    """Read arrest numbers and references as somebody wrote them; BadOrder in the place of one that
    cannot be meant so."""
    arrests = {normal_arrest(arrest) for arrest, _ in written} - {""}
    async with db.snapshot() as snapshot:
        known = await snapshot.sealings.photographs_of(arrests)
    orders: list[Order | BadOrder] = []
    for arrest, reference in written:
        is_known = normal_arrest(arrest) in known
        try:
            orders.append(read_order(arrest, reference, identifiers, known=is_known))
        except BadOrder as bad:
            orders.append(bad)
    return orders


async def misnumbered(
    db: Database, repository: str, identifiers: Identifiers
) -> list[str]:
    """The photographs whose arrest number is none: no order finds them. Goes through all of a
    repository; enrolment refuses such numbers, but did not always."""
    async with db.snapshot() as snapshot:
        numbered = await snapshot.photographs.arrest_numbers(repository)
    return [id for id, number in numbered if not _is_number(number, identifiers)]


def _is_number(number: str, identifiers: Identifiers) -> bool:
    try:
        return bool(identifiers.parse("arrest_number", number))
    except BadIdentifier:
        return False


async def seal(
    db: Database, orders: Sequence[Order], alerts: Alerts, *, actor: str, now: datetime
) -> list[Done]:
    """Carry out orders, all of them or none. From the commit on no search returns their photographs.

    The same order again does nothing, unless its photographs have come back.
    """
    arrests = {order.arrest_number for order in orders}
    async with db.transaction() as tx:
        here = await tx.sealings.photographs_of(arrests)
        done = []
        for order in orders:
            photographs = here.pop(order.arrest_number, [])
            done.append(await _seal(tx, order, photographs, alerts, actor, now))
    return done


async def _seal(
    tx: Transaction,
    order: Order,
    photographs: Sequence[Photograph],
    alerts: Alerts,
    actor: str,
    now: datetime,
) -> Done:
    before = await tx.sealings.find(order.reference, order.arrest_number)
    if before is not None and not photographs:
        return Done(before, is_new=False)
    sealing = Sealing(
        id=new_sealing_id(),
        order_reference=order.reference,
        arrest_hash=tx.sealings.hashed(order.arrest_number),
        actor=actor,
        received_at=now,
    )
    facts = {"arrest": order.arrest_number}
    return await carry_out(tx, sealing, photographs, alerts, actor, now, facts=facts)


async def seal_late(
    tx: Transaction, arrest: str, alerts: Alerts, *, actor: str, now: datetime
) -> int:
    """Seal photographs that are found to be of a sealed arrest only after its order was carried out, under
    the same order once more; return how many."""
    photographs = (await tx.sealings.photographs_of({arrest})).get(arrest, [])
    before = await tx.sealings.of_arrest(arrest)
    if before is None or not photographs:
        return 0
    again = replace(
        before, id=new_sealing_id(), actor=actor, received_at=now, finished_at=None
    )
    facts = {"arrest": arrest, "again": before.id}
    await carry_out(tx, again, photographs, alerts, actor, now, facts=facts)
    return len(photographs)


async def carry_out(
    tx: Transaction,
    sealing: Sealing,
    photographs: Sequence[Photograph],
    alerts: Alerts,
    actor: str,
    now: datetime,
    *,
    others: Sequence[Tombstone] = (),
    facts: Mapping[str, object],
) -> Done:
    """Record an order and take its photographs out of everything; ``others`` are tombstones of
    photographs that need not be here (any more)."""
    tombstones = {one.photo_id: one for one in others}
    tombstones |= {p.id: _tombstone(p, sealing.id, now) for p in photographs}
    await tx.sealings.add(sealing, list(tombstones.values()))
    ids = frozenset(tombstones)
    done = await _take_out_of_requests(tx, sealing, ids, alerts, now)
    await tx.sealings.withdraw(ids)
    await tx.audit.append(
        AuditEvent(
            now,
            actor,
            Verb.SEALING_RECEIVED,
            sealing.id,
            {
                "order": sealing.order_reference,
                "photographs": {
                    p.id: {"sha256": p.sha256, "repository": p.repository}
                    for p in photographs
                },
                "recalled": list(done.recalled),
                "taken_back": list(done.taken_back),
                "record_kept": list(done.untouched),
                "drawn_anew": list(done.drawn_anew),
                **facts,
            },
        )
    )
    return done


def _tombstone(photograph: Photograph, sealing_id: str, now: datetime) -> Tombstone:
    return Tombstone(
        photo_id=photograph.id,
        subject_id=photograph.subject_id,
        repository=photograph.repository,
        sha256=photograph.sha256,
        sealing_id=sealing_id,
        at=now,
    )


async def _take_out_of_requests(
    tx: Transaction,
    sealing: Sealing,
    photo_ids: Collection[str],
    alerts: Alerts,
    now: datetime,
) -> Done:
    touched: dict[str, list[Search]] = {}
    for search in await tx.sealings.listing(photo_ids):
        touched.setdefault(search.request_id, []).append(search)
    became: dict[str, list[str]] = {"recalled": [], "taken_back": [], "untouched": []}
    for request_id, searches in touched.items():
        request = await tx.requests.get(request_id)
        how = await _undo(tx, request, searches, sealing, photo_ids, now)
        became[how].append(request_id)
        if how != "untouched":
            said = _TOLD[how].format(request_id)
            await alerts.add(
                tx,
                f"sealed/{sealing.id}/{request_id}",
                f"{said} (order {sealing.order_reference}, {sealing.id})",
                request_id=request_id,
            )
    return Done(
        sealing,
        tuple(sorted(photo_ids)),
        tuple(became["recalled"]),
        tuple(became["taken_back"]),
        tuple(became["untouched"]),
        tuple(await _draw_anew(tx, sealing, photo_ids, alerts, now)),
    )


async def _draw_anew(
    tx: Transaction,
    sealing: Sealing,
    photo_ids: Collection[str],
    alerts: Alerts,
    now: datetime,
) -> list[str]:
    """Whoever is listed by another photograph stays listed: only the sheets that show the sealed one
    beside it are destroyed. Return the requests somebody was looking at such a sheet for."""
    shown: dict[str, list[Picture]] = {}
    for picture in await tx.pictures.showing(photo_ids):
        shown.setdefault(picture.request_id, []).append(picture)
    found = []
    for request_id, pictures in shown.items():
        if not await draw_anew(tx, request_id, pictures, now):
            continue
        found.append(request_id)
        await alerts.add(
            tx,
            f"sealed/{sealing.id}/{request_id}/beside",
            f"A photograph on a sheet of {request_id} has been sealed. The candidate is listed by another "
            "one; the sheet is destroyed and drawn anew without it. What was decided stands: judge whether "
            f"it may (order {sealing.order_reference}, {sealing.id})",
            request_id=request_id,
        )
    return found


_TOLD = {
    "recalled": "The lead of {} was recalled: its photograph has been sealed and is being destroyed. Make "
    "sure that nobody acts on it",
    "taken_back": "A photograph on a candidate list of {} has been sealed. That list and what was decided about it "
    "have been destroyed",
}


async def _undo(
    tx: Transaction,
    request: FaceRequest,
    touched: Sequence[Search],
    sealing: Sealing,
    photo_ids: Collection[str],
    now: datetime,
) -> str:
    """Recall a lead, search anew instead of a list somebody may yet decide about, and keep the record
    of what is decided: only its pictures are destroyed (``Sealer``). See decision 0021."""
    lead = await tx.leads.find(request.id)
    is_lead = lead is not None and lead.photo_id in photo_ids
    led_here = (
        (await tx.searches.candidate(lead.candidate_id)).search_id
        if lead is not None and is_lead
        else None
    )
    doomed = [s for s in touched if s.id == led_here or _is_open(s, request)]
    if not doomed:
        await tx.requests.touch(request.id)
        return "untouched"
    latest = await tx.searches.find_latest(request.id)
    why = f"{sealing.id} sealed"
    await purge(tx, doomed, why, now, sealing_id=sealing.id)
    if is_lead:
        await tx.work.cancel(request.id, OF_RESULTS)
        await recall(tx, request, why, now, reason=RECALLED)
        return "recalled"
    if request.state in _EXAMINED and latest is not None and latest in doomed:
        await tx.work.cancel(request.id, OF_RESULTS)
        await _instead(tx, request, latest, why, now)
    return "taken_back"


def _is_open(search: Search, request: FaceRequest) -> bool:
    """Whether anybody may yet decide about its list: a request that is answered may be reopened for a
    list that another search took the place of."""
    may_go_on = not request.state.is_final or request.state is State.NO_POSSIBLE_MATCH
    return search.concluded_at is None and may_go_on


async def _instead(
    tx: Transaction, request: FaceRequest, search: Search, why: str, now: datetime
) -> None:
    """The standard search is made again. An authorized one was allowed once: what was before it stands
    again, and a commander may be asked anew."""
    if search.authorization_id is None:
        await search_again(tx, request, why, now)
    elif was_answered(await tx.searches.of(request.id), but=search.authorization_id):
        await move(tx, request, Step.FALL_BACK, why, now)
    else:
        await back_to_standard(tx, request, why, now)


def new_sealing_id() -> str:
    return f"SL-{secrets.token_hex(6)}"
