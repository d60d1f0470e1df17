"""Prints of probes, found by their hashes; a template is opened only where those come near."""

import struct
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    RowMapping,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from bot.domain.prints import Earlier, FacePrint, Held, Repeat
from bot.domain.requests import FaceRequest
from storage.base import Storage, columns, model_columns, model_of
from storage.tables import ProbePrintRow as Row
from storage.tables import ProbeRepeatRow, ProbeRow, RequestRow, SearchRow

_HASHES = ("image_hash", "face_hash", "mirror_hash", "code")
_BEYOND = 1 << 64


class Prints(Storage):
    async def add(self, request_id: str, face: int, made: FacePrint) -> None:
        context = _template_of(request_id, face)
        hashes = {name: _signed(getattr(made, name)) for name in _HASHES}
        await self._run(
            insert(Row).values(
                request_id=request_id,
                face=face,
                is_searched=False,
                template=self._cipher.seal(_packed(made.template), context),
                **hashes,
                **model_columns(made.model),
            )
        )

    async def find(self, request_id: str, face: int) -> FacePrint | None:
        row = await self._find(
            select(Row).where(Row.request_id == request_id, Row.face == face)
        )
        return None if row is None else self._value(row)

    async def keep(self, request_id: str, face: int) -> None:
        """Keep the print of the face that the request is about, and no other of it."""
        own = Row.request_id == request_id
        await self._run(delete(Row).where(own, Row.face != face))
        await self._run(update(Row).where(own).values(is_searched=True))

    async def forget(self, request_id: str) -> None:
        await self._run(delete(Row).where(Row.request_id == request_id))

    async def is_kept(self, request_id: str) -> bool:
        """Whether it was asked before of this request if it repeats another one."""
        found = select(Row.face).where(Row.request_id == request_id, Row.is_searched)
        return await self._scalar(found) is not None

    async def near(
        self, request_id: str, made: FacePrint, among: Collection[str] | None = None
    ) -> list[Earlier]:
        """The other requests whose picture or face comes near, oldest first; all others are none.

        One pass over all prints, unless it is enough to look ``among`` some requests.
        """
        looked_at = true() if among is None else Row.request_id.in_(among)
        rows = await self._all(
            select(Row, RequestRow.state, _was_searched(), ProbeRow.sha256)
            .join(RequestRow, RequestRow.id == Row.request_id)
            .join(ProbeRow, ProbeRow.request_id == Row.request_id)
            .where(Row.is_searched, Row.request_id != request_id, looked_at)
            .where(_may_be_same(made))
            .order_by(RequestRow.submitted_at, RequestRow.id)
        )
        return [_earlier(row, self._value(row)) for row in rows]

    async def unprinted(self, request_id: str, sha256: str) -> list[Earlier]:
        """The other requests with the very same file of which there is no print: older than prints."""
        printed = select(Row.face).where(Row.request_id == ProbeRow.request_id)
        rows = await self._all(
            select(ProbeRow.request_id, RequestRow.state, _was_searched())
            .add_columns(ProbeRow.sha256)
            .join(RequestRow, RequestRow.id == ProbeRow.request_id)
            .where(ProbeRow.sha256 == sha256, ProbeRow.request_id != request_id)
            .where(~printed.exists())
            .order_by(RequestRow.submitted_at, RequestRow.id)
        )
        return [_earlier(row, None) for row in rows]

    async def add_repeats(self, request_id: str, found: Sequence[Repeat]) -> None:
        rows = [{"request_id": request_id, **columns(one)} for one in found]
        await self._run(insert(ProbeRepeatRow).values(rows))
        await self._touch(request_id)

    async def repeats(self, request_id: str) -> list[Repeat]:
        """Which earlier requests a request was taken to repeat, oldest first."""
        rows = await self._all(
            select(ProbeRepeatRow)
            .join(RequestRow, RequestRow.id == ProbeRepeatRow.earlier_id)
            .where(ProbeRepeatRow.request_id == request_id)
            .order_by(RequestRow.submitted_at, RequestRow.id)
        )
        return [Repeat(row["earlier_id"], row["likeness"]) for row in rows]

    async def same_image(self, request_id: str) -> set[str]:
        """The requests it was taken to repeat, and those that were taken to repeat it."""
        rows = await self._all(
            select(ProbeRepeatRow).where(
                or_(
                    ProbeRepeatRow.request_id == request_id,
                    ProbeRepeatRow.earlier_id == request_id,
                )
            )
        )
        return {row[name] for row in rows for name in ("request_id", "earlier_id")} - {
            request_id
        }

    async def held(self, request: FaceRequest, since: datetime) -> list[Held]:
        """What was held of the same requester, or of the same case, since then; oldest first."""
        rows = await self._all(
            select(ProbeRepeatRow)
            .join(RequestRow, RequestRow.id == ProbeRepeatRow.request_id)
            .where(RequestRow.id != request.id, RequestRow.submitted_at >= since)
            .where(
                (RequestRow.requester == request.requester)
                | (RequestRow.case_number == request.asked.case_number)
            )
            .order_by(RequestRow.submitted_at, RequestRow.id, ProbeRepeatRow.earlier_id)
        )
        found = []
        for row in rows:
            earlier_id, prints = row["earlier_id"], []
            for id in (row["request_id"], earlier_id):
                kept = select(Row).where(Row.request_id == id, Row.is_searched)
                prints += [self._value(one) for one in await self._all(kept)]
            found.append(Held(earlier_id, tuple(prints)))
        return found

    def _value(self, row: RowMapping) -> FacePrint:
        context = _template_of(row["request_id"], row["face"])
        return FacePrint(
            **{name: row[name] for name in _HASHES},
            template=_unpacked(self._cipher.open(row["template"], context)),
            model=model_of(row),
        )


def as_kept(made: FacePrint) -> FacePrint:
    """The print as it will be read again, so that it is compared before it is stored as it is after."""
    return FacePrint(
        **{name: _signed(getattr(made, name)) for name in _HASHES},
        template=_unpacked(_packed(made.template)),
        model=made.model,
    )


def _was_searched() -> ColumnElement[bool]:
    made = select(SearchRow.id).where(SearchRow.request_id == RequestRow.id)
    return made.exists().label("was_searched")


def _may_be_same(made: FacePrint) -> ColumnElement[bool]:
    """By a function of ours: SQLite counts no bits. See ``storage.database``."""
    own = (made.image_hash, made.face_hash, made.mirror_hash, made.code)
    kept = (Row.image_hash, Row.face_hash, Row.code)
    return func.may_be_same(*kept, *map(_signed, own), type_=Boolean())


def _earlier(row: RowMapping, made: FacePrint | None) -> Earlier:
    return Earlier(
        row["request_id"], row["state"], row["was_searched"], row["sha256"], made
    )


def _signed(hash: int) -> int:
    """The same 64 bits as a number the database can hold."""
    return hash - _BEYOND if hash >= _BEYOND // 2 else hash


def _packed(template: Sequence[float]) -> bytes:
    """Two bytes a number: it moves a cosine by less than a thousandth."""
    return struct.pack(f"<{len(template)}e", *template)


def _unpacked(packed: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(packed) // 2}e", packed)


def _template_of(request_id: str, face: int) -> str:
    return f"probe_prints.template:{request_id}/{face}"
