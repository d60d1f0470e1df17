"""Pictures shown in Slack for a while, until they are removed there."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.domain.sendings import Picture, SendingKind
from storage.base import Storage, columns, flat
from storage.errors import Unknown
from storage.tables import (
    DerivativeRow,
    EditDraftRow,
    PhotographRow,
    PicturePhotographRow,
    PictureRow,
    ProbeRow,
    SendingRow,
    TombstoneRow,
)

_AT_ONCE = 500  # ids in one statement: SQLite limits them


class Pictures(Storage):
    async def add(self, picture: Picture, photo_ids: Collection[str] = ()) -> None:
        """``photo_ids`` name every photograph on it, where these are several."""
        await self._run(insert(PictureRow).values(columns(picture)))
        if photo_ids:
            rows = [
                {"picture_key": picture.key, "photo_id": id} for id in sorted(photo_ids)
            ]
            await self._run(insert(PicturePhotographRow).values(rows))
        await self._touch(picture.request_id)

    async def find(self, key: str) -> Picture | None:
        row = await self._find(select(PictureRow).where(PictureRow.key == key))
        return None if row is None else flat(Picture, row)

    async def of(self, request_id: str) -> dict[str, Picture]:
        """By key."""
        rows = await self._all(
            select(PictureRow).where(PictureRow.request_id == request_id)
        )
        return {row["key"]: flat(Picture, row) for row in rows}

    async def save(self, picture: Picture) -> None:
        statement = (
            update(PictureRow)
            .where(PictureRow.key == picture.key)
            .values(columns(picture, "key", "request_id"))
            .returning(PictureRow.key)
        )
        if await self._scalar(statement) is None:
            raise Unknown(f"There is no picture {picture.key}.")
        await self._touch(picture.request_id)

    async def remove(self, key: str) -> None:
        """Forget a picture that is nowhere any more."""
        of_it = PicturePhotographRow.picture_key == key
        await self._run(delete(PicturePhotographRow).where(of_it))
        await self._run(delete(PictureRow).where(PictureRow.key == key))

    async def showing(self, photo_ids: Collection[str]) -> list[Picture]:
        """The pictures with several photographs of which one is among these."""
        ids, found = sorted(photo_ids), dict[str, Picture]()
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            rows = await self._all(
                select(PictureRow)
                .join(
                    PicturePhotographRow,
                    PicturePhotographRow.picture_key == PictureRow.key,
                )
                .where(PicturePhotographRow.photo_id.in_(some))
                .order_by(PictureRow.key)
            )
            found.update({row["key"]: flat(Picture, row) for row in rows})
        return list(found.values())

    async def sealed(self, request_id: str) -> frozenset[str]:
        """The keys of pictures with several photographs of which one may not be held any more."""
        row = PicturePhotographRow
        held = select(PhotographRow.id).where(PhotographRow.id == row.photo_id)
        tombs = select(TombstoneRow.photo_id).where(
            TombstoneRow.photo_id == row.photo_id
        )
        rows: Iterable[Any] = await self._result(
            select(row.picture_key)
            .join(PictureRow, PictureRow.key == row.picture_key)
            .where(PictureRow.request_id == request_id)
            .where(~held.exists() | tombs.exists())
        )
        return frozenset(key for (key,) in rows)

    async def is_file_used(self, sha256: str, *, but_by: str) -> bool:
        """Whether anything but this picture is made of a file of the vault."""
        for statement in (
            select(PictureRow.key)
            .where(PictureRow.vault_sha256 == sha256)
            .where(PictureRow.key != but_by),
            select(PhotographRow.id).where(PhotographRow.sha256 == sha256),
            select(ProbeRow.request_id).where(ProbeRow.sha256 == sha256),
            select(DerivativeRow.id).where(DerivativeRow.sha256 == sha256),
            select(EditDraftRow.id).where(EditDraftRow.sha256 == sha256),
        ):
            if await self._scalar(statement.limit(1)) is not None:
                return True
        return False

    async def files(self) -> frozenset[str]:
        """Every file of the vault that anything is made of."""
        found: set[str] = set()
        for column in (
            PictureRow.vault_sha256,
            PhotographRow.sha256,
            ProbeRow.sha256,
            DerivativeRow.sha256,
            EditDraftRow.sha256,
        ):
            rows: Iterable[Any] = await self._result(select(column))
            found.update(sha256 for (sha256,) in rows)
        return frozenset(found)

    async def shown_before(self, at: datetime) -> list[Picture]:
        """Those that came to Slack before this moment and are still there, oldest first."""
        rows = await self._all(
            select(PictureRow)
            .where(PictureRow.shared_at < at, PictureRow.removed_at.is_(None))
            .order_by(PictureRow.shared_at, PictureRow.key)
        )
        return [flat(Picture, row) for row in rows]

    async def shown_in(self, channel: str) -> list[Picture]:
        """Those still to be seen in a channel, or in the direct messages of an account."""
        uploads = await self._all(
            select(SendingRow.pictures)
            .where(SendingRow.channel == channel)
            .where(SendingRow.kind == SendingKind.UPLOAD)
        )
        keys = {key for upload in uploads for key in upload["pictures"]}
        rows = await self._all(
            select(PictureRow)
            .where(PictureRow.shared_at.is_not(None), PictureRow.removed_at.is_(None))
            .order_by(PictureRow.shared_at, PictureRow.key)
        )
        return [flat(Picture, row) for row in rows if row["key"] in keys]

    async def by_slack_file(self, id: str) -> Picture | None:
        row = await self._find(select(PictureRow).where(PictureRow.slack_file == id))
        return None if row is None else flat(Picture, row)
