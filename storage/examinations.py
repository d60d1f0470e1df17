"""Examinations and the present disposition of each candidate; what it was before is in the audit log."""

from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from bot.domain.candidates import Disposition
from bot.domain.components import Component, Finding
from bot.domain.examinations import Examination, HandBack
from storage.base import Storage, columns, flat
from storage.errors import ChangedMeanwhile, Unknown
from storage.tables import DispositionRow, ExaminationRow, HandBackRow


class Examinations(Storage):
    async def add(self, examination: Examination) -> None:
        await self._run(
            insert(ExaminationRow).values(
                **columns(examination, "order", "seed"),
                order=list(examination.order),
                seed=str(examination.seed),
            )
        )
        await self._touch(examination.request_id)

    async def get(self, id: str) -> Examination:
        row = await self._find(select(ExaminationRow).where(ExaminationRow.id == id))
        if row is None:
            raise Unknown(f"There is no examination {id}.")
        return _examination(row)

    async def save(self, changed: Examination) -> None:
        """Write who took it and when it was submitted; its order and seed never change."""
        statement = (
            update(ExaminationRow)
            .where(ExaminationRow.id == changed.id)
            .where(ExaminationRow.version == changed.version - 1)
            .values(
                examiner=changed.examiner,
                taken_at=changed.taken_at,
                submitted_at=changed.submitted_at,
                left_at=changed.left_at,
                version=changed.version,
            )
            .returning(ExaminationRow.id)
        )
        if await self._scalar(statement) is None:
            raise ChangedMeanwhile
        await self._touch(changed.request_id)

    async def of(self, request_id: str, round: int | None = None) -> list[Examination]:
        """Those of one round or of all, first seat before second; what was handed back, too."""
        statement = (
            select(ExaminationRow)
            .where(ExaminationRow.request_id == request_id)
            .order_by(ExaminationRow.round, ExaminationRow.seat, ExaminationRow.sitting)
        )
        if round is not None:
            statement = statement.where(ExaminationRow.round == round)
        return [_examination(row) for row in await self._all(statement)]

    async def waiting(self) -> list[Examination]:
        """Those nobody has submitted or given up, oldest first, whatever became of their request."""
        statement = (
            select(ExaminationRow)
            .where(ExaminationRow.submitted_at.is_(None))
            .where(ExaminationRow.left_at.is_(None))
            .order_by(ExaminationRow.opened_at, ExaminationRow.id)
        )
        return [_examination(row) for row in await self._all(statement)]

    async def note_hand_back(self, done: HandBack) -> None:
        sealed = self._seal(done.reason, f"hand_backs.reason:{done.examination_id}")
        values = columns(done, "reason")
        await self._run(insert(HandBackRow).values(**values, reason=sealed))
        await self._touch(done.request_id)

    async def hand_backs(self, request_id: str) -> list[HandBack]:
        """In the order in which they happened."""
        rows = await self._all(
            select(HandBackRow)
            .where(HandBackRow.request_id == request_id)
            .order_by(HandBackRow.at, HandBackRow.examination_id)
        )
        return [
            flat(
                HandBack,
                row,
                reason=self._open(
                    row["reason"], f"hand_backs.reason:{row['examination_id']}"
                ),
            )
            for row in rows
        ]

    async def purge(self, search_id: str) -> list[str]:
        """Destroy what was decided about the candidates of one search, and their order; who compared
        stays on record. Return the ids of its examinations."""
        row = ExaminationRow
        ids = select(row.id).where(row.search_id == search_id)
        await self._run(
            delete(DispositionRow).where(DispositionRow.examination_id.in_(ids))
        )
        purged = await self._all(
            update(row)
            .where(row.search_id == search_id)
            .values(order=[], version=row.version + 1)
            .returning(row.id)
        )
        return [one["id"] for one in purged]

    async def dispositions(self, examination_id: str) -> dict[str, Disposition]:
        """By candidate id."""
        rows = await self._all(
            select(DispositionRow).where(
                DispositionRow.examination_id == examination_id
            )
        )
        return {row["candidate_id"]: self._disposition(row) for row in rows}

    async def dispose(self, examination_id: str, disposition: Disposition) -> None:
        """Write what this examiner now decides about one candidate, over what it was before."""
        row, candidate_id = DispositionRow, disposition.candidate_id
        values = columns(disposition, "findings", "explanation")
        values["reason"] = self._seal(
            disposition.reason, _reason_of(examination_id, candidate_id)
        )
        compared = {"findings": disposition.findings, "why": disposition.explanation}
        values["findings"] = self._seal(
            compared, _findings_of(examination_id, candidate_id)
        )
        statement = (
            update(row)
            .where(row.examination_id == examination_id)
            .where(row.candidate_id == candidate_id)
            .values(values)
            .returning(row.candidate_id)
        )
        if await self._scalar(statement) is None:
            await self._run(insert(row).values(**values, examination_id=examination_id))
        await self._touch(
            select(ExaminationRow.request_id)
            .where(ExaminationRow.id == examination_id)
            .scalar_subquery()
        )

    def _disposition(self, row: RowMapping) -> Disposition:
        key = row["examination_id"], row["candidate_id"]
        compared: dict[str, Any] = {"findings": {}, "why": ""}
        if row["findings"] is not None:
            compared = self._open(row["findings"], _findings_of(*key))
        return flat(
            Disposition,
            row,
            reason=self._open(row["reason"], _reason_of(*key)),
            findings={
                Component(c): Finding(f) for c, f in compared["findings"].items()
            },
            explanation=compared["why"],
        )


def _reason_of(examination_id: str, candidate_id: str) -> str:
    return f"dispositions.reason:{examination_id}/{candidate_id}"


def _findings_of(examination_id: str, candidate_id: str) -> str:
    return f"dispositions.findings:{examination_id}/{candidate_id}"


def _examination(row: RowMapping) -> Examination:
    return flat(Examination, row, order=tuple(row["order"]), seed=int(row["seed"]))
