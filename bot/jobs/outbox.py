"""Sends to Slack what has been committed: once, in order within a channel, within Slack's rates."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from uuid import NAMESPACE_URL, uuid5

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.audience import Audience
from bot.clock import Clock
from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.sendings import Card, Picture, Sending, SendingKind
from bot.errors import Unavailable
from bot.jobs.uploads import Uploader
from bot.views.supervisor import alert
from bot.workspace import UnsafeChannel
from storage.database import Database

log = structlog.get_logger()

# Slack's answers after which the same call can never succeed (slack-api, error lists).
_HOPELESS = frozenset(
    {
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "user_not_found",
        "user_disabled",
        "messages_tab_disabled",
        "file_type_not_allowed",
        "invalid_arguments",
    }
)
_GONE = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "block_mismatch",
    }
)
_ATTEMPTS_BLOCKS = 6  # invalid_blocks also means "file not processed yet"
_WAIT_MAX_S = 300.0
_LOOK_S = 0.05  # how long another channel's new sending may go unnoticed


class NoThread(Unavailable):
    """The message this belongs under came before it in the same channel, and was given up."""


class Outbox:
    """One sender for the whole bot: each channel has one sending under way at most."""

    def __init__(
        self,
        db: Database,
        client: AsyncWebClient,
        uploader: Uploader,
        audience: Audience,
        clock: Clock,
        *,
        alerts_to: str | None = None,
        seconds_between: float,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._db = db
        self._client = client
        self._uploader = uploader
        self._audience = audience
        self._clock = clock
        self._alerts_to = alerts_to
        self._between = seconds_between
        self._seconds = seconds
        self._last: dict[str, float] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._rooms: dict[str, str] = {}
        self._alerted: set[str] = set()

    async def step(self) -> bool:
        """Start what is due in every channel that is free; True if anything is under way.

        Returns when a channel has become free, so that its next sending need not wait long.
        """
        self._busy = {c: task for c, task in self._busy.items() if not task.done()}
        async with self._db.snapshot() as snapshot:
            heads = await snapshot.outbox.heads(self._clock())
        for sending in heads:
            if sending.channel not in self._busy:
                task = asyncio.create_task(self._send(sending))
                self._busy[sending.channel] = task
        if self._busy:
            await asyncio.wait(
                self._busy.values(),
                timeout=_LOOK_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
        return bool(self._busy)

    async def drain(self) -> None:
        """Wait for what is under way, for an orderly end."""
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _send(self, sending: Sending) -> None:
        try:
            await self._keep_rate(sending)
            await self._audience.check(sending.channel, await self._requester(sending))
            self._alerted.discard(sending.channel)
            await _SENDERS[sending.kind](self, sending)
        except UnsafeChannel as unsafe:
            await self._unsafe(sending, unsafe)
        except NoThread:
            await self._give_up(sending, "no thread")
        except SlackApiError as error:
            await self._refused(sending, error)
        except (aiohttp.ClientError, TimeoutError, OSError, Unavailable) as error:
            await self._later(sending, _backoff(sending.attempts), repr(error))
        except Exception:
            log.exception("outbox.defect", sending=sending.id, kind=sending.kind)
            await self._later(sending, _WAIT_MAX_S, "defect")

    async def _requester(self, sending: Sending) -> str | None:
        """The account that asked, who must not sit where the candidates are shown."""
        async with self._db.snapshot() as snapshot:
            request = await snapshot.requests.get(sending.request_id)
        return request.requester_account

    async def _keep_rate(self, sending: Sending) -> None:
        """Slack takes about one message a second and channel."""
        if sending.kind is SendingKind.REMOVE_FILE:
            return
        wait = self._last.get(sending.channel, -1e9) + self._between - self._seconds()
        if wait > 0:
            await asyncio.sleep(wait)
        self._last[sending.channel] = self._seconds()

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
        async with self._db.snapshot() as snapshot:
            of_request = await snapshot.pictures.of(sending.request_id)
        pictures = [of_request[key] for key in sending.pictures]
        thread = await self._thread(sending)
        shared = await self._uploader.share(
            pictures,
            await self._room(sending.channel),
            thread.ts if thread else None,
        )
        now = self._clock()
        async with self._db.transaction() as tx:
            for picture in shared:
                await tx.pictures.save(picture)
                facts = {
                    "request": picture.request_id,
                    "sha256": picture.vault_sha256,
                    "slack_file": picture.slack_file,
                    "channel": sending.channel,
                }
                await tx.audit.append(
                    AuditEvent(
                        now, SYSTEM.person, Verb.PICTURE_SHOWN, picture.key, facts
                    )
                )
            await tx.outbox.done(sending.id)
            await tx.requests.touch(sending.request_id)

    async def _remove_file(self, sending: Sending) -> None:
        for key in sending.pictures:
            async with self._db.snapshot() as snapshot:
                picture = await snapshot.pictures.find(key)
            if picture is not None and picture.slack_file is not None:
                await self._uploader.remove(picture.slack_file)
                await self._removed(picture)
        await self._done(sending)

    async def _removed(self, picture: Picture) -> None:
        now = self._clock()
        async with self._db.transaction() as tx:
            await tx.pictures.save(replace(picture, removed_at=now))
            facts = {"request": picture.request_id, "slack_file": picture.slack_file}
            await tx.audit.append(
                AuditEvent(now, SYSTEM.person, Verb.PICTURE_REMOVED, picture.key, facts)
            )

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

    async def _refused(self, sending: Sending, error: SlackApiError) -> None:
        code = str(error.response.get("error", "")) or str(error.response.status_code)
        if code in {"ratelimited", "rate_limited"} or error.response.status_code == 429:
            wait = float(error.response.headers.get("Retry-After", 1))
            await self._later(sending, wait, code)
        elif code in _HOPELESS or (
            code == "invalid_blocks" and sending.attempts >= _ATTEMPTS_BLOCKS
        ):
            await self._give_up(sending, code)
        else:
            await self._later(sending, _backoff(sending.attempts), code)

    async def _later(self, sending: Sending, wait_s: float, error: str) -> None:
        log.warning(
            "outbox.later",
            sending=sending.id,
            kind=sending.kind,
            error=error,
            wait_s=wait_s,
        )
        due = self._clock() + timedelta(seconds=wait_s)
        async with self._db.transaction() as tx:
            await tx.outbox.retry(sending.id, due, error)

    async def _give_up(self, sending: Sending, code: str) -> None:
        log.error("outbox.given_up", sending=sending.id, kind=sending.kind, error=code)
        async with self._db.transaction() as tx:
            await tx.outbox.give_up(sending.id, code)

    async def _unsafe(self, sending: Sending, unsafe: UnsafeChannel) -> None:
        """Hold everything for this channel, and tell the supervisors once (policy 7, A5)."""
        if sending.channel not in self._alerted:
            self._alerted.add(sending.channel)
            log.error("channel.unsafe", channel=sending.channel, why=unsafe.message)
            event = AuditEvent(
                self._clock(),
                SYSTEM.person,
                Verb.CHANNEL_UNSAFE,
                sending.channel,
                {"why": unsafe.message},
            )
            async with self._db.transaction() as tx:
                await tx.audit.append(event)
                if self._alerts_to and self._alerts_to != sending.channel:
                    await tx.outbox.add(self._alert(sending, unsafe, self._alerts_to))
        await self._later(sending, 60.0, unsafe.rule)

    def _alert(self, held: Sending, unsafe: UnsafeChannel, channel: str) -> Sending:
        said = alert(f"Nothing is posted in {held.channel} any more. {unsafe.message}")
        key = f"alert/{held.channel}/{held.id}/{held.attempts}"
        return Sending(
            key=key,
            kind=SendingKind.POST,
            request_id=held.request_id,
            card=key,
            channel=channel,
            text=said.text,
            blocks=said.blocks,
            created_at=self._clock(),
        )

    async def _done(self, sending: Sending) -> None:
        async with self._db.transaction() as tx:
            await tx.outbox.done(sending.id)


_SENDERS = {
    SendingKind.POST: Outbox._post,
    SendingKind.UPDATE: Outbox._update,
    SendingKind.UPLOAD: Outbox._upload,
    SendingKind.REMOVE_FILE: Outbox._remove_file,
}


def _backoff(attempts: int) -> float:
    return min(_WAIT_MAX_S, 0.5 * 2.0 ** min(attempts, 10))
