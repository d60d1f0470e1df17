"""Authorizations: each step is a new version of one row; what was written in them is sealed."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import RowMapping, insert, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from bot.domain.authorizations import (
    Authorization,
    AuthorizationState,
    Grounds,
    named_team,
)
from storage.base import Storage, columns, flat
from storage.errors import ChangedMeanwhile, Unknown
from storage.tables import (
    AuthorizationRow,
    ExaminationRow,
    ProbeRow,
    RequestRow,
    RulingRow,
)

_SEALED = ("grounds", "reason", "end_reason")
_OPEN = [state for state in AuthorizationState if state.is_open]


class Authorizations(Storage):
    async def add(self, asked: Authorization) -> None:
        await self._run(insert(AuthorizationRow).values(self._columns(asked)))
        await self._touch(asked.request_id)

    async def find(self, id: str) -> Authorization | None:
        row = await self._find(
            select(AuthorizationRow).where(AuthorizationRow.id == id)
        )
        return None if row is None else self._value(row)

    async def get(self, id: str) -> Authorization:
        if (found := await self.find(id)) is None:
            raise Unknown(f"There is no authorization {id}.")
        return found

    async def save(self, changed: Authorization) -> None:
        """Write one new version; refuse if its predecessor is no longer the stored one."""
        statement = (
            update(AuthorizationRow)
            .where(AuthorizationRow.id == changed.id)
            .where(AuthorizationRow.version == changed.version - 1)
            .values(self._columns(changed))
            .returning(AuthorizationRow.id)
        )
        if await self._scalar(statement) is None:
            raise ChangedMeanwhile
        await self._touch(changed.request_id)

    async def of(self, request_id: str) -> list[Authorization]:
        """Those of one request, oldest first."""
        return await self._values(AuthorizationRow.request_id == request_id)

    async def about(self, request_id: str) -> list[Authorization]:
        """Those of a request, and of any other with the same image, oldest first."""
        image = (
            select(ProbeRow.sha256)
            .where(ProbeRow.request_id == request_id)
            .scalar_subquery()
        )
        return await self._values(
            or_(
                AuthorizationRow.request_id == request_id,
                AuthorizationRow.probe_sha256 == image,
            )
        )

    async def open(self) -> list[Authorization]:
        """Those something can still come of, oldest first."""
        return await self._values(AuthorizationRow.state.in_(_OPEN))

    async def ending(self, at: datetime) -> list[str]:
        """The ids of the open ones that end at or before a moment; also of one that is damaged."""
        return await self._of_ending(AuthorizationRow.id, at)

    async def requests_ending(self, at: datetime) -> list[str]:
        """The requests of those."""
        return await self._of_ending(AuthorizationRow.request_id, at)

    async def _of_ending(
        self, column: InstrumentedAttribute[str], at: datetime
    ) -> list[str]:
        rows = await self._all(
            select(column)
            .where(AuthorizationRow.state.in_(_OPEN), AuthorizationRow.expires_at <= at)
            .order_by(AuthorizationRow.expires_at, AuthorizationRow.id)
        )
        return [row[column.key] for row in rows]

    async def team(self, case_number: str, request_id: str) -> frozenset[str]:
        """Everybody known to work a case: who asked, examined or ruled on any request of it, and who
        was named as a member of its team on this very request: a case number anybody can type."""
        of_case = select(RequestRow.id).where(RequestRow.case_number == case_number)
        asked = await self._all(
            select(RequestRow.requester).where(RequestRow.case_number == case_number)
        )
        examined = await self._all(
            select(ExaminationRow.examiner)
            .where(ExaminationRow.request_id.in_(of_case))
            .where(ExaminationRow.examiner.is_not(None))
        )
        ruled = await self._all(
            select(RulingRow.supervisor).where(RulingRow.request_id.in_(of_case))
        )
        others = await self._values(AuthorizationRow.case_number == case_number)
        named = named_team(one for one in others if one.request_id == request_id)
        return frozenset(
            {row["requester"] for row in asked}
            | {row["examiner"] for row in examined}
            | {row["supervisor"] for row in ruled}
            | {one.asked_by for one in others}
            | {*named}
        )

    def _columns(self, value: Authorization) -> dict[str, object]:
        return {
            **columns(value, *_SEALED, "told"),
            "told": list(value.told),
            "grounds": self._seal(asdict(value.grounds), _at("grounds", value.id)),
            "reason": self._seal(value.reason, _at("reason", value.id)),
            "end_reason": self._seal(value.end_reason, _at("end_reason", value.id)),
        }

    async def _values(self, *where: object) -> list[Authorization]:
        rows = await self._all(
            select(AuthorizationRow)
            .where(*where)  # type: ignore[arg-type]
            .order_by(AuthorizationRow.asked_at, AuthorizationRow.id)
        )
        return [self._value(row) for row in rows]

    def _value(self, row: RowMapping) -> Authorization:
        opened = {name: self._open(row[name], _at(name, row["id"])) for name in _SEALED}
        written = opened.pop("grounds")
        grounds = Grounds(**written | {"team": tuple(written["team"])})
        return flat(
            Authorization, row, grounds=grounds, told=tuple(row["told"]), **opened
        )


def _at(column: str, id: str) -> str:
    return f"authorizations.{column}:{id}"
