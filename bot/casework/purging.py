"""Results nobody may keep: destroyed in the record at once, and as pictures wherever they are."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.pictures import lead_key, review_key
from bot.domain.searches import Search
from bot.domain.sendings import Picture, removal_key
from bot.views.text import CHANGING
from storage.database import Database, Snapshot, Transaction
from storage.vault import Vault


async def purge(
    tx: Transaction,
    searches: Sequence[Search],
    why: str,
    now: datetime,
    *,
    sealing_id: str | None = None,
) -> None:
    """Destroy whom these searches of one request found, and everything decided about them.

    That they were made, by which gallery, and who compared stays on record. Their pictures follow:
    ``sweep`` destroys each as soon as it is out of Slack.
    """
    for search in searches:
        if search.purged_at is not None:
            continue
        await _take_lead_back(tx, search)
        examinations = await tx.examinations.purge(search.id)
        await tx.contexts.purge(search.id)
        await tx.overrides.purge(examinations)
        await tx.searches.purge(search.id, now, sealing_id)
        facts = {
            "request": search.request_id,
            "authorization": search.authorization_id,
            "examinations": examinations,
            "sealing": sealing_id,
            "why": why,
        }
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.RESULTS_PURGED, search.id, facts)
        )
        await _take_back_words(tx, search.request_id, examinations)
        await tx.requests.touch(search.request_id)


async def _take_back_words(
    tx: Transaction, request_id: str, examinations: Sequence[str]
) -> None:
    """What was not sent yet of the cards that tell of results; the next redraw sends what stands."""
    starts = tuple(f"{examination}/" for examination in examinations)
    starts += (f"{request_id}/review/", f"{request_id}/requester")
    for key, card in (await tx.cards.of(request_id)).items():
        if not key.startswith(starts):
            continue
        is_posting = await tx.outbox.take_back(key, CHANGING)
        if is_posting is not None:
            # Not empty while it is being posted: that would post it a second time.
            digest = "taken back" if is_posting else ""
            await tx.cards.put(replace(card, digest=digest))


async def _take_lead_back(tx: Transaction, search: Search) -> None:
    lead = await tx.leads.find(search.request_id)
    found = {candidate.id for candidate in await tx.searches.candidates(search.id)}
    if lead is not None and lead.candidate_id in found:
        await tx.leads.remove(search.request_id)
        await tx.corroborations.remove(search.request_id)


async def sweep(
    db: Database,
    vault: Vault,
    now: datetime,
    clear_log: Callable[[], Awaitable[bool]] | None = None,
) -> bool:
    """Destroy what purged searches left and can be destroyed now; True if there was any.

    May be stopped anywhere and called again: a file goes before the row that names it. Where nothing
    can be done nothing is written.
    """
    async with db.snapshot() as snapshot:
        searches = await snapshot.searches.unswept()
        discards = await snapshot.discards.all()
        if not searches and not discards:
            return False
        is_drawing = await snapshot.work.is_drawing(now)
        pictures = [
            p
            for s in searches
            for p in await destructible(snapshot, await _pictures(snapshot, s))
        ]
    swept = False
    if not is_drawing:
        for picture in pictures:
            swept |= await destroy(db, vault, picture, now)
        swept |= bool(discards) and await _destroy_discards(db, vault, now)
    for search in searches:
        swept |= await _finish(db, search, now, clear_log or db.clear_log)
    return swept


async def destructible(
    snapshot: Snapshot, pictures: Sequence[Picture]
) -> list[Picture]:
    """Those that are out of Slack, or whose copy in the vault can go although Slack keeps its own."""
    return [
        picture
        for picture in pictures
        if await _is_out_of_slack(snapshot, picture)
        or (picture.vault_sha256 and await _is_stuck_in_slack(snapshot, picture))
    ]


async def _pictures(snapshot: Snapshot, search: Search) -> list[Picture]:
    """The pictures of one search's examinations, of their reviews, and of a lead taken back."""
    examinations = [
        examination
        for examination in await snapshot.examinations.of(search.request_id)
        if examination.search_id == search.id
    ]
    starts = tuple(
        start
        for examination in examinations
        for start in (
            f"{examination.id}/",
            f"{review_key(search.request_id, examination.round)}/",
        )
    )
    has_lead = await snapshot.leads.find(search.request_id) is not None
    return [
        picture
        for key, picture in (await snapshot.pictures.of(search.request_id)).items()
        if key.startswith(starts)
        or (key == lead_key(search.request_id) and not has_lead)
    ]


async def destroy(db: Database, vault: Vault, picture: Picture, now: datetime) -> bool:
    """In one transaction, so that nobody begins to draw the very same file meanwhile.

    Of a file that Slack would not delete the row stays, without the copy in the vault: by it Slack is
    asked again, and the purge is not finished before.
    """
    async with db.transaction() as tx:
        if await tx.work.is_drawing(now):
            return False
        if await _is_out_of_slack(tx, picture):
            await remove_file(tx, vault, picture.vault_sha256, but_by=picture.key)
            await tx.pictures.remove(picture.key)
            return True
        if not await _is_stuck_in_slack(tx, picture):
            return False
        await remove_file(tx, vault, picture.vault_sha256, but_by=picture.key)
        await tx.pictures.save(replace(picture, vault_sha256=""))
    return True


async def remove_file(
    tx: Transaction, vault: Vault, sha256: str, *, but_by: str = ""
) -> None:
    """Destroy a file of the vault, unless something else is made of it."""
    if sha256 and not await tx.pictures.is_file_used(sha256, but_by=but_by):
        await asyncio.to_thread(vault.remove, sha256)


async def discard(
    db: Database, vault: Vault, pictures: Sequence[Picture], now: datetime
) -> None:
    """Destroy what was drawn although nobody wants it any more, or leave it to ``sweep``."""
    async with db.transaction() as tx:
        # Somebody else may be drawing the same, and tell of it in a moment.
        is_drawing = await tx.work.is_drawing(now)
        for picture in pictures:
            if is_drawing:
                await tx.discards.add(picture.vault_sha256)
            else:
                await remove_file(tx, vault, picture.vault_sha256)


async def _destroy_discards(db: Database, vault: Vault, now: datetime) -> bool:
    async with db.transaction() as tx:
        if await tx.work.is_drawing(now):
            return False
        for sha256 in await tx.discards.all():
            await remove_file(tx, vault, sha256)
            await tx.discards.remove(sha256)
    return True


async def sweep_orphans(db: Database, vault: Vault) -> list[str]:
    """Destroy the files no row names, left by a worker that was killed before it wrote one; return
    which. Where no row names any file it is the rows that are missing: nothing is destroyed."""
    old = await asyncio.to_thread(vault.left_alone)
    async with db.snapshot() as snapshot:
        named = await snapshot.pictures.files()
    orphans = [sha256 for sha256 in old if sha256 not in named]
    return [o for o in orphans if named and await _destroy_orphan(db, vault, o)]


async def _destroy_orphan(db: Database, vault: Vault, sha256: str) -> bool:
    async with db.transaction() as tx:
        if await tx.pictures.is_file_used(sha256, but_by=""):
            return False
        return await asyncio.to_thread(vault.remove_left_alone, sha256)


async def _is_out_of_slack(snapshot: Snapshot, picture: Picture) -> bool:
    if picture.key in await snapshot.outbox.uploads_pending(picture.request_id):
        return False
    return picture.removed_at is not None or picture.slack_file is None


async def _is_stuck_in_slack(snapshot: Snapshot, picture: Picture) -> bool:
    given_up = await snapshot.outbox.removals_given_up(picture.request_id)
    return removal_key(picture) in given_up


async def _finish(
    db: Database,
    search: Search,
    now: datetime,
    clear_log: Callable[[], Awaitable[bool]],
) -> bool:
    """Note when nothing is left; a drawing that was under way may have come in between."""
    async with db.snapshot() as snapshot:
        if await _is_anything_left(snapshot, search):
            return False
    if not await clear_log():
        return False
    async with db.transaction() as tx:
        if await _is_anything_left(tx, search):
            return False
        await tx.searches.swept(search.id, now)
        facts = {"request": search.request_id}
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.PURGE_FINISHED, search.id, facts)
        )
    return True


async def _is_anything_left(snapshot: Snapshot, search: Search) -> bool:
    """Whose a discarded file was nobody can tell: every purge waits for all of them."""
    return bool(await snapshot.discards.all() or await _pictures(snapshot, search))
