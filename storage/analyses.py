"""What examiners saw in the probe alone: written once, sealed, and never changed."""

from typing import Any

from sqlalchemy import RowMapping, insert, select

from bot.domain.analyses import Analysis, Depiction, Usability
from bot.domain.components import Component
from storage.base import Storage
from storage.tables import AnalysisRow, ExaminationRow


class Analyses(Storage):
    async def add(self, analysis: Analysis) -> None:
        """Whoever calls this has asked whether there is one already: the key refuses a second."""
        id = analysis.examination_id
        await self._run(
            insert(AnalysisRow).values(
                examination_id=id,
                content=self._seal(analysis.facts(), _content_of(id)),
                at=analysis.at,
            )
        )
        await self._touch(
            select(ExaminationRow.request_id)
            .where(ExaminationRow.id == id)
            .scalar_subquery()
        )

    async def find(self, examination_id: str) -> Analysis | None:
        """None before it is saved, and for an examination finished before there were any."""
        row = await self._find(
            select(AnalysisRow).where(AnalysisRow.examination_id == examination_id)
        )
        return None if row is None else self._analysis(row)

    def _analysis(self, row: RowMapping) -> Analysis:
        id = row["examination_id"]
        content: dict[str, Any] = self._open(row["content"], _content_of(id))
        return Analysis(
            examination_id=id,
            usability=Usability(content["usability"]),
            visible=frozenset(map(Component, content["visible"])),
            marks=content["marks"],
            at=row["at"],
            depiction=Depiction(said) if (said := content.get("depiction")) else None,
            objection=content.get("objection", ""),
        )


def _content_of(examination_id: str) -> str:
    return f"analyses.content:{examination_id}"
