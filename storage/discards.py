"""Files of the vault that have to be destroyed and could not be destroyed at once."""

from sqlalchemy import delete, insert, select

from storage.base import Storage
from storage.tables import DiscardRow


class Discards(Storage):
    async def add(self, sha256: str) -> None:
        if sha256 not in await self.all():
            await self._run(insert(DiscardRow).values(sha256=sha256))

    async def all(self) -> list[str]:
        rows = await self._all(select(DiscardRow.sha256).order_by(DiscardRow.sha256))
        return [row["sha256"] for row in rows]

    async def remove(self, sha256: str) -> None:
        await self._run(delete(DiscardRow).where(DiscardRow.sha256 == sha256))
