"""Orders to seal, and the tombstones they leave."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from bot.domain.sealings import Sealing, Tombstone
from storage.base import Storage, columns, flat
from storage.tables import SealingRow, TombstoneRow


class Sealings(Storage):
    async def add(self, sealing: Sealing, tombstones: Sequence[Tombstone]) -> None:
        await self._run(insert(SealingRow).values(columns(sealing)))
        if tombstones:
            await self._run(
                insert(TombstoneRow).values([columns(one) for one in tombstones])
            )

    async def finish(self, id: str, now: datetime) -> None:
        """Nothing of its photographs is left anywhere."""
        await self._run(
            update(SealingRow).where(SealingRow.id == id).values(finished_at=now)
        )

    async def unfinished(self) -> list[Sealing]:
        rows = await self._all(
            select(SealingRow)
            .where(SealingRow.finished_at.is_(None))
            .order_by(SealingRow.received_at, SealingRow.id)
        )
        return [flat(Sealing, row) for row in rows]

    async def tombstones(self, sealing_id: str) -> list[Tombstone]:
        rows = await self._all(
            select(TombstoneRow)
            .where(TombstoneRow.sealing_id == sealing_id)
            .order_by(TombstoneRow.photo_id)
        )
        return [flat(Tombstone, row) for row in rows]
