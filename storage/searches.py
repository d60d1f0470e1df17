"""Searches and the candidates they returned; written together, never changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select, update

from bot.domain.candidates import Candidate
from bot.domain.searches import Search
from storage.base import Storage, columns, flat, model_columns, model_of
from storage.errors import Unknown
from storage.tables import CandidateRow, SearchRow


class Searches(Storage):
    async def add(self, search: Search, candidates: Sequence[Candidate]) -> None:
        await self._run(
            insert(SearchRow).values(
                **columns(search, "model", "filters"),
                filters=list(search.filters),
                **model_columns(search.model),
            )
        )
        if candidates:
            await self._run(
                insert(CandidateRow).values([columns(c) for c in candidates])
            )
        await self._touch(search.request_id)

    async def get(self, id: str) -> Search:
        row = await self._find(select(SearchRow).where(SearchRow.id == id))
        if row is None:
            raise Unknown(f"There is no search {id}.")
        return as_search(row)

    async def of(self, request_id: str) -> list[Search]:
        """Every search of a request, oldest first; also those whose results were purged."""
        rows = await self._all(
            select(SearchRow)
            .where(SearchRow.request_id == request_id)
            .order_by(SearchRow.sequence)
        )
        return [as_search(row) for row in rows]

    async def conclude(self, id: str, now: datetime) -> None:
        """Its examination ended with no possible match."""
        await self._run(
            update(SearchRow).where(SearchRow.id == id).values(concluded_at=now)
        )

    async def purge(
        self, id: str, now: datetime, sealing_id: str | None = None
    ) -> None:
        """Destroy whom it found, perhaps because of an order to seal; that it was made stays on
        record."""
        await self._run(delete(CandidateRow).where(CandidateRow.search_id == id))
        await self._run(
            update(SearchRow)
            .where(SearchRow.id == id)
            .values(purged_at=now, sealing_id=sealing_id)
        )

    async def unswept(self) -> list[Search]:
        """The searches some of whose pictures may still be there although they were purged."""
        rows = await self._all(
            select(SearchRow)
            .where(SearchRow.purged_at.is_not(None), SearchRow.swept_at.is_(None))
            .order_by(SearchRow.sequence)
        )
        return [as_search(row) for row in rows]

    async def swept(self, id: str, now: datetime) -> None:
        await self._run(
            update(SearchRow).where(SearchRow.id == id).values(swept_at=now)
        )

    async def find_latest(self, request_id: str) -> Search | None:
        """The last one whose results were not purged."""
        row = await self._find(
            select(SearchRow)
            .where(SearchRow.request_id == request_id, SearchRow.purged_at.is_(None))
            .order_by(SearchRow.sequence.desc())
            .limit(1)
        )
        return None if row is None else as_search(row)

    async def candidates(self, search_id: str) -> tuple[Candidate, ...]:
        """By rank."""
        rows = await self._all(
            select(CandidateRow)
            .where(CandidateRow.search_id == search_id)
            .order_by(CandidateRow.rank)
        )
        return tuple(flat(Candidate, row) for row in rows)

    async def candidate(self, id: str) -> Candidate:
        row = await self._find(select(CandidateRow).where(CandidateRow.id == id))
        if row is None:
            raise Unknown(f"There is no candidate {id}.")
        return flat(Candidate, row)


def as_search(row: RowMapping) -> Search:
    return flat(Search, row, model=model_of(row), filters=tuple(row["filters"]))
