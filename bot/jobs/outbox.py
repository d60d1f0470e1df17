"""Sends to Slack what has been committed: once, in order within a channel, within Slack's rates."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.audience import Audience, NotAddressed
from bot.casework.alerts import Alerts
from bot.clock import Clock
from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.sendings import Sending, SendingKind
from bot.errors import Unavailable
from bot.jobs.channels import Channels
from bot.jobs.senders import NoThread, Senders
from bot.jobs.uploads import NotShown, Uploader
from bot.workspace import UnsafeChannel
from storage.database import Database, Transaction
from storage.outbox import ALERTS

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
# Nobody will ever be able to delete the file by the bot's own means.
_UNDELETABLE = frozenset(
    {"cant_delete_file", "file_deleting_disabled", "delete_not_allowed"}
)
_HOPELESS |= _UNDELETABLE
_RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
# It is not this sending but the bot's token: everything waits until an operator has cured it.
_NO_RIGHT = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
_OUTAGE = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
ATTEMPTS_MAX = 12  # about a quarter of an hour
_ATTEMPTS_OUTAGE = 300  # about a day
_ATTEMPTS_NOT_SHOWN = 30  # some hours
_ATTEMPTS_BLOCKS = 6  # invalid_blocks also means "file not processed yet"
_WAIT_MAX_S = 300.0
_REMOVE = SendingKind.REMOVE_FILE
_LOOK_S = 0.05  # how long another channel's new sending may go unnoticed


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
        self._clock = clock
        self._alerts = Alerts(alerts_to, clock)
        self.channels = Channels(db, audience, self._alerts, clock)
        self._senders = Senders(db, client, uploader, clock)
        self._between = seconds_between
        self._seconds = seconds
        self._last: dict[str, float] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def step(self) -> bool:
        """Start what is due in every channel that is free; True if anything is under way.

        Returns when a channel has become free, so that its next sending need not wait long.
        """
        self._busy = {c: task for c, task in self._busy.items() if not task.done()}
        async with self._db.snapshot() as snapshot:
            heads = await snapshot.outbox.heads(self._clock())
        for sending in heads:
            lane = f"{sending.channel} {sending.kind is _REMOVE}"
            if lane not in self._busy:
                self._busy[lane] = asyncio.create_task(self._send(sending))
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
        if sending.damaged and sending.kind is not _REMOVE:  # which needs no words
            await self._give_up(sending, "damaged")
            return
        try:
            await self._keep_rate(sending)
            if sending.kind is not _REMOVE:
                channel, request_id = sending.channel, sending.request_id
                await self.channels.check(channel, request_id, sending.card)
            await self._senders.send(sending)
        except NotAddressed:
            await self._leave(sending)
        except UnsafeChannel as unsafe:
            await self._later(sending, 60.0, unsafe.rule, tried=False)
        except NoThread:
            await self._give_up(sending, "no thread")
        except NotShown:
            await self._failed(sending, "not shown", _ATTEMPTS_NOT_SHOWN)
        except SlackApiError as error:
            await self._refused(sending, error)
        except (aiohttp.ClientError, TimeoutError, OSError, Unavailable) as error:
            await self._later(sending, _backoff(sending.attempts), repr(error))
        except Exception:
            log.exception("outbox.defect", sending=sending.id, kind=sending.kind)
            await self._failed(sending, "defect", ATTEMPTS_MAX)

    async def _keep_rate(self, sending: Sending) -> None:
        """Slack takes about one message a second and channel."""
        if sending.kind is SendingKind.REMOVE_FILE:
            return
        wait = self._last.get(sending.channel, -1e9) + self._between - self._seconds()
        if wait > 0:
            await asyncio.sleep(wait)
        self._last[sending.channel] = self._seconds()

    async def _refused(self, sending: Sending, error: SlackApiError) -> None:
        code = str(error.response.get("error", "")) or str(error.response.status_code)
        status = error.response.status_code
        if code in _RATE_LIMITED or status == 429:
            wait = float(error.response.headers.get("Retry-After", 1))
            await self._later(sending, wait, code, tried=False)
        elif code in _HOPELESS:
            await self._give_up(sending, code)
        elif code in _NO_RIGHT:
            await self._later(sending, _WAIT_MAX_S, code, tried=False)
        elif code in _OUTAGE or status >= 500:
            await self._failed(sending, code, _ATTEMPTS_OUTAGE)
        elif code == "invalid_blocks":
            await self._failed(sending, code, _ATTEMPTS_BLOCKS)
        else:
            await self._failed(sending, code, ATTEMPTS_MAX)

    async def _failed(self, sending: Sending, error: str, most: int) -> None:
        """Try again, but not for ever: it may be this sending that Slack cannot take.

        The same answer twice at least, so that an outage before does not count against it.
        """
        if sending.attempts + 1 >= most and sending.last_error == error:
            await self._give_up(sending, error)
        else:
            await self._later(sending, _backoff(sending.attempts), error)

    async def _later(
        self, sending: Sending, wait_s: float, error: str, *, tried: bool = True
    ) -> None:
        log.warning(
            "outbox.later",
            sending=sending.id,
            kind=sending.kind,
            error=error,
            wait_s=wait_s,
        )
        due = self._clock() + timedelta(seconds=wait_s)
        async with self._db.transaction() as tx:
            await tx.outbox.retry(sending.id, due, error, tried=tried)

    async def _give_up(self, sending: Sending, code: str) -> None:
        """Let the rest pass, and tell the supervisors once for each card."""
        log.error("outbox.given_up", sending=sending.id, kind=sending.kind, error=code)
        if sending.kind is SendingKind.UPLOAD:
            await self._undo(sending)
        async with self._db.transaction() as tx:
            await tx.outbox.give_up(sending.id, code)
            await tx.requests.touch(sending.request_id)
            if sending.kind is SendingKind.REMOVE_FILE:
                await self._record_not_removed(tx, sending, code)
            if not sending.key.startswith(ALERTS):
                name = f"given_up/{sending.card}/{sending.kind is _REMOVE}"
                text = _told(sending, code)
                await self._alerts.add(tx, name, text, request_id=sending.request_id)

    async def _leave(self, sending: Sending) -> None:
        """Hold nothing up that this person still gets; the next redraw asks again."""
        async with self._db.transaction() as tx:
            await tx.outbox.drop(sending.id)
            card = await tx.cards.find(sending.card)
            if card is not None and sending.kind is not SendingKind.UPLOAD:
                await tx.cards.put(replace(card, digest=""))

    async def _undo(self, sending: Sending) -> None:
        try:
            await self._senders.abandon(sending)
        except (SlackApiError, aiohttp.ClientError, OSError, Unavailable) as error:
            log.error("outbox.not_undone", sending=sending.id, error=repr(error))

    async def _record_not_removed(
        self, tx: Transaction, sending: Sending, code: str
    ) -> None:
        """Once for each file: it is tried again every hour."""
        verb = Verb.PICTURE_NOT_REMOVED
        before = [entry.event for entry in await tx.audit.entries(sending.card)]
        if any(
            e.verb is verb and e.facts["slack_file"] == sending.text for e in before
        ):
            return
        facts = {
            "request": sending.request_id,
            "slack_file": sending.text,
            "error": code,
        }
        await tx.audit.append(
            AuditEvent(self._clock(), SYSTEM.person, verb, sending.card, facts)
        )


def _told(sending: Sending, code: str) -> str:
    if sending.kind is _REMOVE:
        return (
            f"A picture of {sending.request_id} cannot be taken out of Slack ({code}). "
            f"An administrator of the workspace has to delete the file {sending.text}."
        )
    return (
        f"Slack does not take a message about {sending.request_id} ({code}). The operators' "
        "log has more; it can be tried again from the card of the request."
    )


def _backoff(attempts: int) -> float:
    return min(_WAIT_MAX_S, 0.5 * 2.0 ** min(attempts, 10))
