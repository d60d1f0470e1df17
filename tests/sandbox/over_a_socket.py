"""The whole bot behind Socket Mode instead of signed HTTP; everything else as in ``tests.front``."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from bot.assembly import Bot
from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from tests import front
from tests.front import Enrolled, Workplace, at_work


@asynccontextmanager
async def opened(
    home: Path, enrolled: Enrolled, **changes: Any
) -> AsyncIterator[Workplace]:
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=(0, 0)) as sandbox:
        own = {
            "connection": "socket",
            "slack_app_token": sandbox.app_token,
            "slack_signing_secret": None,
        }
        settings = front._settings(home, sandbox, own | changes)
        async with at_work(home, enrolled, sandbox, settings, _by_socket) as workplace:
            yield workplace


@asynccontextmanager
async def _by_socket(bot: Bot, sandbox: Sandbox) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        await bot._open_door(stack)
        await is_connected(sandbox)
        yield


async def is_connected(sandbox: Sandbox) -> None:
    await sandbox.workspace.until(lambda: sandbox.sockets.connections)
