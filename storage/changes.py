"""Governed changes: proposed by one, decided by another."""

from dataclasses import replace

from sqlalchemy import RowMapping, insert, select, update

from bot.domain.changes import Change, ChangeKind, ChangeState
from storage.base import Storage, columns, flat
from storage.errors import ChangedMeanwhile, Unknown
from storage.tables import ChangeRow


class Changes(Storage):
    async def add(self, change: Change, *, shown: bool = True) -> None:
        """``shown`` is false for what needs no card: the values a record begins with."""
        drawn = 0 if shown else change.version
        await self._run(insert(ChangeRow).values(**self._sealed(change), drawn=drawn))

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

    async def all(self) -> list[Change]:
        """Oldest first."""
        rows = await self._all(select(ChangeRow).order_by(ChangeRow.number))
        return [self._change(row) for row in rows]

    async def pending(self) -> list[Change]:
        """Oldest first."""
        rows = await self._all(
            select(ChangeRow)
            .where(ChangeRow.state == ChangeState.PENDING)
            .order_by(ChangeRow.number)
        )
        return [self._change(row) for row in rows]

    async def last(
        self, kind: ChangeKind, subject: str, *states: ChangeState
    ) -> Change | None:
        """The one proposed last, of those in one of the states; of one subject only one waits at a time,
        so the one proposed last is also the one decided last."""
        row = await self._find(
            select(ChangeRow)
            .where(ChangeRow.kind == kind, ChangeRow.subject == subject)
            .where(ChangeRow.state.in_(states))
            .order_by(ChangeRow.number.desc())
            .limit(1)
        )
        return None if row is None else self._change(row)

    async def in_force(self) -> dict[str, object]:
        """The value of each governed setting that was approved last."""
        rows = await self._all(
            select(ChangeRow.subject, ChangeRow.after)
            .where(ChangeRow.kind == ChangeKind.SETTING)
            .where(ChangeRow.state == ChangeState.APPROVED)
            .order_by(ChangeRow.number)
        )
        return {row["subject"]: row["after"]["value"] for row in rows}

    async def undrawn(self) -> list[Change]:
        """Those whose card does not show how they stand."""
        rows = await self._all(
            select(ChangeRow)
            .where(ChangeRow.drawn != ChangeRow.version)
            .order_by(ChangeRow.number)
        )
        return [self._change(row) for row in rows]

    async def drawn(self, change: Change) -> None:
        await self._run(
            update(ChangeRow)
            .where(ChangeRow.id == change.id)
            .values(drawn=change.version)
        )

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
