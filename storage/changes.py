"""Governed changes: proposed by one, decided by another."""

from dataclasses import replace

from sqlalchemy import RowMapping, insert, select, update

from bot.domain.changes import Change, ChangeState
from storage.base import Storage, columns, flat
from storage.errors import ChangedMeanwhile, Unknown
from storage.tables import ChangeRow


class Changes(Storage):
    async def add(self, change: Change) -> None:
        await self._run(insert(ChangeRow).values(self._sealed(change)))

    async def save(self, changed: Change) -> None:
        """Replace by the next version; raise ChangedMeanwhile if its predecessor is no longer there."""
        statement = (
            update(ChangeRow)
            .where(ChangeRow.id == changed.id, ChangeRow.version == changed.version - 1)
            .values(self._sealed(changed))
            .returning(ChangeRow.id)
        )
        if await self._scalar(statement) is None:
            raise ChangedMeanwhile(changed.id)

    async def get(self, id: str) -> Change:
        row = await self._find(select(ChangeRow).where(ChangeRow.id == id))
        if row is None:
            raise Unknown(f"There is no change {id}.")
        return self._change(row)

    async def pending(self) -> list[Change]:
        """Oldest first."""
        rows = await self._all(
            select(ChangeRow)
            .where(ChangeRow.state == ChangeState.PENDING)
            .order_by(ChangeRow.proposed_at, ChangeRow.id)
        )
        return [self._change(row) for row in rows]

    def _sealed(self, change: Change) -> dict[str, object]:
        return columns(change) | {
            "before": dict(change.before),
            "after": dict(change.after),
            "why": self._seal(change.why, f"changes.why:{change.id}"),
            "reason": self._seal(change.reason, f"changes.reason:{change.id}"),
        }

    def _change(self, row: RowMapping) -> Change:
        why = self._open(row["why"], f"changes.why:{row['id']}")
        reason = self._open(row["reason"], f"changes.reason:{row['id']}")
        return replace(flat(Change, row), why=why, reason=reason)
