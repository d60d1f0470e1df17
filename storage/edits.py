"""Derivatives of stills and the drafts of them; the reasons sealed, the pictures in the vault."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update

from bot.domain.edits import Derivative, Draft, Edit
from bot.domain.probes import ProbeFace
from storage.base import Storage, columns, flat
from storage.errors import ChangedMeanwhile
from storage.probes import face_of
from storage.tables import DerivativeRow, EditDraftRow


class Derivatives(Storage):
    async def add(self, made: Derivative) -> None:
        values = columns(made, "edit", "face", "why", "searched_why")
        await self._run(
            insert(DerivativeRow).values(
                **values,
                **_edit_columns(made.edit),
                face=_face_column(made.face),
                why=self._seal(made.why, _why_of(made.id)),
            )
        )
        await self._touch(made.request_id)

    async def of(self, request_id: str) -> list[Derivative]:
        """Those of one request, oldest first."""
        rows = await self._all(
            select(DerivativeRow)
            .where(DerivativeRow.request_id == request_id)
            .order_by(DerivativeRow.sequence)
        )
        return [self._value(row) for row in rows]

    async def order_search(self, id: str, round: int, why: str) -> None:
        """Have the search of one round run on it; once, and never changed."""
        statement = (
            update(DerivativeRow)
            .where(DerivativeRow.id == id, DerivativeRow.searched_round.is_(None))
            .values(
                searched_round=round, searched_why=self._seal(why, _search_why_of(id))
            )
            .returning(DerivativeRow.request_id)
        )
        if (request_id := await self._scalar(statement)) is None:
            raise ChangedMeanwhile
        await self._touch(request_id)

    async def replayed(self, request_id: str, error: str, at: datetime) -> None:
        """Note what came of making them all again; empty if every one came out the same."""
        await self._run(
            update(DerivativeRow)
            .where(DerivativeRow.request_id == request_id)
            .values(replayed_at=at, replay_error=error)
        )
        await self._touch(request_id)

    def _value(self, row: RowMapping) -> Derivative:
        why = row["searched_why"]
        return flat(
            Derivative,
            row,
            edit=_edit(row),
            face=_face(row),
            why=self._open(row["why"], _why_of(row["id"])),
            searched_why=self._open(why, _search_why_of(row["id"])) if why else "",
        )


class EditDrafts(Storage):
    async def put(self, draft: Draft) -> None:
        """Begin to look at an edit; whoever calls this has dropped the one before."""
        await self._run(insert(EditDraftRow).values(_draft_columns(draft)))
        await self._touch(draft.request_id)

    async def save(self, draft: Draft) -> None:
        """Write what has come of it; one that was dropped meanwhile stays dropped."""
        await self._run(
            update(EditDraftRow)
            .where(EditDraftRow.id == draft.id, ~EditDraftRow.dropped)
            .values(_draft_columns(draft))
        )
        await self._touch(draft.request_id)

    async def find(self, id: str) -> Draft | None:
        return next(iter(await self._drafts(EditDraftRow.id == id)), None)

    async def of_examination(self, id: str) -> Draft | None:
        drafts = await self._drafts(EditDraftRow.examination_id == id)
        return next(iter(drafts), None)

    async def of(self, request_id: str) -> list[Draft]:
        return await self._drafts(EditDraftRow.request_id == request_id)

    async def all(self) -> list[Draft]:
        """Of every request: one for each examiner who edits just now."""
        return await self._drafts()

    async def drop(self, draft: Draft) -> None:
        """Nobody looks at it any more: it is as if it were not there, until it is removed."""
        await self._run(
            update(EditDraftRow).where(EditDraftRow.id == draft.id).values(dropped=True)
        )
        await self._touch(draft.request_id)

    async def dropped(self) -> list[Draft]:
        """Those of whose picture something may be left."""
        rows = await self._all(select(EditDraftRow).where(EditDraftRow.dropped))
        return [_draft(row) for row in rows]

    async def remove(self, draft: Draft) -> None:
        await self._run(delete(EditDraftRow).where(EditDraftRow.id == draft.id))

    async def _drafts(self, *where: ColumnElement[bool]) -> list[Draft]:
        rows = await self._all(
            select(EditDraftRow)
            .where(*where, ~EditDraftRow.dropped)
            .order_by(EditDraftRow.at)
        )
        return [_draft(row) for row in rows]


def _draft_columns(draft: Draft) -> dict[str, Any]:
    return {
        **columns(draft, "edit", "face"),
        **_edit_columns(draft.edit),
        "face": _face_column(draft.face),
    }


def _draft(row: RowMapping) -> Draft:
    return flat(Draft, row, edit=_edit(row), face=_face(row))


def _edit_columns(edit: Edit) -> dict[str, Any]:
    # As pairs: the order is that of the tool, and JSON's objects promise none.
    pairs = [[name, value] for name, value in edit.parameters.items()]
    return {"operation": edit.operation, "parameters": pairs}


def _edit(row: RowMapping) -> Edit:
    numbers: Mapping[str, float] = dict(row["parameters"])
    return Edit(row["operation"], numbers)


def _face_column(face: ProbeFace | None) -> dict[str, Any]:
    return {} if face is None else asdict(face)


def _face(row: RowMapping) -> ProbeFace | None:
    return face_of(row["face"]) if row["face"] else None


def _why_of(id: str) -> str:
    return f"derivatives.why:{id}"


def _search_why_of(id: str) -> str:
    return f"derivatives.searched_why:{id}"
