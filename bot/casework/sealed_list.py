"""What is sealed, in a file beside the database: a restored backup brings nothing of it back."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from filelock import AsyncFileLock, Timeout

from bot.casework.alerts import Alerts
from bot.casework.sealing import Done, carry_out, new_sealing_id
from bot.domain.actors import SYSTEM
from bot.domain.photographs import Photograph
from bot.domain.sealings import Sealing, Tombstone
from bot.errors import FisError, Unavailable
from storage.database import Database, Snapshot, Transaction

NAME = "sealed.json"
_VERSION = 1
_PATIENCE_S = 30.0


class BadList(FisError):
    """The list cannot be believed: nothing may be searched before somebody has looked at it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The orders and tombstones of the file."""

    sealings: tuple[Sealing, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()

    def of(self, sealing_id: str) -> list[Tombstone]:
        return [one for one in self.tombstones if one.sealing_id == sealing_id]


async def write_list(db: Database, path: Path) -> None:
    """Bring the file up to date with the database; it is there whole, or as it was before.

    Raises Unavailable if another process keeps it, BadList for a file that cannot be believed: what it
    named would be lost.
    """
    # From before the database is read: otherwise the slower of two would write what was known earlier.
    async with _only_one(path):
        async with db.snapshot() as snapshot:
            listed = await asyncio.to_thread(_read, path, snapshot)
            sealings = await snapshot.sealings.all()
            tombstones = await snapshot.sealings.every_tombstone()
            text = _written(snapshot, *_with_forgotten(sealings, tombstones, listed))
        await asyncio.to_thread(_replace, path, text)


def _with_forgotten(
    sealings: Sequence[Sealing], tombstones: Sequence[Tombstone], listed: Listed
) -> tuple[list[Sealing], list[Tombstone]]:
    """What is on the list stays there, although a backup may have been put in the database's place."""
    known = {one.id for one in sealings}
    photos = {one.photo_id for one in tombstones}
    more = [one for one in listed.sealings if one.id not in known]
    others = [one for one in listed.tombstones if one.photo_id not in photos]
    return (
        sorted((*sealings, *more), key=lambda one: (one.received_at, one.id)),
        sorted((*tombstones, *others), key=lambda one: one.photo_id),
    )


@asynccontextmanager
async def _only_one(path: Path) -> AsyncIterator[None]:
    """One process at a time; a killed one lets go by itself."""
    try:
        async with AsyncFileLock(path.with_suffix(".lock"), timeout=_PATIENCE_S):
            yield
    except Timeout:
        raise Unavailable(
            f"Another process has been writing {path} for {_PATIENCE_S:.0f} s."
        ) from None


async def reapply(
    db: Database, path: Path, alerts: Alerts, now: datetime
) -> list[Done]:
    """Seal again whatever the list names and the database has forgotten, or holds again.

    Raises BadList for a file that somebody has altered or that was written with another key.
    """
    async with db.snapshot() as snapshot:
        listed = await asyncio.to_thread(_read, path, snapshot)
        if not await _is_anything_back(snapshot, listed):
            return []
    async with db.transaction() as tx:
        # Asked once more: another process may have done it since.
        done = await _remember(tx, listed, alerts, now)
        return done + await _seal_again(tx, alerts, now)


async def _is_anything_back(snapshot: Snapshot, listed: Listed) -> bool:
    known = await snapshot.sealings.all()
    if _forgotten(known, listed):
        return True
    return bool(known and await snapshot.sealings.returned())


def _forgotten(known: Sequence[Sealing], listed: Listed) -> list[Sealing]:
    ids = {sealing.id for sealing in known}
    return [one for one in listed.sealings if one.id not in ids]


async def _remember(
    tx: Transaction,
    listed: Listed,
    alerts: Alerts,
    now: datetime,
) -> list[Done]:
    """The orders that came after the backup was made; their photographs are in it."""
    if not (forgotten := _forgotten(await tx.sealings.all(), listed)):
        return []
    here = await tx.sealings.of_hashes({one.arrest_hash for one in forgotten})
    done = []
    for sealing in forgotten:
        own = [
            p
            for p in here
            if tx.sealings.hashed(p.arrest_number) == sealing.arrest_hash
        ]
        facts = {"restored": True, "received_at": sealing.received_at.isoformat()}
        others = listed.of(sealing.id)
        actor = SYSTEM.person
        done.append(
            await carry_out(
                tx, sealing, own, alerts, actor, now, others=others, facts=facts
            )
        )
    return done


async def _seal_again(tx: Transaction, alerts: Alerts, now: datetime) -> list[Done]:
    """Photographs that are here although their tombstones are: under the same orders once more."""
    by_order: dict[str, list[Photograph]] = {}
    tombstones = await tx.sealings.every_tombstone()
    by_id = {one.photo_id: one for one in tombstones}
    by_file = {one.sha256: one for one in tombstones}
    for photograph in await tx.sealings.returned():
        tombstone = by_id.get(photograph.id) or by_file[photograph.sha256]
        by_order.setdefault(tombstone.sealing_id, []).append(photograph)
    orders = {one.id: one for one in await tx.sealings.all()}
    done = []
    for id, photographs in by_order.items():
        again = Sealing(
            new_sealing_id(),
            orders[id].order_reference,
            orders[id].arrest_hash,
            SYSTEM.person,
            now,
        )
        facts = {"restored": True, "again": id}
        actor = SYSTEM.person
        done.append(
            await carry_out(tx, again, photographs, alerts, actor, now, facts=facts)
        )
    return done


def _written(
    snapshot: Snapshot, sealings: Sequence[Sealing], tombstones: Sequence[Tombstone]
) -> str:
    content = {
        "version": _VERSION,
        "sealings": [
            {
                "id": one.id,
                "order_reference": one.order_reference,
                "arrest_hash": one.arrest_hash,
                "actor": one.actor,
                "received_at": one.received_at.isoformat(),
            }
            for one in sealings
        ],
        "photographs": [
            {
                "id": one.photo_id,
                "sha256": one.sha256,
                "repository": one.repository,
                "sealing": one.sealing_id,
                "at": one.at.isoformat(),
            }
            for one in tombstones
        ],
    }
    return json.dumps({**content, "tag": snapshot.sealings.tag(_canonical(content))})


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _read(path: Path, snapshot: Snapshot) -> Listed:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Listed()
    try:
        content = json.loads(text)
        tag = content.pop("tag")
        if tag != snapshot.sealings.tag(_canonical(content)):
            raise ValueError("it was altered, or written with another key")
        return _listed(content)
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        raise BadList(
            f"{path} cannot be believed ({bad}). It lists what is sealed, and nothing is searched "
            "without it: put the copy in its place that was kept with the backups."
        ) from None


def _listed(content: Mapping[str, Any]) -> Listed:
    if content["version"] != _VERSION:
        raise ValueError(f"its version is {content['version']}")
    return Listed(
        tuple(
            Sealing(
                id=one["id"],
                order_reference=one["order_reference"],
                arrest_hash=one["arrest_hash"],
                actor=one["actor"],
                received_at=datetime.fromisoformat(one["received_at"]),
            )
            for one in content["sealings"]
        ),
        tuple(
            Tombstone(
                photo_id=one["id"],
                subject_id="",  # not in the list: who it was is nobody's business any more
                repository=one["repository"],
                sha256=one["sha256"],
                sealing_id=one["sealing"],
                at=datetime.fromisoformat(one["at"]),
            )
            for one in content["photographs"]
        ),
    )


def _replace(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    for left in path.parent.glob(f"{path.stem}*.part"):  # by whoever was killed
        left.unlink()
    handle, part = mkstemp(".part", f"{path.stem}.", path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(part).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
