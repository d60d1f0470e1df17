"""Leads: at most one a request; only whether it was acknowledged may change."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from bot.domain.corroborations import BareLead, ReportKind
from bot.domain.leads import Lead
from bot.domain.workflow import State
from storage.base import Storage, columns, flat
from storage.errors import Unknown
from storage.tables import LeadReportRow, LeadRow, RequestRow


class Leads(Storage):
    async def add(self, lead: Lead) -> None:
        await self._run(insert(LeadRow).values(columns(lead)))
        await self._touch(lead.request_id)

    async def find(self, request_id: str) -> Lead | None:
        row = await self._find(select(LeadRow).where(LeadRow.request_id == request_id))
        return None if row is None else flat(Lead, row)

    async def by_authorization(self, start: datetime, end: datetime) -> dict[str, int]:
        """How many leads released from ``start`` until before ``end`` there are of each authorization;
        none of the standard repository's."""
        rows = await self._all(
            select(LeadRow.authorization_id, func.count().label("leads"))
            .where(LeadRow.authorization_id.is_not(None))
            .where(LeadRow.released_at >= start, LeadRow.released_at < end)
            .group_by(LeadRow.authorization_id)
        )
        return {row["authorization_id"]: row["leads"] for row in rows}

    async def uncorroborated(self, until: datetime) -> list[str]:
        """The requests whose lead was acknowledged at or before a moment and that nothing came of since,
        oldest first."""
        rows = await self._all(
            select(LeadRow.request_id)
            .join(RequestRow, RequestRow.id == LeadRow.request_id)
            .where(RequestRow.state == State.ACKNOWLEDGED)
            .where(LeadRow.acknowledged_at <= until)
            .order_by(LeadRow.acknowledged_at, LeadRow.request_id)
        )
        return [row["request_id"] for row in rows]

    async def bare(self) -> list[BareLead]:
        """Every opened lead without independent evidence, oldest first, that was not reported as false."""
        reported = select(LeadReportRow.kind).where(
            LeadReportRow.request_id == RequestRow.id
        )
        is_false = reported.where(LeadReportRow.kind == ReportKind.WRONG_PERSON)
        is_arrest = reported.where(LeadReportRow.kind == ReportKind.ARREST)
        rows = await self._all(
            select(LeadRow.request_id, RequestRow.requester, RequestRow.category)
            .add_columns(LeadRow.acknowledged_at, is_arrest.exists().label("arrest"))
            .join(RequestRow, RequestRow.id == LeadRow.request_id)
            .where(RequestRow.state == State.ACKNOWLEDGED)
            .where(LeadRow.acknowledged_at.is_not(None), ~is_false.exists())
            .order_by(LeadRow.acknowledged_at, LeadRow.request_id)
        )
        return [flat(BareLead, row) for row in rows]

    async def remove(self, request_id: str) -> None:
        """Take the lead back; the audit log keeps its events, encrypted, and in that of the release
        the subject and the photograph: a released lead has to be explainable (decision 0017)."""
        await self._run(delete(LeadRow).where(LeadRow.request_id == request_id))
        await self._touch(request_id)

    async def save(self, lead: Lead) -> None:
        statement = (
            update(LeadRow)
            .where(LeadRow.request_id == lead.request_id)
            .values(acknowledged_at=lead.acknowledged_at)
            .returning(LeadRow.request_id)
        )
        if await self._scalar(statement) is None:
            raise Unknown(f"There is no lead of the request {lead.request_id}.")
        await self._touch(lead.request_id)
