"""The outbox: what still has to be sent to Slack, in order within each channel."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.domain.sendings import Sending, SendingKind
from storage.base import Storage, columns, flat
from storage.errors import VaultDamaged
from storage.tables import SendingRow

ALERTS = "alert/"
"""How the keys of alerts begin: they belong to no card."""
_PENDING, _SENT, _FAILED = "pending", "sent", "failed"


class Outbox(Storage):
    async def add(self, sending: Sending) -> int:
        """Have it sent and return its id; a key that is there already is not sent again."""
        there: int | None = await self._scalar(
            select(SendingRow.id).where(SendingRow.key == sending.key)
        )
        if there is not None:
            return there
        id: int = await self._scalar(
            insert(SendingRow)
            .values(
                **columns(sending, "id", "text", "blocks", "pictures", "damaged"),
                pictures=list(sending.pictures),
                content=self._seal_content(sending.key, sending.text, sending.blocks),
                state=_PENDING,
            )
            .returning(SendingRow.id)
        )
        return id

    async def heads(self, now: datetime) -> list[Sending]:
        """What may be sent now: of each channel the first, unless it has to wait, and the first
        removal of a file that need not wait: those hold up nothing and wait for nothing."""
        lane = select(func.min(SendingRow.id)).group_by(SendingRow.channel)
        is_removal = SendingRow.kind == SendingKind.REMOVE_FILE
        is_due = or_(SendingRow.not_before.is_(None), SendingRow.not_before <= now)
        return await self._sendings(
            or_(
                SendingRow.id.in_(
                    lane.where(SendingRow.state == _PENDING, ~is_removal)
                ),
                SendingRow.id.in_(
                    lane.where(SendingRow.state == _PENDING, is_removal, is_due)
                ),
            ),
            is_due,
        )

    async def done(self, id: int) -> None:
        """Keep the row, so that its key is never sent again, but not what it said."""
        key: str | None = await self._scalar(
            update(SendingRow)
            .where(SendingRow.id == id)
            .values(state=_SENT, attempts=SendingRow.attempts + 1)
            .returning(SendingRow.key)
        )
        if key is not None:
            await self._set(id, content=self._seal_content(key, "", ()))

    async def retry(
        self, id: int, not_before: datetime, error: str, *, tried: bool = True
    ) -> None:
        """Nothing else goes to its channel before it does; without ``tried`` it counts as no attempt."""
        attempts = SendingRow.attempts + tried
        await self._set(id, attempts=attempts, not_before=not_before, last_error=error)

    async def give_up(self, id: int, error: str) -> None:
        """Let the rest of the channel pass."""
        attempts = SendingRow.attempts + 1
        await self._set(id, attempts=attempts, state=_FAILED, last_error=error)

    async def drop(self, id: int) -> None:
        """Nobody wants it any more; its key may be wanted again later."""
        await self._run(delete(SendingRow).where(SendingRow.id == id))

    async def drop_updates(self, card: str) -> None:
        """Forget updates that a newer one makes pointless; one that was tried may have arrived."""
        await self._run(
            delete(SendingRow)
            .where(SendingRow.card == card, SendingRow.kind == SendingKind.UPDATE)
            .where(SendingRow.state == _PENDING, SendingRow.attempts == 0)
        )

    async def forget_given_up(self, card: str) -> None:
        """Something newer takes its place: of what was given up only stays that it was."""
        rows = await self._all(
            select(SendingRow.id, SendingRow.key)
            .where(*_words_of(card))
            .where(SendingRow.state == _FAILED)
        )
        await self._say(rows, "")

    async def take_back(self, card: str, instead: str) -> bool | None:
        """Have nothing of a card sent that was not sent yet, tried or not; None if there was nothing.

        True if a post of it may be under way, or have arrived unnoticed: it goes on, under its key, and
        says something else.
        """
        rows = await self._all(
            select(SendingRow.id, SendingRow.key, SendingRow.kind, SendingRow.state)
            .where(*_words_of(card))
            .where(SendingRow.state != _SENT)
        )
        posts = [
            row
            for row in rows
            if (row["kind"], row["state"]) == (SendingKind.POST, _PENDING)
        ]
        await self._say(posts, instead)
        for row in rows:
            if row not in posts:
                await self.drop(row["id"])
        return bool(posts) if rows else None

    async def _say(self, rows: list[RowMapping], text: str) -> None:
        for row in rows:
            content = self._seal_content(row["key"], text, ())
            await self._set(row["id"], content=content)

    async def pending(self, request_id: str | None = None) -> int:
        statement = (
            select(func.count())
            .select_from(SendingRow)
            .where(SendingRow.state == _PENDING)
        )
        if request_id is not None:
            statement = statement.where(SendingRow.request_id == request_id)
        counted: int = await self._scalar(statement)
        return counted

    async def uploads_pending(self, request_id: str) -> frozenset[str]:
        """The keys of the pictures somebody may be uploading now."""
        rows = await self._all(
            select(SendingRow.pictures)
            .where(SendingRow.request_id == request_id)
            .where(SendingRow.kind == SendingKind.UPLOAD)
            .where(SendingRow.state == _PENDING)
        )
        return frozenset(key for row in rows for key in row["pictures"])

    async def uploaded_to(self, request_id: str) -> dict[str, str]:
        """Where each picture of a request was last sent, by its key."""
        rows = await self._all(
            select(SendingRow.pictures, SendingRow.channel)
            .where(SendingRow.request_id == request_id)
            .where(SendingRow.kind == SendingKind.UPLOAD)
            .order_by(SendingRow.id)
        )
        return {key: row["channel"] for row in rows for key in row["pictures"]}

    async def removals_given_up(self, request_id: str) -> frozenset[str]:
        """Their keys: Slack would not delete these files."""
        rows = await self._all(
            select(SendingRow.key)
            .where(SendingRow.request_id == request_id)
            .where(SendingRow.kind == SendingKind.REMOVE_FILE)
            .where(SendingRow.state == _FAILED)
        )
        return frozenset(row["key"] for row in rows)

    async def remove_again(self) -> None:
        """Try once more to delete what Slack would not: somebody may have cured it there."""
        await self._run(
            update(SendingRow)
            .where(SendingRow.kind == SendingKind.REMOVE_FILE)
            .where(SendingRow.state == _FAILED)
            .values(state=_PENDING, not_before=None)
        )

    async def failed(self) -> list[Sending]:
        return await self._sendings(SendingRow.state == _FAILED)

    async def given_up(self, request_id: str) -> list[Sending]:
        """What was given up of a request's cards and has not been sent in a newer form."""
        last = (
            select(func.max(SendingRow.id))
            .where(SendingRow.request_id == request_id)
            .group_by(SendingRow.card)
        )
        return await self._sendings(
            SendingRow.id.in_(last),
            SendingRow.state == _FAILED,
            ~SendingRow.key.startswith(ALERTS, autoescape=True),
        )

    async def _set(self, id: int, **values: Any) -> None:
        await self._run(update(SendingRow).where(SendingRow.id == id).values(**values))

    async def _sendings(self, *where: Any) -> list[Sending]:
        rows = await self._all(select(SendingRow).where(*where).order_by(SendingRow.id))
        return [self._value(row) for row in rows]

    def _seal_content(self, key: str, text: str, blocks: Any) -> bytes:
        return self._seal({"text": text, "blocks": blocks}, _content_of(key))

    def _value(self, row: RowMapping) -> Sending:
        content = self._content(row)
        return flat(
            Sending,
            row,
            text=content["text"],
            blocks=tuple(content["blocks"]),
            pictures=tuple(row["pictures"]),
            damaged="damaged" in content,
        )

    def _content(self, row: RowMapping) -> dict[str, Any]:
        """One row that does not open must not keep the others from being read."""
        try:
            content: dict[str, Any] = self._open(
                row["content"], _content_of(row["key"])
            )
        except VaultDamaged:
            return {"text": "", "blocks": (), "damaged": True}
        return content


def _words_of(card: str) -> tuple[ColumnElement[bool], ...]:
    kinds = (SendingKind.POST, SendingKind.UPDATE)
    return SendingRow.card == card, SendingRow.kind.in_(kinds)


def _content_of(key: str) -> str:
    return f"outbox.content:{key}"
