"""Cards: the messages in Slack that are kept up to date."""

from sqlalchemy import insert, or_, select, update

from bot.domain.sendings import Card
from storage.base import Storage, columns, flat
from storage.tables import CardRow


class Cards(Storage):
    async def find(self, key: str) -> Card | None:
        row = await self._find(select(CardRow).where(CardRow.key == key))
        return None if row is None else flat(Card, row)

    async def put(self, card: Card) -> None:
        statement = (
            update(CardRow)
            .where(CardRow.key == card.key)
            .values(columns(card))
            .returning(CardRow.key)
        )
        if await self._scalar(statement) is None:
            await self._run(insert(CardRow).values(columns(card)))

    async def of(self, request_id: str) -> dict[str, Card]:
        """By key."""
        rows = await self._all(select(CardRow).where(CardRow.request_id == request_id))
        return {row["key"]: flat(Card, row) for row in rows}

    async def at(self, channel: str, ts: str) -> Card | None:
        """The card behind a message somebody clicked on."""
        row = await self._find(
            select(CardRow)
            .where(CardRow.ts == ts)
            .where(or_(CardRow.posted_in == channel, CardRow.channel == channel))
        )
        return None if row is None else flat(Card, row)
