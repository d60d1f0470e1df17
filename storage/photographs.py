"""The photographs of the repositories, and their templates."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, insert, select, update
from sqlalchemy.orm import aliased

from bot.domain.ages import is_minor
from bot.domain.galleries import ModelId
from bot.domain.photographs import Photograph, Template
from storage.base import Storage, columns, flat, model_columns
from storage.errors import Unknown
from storage.tables import PhotographRow, TemplateRow

_AT_ONCE = 500  # ids in one statement: SQLite limits them


_PAGE = 10_000  # templates at a time


class EnrolledRow(NamedTuple):
    """What a gallery needs of one photograph; ``vector`` as in ``Template``."""

    photo_id: str
    subject_id: str
    vector: bytes
    is_minor: bool


def _latest_birth() -> ColumnElement[date | None]:
    """The latest birth date on record of a photograph's subject: known of one photograph, it holds for
    all, and of two the one that protects counts."""
    other = aliased(PhotographRow)
    return (
        select(func.max(other.birth_date))
        .where(other.subject_id == PhotographRow.subject_id)
        .where(other.repository == PhotographRow.repository)
        .correlate(PhotographRow)
        .scalar_subquery()
    )


_AGES = (_latest_birth(), PhotographRow.capture_date, PhotographRow.enrolled_at)


def _is_minor(born: date | None, captured: date | None, enrolled: datetime) -> bool:
    return is_minor(born, captured, enrolled.date())


class Photographs(Storage):
    async def add(self, photograph: Photograph) -> None:
        await self._run(insert(PhotographRow).values(columns(photograph)))

    async def add_all(self, photographs: Sequence[Photograph]) -> None:
        if photographs:
            rows = [columns(photograph) for photograph in photographs]
            await self._run(insert(PhotographRow).values(rows))

    async def find(self, id: str) -> Photograph | None:
        row = await self._find(select(PhotographRow).where(PhotographRow.id == id))
        return None if row is None else flat(Photograph, row)

    async def get(self, id: str) -> Photograph:
        if (photograph := await self.find(id)) is None:
            raise Unknown(f"There is no photograph {id}.")
        return photograph

    async def some(self, ids: Sequence[str]) -> dict[str, Photograph]:
        """Those of these photographs that are known, by id."""
        found = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            rows = await self._all(
                select(PhotographRow).where(PhotographRow.id.in_(some))
            )
            found.update({row["id"]: flat(Photograph, row) for row in rows})
        return found

    async def describe(self, photograph: Photograph) -> None:
        """Keep what is said anew of a known photograph: its arrest and day, and of the subject sex, birth
        and case."""
        said = columns(photograph)
        names = ("arrest_number", "capture_date", "sex", "birth_date", "case_state")
        await self._run(
            update(PhotographRow)
            .where(PhotographRow.id == photograph.id)
            .values({name: said[name] for name in names})
        )

    async def minors(self, ids: Sequence[str]) -> set[str]:
        """Those of these photographs that show somebody under 18, as ``Templates.pages`` flags them."""
        row = PhotographRow
        found: set[str] = set()
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            rows: Iterable[Any] = await self._result(
                select(row.id, *_AGES).where(row.id.in_(some))
            )
            found.update(id for id, *ages in rows if _is_minor(*ages))
        return found

    async def of_subject(self, repository: str, subject_id: str) -> list[Photograph]:
        """Every photograph a repository holds of one subject, newest first, undated ones last."""
        rows = await self._all(
            select(PhotographRow)
            .where(PhotographRow.repository == repository)
            .where(PhotographRow.subject_id == subject_id)
            .order_by(PhotographRow.capture_date.desc().nulls_last(), PhotographRow.id)
        )
        return [flat(Photograph, row) for row in rows]

    async def of_several(self, ids: Sequence[str]) -> set[str]:
        """Those of these photographs that are not the only one their repository holds of the subject."""
        row, other = PhotographRow, aliased(PhotographRow)
        further = select(other.id).where(
            other.repository == row.repository,
            other.subject_id == row.subject_id,
            other.id != row.id,
        )
        statement = select(row.id, row.id).where(further.correlate(row).exists())
        return set(await self._pairs(statement, row.id, ids))

    async def known(self, repository: str) -> dict[str, str]:
        """The SHA-256 of every photograph, by id: what an enrolment may skip."""
        rows = await self._all(
            select(PhotographRow.id, PhotographRow.sha256).where(
                PhotographRow.repository == repository
            )
        )
        return {row["id"]: row["sha256"] for row in rows}

    async def arrest_numbers(self, repository: str) -> list[tuple[str, str]]:
        """Every photograph of a repository that has one, with its arrest number."""
        row = PhotographRow
        rows: Iterable[Any] = await self._result(
            select(row.id, row.arrest_number)
            .where(row.repository == repository, row.arrest_number != "")
            .order_by(row.id)
        )
        return [(id, number) for id, number in rows]

    async def elsewhere(self, repository: str, ids: Sequence[str]) -> dict[str, str]:
        """Of these photographs those that lie in another repository, and in which."""
        row = PhotographRow
        return await self._pairs(
            select(row.id, row.repository).where(row.repository != repository),
            row.id,
            ids,
        )

    async def hashes(self, ids: Sequence[str]) -> dict[str, str]:
        """The SHA-256 of those of these photographs that are known."""
        row = PhotographRow
        return await self._pairs(select(row.id, row.sha256), row.id, ids)

    async def encoded(self, ids: Sequence[str], model: ModelId) -> set[str]:
        """Those of these photographs that have a template by this model."""
        row = TemplateRow
        by_model = select(row.photo_id, row.photo_id).where(*_by(model))
        return set(await self._pairs(by_model, row.photo_id, ids))

    async def of_bytes(
        self, sha256s: Sequence[str], repository: str | None = None
    ) -> dict[str, str]:
        """By SHA-256, under which id these files are held (by one repository); of several ids the first."""
        row = PhotographRow
        held = select(row.sha256, func.min(row.id)).group_by(row.sha256)
        if repository is not None:
            held = held.where(row.repository == repository)
        return await self._pairs(held, row.sha256, sha256s)

    async def _pairs(
        self, statement: Select[str, str], column: Any, values: Sequence[str]
    ) -> dict[str, str]:
        """What ``statement`` tells of these values of the column, whatever their number."""
        found: dict[str, str] = {}
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            rows: Iterable[Any] = await self._result(statement.where(column.in_(some)))
            found.update((key, value) for key, value in rows)
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
        await self.add_all([template])

    async def add_all(self, templates: Sequence[Template]) -> None:
        if templates:
            rows = [_row_of(template) for template in templates]
            await self._run(insert(TemplateRow).values(rows))

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

    async def count(self, repository: str, model: ModelId) -> int:
        counted: int = await self._scalar(
            select(func.count()).select_from(TemplateRow).where(*_in(repository, model))
        )
        return counted

    async def pages(
        self, repository: str, model: ModelId, size: int = _PAGE
    ) -> AsyncIterator[list[EnrolledRow]]:
        """Every template of a gallery, in the order of the bytes of the photograph ids, some at a time:
        for millions there is no room in memory."""
        row = TemplateRow
        statement = (
            select(
                row.photo_id,
                row.subject_id,
                row.vector,
                *_AGES,
            )
            .where(*_in(repository, model))
            .order_by(row.photo_id)
        )
        last = ""
        while True:
            found: Iterable[Any] = await self._result(
                statement.where(row.photo_id > last).limit(size)
            )
            if page := [
                EnrolledRow(photo_id, subject_id, vector, _is_minor(*ages))
                for photo_id, subject_id, vector, *ages in found
            ]:
                yield page
            if len(page) < size:
                return
            last = page[-1].photo_id


def _in(repository: str, model: ModelId) -> tuple[ColumnElement[bool], ...]:
    of_photograph = PhotographRow.id == TemplateRow.photo_id
    return of_photograph, PhotographRow.repository == repository, *_by(model)


def _row_of(template: Template) -> dict[str, Any]:
    return {
        **columns(template, "model", "points"),
        "points": [list(point) for point in template.points],
        **model_columns(template.model),
    }


def _by(model: ModelId) -> tuple[ColumnElement[bool], ...]:
    row = TemplateRow
    return (
        row.model_name == model.name,
        row.model_weights_sha256 == model.weights_sha256,
    )


def _point(kept: list[float]) -> tuple[float, float]:
    x, y = kept
    return x, y
