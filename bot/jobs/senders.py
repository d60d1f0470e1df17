"""The calls to Slack behind each kind of sending; each can be repeated after a crash."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.casework.standing import standing_of
from bot.clock import Clock
from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.pictures import is_over
from bot.domain.sendings import Card, Picture, Sending, SendingKind
from bot.errors import Unavailable
from bot.jobs.uploads import Uploader
from storage.database import Database, Transaction

log = structlog.get_logger()

_GONE = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "block_mismatch",
    }
)


class NoThread(Unavailable):
    """The message this belongs under came before it in the same channel, and was given up."""


class Senders:
    """Does what a sending says, and notes in the database what has become of it."""

    def __init__(
        self, db: Database, client: AsyncWebClient, uploader: Uploader, clock: Clock
    ) -> None:
        self._db = db
        self._client = client
        self._uploader = uploader
        self._clock = clock
        self._rooms: dict[str, str] = {}

    async def send(self, sending: Sending) -> None:
        """Send it, unless nobody wants it any more."""
        match sending.kind:
            case SendingKind.POST | SendingKind.UPDATE:
                if await self._shows_what_is_gone(sending):
                    # The removal has touched the request: its card is drawn anew without it.
                    await self._drop(sending)
                elif sending.kind is SendingKind.POST:
                    await self._post(sending)
                else:
                    await self._update(sending)
            case SendingKind.UPLOAD:
                await self._upload(sending)
            case SendingKind.REMOVE_FILE:
                await self._remove(sending)

    async def abandon(self, sending: Sending) -> None:
        """Undo what a given-up upload may have left in Slack."""
        await self._uploader.abandon(await self._pictures(sending))

    async def _post(self, sending: Sending) -> None:
        """Post once: after a lost answer Slack is asked with the same client_msg_id."""
        thread = await self._thread(sending)
        answer = await self._client.chat_postMessage(
            channel=await self._room(sending.channel),
            text=sending.text,
            blocks=[dict(block) for block in sending.blocks],
            thread_ts=thread.ts if thread else None,
            unfurl_links=False,
            unfurl_media=False,
            client_msg_id=str(uuid5(NAMESPACE_URL, sending.key)),
        )
        async with self._db.transaction() as tx:
            if (card := await tx.cards.find(sending.card)) is not None:
                await tx.cards.put(
                    replace(card, ts=answer["ts"], posted_in=answer["channel"])
                )
            await tx.outbox.done(sending.id)
            await tx.requests.touch(sending.request_id)

    async def _update(self, sending: Sending) -> None:
        """Change the message; one that is not there or can no longer be changed is posted anew.

        At once, not by a sending of its own at the end: what hangs in its thread comes before that.
        """
        async with self._db.snapshot() as snapshot:
            card = await snapshot.cards.find(sending.card)
        if card is None or card.ts is None or card.posted_in is None:
            await self._post(sending)
            return
        try:
            await self._client.chat_update(
                channel=card.posted_in,
                ts=card.ts,
                text=sending.text,
                blocks=[dict(block) for block in sending.blocks],
            )
        except SlackApiError as error:
            if (code := error.response.get("error")) not in _GONE:
                raise
            log.warning("outbox.reposting", card=sending.card, error=code)
            await self._post(sending)
            return
        await self._done(sending)

    async def _upload(self, sending: Sending) -> None:
        """Share the pictures, unless the request has moved on while they waited to be sent."""
        async with self._db.snapshot() as snapshot:
            request = await snapshot.requests.get(sending.request_id)
            standing = await standing_of(snapshot, request)
        pictures = await self._pictures(sending)
        if any(is_over(picture.key, standing) for picture in pictures):
            await self._uploader.abandon(pictures)
            await self._drop(sending)
            return
        thread = await self._thread(sending)
        shared = await self._uploader.share(
            pictures,
            await self._room(sending.channel),
            thread.ts if thread else None,
        )
        async with self._db.transaction() as tx:
            for picture in shared:
                await tx.pictures.save(picture)
                await self._record(
                    tx, Verb.PICTURE_SHOWN, picture, channel=sending.channel
                )
            await tx.outbox.done(sending.id)
            # If it moved on meanwhile, the next redraw takes them down again.
            await tx.requests.touch(sending.request_id)

    async def _remove(self, sending: Sending) -> None:
        """Delete the file the sending names: its picture may have been shown again since."""
        for picture in await self._pictures(sending):
            file = sending.text or picture.slack_file
            if file is None:
                continue
            await self._uploader.remove(file)
            async with self._db.transaction() as tx:
                now = self._clock()
                if picture.slack_file == file and picture.removed_at is None:
                    await tx.pictures.save(replace(picture, removed_at=now))
                removed = replace(picture, slack_file=file)
                await self._record(tx, Verb.PICTURE_REMOVED, removed)
        await self._done(sending)

    async def _record(
        self, tx: Transaction, verb: Verb, picture: Picture, **more: object
    ) -> None:
        facts = {
            "request": picture.request_id,
            "sha256": picture.vault_sha256,
            "slack_file": picture.slack_file,
            **more,
        }
        event = AuditEvent(self._clock(), SYSTEM.person, verb, picture.key, facts)
        await tx.audit.append(event)

    async def _pictures(self, sending: Sending) -> list[Picture]:
        async with self._db.snapshot() as snapshot:
            found = [await snapshot.pictures.find(key) for key in sending.pictures]
        return [picture for picture in found if picture is not None]

    async def _shows_what_is_gone(self, sending: Sending) -> bool:
        """Removals do not wait for posts, so a post may refer to a picture that was removed."""
        files = set(_files_in(list(sending.blocks)))
        if not files:
            return False
        async with self._db.snapshot() as snapshot:
            shown = [await snapshot.pictures.by_slack_file(file) for file in files]
        return any(picture is None or picture.removed_at for picture in shown)

    async def _thread(self, sending: Sending) -> Card | None:
        if sending.thread is None:
            return None
        async with self._db.snapshot() as snapshot:
            card = await snapshot.cards.find(sending.thread)
        if card is None or card.ts is None:
            raise NoThread
        return card

    async def _room(self, channel: str) -> str:
        """A person's direct message channel, opened once; any other channel is itself."""
        if not channel.startswith(("U", "W")):
            return channel
        if channel not in self._rooms:
            opened = await self._client.conversations_open(users=channel)
            self._rooms[channel] = opened["channel"]["id"]
        return self._rooms[channel]

    async def _done(self, sending: Sending) -> None:
        async with self._db.transaction() as tx:
            await tx.outbox.done(sending.id)

    async def _drop(self, sending: Sending) -> None:
        log.info("outbox.dropped", sending=sending.id, kind=sending.kind)
        async with self._db.transaction() as tx:
            await tx.outbox.drop(sending.id)
            await tx.requests.touch(sending.request_id)


def _files_in(value: Any) -> Iterator[str]:
    """The ids of all files that blocks refer to."""
    if isinstance(value, dict):
        if isinstance(file := value.get("slack_file"), dict):
            yield str(file.get("id"))
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _files_in(part)
