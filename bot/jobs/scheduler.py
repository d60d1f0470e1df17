"""What runs by the clock. A ticker only: no job lives here that a crash could lose."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.approvals import corroborations, signoffs
from bot.board import Board
from bot.casework import exceptional, waiting
from bot.casework.alerts import Alerts
from bot.casework.destroying import discard_strays
from bot.casework.purging import sweep_orphans
from bot.casework.sealing_feed import read_feed
from bot.casework.seating import tell_of_unchecked, tell_of_vacant
from bot.casework.summaries import send_monthly
from bot.clock import Clock, in_zone
from bot.domain.actors import SYSTEM, Role
from bot.domain.audit import AuditEvent, ChainBroken, Verb
from bot.domain.corroborations import CORROBORATE_DAYS
from bot.domain.identifiers import Identifiers
from bot.domain.queue import DEFAULT, Timers
from bot.role_history import RoleHistory
from bot.roles import RoleMap
from storage.database import Database
from storage.vault import Vault

log = structlog.get_logger()

_DELIVERIES_KEPT = timedelta(hours=1)


class Ticks:
    """Every tick may be missed or happen twice without harm."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        board: Board,
        roles: RoleMap,
        role_history: RoleHistory,
        alerts: Alerts,
        clock: Clock,
        *,
        zone: str,
        sign_off_hours: int,
        galleries: Path,
        sealing_feed: Path | None = None,
        identifiers: Identifiers | None = None,
        timers: Timers = DEFAULT,
        corroborate_days: tuple[int, ...] = CORROBORATE_DAYS,
    ) -> None:
        self._db = db
        self._vault = vault
        self._board = board
        self._roles = roles
        self._role_history = role_history
        self._alerts = alerts
        self._clock = clock
        self._zone = zone
        self._sign_off_hours = sign_off_hours
        self._galleries = galleries
        self._sealing_feed = sealing_feed
        self._timers = timers
        self._identifiers = identifiers or Identifiers()
        self._corroborate_days = corroborate_days

    def schedule(self) -> AsyncIOScheduler:
        """Return a scheduler, not yet started; its jobs are in memory on purpose (decision 0013)."""
        scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": None,
            },
        )
        for tick, minutes in (
            (self.expire_pictures, 1),
            (self.end_authorizations, 1),
            (self.hold_unsigned, 1),
            (self.remind, 1),
            (self.tell_of_vacant, 1),
            (self.record_roles, 1),
            (self.read_sealing_feed, 1),
            (self.send_summaries, 60),
            (self.forget_deliveries, 10),
            (self.check_chain, 60),
            (self.sweep_orphans, 60),
            (self.remove_again, 60),
        ):
            scheduler.add_job(
                guarded(tick), "interval", minutes=minutes, id=tick.__name__
            )
        return scheduler

    async def expire_pictures(self) -> None:
        await self._board.expire_pictures()

    async def end_what_is_over(self) -> None:
        """What came to its end while nobody was running."""
        await self.end_authorizations()
        await self.hold_unsigned()
        await self.remind()

    async def end_authorizations(self) -> None:
        for ended in await exceptional.expire(self._db, self._clock()):
            log.info("authorization.expired", authorization=ended)

    async def hold_unsigned(self) -> None:
        """Threat searches without their written sign-off."""
        for held in await signoffs.lapse(
            self._db, self._sign_off_hours, self._alerts, self._clock()
        ):
            log.warning("request.held", request=held)

    async def remind(self) -> None:
        await exceptional.remind(self._db, self._clock())
        await waiting.remind(self._db, self._timers, self._clock())
        await corroborations.remind(self._db, self._corroborate_days, self._clock())

    async def tell_of_vacant(self) -> None:
        """Comparisons and context checks that nobody in the role map may make."""
        examiners = self._roles.holding(Role.EXAMINER)
        now = in_zone(self._clock, self._zone)()
        await tell_of_vacant(self._db, examiners, self._alerts, now)
        await tell_of_unchecked(self._db, examiners, self._alerts, now)

    async def send_summaries(self) -> None:
        """Each auditor is told once of every month that has ended."""
        auditors = [auditor.slack_user for auditor in self._roles.auditors()]
        await send_monthly(self._db, auditors, self._zone, self._clock())

    async def record_roles(self) -> None:
        await self._role_history.record()

    async def forget_deliveries(self) -> None:
        async with self._db.transaction() as tx:
            await tx.deliveries.forget_before(self._clock() - _DELIVERIES_KEPT)

    async def sweep_orphans(self) -> None:
        """Files of the vault and versions of galleries that a killed process never told of."""
        if destroyed := await sweep_orphans(self._db, self._vault):
            log.warning("vault.orphans_destroyed", files=len(destroyed))
        for version in await discard_strays(self._db, self._galleries):
            log.warning("gallery.stray_destroyed", version=version)

    async def read_sealing_feed(self) -> None:
        """Orders that another system has left since."""
        if self._sealing_feed is None:
            return
        try:
            received = await read_feed(
                self._db,
                self._sealing_feed,
                self._identifiers,
                self._alerts,
                self._clock(),
            )
        except OSError as error:  # a disk that is not there now: the bot goes on
            log.error("sealing.feed_unreadable", why=type(error).__name__)
            return
        for done in received:
            log.info("sealing.received", sealing=done.sealing.id)

    async def remove_again(self) -> None:
        """Files that Slack would not delete: an administrator may have done it since."""
        async with self._db.transaction() as tx:
            await tx.outbox.remove_again()

    async def check_chain(self) -> None:
        """Go through the whole audit log; a break is the loudest thing the operators' log can say."""
        async with self._db.snapshot() as snapshot:
            head = await snapshot.audit.check()
        event = AuditEvent(
            self._clock(), SYSTEM.person, Verb.CHAIN_CHECKED, "audit", {"head": head}
        )
        async with self._db.transaction() as tx:
            await tx.audit.append(event)


def guarded(tick: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Make a defect of one tick an entry in the log: nothing else of the bot ends with it."""

    async def run() -> None:
        try:
            await tick()
        except ChainBroken as broken:
            log.critical("audit.broken", why=str(broken))
        except Exception:  # the next tick comes; nothing waits for this one
            log.exception("tick.defect", tick=tick.__name__)

    return run
