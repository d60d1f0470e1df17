"""What is left of sealed photographs: destroyed file by file, and noted when nothing is left."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bot.approvals.changes import version_of
from bot.casework.building import alone, build_gallery
from bot.casework.purging import destroy, destructible, remove_file
from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.changes import ChangeKind
from bot.domain.photographs import GalleryVersion
from bot.domain.sealings import Sealing
from bot.domain.sendings import Picture
from bot.matching import files, shared
from bot.matching import gallery as galleries
from storage.database import Database, Snapshot
from storage.vault import Vault

_LEFT_OVER_S = 86_400
_PATIENCE_S = 120.0
Renewed = Mapping[tuple[str, str], str]
"""By order and repository the version that was built after the order came."""


async def renew_gallery(
    db: Database, root: Path, repository: str, now: datetime
) -> str:
    """Build a version without what is sealed, destroy the files of every other version, and return
    which one it is; empty if nothing was ever built of this repository.

    A version is rewritten, not edited: what Chroma deletes stays readable in its files.
    """
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
    if current is not None:
        current = await build_gallery(
            db, root, repository, current.model, actor=SYSTEM.person, now=now
        )
    await discard_old(db, root)
    return current.version if current is not None else ""


async def discard_old(db: Database, root: Path) -> list[str]:
    """Destroy the files of versions nobody searches any more, or may want to; return which.

    Waits for whoever builds: a version that is not recorded yet is not an old one. Raises Unavailable
    if that takes long.
    """
    async with alone(root, _PATIENCE_S):
        there = await asyncio.to_thread(_versions, root)
        async with db.snapshot() as snapshot:
            kept = await snapshot.galleries.current_versions()
            old = there - kept - await _proposed(snapshot)
        for version in sorted(old):
            await asyncio.to_thread(galleries.discard, root, version)
    return sorted(old)


async def discard_strays(db: Database, root: Path) -> list[str]:
    """Destroy the versions no row names, left by whoever was killed before it wrote one; a younger one
    than a day may still be told of. Return which."""
    old = await asyncio.to_thread(_left_alone, root)
    async with db.snapshot() as snapshot:
        recorded = await snapshot.galleries.recorded()
        strays = sorted(old - recorded - await _proposed(snapshot))
    for version in strays:
        await asyncio.to_thread(galleries.discard, root, version)
    return strays


async def _proposed(snapshot: Snapshot) -> set[str]:
    """The versions that wait for a supervisor and hold nothing that was sealed; one that may is
    destroyed, and cannot be approved any more."""
    waiting = [
        version_of(change)
        for change in await snapshot.changes.pending()
        if change.kind is ChangeKind.MODEL
    ]
    return {
        version.version
        for version in waiting
        if not await _may_hold_sealed(snapshot, version)
    }


async def _may_hold_sealed(snapshot: Snapshot, version: GalleryVersion) -> bool:
    """Whether an order about its repository was not finished when it was begun."""
    for sealing in await snapshot.sealings.all():
        if sealing.finished_at is None or sealing.finished_at >= version.built_at:
            tombstones = await snapshot.sealings.tombstones(sealing.id)
            if any(one.repository == version.repository for one in tombstones):
                return True
    return False


def _left_alone(root: Path) -> frozenset[str]:
    limit = time.time() - _LEFT_OVER_S
    there = [root / name for name in _versions(root)]
    return frozenset(
        path.name for path in there if path.exists() and path.stat().st_mtime < limit
    )


def _versions(root: Path) -> frozenset[str]:
    """On the disk and in shared memory: whoever was killed may have removed only one of both."""
    folders = [folder for folder in (root, shared.place(root)) if folder.is_dir()]
    names = {path.name for folder in folders for path in folder.iterdir()}
    return frozenset(name for name in names if not name.startswith("."))


async def destroy_pictures(
    db: Database, vault: Vault, sealing: Sealing, now: datetime
) -> bool:
    """Destroy the sealed photographs in the vault and whatever was drawn of them, as far as nobody
    draws and Slack has let go of it; True if anything was destroyed.

    What the results of a purged search were drawn from is destroyed by the purge.
    """
    async with db.snapshot() as snapshot:
        if await snapshot.work.is_drawing(now):
            return False
        pictures = await destructible(snapshot, await _pictures(snapshot, sealing))
        files = await _files(snapshot, vault, sealing)
    destroyed = [await destroy(db, vault, picture, now) for picture in pictures]
    for sha256 in files:
        async with db.transaction() as tx:
            if not await tx.work.is_drawing(now):
                await remove_file(tx, vault, sha256)
    return any(destroyed) or bool(files)


async def what_is_left(
    snapshot: Snapshot, vault: Vault, root: Path, sealing: Sealing, renewed: Renewed
) -> list[str]:
    """In words, for whoever asks why an order is not finished; empty if nothing is left."""
    left = []
    if await stale_galleries(snapshot, sealing, renewed):
        left.append("a gallery that has to be built again")
    if await _is_beside(snapshot, root, sealing):
        left.append("a copy of an earlier gallery, or one that is being built")
    searches = await snapshot.sealings.purged_for(sealing.id)
    if any(search.swept_at is None for search in searches):
        left.append("pictures of destroyed results, in Slack or in the vault")
    if await _pictures(snapshot, sealing):
        left.append("pictures of a request, in Slack or in the vault")
    if await _files(snapshot, vault, sealing):
        left.append("the photograph's file in the vault")
    return left


async def stale_galleries(
    snapshot: Snapshot, sealing: Sealing, renewed: Renewed
) -> set[str]:
    """The repositories whose current version may hold photographs of this order: it is not the one
    that was built since. Somebody who began before may have built another after it."""
    stale = set()
    tombstones = await snapshot.sealings.tombstones(sealing.id)
    for repository in {one.repository for one in tombstones}:
        current = await snapshot.galleries.current(repository)
        version = current.version if current is not None else ""
        if renewed.get((sealing.id, repository)) != version:
            stale.add(repository)
    return stale


async def _is_beside(snapshot: Snapshot, root: Path, sealing: Sealing) -> bool:
    """Whether there may be templates outside of the versions: somebody builds or reads, or was killed.
    What begins after the order is without it, but nobody can tell when that was."""
    if not await snapshot.sealings.tombstones(sealing.id):
        return False
    current = await snapshot.galleries.current_versions()
    return bool(await asyncio.to_thread(files.beside, root, current))


async def _pictures(snapshot: Snapshot, sealing: Sealing) -> list[Picture]:
    """What was drawn of sealed photographs for requests whose record is kept: of the candidates that
    are listed by one, and the sheets on which one is beside another."""
    ids = {one.photo_id for one in await snapshot.sealings.tombstones(sealing.id)}
    found = {p.key: p for p in await snapshot.pictures.showing(ids)}
    for search in await snapshot.sealings.listing(ids):
        listed = await snapshot.searches.candidates(search.id)
        own = {candidate.id for candidate in listed if candidate.photo_id in ids}
        pictures = await snapshot.pictures.of(search.request_id)
        found |= {k: p for k, p in pictures.items() if k.split("/")[-1] in own}
    return list(found.values())


async def _files(snapshot: Snapshot, vault: Vault, sealing: Sealing) -> list[str]:
    """The photographs themselves. One that somebody sent as a probe is evidence of that case and
    stays as its probe."""
    return [
        one.sha256
        for one in await snapshot.sealings.tombstones(sealing.id)
        if one.sha256 in vault
        and not await snapshot.pictures.is_file_used(one.sha256, but_by="")
    ]


async def finish(
    db: Database,
    vault: Vault,
    root: Path,
    sealings: Sequence[Sealing],
    now: datetime,
    clear_log: Callable[[], Awaitable[bool]],
    renewed: Renewed,
) -> list[Sealing]:
    """Note that nothing is left of these orders; return those of which that is so.

    ``renewed`` are the versions that are known to be without them.
    """
    async with db.snapshot() as snapshot:
        over = [
            s
            for s in sealings
            if not await what_is_left(snapshot, vault, root, s, renewed)
        ]
    if not over or not await clear_log():
        return []
    finished = []
    async with db.transaction() as tx:
        for sealing in over:
            if await what_is_left(tx, vault, root, sealing, renewed):
                continue
            await tx.sealings.finish(sealing.id, now)
            took = (now - sealing.received_at).total_seconds()
            tombstones = await tx.sealings.tombstones(sealing.id)
            facts = {
                "order": sealing.order_reference,
                "photographs": len(tombstones),
                "seconds": round(took, 1),
            }
            await tx.audit.append(
                AuditEvent(now, SYSTEM.person, Verb.SEALING_FINISHED, sealing.id, facts)
            )
            finished.append(sealing)
    return finished
