"""Orders to seal, and the tombstones they leave."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from bot.domain.sealings import Forbidden, Sealing, Tombstone, normal_arrest
from storage.base import Storage, columns, flat
from storage.tables import SealingRow, TombstoneRow

_AT_ONCE = 500  # values in one statement: SQLite limits them


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

    async def forbidden(
        self,
        photo_ids: Iterable[str],
        sha256s: Iterable[str],
        arrest_numbers: Iterable[str],
    ) -> Forbidden:
        """Of these, what must not come into a gallery any more; also an arrest of which there was no
        photograph when its order came. Ask ``covers`` of the answer for each photograph."""
        arrests = {normal_arrest(number) for number in arrest_numbers} - {""}
        return Forbidden(
            await self._among(TombstoneRow.photo_id, photo_ids),
            await self._among(TombstoneRow.sha256, set(sha256s) - {""}),
            await self._among(SealingRow.arrest_number, arrests),
        )

    async def _among(self, column: Any, values: Iterable[str]) -> frozenset[str]:
        wanted, found = sorted(set(values)), set[str]()
        for start in range(0, len(wanted), _AT_ONCE):
            rows: Iterable[Any] = await self._result(
                select(column).where(column.in_(wanted[start : start + _AT_ONCE]))
            )
            found.update(value for (value,) in rows)
        return frozenset(found)
