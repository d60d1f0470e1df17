"""Work for the worker processes: claimed under a lease, so that a crash delays it and never loses it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import aliased

from bot.domain.work import DRAWN, FOR_WORKERS, WorkItem, WorkKind
from bot.domain.workflow import State
from storage.base import Storage, flat
from storage.errors import LeaseLost
from storage.tables import RequestRow, WorkRow

_OPEN, _DONE, _GIVEN_UP, _CANCELLED = "open", "done", "given up", "cancelled"


class Work(Storage):
    async def add(
        self,
        kind: WorkKind,
        request_id: str,
        subject: str = "",
        priority: int = 1,
        *,
        now: datetime,
    ) -> None:
        """Have this done by a worker; a no-op while the same work is still open."""
        same = (
            WorkRow.kind == kind,
            WorkRow.request_id == request_id,
            WorkRow.subject == subject,
        )
        if await self._scalar(select(WorkRow.id).where(*same, WorkRow.state == _OPEN)):
            return
        before = await self._scalar(select(func.max(WorkRow.generation)).where(*same))
        await self._run(
            insert(WorkRow).values(
                kind=kind,
                request_id=request_id,
                subject=subject,
                generation=(before or 0) + 1,
                priority=priority,
                state=_OPEN,
                attempts=0,
                worker="",
                lease_until=now,
                last_error="",
            )
        )
        await self._touch(request_id)

    async def claim(
        self,
        worker: str,
        now: datetime,
        lease: timedelta,
        kinds: Collection[WorkKind] = FOR_WORKERS,
    ) -> WorkItem | None:
        """Take the most urgent work that is nobody's: new, due again, or left by a dead worker.

        How many attempts are too many is for the caller to say: a crash counts as one.
        """
        chosen = (
            select(WorkRow.id)
            .where(WorkRow.state == _OPEN, WorkRow.lease_until <= now)
            .where(WorkRow.kind.in_(kinds))
            .order_by(WorkRow.priority, WorkRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        claimed = await self._find(
            update(WorkRow)
            .where(WorkRow.id == chosen.scalar_subquery())
            .values(
                worker=worker, lease_until=now + lease, attempts=WorkRow.attempts + 1
            )
            .returning(*WorkRow.__table__.columns)
        )
        if claimed is None:
            return None
        await self._touch(claimed["request_id"])
        return flat(WorkItem, claimed)

    async def extend(self, item: WorkItem, until: datetime) -> WorkItem:
        """Keep the lease; raise LeaseLost if the work is no longer this worker's."""
        await self._set(item, lease_until=until)
        return replace(item, lease_until=until)

    async def is_held(self, item: WorkItem) -> bool:
        """Whether the work is still this worker's."""
        return await self._scalar(select(WorkRow.id).where(*_owned(item))) is not None

    async def finish(self, item: WorkItem) -> None:
        """Raise LeaseLost, and so undo the transaction, if the work is no longer this worker's."""
        await self._set(item, state=_DONE)
        await self._touch(item.request_id)

    async def fail(
        self, item: WorkItem, error: str, retry_at: datetime | None = None
    ) -> None:
        """Put it back; without a moment it is retried when its lease would have run out."""
        due = item.lease_until if retry_at is None else retry_at
        await self._set(item, worker="", lease_until=due, last_error=error)
        await self._touch(item.request_id)

    async def give_up(self, item: WorkItem, error: str) -> None:
        await self._set(item, state=_GIVEN_UP, last_error=error)
        await self._touch(item.request_id)

    async def open_for(self, request_id: str) -> list[WorkItem]:
        """What is still to be done; an item nobody works on has no worker and is due at ``lease_until``."""
        rows = await self._all(
            select(WorkRow)
            .where(WorkRow.request_id == request_id, WorkRow.state == _OPEN)
            .order_by(WorkRow.id)
        )
        return [flat(WorkItem, row) for row in rows]

    async def lacking(self, kind: WorkKind, state: State) -> list[str]:
        """The requests in this state for which nobody has such work to do, oldest first."""
        open_work = select(WorkRow.id).where(
            WorkRow.request_id == RequestRow.id,
            WorkRow.kind == kind,
            WorkRow.state == _OPEN,
        )
        rows = await self._all(
            select(RequestRow.id)
            .where(RequestRow.state == state, ~open_work.exists())
            .order_by(RequestRow.submitted_at, RequestRow.id)
        )
        return [row["id"] for row in rows]

    async def due(self, kind: WorkKind, now: datetime) -> bool:
        """Whether there is any to claim."""
        found = await self._scalar(
            select(WorkRow.id)
            .where(WorkRow.kind == kind, WorkRow.state == _OPEN)
            .where(WorkRow.lease_until <= now)
            .limit(1)
        )
        return found is not None

    async def is_drawing(self, now: datetime) -> bool:
        """Whether a worker may have put pictures into the vault of which no row tells yet."""
        found = await self._scalar(
            select(WorkRow.id)
            .where(WorkRow.kind.in_(DRAWN), WorkRow.state == _OPEN)
            .where(WorkRow.worker != "", WorkRow.lease_until > now)
            .limit(1)
        )
        return found is not None

    async def release(self, kind: WorkKind, now: datetime) -> None:
        """Make due at once what is claimed: whoever claimed it is known to be dead."""
        await self._run(
            update(WorkRow)
            .where(WorkRow.kind == kind, WorkRow.state == _OPEN, WorkRow.worker != "")
            .values(worker="", lease_until=now)
        )

    async def close(self, kind: WorkKind, request_id: str) -> None:
        """It is done, whoever did it."""
        await self._run(
            update(WorkRow)
            .where(WorkRow.kind == kind, WorkRow.request_id == request_id)
            .where(WorkRow.state == _OPEN)
            .values(state=_DONE)
        )

    async def given_up(self, request_id: str) -> list[WorkItem]:
        """What was given up and has not been wanted anew since."""
        newer = aliased(WorkRow)
        again = select(newer.id).where(
            newer.kind == WorkRow.kind,
            newer.request_id == WorkRow.request_id,
            newer.subject == WorkRow.subject,
            newer.generation > WorkRow.generation,
        )
        rows = await self._all(
            select(*WorkRow.__table__.columns)
            .where(WorkRow.request_id == request_id, WorkRow.state == _GIVEN_UP)
            .where(~again.exists())
            .order_by(WorkRow.id)
        )
        return [flat(WorkItem, row) for row in rows]

    async def cancel(
        self, request_id: str, kinds: Collection[WorkKind] = frozenset(WorkKind)
    ) -> None:
        """Drop what is open of these kinds; whoever is at it will lose the lease."""
        await self._run(
            update(WorkRow)
            .where(WorkRow.request_id == request_id, WorkRow.state == _OPEN)
            .where(WorkRow.kind.in_(kinds))
            .values(state=_CANCELLED)
        )
        await self._touch(request_id)

    async def _set(self, item: WorkItem, **values: Any) -> None:
        statement = update(WorkRow).where(*_owned(item)).values(**values)
        if await self._scalar(statement.returning(WorkRow.id)) is None:
            raise LeaseLost(
                f"{item.kind} {item.id} is no longer attempt {item.attempts} of {item.worker}"
            )


def _owned(item: WorkItem) -> tuple[ColumnElement[bool], ...]:
    return (
        WorkRow.id == item.id,
        WorkRow.state == _OPEN,
        WorkRow.worker == item.worker,
        WorkRow.attempts == item.attempts,
    )
