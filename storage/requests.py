"""Requests: what was asked, where it stands, who has played a part, and whose cards are out of date."""

import structlog
from sqlalchemy import RowMapping, insert, select, update

from bot.domain.actors import Part
from bot.domain.identifiers import request_number
from bot.domain.requests import Asked, FaceRequest
from bot.domain.workflow import State
from storage.base import Storage, columns, flat
from storage.errors import ChangedMeanwhile, Unknown, VaultDamaged
from storage.tables import (
    AuthorizationRow,
    ExaminationRow,
    HandBackRow,
    RequestNumberRow,
    RequestRow,
    RulingRow,
)

log = structlog.get_logger()


class Requests(Storage):
    async def next_number(self, year: int) -> str:
        """Count up within the year; a rolled back transaction gives its number back."""
        row = RequestNumberRow
        counted: int | None = await self._scalar(
            update(row)
            .where(row.year == year)
            .values(last=row.last + 1)
            .returning(row.last)
        )
        if counted is None:
            await self._run(insert(row).values(year=year, last=1))
        return request_number(year, counted or 1)

    async def add(self, request: FaceRequest) -> None:
        asked = request.asked
        values = {
            **columns(request, "asked"),
            **columns(asked),
            "particulars": self._seal(asked.particulars, _at("particulars", request)),
            "factual_basis": self._seal(
                asked.factual_basis, _at("factual_basis", request)
            ),
            "attested": list(asked.attested),
            "reason": self._seal(request.reason, _at("reason", request)),
        }
        await self._run(
            insert(RequestRow).values(**values, change_mark=1, drawn_mark=0)
        )

    async def get(self, id: str) -> FaceRequest:
        row = await self._find(select(RequestRow).where(RequestRow.id == id))
        if row is None:
            raise Unknown(f"There is no request {id}.")
        return self._value(row)

    async def save(self, changed: FaceRequest) -> None:
        """Write the next version of where it stands; what was asked never changes."""
        statement = (
            update(RequestRow)
            .where(RequestRow.id == changed.id)
            .where(RequestRow.version == changed.version - 1)
            .values(
                state=changed.state,
                round=changed.round,
                reason=self._seal(changed.reason, _at("reason", changed)),
                closed_at=changed.closed_at,
                moved_at=changed.moved_at,
                version=changed.version,
                change_mark=RequestRow.change_mark + 1,
            )
            .returning(RequestRow.id)
        )
        if await self._scalar(statement) is None:
            raise ChangedMeanwhile

    async def parts(self, id: str) -> frozenset[tuple[str, Part]]:
        """Who has done what on this request, in any round."""
        requester = (await self.get(id)).requester
        taken = await self._all(
            select(ExaminationRow.examiner, ExaminationRow.seat)
            .where(ExaminationRow.request_id == id)
            .where(ExaminationRow.examiner.is_not(None))
        )
        displaced = await self._all(
            select(HandBackRow.person, HandBackRow.by).where(
                HandBackRow.request_id == id
            )
        )
        ruled = await self._all(
            select(RulingRow.supervisor).where(RulingRow.request_id == id)
        )
        asked = await self._all(
            select(AuthorizationRow.asked_by, AuthorizationRow.decided_by).where(
                AuthorizationRow.request_id == id
            )
        )
        return frozenset(
            {
                (requester, Part.REQUESTER),
                *((row["asked_by"], Part.ASKER) for row in asked),
                *(
                    (row["decided_by"], Part.COMMANDER)
                    for row in asked
                    if row["decided_by"]
                ),
                *((row["examiner"], row["seat"].part) for row in taken),
                *((row["supervisor"], Part.SUPERVISOR) for row in ruled),
                *(
                    (row["by"], Part.SUPERVISOR)
                    for row in displaced
                    if row["by"] != row["person"]
                ),
            }
        )

    async def in_states(self, *states: State) -> list[FaceRequest]:
        """Oldest first; without those that cannot be read, so that one does not hide the others."""
        rows = await self._all(
            select(RequestRow)
            .where(RequestRow.state.in_(states))
            .order_by(RequestRow.submitted_at, RequestRow.id)
        )
        return [request for row in rows if (request := self._readable(row)) is not None]

    async def of_case(self, case_number: str) -> list[FaceRequest]:
        """Oldest first; one that cannot be read is not left out but raises VaultDamaged."""
        rows = await self._all(
            select(RequestRow)
            .where(RequestRow.case_number == case_number)
            .order_by(RequestRow.submitted_at, RequestRow.id)
        )
        return [self._value(row) for row in rows]

    async def stale(self) -> list[str]:
        """The requests whose cards do not show their latest change, oldest first."""
        rows = await self._all(
            select(RequestRow.id)
            .where(RequestRow.drawn_mark != RequestRow.change_mark)
            .order_by(RequestRow.submitted_at, RequestRow.id)
        )
        return [row["id"] for row in rows]

    async def touch(self, id: str) -> None:
        await self._touch(id)

    async def mark(self, id: str) -> int:
        """The change mark: read it before drawing, hand it to ``drawn`` afterwards."""
        mark: int | None = await self._scalar(
            select(RequestRow.change_mark).where(RequestRow.id == id)
        )
        if mark is None:
            raise Unknown(f"There is no request {id}.")
        return mark

    async def drawn(self, id: str, mark: int) -> None:
        """The cards now show what stood under this mark; an older one makes it stale again."""
        await self._run(
            update(RequestRow).where(RequestRow.id == id).values(drawn_mark=mark)
        )

    def _readable(self, row: RowMapping) -> FaceRequest | None:
        try:
            return self._value(row)
        except VaultDamaged as damaged:
            log.error("request.damaged", request=row["id"], why=str(damaged))
            return None

    def _value(self, row: RowMapping) -> FaceRequest:
        id = row["id"]
        particulars = self._open(row["particulars"], f"requests.particulars:{id}")
        basis = self._open(row["factual_basis"], f"requests.factual_basis:{id}")
        asked = flat(
            Asked,
            row,
            particulars=tuple((name, text) for name, text in particulars),
            factual_basis=basis,
            attested=tuple(row["attested"]),
        )
        reason = self._open(row["reason"], f"requests.reason:{id}")
        return flat(FaceRequest, row, asked=asked, reason=reason)


def _at(column: str, request: FaceRequest) -> str:
    return f"requests.{column}:{request.id}"
