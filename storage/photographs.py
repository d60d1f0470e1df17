"""The photographs of the repositories, and their templates."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select

from bot.domain.galleries import ModelId
from bot.domain.photographs import Photograph, Template
from storage.base import Storage, columns, flat, model_columns
from storage.errors import Unknown
from storage.tables import PhotographRow, TemplateRow

_AT_ONCE = 500  # ids in one statement: SQLite limits them


class Photographs(Storage):
    async def add(self, photograph: Photograph) -> None:
        await self._run(insert(PhotographRow).values(columns(photograph)))

    async def find(self, id: str) -> Photograph | None:
        row = await self._find(select(PhotographRow).where(PhotographRow.id == id))
        return None if row is None else flat(Photograph, row)

    async def get(self, id: str) -> Photograph:
        if (photograph := await self.find(id)) is None:
            raise Unknown(f"There is no photograph {id}.")
        return photograph

    async def of_subject(self, repository: str, subject_id: str) -> list[Photograph]:
        """Every photograph a repository holds of one subject, newest first, undated ones last."""
        rows = await self._all(
            select(PhotographRow)
            .where(PhotographRow.repository == repository)
            .where(PhotographRow.subject_id == subject_id)
            .order_by(PhotographRow.capture_date.desc().nulls_last(), PhotographRow.id)
        )
        return [flat(Photograph, row) for row in rows]

    async def known(self, repository: str) -> dict[str, str]:
        """The SHA-256 of every photograph, by id: what an enrolment may skip."""
        rows = await self._all(
            select(PhotographRow.id, PhotographRow.sha256).where(
                PhotographRow.repository == repository
            )
        )
        return {row["id"]: row["sha256"] for row in rows}

    async def elsewhere(self, repository: str, ids: Sequence[str]) -> dict[str, str]:
        """Of these photographs those that lie in another repository, and in which."""
        found: dict[str, str] = {}
        for start in range(0, len(ids), _AT_ONCE):
            rows = await self._all(
                select(PhotographRow.id, PhotographRow.repository)
                .where(PhotographRow.id.in_(ids[start : start + _AT_ONCE]))
                .where(PhotographRow.repository != repository)
            )
            found |= {row["id"]: row["repository"] for row in rows}
        return found

    async def count(self, repository: str) -> int:
        counted: int = await self._scalar(
            select(func.count())
            .select_from(PhotographRow)
            .where(PhotographRow.repository == repository)
        )
        return counted


class Templates(Storage):
    async def add(self, template: Template) -> None:
        await self._run(
            insert(TemplateRow).values(
                **columns(template, "model", "points"),
                points=[list(point) for point in template.points],
                **model_columns(template.model),
            )
        )

    async def find(self, photo_id: str, model: ModelId) -> Template | None:
        row = await self._find(
            select(TemplateRow.subject_id, TemplateRow.vector, TemplateRow.points)
            .where(TemplateRow.photo_id == photo_id)
            .where(*_by(model))
        )
        if row is None:
            return None
        points = tuple((x, y) for x, y in row["points"])
        return Template(photo_id, row["subject_id"], model, row["vector"], points)

    async def get(self, photo_id: str, model: ModelId) -> Template:
        if (template := await self.find(photo_id, model)) is None:
            raise Unknown(f"There is no template of photograph {photo_id} by {model}.")
        return template

    async def all(self, repository: str, model: ModelId) -> list[Template]:
        """Every template of a gallery, in the order of photograph ids."""
        row = TemplateRow
        # One line for each of what may be ten thousands: no mappings here.
        found: Iterable[Any] = await self._result(
            select(row.photo_id, row.subject_id, row.vector, row.points)
            .join(PhotographRow, PhotographRow.id == row.photo_id)
            .where(PhotographRow.repository == repository)
            .where(*_by(model))
            .order_by(row.photo_id)
        )
        return [
            Template(photo_id, subject_id, model, vector, tuple(map(_point, points)))
            for photo_id, subject_id, vector, points in found
        ]


def _by(model: ModelId) -> tuple[ColumnElement[bool], ...]:
    row = TemplateRow
    return (
        row.model_name == model.name,
        row.model_weights_sha256 == model.weights_sha256,
    )


def _point(kept: list[float]) -> tuple[float, float]:
    x, y = kept
    return x, y
