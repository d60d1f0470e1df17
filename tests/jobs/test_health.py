"""What ``/health`` of a served bot says on the days on which it answers and cannot work."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox import cases
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.front import KEY
from tests.jobs.living import PATIENCE_S, House, kill, settings_for
from tests.jobs.parts import eventually


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A bot with one worker, as it is served."""
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=()) as sandbox:
        settings = settings_for(
            tmp_path, sandbox, KEY, workers=1, models_dir=tmp_path / "models"
        )
        house = House(settings, sandbox)
        try:
            house.serve()
            await house.is_up()
            yield house
        finally:
            house.close()


async def health(house: House) -> dict[str, Any]:
    url = f"http://127.0.0.1:{house.settings.port}/health"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def becomes(house: House, reasons: list[str]) -> None:
    """Ask until it says so: the answers of Slack are remembered for some seconds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            said = await health(house)
            if said["reasons"] == reasons:
                break
            await asyncio.sleep(0.1)
    assert said["ok"] is (not reasons)
    assert said["status"] == ("degraded" if reasons else "ok")


async def test_a_bot_whose_token_is_revoked_is_degraded_until_it_is_valid_again(
    house: House,
) -> None:
    assert (await health(house))["status"] == "ok"
    await house.sandbox.cause(Fault.TOKEN_REVOKED)
    await becomes(house, ["Slack refuses the bot's token: token_revoked."])
    await house.sandbox.cure(Fault.TOKEN_REVOKED)
    await becomes(house, [])


async def test_a_bot_whose_workers_are_dead_is_degraded(house: House) -> None:
    [bot] = house.processes
    await eventually(lambda: bot.worker_pids())
    kill(bot.worker_pids()[0])
    await becomes(house, ["No worker is running: nothing is checked or searched."])
