"""Which configuration was in force when, by digest: a change of it is an audit event."""

from datetime import datetime

from sqlalchemy import insert, select

from storage.base import Storage
from storage.tables import SettingsSeenRow


class SettingsSeen(Storage):
    async def last(self) -> str | None:
        digest: str | None = await self._scalar(
            select(SettingsSeenRow.digest).order_by(SettingsSeenRow.id.desc()).limit(1)
        )
        return digest

    async def put(self, digest: str, at: datetime) -> None:
        await self._run(insert(SettingsSeenRow).values(digest=digest, at=at))
