"""The whole bot behind Socket Mode instead of signed HTTP; everything else as in ``tests.front``."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.assembly import Bot, Store
from bot.casework.alerts import Alerts
from bot.jobs.worker import Worker
from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from storage.cipher import Cipher
from storage.database import Database
from tests import front
from tests.front import KEY, Complaints, Enrolled, Hands, Workplace, check_in_order


@asynccontextmanager
async def opened(
    home: Path, enrolled: Enrolled, **changes: Any
) -> AsyncIterator[Workplace]:
    clock = Hands()
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=(0, 0)) as sandbox:
        own = {
            "connection": "socket",
            "slack_app_token": sandbox.app_token,
            "slack_signing_secret": None,
        }
        settings = front._settings(home, sandbox, own | changes)
        db = Database(home / "fis.sqlite3", Cipher(KEY))
        store = Store(db, enrolled.vault, home / "galleries")
        bot = Bot(settings, store, clock, seconds_between=0.0)
        worker = Worker(
            db,
            enrolled.bench,
            clock,
            name="W-1",
            repository=settings.repository,
            lease=timedelta(seconds=60),
            seal_key=settings.seal_key,
            alerts=Alerts(settings.supervisor_channel, clock),
        )
        workplace = Workplace(
            sandbox,
            bot,
            db,
            worker,
            clock,
            settings,
            enrolled.vault,
            enrolled.vault_home,
            enrolled.bench,
            enrolled.stages,
        )
        complaints = Complaints()
        bot.app.logger.addHandler(complaints)
        try:
            async with AsyncExitStack() as stack:
                await bot._open_door(stack)
                await is_connected(workplace)
                await bot.check()
                yield workplace
                await workplace.settle()
            assert complaints.said == []
            await check_in_order(workplace)
        finally:
            bot.app.logger.removeHandler(complaints)
            await bot.outbox.drain()
            await db.close()


async def is_connected(workplace: Workplace) -> None:
    sandbox = workplace.sandbox
    await sandbox.workspace.until(lambda: sandbox.sockets.connections)
