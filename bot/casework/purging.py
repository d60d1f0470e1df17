"""Results nobody may keep: destroyed in the record at once, and as pictures wherever they are."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.pictures import lead_key, review_key
from bot.domain.searches import Search
from bot.domain.sendings import Picture
from storage.database import Database, Snapshot, Transaction
from storage.vault import Vault


async def purge(
    tx: Transaction, searches: Sequence[Search], why: str, now: datetime
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
        await tx.searches.purge(search.id, now)
        facts = {
            "request": search.request_id,
            "authorization": search.authorization_id,
            "examinations": examinations,
            "why": why,
        }
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.RESULTS_PURGED, search.id, facts)
        )
        await tx.requests.touch(search.request_id)


async def _take_lead_back(tx: Transaction, search: Search) -> None:
    lead = await tx.leads.find(search.request_id)
    found = {candidate.id for candidate in await tx.searches.candidates(search.id)}
    if lead is not None and lead.candidate_id in found:
        await tx.leads.remove(search.request_id)


async def sweep(db: Database, vault: Vault, now: datetime) -> bool:
    """Destroy the pictures of purged searches that are out of Slack; True if any was destroyed.

    May be stopped anywhere and called again: a file goes before the row that names it.
    """
    async with db.snapshot() as snapshot:
        searches = await snapshot.searches.unswept()
        wanted = [(search, await _pictures(snapshot, search)) for search in searches]
    swept = False
    for search, pictures in wanted:
        for picture in pictures:
            swept |= await _destroy(db, vault, picture, now)
        swept |= await _finish(db, search, now)
    return swept


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


async def _destroy(db: Database, vault: Vault, picture: Picture, now: datetime) -> bool:
    """In one transaction, so that nobody begins to draw the very same file meanwhile."""
    async with db.transaction() as tx:
        if not await _is_out_of_slack(tx, picture) or await tx.work.is_drawing(now):
            return False
        await _remove_file(tx, vault, picture, but_by=picture.key)
        await tx.pictures.remove(picture.key)
    return True


async def _remove_file(
    tx: Transaction, vault: Vault, picture: Picture, *, but_by: str = ""
) -> None:
    sha256 = picture.vault_sha256
    if not await tx.pictures.is_file_used(sha256, but_by=but_by):
        await asyncio.to_thread(vault.remove, sha256)


async def discard(
    db: Database, vault: Vault, pictures: Sequence[Picture], now: datetime
) -> None:
    """Destroy what was drawn although nobody wants it any more: no row tells ``sweep`` of it."""
    async with db.transaction() as tx:
        # Somebody else may be drawing the same, and tell of it in a moment.
        if await tx.work.is_drawing(now):
            return
        for picture in pictures:
            await _remove_file(tx, vault, picture)


async def _is_out_of_slack(snapshot: Snapshot, picture: Picture) -> bool:
    if picture.key in await snapshot.outbox.uploads_pending(picture.request_id):
        return False
    return picture.removed_at is not None or picture.slack_file is None


async def _finish(db: Database, search: Search, now: datetime) -> bool:
    """Note when nothing is left; a drawing that was under way may have come in between."""
    async with db.snapshot() as snapshot:
        if await _pictures(snapshot, search):
            return False
    if not await db.clear_log():
        return False
    async with db.transaction() as tx:
        if await _pictures(tx, search):
            return False
        await tx.searches.swept(search.id, now)
        facts = {"request": search.request_id}
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.PURGE_FINISHED, search.id, facts)
        )
    return True
