"""What the scheduler starts each minute: by itself, once, and whatever the others do."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from apscheduler.events import EVENT_JOB_EXECUTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.casework.alerts import Alerts
from bot.domain.audit import ChainBroken
from bot.domain.authorizations import AuthorizationState
from bot.jobs.scheduler import Ticks
from bot.roles import RoleMap
from tests.front import Workplace
from tests.jobs.parts import eventually

Some = TypeVar("Some", bound=Ticks)
EVERY_MINUTE = {
    "expire_pictures",
    "end_authorizations",
    "hold_unsigned",
    "remind",
    "tell_of_vacant",
    "read_sealing_feed",
    "record_roles",
}
EVERY_HOUR = {"send_summaries", "check_chain", "sweep_orphans", "remove_again"}
NAMES = sorted(EVERY_MINUTE | EVERY_HOUR | {"forget_deliveries"})


class OnlyEnding(Ticks):
    """All of whose other ticks have a defect."""

    async def _fail(self) -> None:
        raise RuntimeError("a defect")

    async def expire_pictures(self) -> None:
        await self._fail()

    async def hold_unsigned(self) -> None:
        await self._fail()

    async def remind(self) -> None:
        await self._fail()

    async def record_roles(self) -> None:
        await self._fail()

    async def check_chain(self) -> None:
        raise ChainBroken("a break")


class NotReading(Ticks):
    """For which something in the sealing feed has a defect."""

    tried = 0

    async def read_sealing_feed(self) -> None:
        self.tried += 1
        raise RuntimeError("a defect")


class NotEnding(Ticks):
    """One of whose ticks has a defect."""

    held = False

    async def end_authorizations(self) -> None:
        raise RuntimeError("a defect")

    async def hold_unsigned(self) -> None:
        self.held = True


def ticking(kind: type[Some], workplace: Workplace) -> Some:
    settings, bot = workplace.settings, workplace.bot
    return kind(
        workplace.db,
        workplace.vault,
        bot.board,
        RoleMap(settings.role_map),
        bot.reception.role_history,
        Alerts(settings.supervisor_channel, workplace.clock),
        workplace.clock,
        zone=settings.time_zone,
        sign_off_hours=settings.sign_off_hours,
        galleries=settings.data_dir / "galleries",
    )


async def run_all(scheduler: AsyncIOScheduler) -> None:
    for job in scheduler.get_jobs():
        await job.func()


def test_everything_that_ends_by_the_clock_is_looked_at_every_minute(
    workplace: Workplace,
) -> None:
    jobs = {job.id: job.trigger for job in workplace.bot.ticks.schedule().get_jobs()}
    assert sorted(jobs) == NAMES
    minute = timedelta(minutes=1)
    assert {id for id, t in jobs.items() if t.interval == minute} == EVERY_MINUTE


async def test_an_authorization_expires_by_its_own_job(workplace: Workplace) -> None:
    id = await workplace.granted()
    workplace.clock.forward(hours=72)
    job = workplace.bot.ticks.schedule().get_job("end_authorizations")
    await job.func()
    ended = await workplace.authorization(id)
    assert ended.state is AuthorizationState.EXPIRED


async def test_a_started_scheduler_expires_it_without_anybody_calling(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    workplace.clock.forward(hours=72)
    scheduler = workplace.bot.ticks.schedule()
    scheduler.start()
    scheduler.modify_job("end_authorizations", next_run_time=datetime.now(UTC))
    ended = asyncio.Event()
    scheduler.add_listener(lambda _event: ended.set(), mask=EVENT_JOB_EXECUTED)
    try:
        await eventually(ended.is_set)
    finally:
        scheduler.shutdown(wait=False)
    assert (await workplace.authorization(id)).state is AuthorizationState.EXPIRED


async def test_a_defect_of_every_other_tick_keeps_nothing_from_expiring(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    workplace.clock.forward(hours=72)
    await run_all(ticking(OnlyEnding, workplace).schedule())
    assert (await workplace.authorization(id)).state is AuthorizationState.EXPIRED


async def test_a_defect_in_ending_authorizations_keeps_no_threat_search_from_being_held(
    workplace: Workplace,
) -> None:
    ticks = ticking(NotEnding, workplace)
    await run_all(ticks.schedule())
    assert ticks.held


async def test_a_defect_in_reading_the_sealing_feed_keeps_no_bot_from_starting(
    workplace: Workplace,
) -> None:
    ticks = ticking(NotReading, workplace)
    workplace.bot.ticks = ticks
    await workplace.bot.check()
    assert ticks.tried == 1
