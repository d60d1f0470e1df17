"""The bot as it is served, in a process of its own, with Socket Mode in its settings and no open port."""

from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from bot.views.ids import CommandName
from tests.front import KEY
from tests.jobs.living import House, settings_for


async def test_a_bot_that_was_killed_is_reached_again_once_it_is_started_anew(
    tmp_path: Path,
) -> None:
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=()) as sandbox:
        settings = settings_for(
            tmp_path,
            sandbox,
            KEY,
            connection="socket",
            slack_app_token=sandbox.app_token,
            slack_signing_secret=None,
            workers=0,
        )
        sandbox.courier.bot_url = None
        house, dana = House(settings, sandbox), sandbox.person(cases.DANA)
        connected = sandbox.sockets
        try:
            for ending in ("kill", "end"):
                bot = house.serve()
                await sandbox.workspace.until(lambda: connected.connections, seconds=60)
                with pytest.raises(aiohttp.ClientError):
                    await _health(settings.port)
                await dana.command(cases.REQUESTS, CommandName.FIS_REQUEST)
                await sandbox.workspace.until(lambda: dana.modal)
                await dana.close_modal()
                assert getattr(bot, ending)() in (None, 0)
                await sandbox.workspace.until(lambda: not connected.connections)
        finally:
            house.close()


async def _health(port: int) -> None:
    async with aiohttp.ClientSession() as session:
        await session.get(f"http://127.0.0.1:{port}/health")
