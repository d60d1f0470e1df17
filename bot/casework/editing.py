"""Edits of a still: looked at, kept as links of a chain, searched on once, and made again to check them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.casework.probes import queue_search
from bot.casework.purging import destroy
from bot.domain.actors import SYSTEM, Actor, Part
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.edits import (
    DERIVATIVES_MAX,
    ChainBroken,
    Derivative,
    Draft,
    Edit,
    chain_to,
    check_may_edit,
    check_replayed,
    check_total,
    check_why,
)
from bot.domain.examinations import Examination, Seat
from bot.domain.pictures import edit_key
from bot.domain.probes import Probe
from bot.domain.quality import check_suitable
from bot.domain.requests import FaceRequest
from bot.domain.sendings import Picture
from bot.domain.work import OF_RESULTS, WorkItem, WorkKind
from bot.domain.workflow import State, Step
from bot.errors import Refusal
from storage.database import Database, Snapshot, Transaction
from storage.vault import Vault

DERIVATIVE_PREFIX = "DE-"
_EXAMINED = (State.EXAMINATION, State.PEER_REVIEW, State.THIRD_REVIEW)


@dataclass(frozen=True, slots=True)
class Editable:
    """What one examiner edits: the original, and what has been made of it."""

    examination: Examination
    original_sha256: str
    derivatives: tuple[Derivative, ...]
    draft: Draft | None


async def read(snapshot: Snapshot, id: str) -> Editable:
    """The chain of an examination's request, and what is being looked at in it."""
    examination = await snapshot.examinations.get(id)
    probe = await snapshot.probes.get(examination.request_id)
    return Editable(
        examination,
        probe.sha256,
        tuple(await snapshot.derivatives.of(examination.request_id)),
        await snapshot.edit_drafts.of_examination(id),
    )


async def preview(
    db: Database,
    id: str,
    parent_sha256: str,
    edit: Edit,
    *,
    view_id: str,
    actor: Actor,
    now: datetime,
) -> Draft:
    """Have an edit made so that it can be looked at; it takes the place of the one before."""
    async with db.transaction() as tx:
        editable = await _open(tx, id, actor, now)
        if len(editable.derivatives) >= DERIVATIVES_MAX:
            raise Refusal(
                f"There are {DERIVATIVES_MAX} edits of this still; no more are made.",
                rule="EDIT_TOO_MANY",
            )
        check_within(editable, parent_sha256, edit)
        if editable.draft is not None:
            await tx.edit_drafts.drop(editable.draft)
        draft = Draft(
            id=f"ED-{secrets.token_hex(6)}",
            request_id=editable.examination.request_id,
            examination_id=id,
            parent_sha256=parent_sha256,
            edit=edit,
            person=actor.person,
            account=actor.slack_user,
            view_id=view_id,
            at=now,
        )
        await tx.edit_drafts.put(draft)
        # Somebody sits before an open form and waits: before any search.
        await tx.work.add(
            WorkKind.EDIT, draft.request_id, subject=draft.id, priority=0, now=now
        )
        facts = {
            "request": draft.request_id,
            "parent_sha256": parent_sha256,
            "operation": edit.operation,
            "parameters": dict(edit.parameters),
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.EDIT_PREVIEWED, id, facts)
        )
    return draft


def check_within(editable: Editable, parent_sha256: str, edit: Edit) -> None:
    """Refuse what is out of bounds together with the edits it would follow."""
    chain = chain_to(parent_sha256, editable.derivatives, editable.original_sha256)
    check_total([one.edit for one in chain], edit)


async def check_previewed(
    snapshot: Snapshot, id: str, parent_sha256: str, edit: Edit, seen: str
) -> Draft:
    """Return what was looked at, if it is this very edit; refuse to keep anything unseen.

    ``seen`` is the draft whose picture the form held as it was sent: what we know of what was drawn
    comes later than what a quick person sees, and a form that was never drawn anew shows nothing.
    """
    draft = await snapshot.edit_drafts.of_examination(id)
    if draft is None or not draft.is_of(parent_sha256, edit):
        raise Refusal(
            "Press “Preview” first: only what you have looked at is kept.",
            rule="EDIT_NOT_PREVIEWED",
        )
    if draft.problem:
        raise Refusal(draft.problem, rule="EDIT_FAILED")
    if not draft.sha256 or draft.id != seen:
        raise Refusal(
            "The preview is not there yet. Wait for the picture, then keep it.",
            rule="EDIT_NOT_PREVIEWED",
        )
    return draft


async def keep(
    db: Database,
    id: str,
    parent_sha256: str,
    edit: Edit,
    why: str,
    *,
    seen: str,
    actor: Actor,
    now: datetime,
) -> Derivative:
    """Make what was looked at a link of the chain; the original and every earlier link stay."""
    async with db.transaction() as tx:
        editable = await _open(tx, id, actor, now)
        check_why(why)
        draft = await check_previewed(tx, id, parent_sha256, edit, seen)
        check_within(editable, parent_sha256, edit)
        known = {one.sha256 for one in editable.derivatives}
        if draft.sha256 in known | {editable.original_sha256}:
            raise Refusal(
                "This edit leads to a picture that is there already.", rule="EDIT_TWICE"
            )
        made = Derivative(
            id=f"{DERIVATIVE_PREFIX}{secrets.token_hex(6)}",
            request_id=draft.request_id,
            examination_id=id,
            parent_sha256=draft.parent_sha256,
            sha256=draft.sha256,
            edit=draft.edit,
            tool=draft.tool,
            tool_version=draft.tool_version,
            width=draft.width,
            height=draft.height,
            made_by=actor.person,
            why=why.strip(),
            at=now,
            face=draft.face,
        )
        await tx.derivatives.add(made)
        await tx.edit_drafts.drop(draft)
        facts = {
            "request": made.request_id,
            "examination": id,
            **made.facts(),
            "fingerprint": made.fingerprint,
            "fingerprint_version": 2,
            "reason": made.why,
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.DERIVATIVE_MADE, made.id, facts)
        )
    return made


async def sweep_dropped(db: Database, vault: Vault, now: datetime) -> bool:
    """Destroy what nobody looks at any more, once it is out of Slack; True if there was any."""
    async with db.snapshot() as snapshot:
        dropped = await snapshot.edit_drafts.dropped()
    return any([await _destroy(db, vault, draft, now) for draft in dropped])


async def _destroy(db: Database, vault: Vault, draft: Draft, now: datetime) -> bool:
    async with db.snapshot() as snapshot:
        key = edit_key(draft.examination_id, draft.id)
        picture = await snapshot.pictures.find(key)
    if picture is not None and not await destroy(db, vault, picture, now):
        return False
    async with db.transaction() as tx:
        await tx.edit_drafts.remove(draft)
        if draft.sha256:
            await tx.discards.add(draft.sha256)
    return True


async def drop_over(db: Database) -> int:
    """Drop what was looked at in examinations that are over; return how many."""
    async with db.snapshot() as snapshot:
        if not await snapshot.edit_drafts.all():
            return 0
    dropped = 0
    async with db.transaction() as tx:
        for draft in await tx.edit_drafts.all():
            examination = await tx.examinations.get(draft.examination_id)
            is_left = examination.left_at is not None or examination.submitted_at
            request = await tx.requests.get(draft.request_id)
            if is_left or not _is_open(examination, request):
                await tx.edit_drafts.drop(draft)
                dropped += 1
    return dropped


async def search_on(
    db: Database, id: str, derivative_id: str, why: str, *, actor: Actor, now: datetime
) -> FaceRequest:
    """Search once more, on a derivative, with the same length of list (policy 3.5).

    Only while no candidate has opened, so that nobody searches until somebody fits (A21), and only
    once. It begins a new round; what was found before stays on record and is compared by nobody.
    """
    async with db.transaction() as tx:
        editable = await _open(tx, id, actor, now)
        check_why(why)
        chosen = next((d for d in editable.derivatives if d.id == derivative_id), None)
        if chosen is None:
            raise Refusal("There is no such edit of this still.", rule="EDIT_UNKNOWN")
        await check_may_search(tx, editable)
        _check_searchable(editable, chosen)
        request = await tx.requests.get(chosen.request_id)
        after = request.take(Step.SEARCH_DERIVATIVE, now)
        await tx.requests.save(after)
        await tx.derivatives.order_search(chosen.id, after.round, why.strip())
        if editable.draft is not None:
            await tx.edit_drafts.drop(editable.draft)
        await tx.work.cancel(request.id, OF_RESULTS)
        await queue_search(tx, after, now)
        facts = {
            "request": request.id,
            "examination": id,
            "derivative": chosen.id,
            "sha256": chosen.sha256,
            "original_sha256": editable.original_sha256,
            "round": after.round,
            "search_before": editable.examination.search_id,
            "list_length": request.asked.list_length,
            "reason": why.strip(),
            **by(actor),
            **moved(request, after),
        }
        await tx.audit.append(
            AuditEvent(
                now, actor.person, Verb.SEARCHED_ON_DERIVATIVE, request.id, facts
            )
        )
    return after


async def has_opened(snapshot: Snapshot, examination: Examination) -> bool:
    """Whether anybody has had this list open, also one who left it or whose round was returned."""
    for one in await snapshot.examinations.of(examination.request_id):
        if one.search_id == examination.search_id and (
            await snapshot.analyses.find(one.id)
            or await snapshot.examinations.dispositions(one.id)
        ):
            return True
    return False


async def check_may_search(snapshot: Snapshot, editable: Editable) -> None:
    """Refuse where no new search is made, on whichever edit."""
    if await has_opened(snapshot, editable.examination):
        raise Refusal(
            "The candidates are open already: a new search now would be one until somebody fits.",
            rule="EDIT_CANDIDATES_OPEN",
        )
    if any(one.searched_round is not None for one in editable.derivatives):
        raise Refusal(
            "One search on an edited still is made, and it has been.",
            rule="EDIT_SEARCHED_ONCE",
        )
    search = await snapshot.searches.get(editable.examination.search_id)
    if search.authorization_id is not None:
        raise Refusal(
            "The authorization allowed one search, of the original.",
            rule="EDIT_AUTHORIZED_SEARCH",
        )
    if all(one.face is None for one in editable.derivatives):
        raise Refusal("There is no edit to search on.", rule="EDIT_NO_FACE")


def _check_searchable(editable: Editable, chosen: Derivative) -> None:
    if chosen.face is None:
        raise Refusal(
            "The face is not found on this edit; it cannot be searched.",
            rule="EDIT_NO_FACE",
        )
    check_suitable(chosen.face.quality)
    chain_to(chosen.sha256, editable.derivatives, editable.original_sha256)


async def searched_on(
    snapshot: Snapshot, request_id: str, round: int
) -> Derivative | None:
    """The derivative that is searched for in a round; None where it is the original."""
    made = await snapshot.derivatives.of(request_id)
    return next((one for one in made if one.searched_round == round), None)


async def behind(
    snapshot: Snapshot, request_id: str, sha256: str
) -> tuple[Derivative, ...]:
    """The chain that ends in what was searched for; empty where that was the original."""
    probe = await snapshot.probes.get(request_id)
    made = await snapshot.derivatives.of(request_id)
    return chain_to(sha256, made, probe.sha256)


async def without_editor(
    snapshot: Snapshot, examination: Examination, parts: frozenset[tuple[str, Part]]
) -> frozenset[tuple[str, Part]]:
    """Whoever had the search made on an edited still goes on with it: no candidate had opened, so
    they are as blind as anybody."""
    request_id, before = examination.request_id, examination.round - 1
    if examination.seat is not Seat.FIRST:
        return parts
    if await searched_on(snapshot, request_id, examination.round) is None:
        return parts
    free = [
        (one.examiner, Part.EXAMINER)
        for one in await snapshot.examinations.of(request_id, before)
        if one.examiner is not None
        and one.left_at is None
        and await snapshot.analyses.find(one.id) is None
    ]
    return parts - frozenset(free)


# --- what workers do


async def record(
    db: Database,
    item: WorkItem,
    made: Draft,
    picture: Picture | None,
) -> None:
    """Write what has come of an edit, unless it was dropped meanwhile."""
    async with db.transaction() as tx:
        await tx.work.finish(item)
        if await tx.edit_drafts.find(made.id) is None:
            await _discard(tx, made, picture)
            return
        await tx.edit_drafts.save(made)
        if picture is not None:
            await tx.pictures.add(picture)


async def discard(db: Database, made: Draft, picture: Picture | None) -> None:
    """Somebody else makes it: what was made here may be destroyed, unless it is the very same."""
    async with db.transaction() as tx:
        await _discard(tx, made, picture)


async def _discard(tx: Transaction, made: Draft, picture: Picture | None) -> None:
    for sha256 in (made.sha256, picture.vault_sha256 if picture else ""):
        if sha256:
            await tx.discards.add(sha256)


async def shown(db: Database, draft: Draft) -> None:
    """Note that its form has been given the picture, or was closed."""
    async with db.transaction() as tx:
        if (present := await tx.edit_drafts.find(draft.id)) is not None:
            await tx.edit_drafts.save(replace(present, shown=True))


async def queue_replay(tx: Transaction, request_id: str, now: datetime) -> None:
    """Have every edit of a request made again before anything is released."""
    if await tx.derivatives.of(request_id):
        await tx.work.add(WorkKind.REPLAY, request_id, priority=0, now=now)


async def chains(
    snapshot: Snapshot, probe: Probe
) -> tuple[list[tuple[Derivative, ...]], str]:
    """Every chain of a request, and what the record alone shows to be wrong with them."""
    made = await snapshot.derivatives.of(probe.request_id)
    try:
        await _check_recorded(snapshot, probe.request_id, made)
        return [chain_to(one.sha256, made, probe.sha256) for one in made], ""
    except ChainBroken as broken:
        return [], broken.message


async def _check_recorded(
    snapshot: Snapshot, request_id: str, derivatives: Sequence[Derivative]
) -> None:
    """Refuse rows that are not what the audit log tells of them, and others than it tells of."""
    request = await snapshot.requests.get(request_id)
    kept = await snapshot.audit.named(
        DERIVATIVE_PREFIX, Verb.DERIVATIVE_MADE, since=request.submitted_at
    )
    told = {
        entry.event.subject: entry.event.facts
        for entry in kept
        if entry.event.facts.get("request") == request_id
    }
    if told.keys() != {one.id for one in derivatives}:
        raise ChainBroken("the edits that are there are not those that were kept")
    if not all(one.is_recorded(told[one.id]) for one in derivatives):
        raise ChainBroken("an edit is not recorded as it was made")
    if not await _is_search_recorded(snapshot, request_id, derivatives):
        raise ChainBroken("the search on an edit is not recorded as it was made")


async def _is_search_recorded(
    snapshot: Snapshot, request_id: str, derivatives: Sequence[Derivative]
) -> bool:
    told = [
        entry.event.facts
        for entry in await snapshot.audit.entries(request_id)
        if entry.event.verb is Verb.SEARCHED_ON_DERIVATIVE
    ]
    searched = [one for one in derivatives if one.searched_round is not None]
    return len(told) == len(searched) and all(
        (facts["derivative"], facts["reason"]) == (one.id, one.searched_why)
        and facts.get("round", one.searched_round) == one.searched_round
        for facts, one in zip(told, searched, strict=True)
    )


async def record_replay(
    db: Database, item: WorkItem, error: str, *, now: datetime
) -> None:
    async with db.transaction() as tx:
        await tx.work.finish(item)
        await tx.derivatives.replayed(item.request_id, error, now)
        made = await tx.derivatives.of(item.request_id)
        facts = {
            "edits": {one.id: one.sha256 for one in made},
            "error": error,
            "rule": "EDIT_CHAIN_BROKEN" if error else None,
        }
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.EDITS_REPLAYED, item.request_id, facts)
        )


async def check_chain(snapshot: Snapshot, request_id: str) -> list[dict[str, object]]:
    """Refuse a release unless the edits were made again with the same result; return them for the
    record of the lead."""
    made = await snapshot.derivatives.of(request_id)
    waiting = [
        *await snapshot.work.open_for(request_id),
        *await snapshot.work.given_up(request_id),
    ]
    is_under_way = any(item.kind is WorkKind.REPLAY for item in waiting)
    check_replayed(made, is_under_way=is_under_way)
    # Once more, since the lead is to tell them: a row may have been altered after they were made again.
    try:
        await _check_recorded(snapshot, request_id, made)
    except ChainBroken as broken:
        raise ChainBroken(
            f"The record of the edits of the still is not what it was: {broken.message} "
            "(rule EDIT_CHAIN_BROKEN)."
        ) from None
    return [one.facts() | {"searched": one.searched_round is not None} for one in made]


async def _open(tx: Transaction, id: str, actor: Actor, now: datetime) -> Editable:
    editable = await read(tx, id)
    request = await tx.requests.get(editable.examination.request_id)
    if not _is_open(editable.examination, request):
        raise Refusal(
            "This examination is no longer open: the request has moved on.",
            rule="STATE",
        )
    check_may_edit(editable.examination, actor, now)
    return editable


def _is_open(examination: Examination, request: FaceRequest) -> bool:
    """Whether somebody may still be at it; of which examination is for ``check_may_edit`` to say."""
    return request.round == examination.round and request.state in _EXAMINED
