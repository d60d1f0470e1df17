"""Versions of galleries; the one added last is the current one. And which repository is the standard one."""

from sqlalchemy import ColumnElement, RowMapping, func, insert, select, update

from bot.domain.galleries import ModelId
from bot.domain.photographs import GalleryVersion
from storage.base import Storage, columns, flat, model_columns, model_of
from storage.errors import Unknown
from storage.tables import (
    GalleryRow,
    PhotographRow,
    StandardRow,
    TemplateRow,
    TombstoneRow,
)


class Galleries(Storage):
    async def add(self, gallery: GalleryVersion) -> None:
        """Make it the current one; a version already there (nothing else was in between, or it
        was, and was withdrawn again) only becomes current once more."""
        place = 1 + (await self._scalar(select(func.max(GalleryRow.place))) or 0)
        statement = (
            update(GalleryRow)
            .where(GalleryRow.version == gallery.version)
            .where(GalleryRow.digest == gallery.digest)
            .where(GalleryRow.repository == gallery.repository)
            .values(place=place)
            .returning(GalleryRow.version)
        )
        if await self._scalar(statement) is None:
            values = columns(gallery, "model", "calibration") | model_columns(
                gallery.model
            )
            values |= {"calibration": [list(pair) for pair in gallery.calibration]}
            await self._run(insert(GalleryRow).values(**values, place=place))

    async def current(self, repository: str) -> GalleryVersion | None:
        row = await self._find(
            select(GalleryRow)
            .where(GalleryRow.repository == repository)
            .order_by(GalleryRow.place.desc())
            .limit(1)
        )
        return None if row is None else _gallery(row)

    async def current_versions(self) -> frozenset[str]:
        """The one that is searched, of each repository."""
        newest = select(func.max(GalleryRow.place)).group_by(GalleryRow.repository)
        rows = await self._all(
            select(GalleryRow.version).where(GalleryRow.place.in_(newest))
        )
        return frozenset(row["version"] for row in rows)

    async def recorded(self) -> frozenset[str]:
        """Every version there has been."""
        rows = await self._all(select(GalleryRow.version))
        return frozenset(row["version"] for row in rows)

    async def get(self, version: str) -> GalleryVersion:
        row = await self._find(select(GalleryRow).where(GalleryRow.version == version))
        if row is None:
            raise Unknown(f"There is no gallery version {version}.")
        return _gallery(row)

    async def earlier_model(self, repository: str) -> ModelId | None:
        """The model that was searched with before the present one; None if there was no other."""
        rows = await self._all(
            select(GalleryRow)
            .where(GalleryRow.repository == repository)
            .order_by(GalleryRow.place.desc())
        )
        models = [model_of(row) for row in rows]
        return next((model for model in models if model != models[0]), None)

    async def made_of(self, repository: str) -> int:
        """How many photographs a repository has had: enrolling raises it, sealing does not lower it."""
        counts = [
            await self._scalar(
                select(func.count())
                .select_from(row)
                .where(row.repository == repository)
            )
            for row in (PhotographRow, TombstoneRow)
        ]
        return sum(counts)

    async def unencoded(
        self, repository: str, model: ModelId, after: str, most: int
    ) -> list[tuple[str, str, str]]:
        """Photographs without a template of this model, by id from behind ``after``: id, subject and
        SHA-256. Asked for piece by piece: there may be millions."""
        row = PhotographRow
        rows = await self._all(
            select(row.id, row.subject_id, row.sha256)
            .where(*_unencoded(repository, model), row.id > after)
            .order_by(row.id)
            .limit(most)
        )
        return [(r["id"], r["subject_id"], r["sha256"]) for r in rows]

    async def count_unencoded(self, repository: str, model: ModelId) -> int:
        counted: int = await self._scalar(
            select(func.count())
            .select_from(PhotographRow)
            .where(*_unencoded(repository, model))
        )
        return counted

    async def standard(self) -> str | None:
        """The repository that is searched without an authorization; None before anything is enrolled."""
        name: str | None = await self._scalar(select(StandardRow.name))
        return name

    async def record_standard(self, name: str) -> None:
        """Once for ever: a second name is refused by the database."""
        await self._run(insert(StandardRow).values(id=1, name=name))


def _unencoded(repository: str, model: ModelId) -> tuple[ColumnElement[bool], ...]:
    row = TemplateRow
    known = (
        select(row.photo_id)
        .where(row.photo_id == PhotographRow.id)
        .where(row.model_name == model.name)
        .where(row.model_weights_sha256 == model.weights_sha256)
    )
    return PhotographRow.repository == repository, ~known.exists()


def _gallery(row: RowMapping) -> GalleryVersion:
    calibration = tuple((share, at) for share, at in row["calibration"])
    return flat(GalleryVersion, row, model=model_of(row), calibration=calibration)
