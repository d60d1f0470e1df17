"""Context checks: answers and notes sealed, one of each candidate and round."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select

from bot.domain.context import Answer, Check, Checked, ContextCheck
from storage.base import Storage, columns, flat
from storage.tables import CandidateRow, ContextCheckRow


class Contexts(Storage):
    async def add(self, check: ContextCheck) -> None:
        values = columns(check, "checks", "recorded")
        content = {
            "checks": {c: [d.answer, d.note] for c, d in check.checks.items()},
            "recorded": dict(check.recorded),
        }
        values["content"] = self._seal(content, _content_of(values))
        await self._run(insert(ContextCheckRow).values(values))
        await self._touch(check.request_id)

    async def of(self, request_id: str, round: int) -> dict[str, ContextCheck]:
        """Those of one round, by candidate id."""
        rows = await self._all(
            select(ContextCheckRow)
            .where(ContextCheckRow.request_id == request_id)
            .where(ContextCheckRow.round == round)
        )
        return {row["candidate_id"]: self._check(row) for row in rows}

    async def purge(self, search_id: str) -> None:
        """Destroy what was noted about the candidates of one search."""
        row = ContextCheckRow
        listed = select(CandidateRow.id).where(CandidateRow.search_id == search_id)
        await self._run(delete(row).where(row.candidate_id.in_(listed)))

    def _check(self, row: RowMapping) -> ContextCheck:
        content: dict[str, Any] = self._open(row["content"], _content_of(row))
        return flat(
            ContextCheck,
            row,
            checks={
                Check(c): Checked(Answer(answer), note)
                for c, (answer, note) in content["checks"].items()
            },
            recorded={Check(c): Answer(a) for c, a in content["recorded"].items()},
        )


def _content_of(row: Mapping[Any, Any]) -> str:
    key = f"{row['request_id']}/{row['round']}/{row['candidate_id']}"
    return f"context_checks.content:{key}"
