"""Independent evidence beside a lead, and what was reported of leads; the words of both sealed."""

from sqlalchemy import delete, insert, select

from bot.domain.corroborations import Corroboration, LeadReport
from storage.base import Storage, columns, flat
from storage.tables import CorroborationRow, LeadReportRow


class Corroborations(Storage):
    async def add(self, corroboration: Corroboration) -> None:
        values = columns(corroboration)
        id = corroboration.request_id
        values["text"] = self._seal(corroboration.text, _evidence_of(id))
        await self._run(insert(CorroborationRow).values(values))
        await self._touch(id)

    async def find(self, request_id: str) -> Corroboration | None:
        row = await self._find(
            select(CorroborationRow).where(CorroborationRow.request_id == request_id)
        )
        if row is None:
            return None
        text = self._open(row["text"], _evidence_of(request_id))
        return flat(Corroboration, row, text=text)

    async def remove(self, request_id: str) -> None:
        """Together with the lead it was about: its words may name whom nobody may know of any more."""
        await self._run(
            delete(CorroborationRow).where(CorroborationRow.request_id == request_id)
        )
        await self._touch(request_id)


class LeadReports(Storage):
    async def add(self, report: LeadReport) -> None:
        values = columns(report)
        values["text"] = self._seal(report.text, _report_of(report.request_id))
        await self._run(insert(LeadReportRow).values(values))
        await self._touch(report.request_id)

    async def of(self, request_id: str) -> list[LeadReport]:
        """Oldest first."""
        rows = await self._all(
            select(LeadReportRow)
            .where(LeadReportRow.request_id == request_id)
            .order_by(LeadReportRow.at, LeadReportRow.kind)
        )
        context = _report_of(request_id)
        return [
            flat(LeadReport, row, text=self._open(row["text"], context)) for row in rows
        ]


def _evidence_of(request_id: str) -> str:
    return f"corroborations.text:{request_id}"


def _report_of(request_id: str) -> str:
    return f"lead_reports.text:{request_id}"
