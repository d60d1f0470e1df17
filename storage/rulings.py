"""Rulings of supervisors, in the order they were made."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from bot.domain.rulings import RulingRecord
from storage.base import Storage, columns, flat
from storage.tables import RulingRow


class Rulings(Storage):
    async def add(self, ruling: RulingRecord) -> None:
        values = columns(ruling)
        values["reason"] = self._seal(ruling.reason, _reason_of(ruling.request_id))
        await self._run(insert(RulingRow).values(values))
        await self._touch(ruling.request_id)

    async def of(self, request_id: str) -> list[RulingRecord]:
        rows = await self._all(
            select(RulingRow)
            .where(RulingRow.request_id == request_id)
            .order_by(RulingRow.id)
        )
        context = _reason_of(request_id)
        return [
            flat(RulingRecord, row, reason=self._open(row["reason"], context))
            for row in rows
        ]

    async def without(
        self, ruling: str, later: Collection[str], at: datetime
    ) -> list[str]:
        """The requests on which a ruling was made at or before a moment, and none of the later
        ones, oldest first."""
        other = aliased(RulingRow)
        followed = select(other.id).where(
            other.request_id == RulingRow.request_id, other.ruling.in_(later)
        )
        rows = await self._all(
            select(RulingRow.request_id)
            .where(RulingRow.ruling == ruling, RulingRow.at <= at)
            .where(~followed.exists())
            .order_by(RulingRow.id)
        )
        return list(dict.fromkeys(row["request_id"] for row in rows))


def _reason_of(request_id: str) -> str:
    return f"rulings.reason:{request_id}"
