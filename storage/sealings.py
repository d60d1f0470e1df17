"""Orders to seal, the tombstones they leave, and the photographs they take away."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from bot.domain.photographs import Photograph
from bot.domain.sealings import Forbidden, Sealing, Tombstone, normal_arrest
from bot.domain.searches import Search
from storage.base import Storage, columns, flat
from storage.searches import as_search
from storage.tables import (
    CandidateRow,
    PhotographRow,
    SealingRow,
    SearchRow,
    TemplateRow,
    TombstoneRow,
)

_AT_ONCE = 500  # values in one statement: SQLite limits them


class Sealings(Storage):
    def hashed(self, arrest_number: str) -> str:
        """An arrest as sealings know it: without the key nobody can tell which one it is."""
        return self._cipher.keyed_hash(normal_arrest(arrest_number), "sealings.arrest")

    def tag(self, text: str) -> str:
        """Shows that the list beside the database was written with this key, and not changed since."""
        return self._cipher.keyed_hash(text, "sealed.json")

    async def add(self, sealing: Sealing, tombstones: Sequence[Tombstone]) -> None:
        """A photograph that had been sealed before and came back belongs to the later one."""
        await self._run(insert(SealingRow).values(columns(sealing)))
        for part in _parts([one.photo_id for one in tombstones]):
            await self._run(delete(TombstoneRow).where(TombstoneRow.photo_id.in_(part)))
        if tombstones:
            await self._run(
                insert(TombstoneRow).values([columns(one) for one in tombstones])
            )

    async def finish(self, id: str, now: datetime) -> None:
        """Nothing of its photographs is left anywhere."""
        await self._run(
            update(SealingRow).where(SealingRow.id == id).values(finished_at=now)
        )

    async def find(self, reference: str, arrest_number: str) -> Sealing | None:
        """The same order, if it was received before."""
        row = await self._find(
            select(SealingRow)
            .where(SealingRow.order_reference == reference)
            .where(SealingRow.arrest_hash == self.hashed(arrest_number))
            .order_by(SealingRow.received_at.desc(), SealingRow.id)
            .limit(1)
        )
        return None if row is None else flat(Sealing, row)

    async def of_arrest(self, arrest_number: str) -> Sealing | None:
        """The latest order that sealed an arrest."""
        row = await self._find(
            select(SealingRow)
            .where(SealingRow.arrest_hash == self.hashed(arrest_number))
            .order_by(SealingRow.received_at.desc(), SealingRow.id)
            .limit(1)
        )
        return None if row is None else flat(Sealing, row)

    async def all(self) -> list[Sealing]:
        rows = await self._all(
            select(SealingRow).order_by(SealingRow.received_at, SealingRow.id)
        )
        return [flat(Sealing, row) for row in rows]

    async def unfinished(self) -> list[Sealing]:
        rows = await self._all(
            select(SealingRow)
            .where(SealingRow.finished_at.is_(None))
            .order_by(SealingRow.received_at, SealingRow.id)
        )
        return [flat(Sealing, row) for row in rows]

    async def finished(self) -> int:
        """How many are finished: a change of it tells that whatever was read before may hold
        photographs of which nothing is to be left."""
        counted: int = await self._scalar(
            select(func.count())
            .select_from(SealingRow)
            .where(SealingRow.finished_at.is_not(None))
        )
        return counted

    async def tombstones(self, sealing_id: str) -> list[Tombstone]:
        rows = await self._all(
            select(TombstoneRow)
            .where(TombstoneRow.sealing_id == sealing_id)
            .order_by(TombstoneRow.photo_id)
        )
        return [flat(Tombstone, row) for row in rows]

    async def every_tombstone(self) -> list[Tombstone]:
        rows = await self._all(select(TombstoneRow).order_by(TombstoneRow.photo_id))
        return [flat(Tombstone, row) for row in rows]

    async def excluded(self, repository: str) -> frozenset[str]:
        """The photographs the current version of a gallery may still hold although they are sealed:
        an order is finished only when a version without them is the current one."""
        rows: Iterable[Any] = await self._result(
            select(TombstoneRow.photo_id)
            .join(SealingRow, SealingRow.id == TombstoneRow.sealing_id)
            .where(TombstoneRow.repository == repository)
            .where(SealingRow.finished_at.is_(None))
        )
        return frozenset(id for (id,) in rows)

    async def forbidden(
        self,
        photo_ids: Iterable[str],
        sha256s: Iterable[str],
        arrest_numbers: Iterable[str],
    ) -> Forbidden:
        """Of these, what must not come into a gallery any more; also an arrest of which there was no
        photograph when its order came. Ask ``covers`` of the answer for each photograph."""
        arrests = {normal_arrest(number) for number in arrest_numbers} - {""}
        hashes = {self.hashed(number): number for number in arrests}
        sealed = await self._among(SealingRow.arrest_hash, hashes)
        return Forbidden(
            await self._among(TombstoneRow.photo_id, photo_ids),
            await self._among(TombstoneRow.sha256, set(sha256s) - {""}),
            frozenset(hashes[found] for found in sealed),
        )

    async def photographs_of(
        self, arrests: Collection[str]
    ) -> dict[str, list[Photograph]]:
        """By arrest (as ``normal_arrest`` writes it) its photographs, in any repository, and whatever
        else is made of the very same bytes; none twice. One pass for all."""
        written = func.upper(func.replace(PhotographRow.arrest_number, " ", ""))
        found = {p.id: p for p in await self._photographs(written, arrests)}
        arrest_of = {p.sha256: normal_arrest(p.arrest_number) for p in found.values()}
        by_arrest: dict[str, list[Photograph]] = {}
        for photograph in found.values():
            arrest = normal_arrest(photograph.arrest_number)
            by_arrest.setdefault(arrest, []).append(photograph)
        for same in await self._photographs(PhotographRow.sha256, arrest_of):
            if same.id not in found:
                by_arrest[arrest_of[same.sha256]].append(same)
        return by_arrest

    async def returned(self) -> list[Photograph]:
        """The photographs that are here although they are sealed: a backup brought them back."""
        row = PhotographRow
        rows = await self._all(
            select(row).where(
                row.id.in_(select(TombstoneRow.photo_id))
                | row.sha256.in_(select(TombstoneRow.sha256))
            )
        )
        return [flat(Photograph, row) for row in rows]

    async def of_hashes(self, hashes: Collection[str]) -> list[Photograph]:
        """The photographs of arrests of which only the keyed hash is known; goes through all of them."""
        row = PhotographRow
        numbers: Iterable[Any] = await self._result(
            select(row.arrest_number).where(row.arrest_number != "").distinct()
        )
        wanted = {n for (n,) in numbers if self.hashed(n) in hashes}
        return await self._photographs(row.arrest_number, wanted)

    async def listing(self, photo_ids: Collection[str]) -> list[Search]:
        """The searches whose results are there and name one of these photographs, oldest first."""
        ids: set[str] = set()
        for part in _parts(photo_ids):
            rows: Iterable[Any] = await self._result(
                select(CandidateRow.search_id).where(CandidateRow.photo_id.in_(part))
            )
            ids.update(id for (id,) in rows)
        found = []
        for part in _parts(ids):
            found += await self._all(
                select(SearchRow)
                .where(SearchRow.id.in_(part), SearchRow.purged_at.is_(None))
                .order_by(SearchRow.sequence)
            )
        return [as_search(row) for row in found]

    async def purged_for(self, sealing_id: str) -> list[Search]:
        """The searches whose results an order has destroyed."""
        rows = await self._all(
            select(SearchRow)
            .where(SearchRow.sealing_id == sealing_id)
            .order_by(SearchRow.sequence)
        )
        return [as_search(row) for row in rows]

    async def withdraw(self, photo_ids: Collection[str]) -> None:
        """Delete photographs with their templates by every model."""
        for part in _parts(photo_ids):
            await self._run(delete(TemplateRow).where(TemplateRow.photo_id.in_(part)))
            await self._run(delete(PhotographRow).where(PhotographRow.id.in_(part)))

    async def _photographs(
        self, column: Any, values: Collection[str]
    ) -> list[Photograph]:
        found = []
        for part in _parts(values):
            found += await self._all(
                select(PhotographRow).where(column.in_(part)).order_by(PhotographRow.id)
            )
        return [flat(Photograph, row) for row in found]

    async def _among(self, column: Any, values: Iterable[str]) -> frozenset[str]:
        found = set[str]()
        for part in _parts(set(values)):
            rows: Iterable[Any] = await self._result(
                select(column).where(column.in_(part))
            )
            found.update(value for (value,) in rows)
        return frozenset(found)


def _parts(values: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
