"""What Slack has delivered already, so that a second delivery does nothing."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from storage.base import Storage
from storage.tables import DeliveryRow


class Deliveries(Storage):
    async def first_time(self, key: str, at: datetime) -> bool:
        """Remember the key; False if it was there."""
        if await self.is_known(key):
            return False
        await self._run(insert(DeliveryRow).values(key=key, at=at))
        return True

    async def is_known(self, key: str) -> bool:
        there = select(DeliveryRow.key).where(DeliveryRow.key == key)
        return await self._scalar(there) is not None

    async def forget_before(self, at: datetime) -> None:
        await self._run(delete(DeliveryRow).where(DeliveryRow.at < at))
