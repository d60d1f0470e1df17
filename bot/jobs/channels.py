"""Channels that are not safe: held, told about, and cleared of every face (policy 7, A5)."""

import structlog

from bot.audience import Audience, NotAddressed
from bot.casework.alerts import Alerts
from bot.clock import Clock
from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb
from bot.domain.sendings import removal
from bot.workspace import UnsafeChannel
from storage.database import Database

log = structlog.get_logger()


class Channels:
    """Asked before every sending, at the start and every minute."""

    def __init__(
        self, db: Database, audience: Audience, alerts: Alerts, clock: Clock
    ) -> None:
        self._db = db
        self._audience = audience
        self._alerts = alerts
        self._clock = clock
        self._unsafe: set[str] = set()

    async def check(self, channel: str, request_id: str = "", card: str = "") -> None:
        """Refuse a channel in which this may not be said; take down what is shown there."""
        try:
            requester = await self._requester(request_id)
            await self._audience.check(channel, requester, card)
        except UnsafeChannel as unsafe:
            await self._declare(channel, request_id, unsafe)
            raise
        self._unsafe -= {channel, f"{channel} {request_id}"}

    async def look(self, *channels: str) -> None:
        """Look at channels to which nothing may be under way: faces may hang in them all the same, of
        requests whose requester has come since."""
        for channel in channels:
            for request_id in ("", *await self._shown_in(channel)):
                try:
                    await self.check(channel, request_id)
                except UnsafeChannel:
                    continue

    async def _shown_in(self, channel: str) -> list[str]:
        async with self._db.snapshot() as snapshot:
            shown = await snapshot.pictures.shown_in(channel)
        return sorted({picture.request_id for picture in shown})

    async def _requester(self, request_id: str) -> str | None:
        """The account that asked, who must not sit where the candidates are shown."""
        if not request_id:
            return None
        async with self._db.snapshot() as snapshot:
            return (await snapshot.requests.get(request_id)).requester_account

    async def _declare(
        self, channel: str, request_id: str, unsafe: UnsafeChannel
    ) -> None:
        """Remove the faces, whatever was done before; tell of it once."""
        only = request_id if await self._is_safe_as_such(channel, request_id) else ""
        name = f"{channel} {only}".strip()
        is_summary = isinstance(unsafe, NotAddressed) and not request_id
        told, self._unsafe = name in self._unsafe, self._unsafe | {name}
        async with self._db.transaction() as tx:
            for picture in await tx.pictures.shown_in(channel):
                if only in ("", picture.request_id) and not is_summary:
                    await tx.outbox.add(removal(picture, channel, self._clock()))
            if told:
                return
            log.critical("channel.unsafe", channel=channel, why=unsafe.message)
            facts = {"why": unsafe.message, "accounts": list(unsafe.about)}
            await tx.audit.append(
                AuditEvent(
                    self._clock(), SYSTEM.person, Verb.CHANNEL_UNSAFE, channel, facts
                )
            )
            await self._alerts.add(
                tx,
                f"{channel}/{self._clock().isoformat()}",
                f"{_done(unsafe)} {unsafe.message}",
                about=(channel, *unsafe.about),
                not_to=channel,
                request_id=request_id,
            )

    async def _is_safe_as_such(self, channel: str, request_id: str) -> bool:
        """Whether the channel is unsafe for one request only: its requester sits there."""
        if not request_id:
            return False
        try:
            await self._audience.check(channel)
        except UnsafeChannel:
            return False
        return True


def _done(unsafe: UnsafeChannel) -> str:
    if isinstance(unsafe, NotAddressed):
        return "A direct message was not sent, and pictures of its request are being removed there."
    return (
        "Nothing is posted in the channel named below any more, and the pictures there are being "
        "removed."
    )
