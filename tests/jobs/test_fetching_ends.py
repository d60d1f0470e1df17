"""Fetching ends: with the still, with words for the requester, or with a supervisor who is told."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.approvals import signoffs
from bot.domain.audit import Verb
from bot.domain.requests import FaceRequest
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from bot.jobs.fetching import AT_ONCE, Fetcher
from bot.sandbox import cases
from bot.sandbox.faults import Fault
from tests.builders import SUPERVISOR, a_request, what_was_asked
from tests.jobs.parts import PNG, Desk, eventually

STILL = "FIS-2026-000777"
TRIES = 12


@dataclass
class Keeper:
    """In the place of Slack: names every file, and hands out what a test lets it."""

    base: str = ""
    status: int = 200
    inside: int = 0
    most: int = 0
    asked: list[str] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def info(self, request: web.Request) -> web.Response:
        file = {
            "size": 3,
            "mimetype": "image/png",
            "user": cases.DANA,
            "url_private_download": f"{self.base}/{request.query['file']}",
        }
        return web.json_response({"ok": True, "file": file})

    async def hand_out(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self.inside += 1
        self.most = max(self.most, self.inside)
        if request.path == "/hangs":
            await self.go_on.wait()
        self.inside -= 1
        return web.Response(status=self.status, body=b"abc")

    def fetcher(self, desk: Desk) -> Fetcher:
        client = AsyncWebClient(token="xoxb-1", base_url=f"{self.base}/api/")
        hosts = frozenset({"127.0.0.1"})
        return Fetcher(desk.db, desk.vault, client, desk.clock, hosts)


@asynccontextmanager
async def a_keeper() -> AsyncIterator[Keeper]:
    keeper = Keeper()
    application = web.Application()
    application.router.add_route("*", "/api/files.info", keeper.info)
    application.router.add_route("*", "/{path:.*}", keeper.hand_out)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    keeper.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield keeper
    finally:
        keeper.go_on.set()
        await runner.cleanup()


async def asked_for(desk: Desk, **files: str) -> None:
    """Requests by number, each with a file; the desk's own has none and is out of the way."""
    async with desk.db.transaction() as tx:
        await tx.requests.save(a_request(state=State.WITHDRAWN, version=2))
        for id, file in files.items():
            await tx.requests.add(
                a_request(
                    id=id,
                    asked=what_was_asked(image_file=file),
                    requester_account=cases.DANA,
                    channel=cases.REQUESTS,
                )
            )


async def request(desk: Desk, id: str = STILL) -> FaceRequest:
    async with desk.db.snapshot() as snapshot:
        return await snapshot.requests.get(id)


async def verbs(desk: Desk) -> list[Verb]:
    async with desk.db.snapshot() as snapshot:
        return [e.event.verb for e in await snapshot.audit.entries(STILL)]


async def until_it_ends(desk: Desk, *, restarts: bool = False) -> timedelta:
    """Fetch whenever it is due, for a day at most; return how long that went on."""
    began, fetcher = desk.clock(), a_fetcher(desk)
    for _ in range(24 * 60 * 3):
        await fetcher.step()
        if (await request(desk)).state is not State.RECEIVED:
            return desk.clock() - began
        desk.clock.forward(20)
        if restarts:
            fetcher = a_fetcher(desk)
    raise AssertionError("it never ended")


def a_fetcher(desk: Desk) -> Fetcher:
    hosts = frozenset({"127.0.0.1"})
    return Fetcher(desk.db, desk.vault, desk.client(), desk.clock, hosts)


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_still_that_never_comes_goes_to_a_supervisor_within_the_hour(
    desk: Desk, restarts: bool
) -> None:
    await asked_for(desk, **{STILL: "F-1"})
    desk.sandbox.workspace.faults.plan("files.info", Fault.FAILS_BEFORE, times=TRIES)
    took = await until_it_ends(desk, restarts=restarts)
    assert timedelta(minutes=45) < took < timedelta(minutes=75)
    assert desk.sandbox.workspace.faults.take("files.info") is None
    ended = await request(desk)
    assert ended.state is State.SEARCH_FAILED
    assert ended.reason == "A technical problem delays this search."
    assert await verbs(desk) == [Verb.SEARCH_GIVEN_UP]


async def test_tried_again_by_a_supervisor_it_is_fetched_from_the_beginning(
    desk: Desk,
) -> None:
    file = desk.sandbox.person(cases.DANA).upload("still.png", PNG)
    desk.sandbox.workspace.files[file].shown_to_bot = True
    await asked_for(desk, **{STILL: file})
    desk.sandbox.workspace.faults.plan("files.info", Fault.FAILS_BEFORE, times=TRIES)
    await until_it_ends(desk)
    await signoffs.retry(desk.db, STILL, actor=SUPERVISOR, now=desk.clock())
    assert (await request(desk)).state is State.RECEIVED
    await a_fetcher(desk).step()
    assert (await request(desk)).state is State.CHECKING


@pytest.mark.parametrize("status", [403, 404])
async def test_a_file_slack_does_not_hand_out_is_asked_for_again_soon(
    desk: Desk, status: int
) -> None:
    await asked_for(desk, **{STILL: "withheld"})
    async with a_keeper() as keeper:
        keeper.status, fetcher = status, keeper.fetcher(desk)
        for _ in range(3):
            assert (await request(desk)).state is State.RECEIVED
            await fetcher.step()
            desk.clock.forward(6)
    assert (await request(desk)).state is State.UNSUITABLE
    assert "Send it again" in (await request(desk)).reason


async def test_a_download_that_hangs_holds_up_no_other(desk: Desk) -> None:
    await asked_for(desk, **{STILL: "hangs", "FIS-2026-000778": "comes"})
    async with a_keeper() as keeper:
        fetcher = keeper.fetcher(desk)
        await fetcher.begin()
        await eventually(lambda: len(keeper.asked) == 2)
        async with asyncio.timeout(10):
            while (await request(desk, "FIS-2026-000778")).state is State.RECEIVED:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (await request(desk)).state is State.RECEIVED
        await fetcher.close()


async def test_only_a_few_are_downloaded_at_once(desk: Desk) -> None:
    await asked_for(desk, **{f"FIS-2026-00070{n}": "hangs" for n in range(8)})
    async with a_keeper() as keeper:
        fetcher = keeper.fetcher(desk)
        await fetcher.begin()
        await eventually(lambda: len(keeper.asked) >= AT_ONCE)
        keeper.go_on.set()
        await fetcher.step()
        assert len(keeper.asked) == 8
        assert keeper.most == AT_ONCE


async def test_what_was_under_way_when_the_bot_died_is_fetched_at_once(
    desk: Desk,
) -> None:
    await asked_for(desk, **{STILL: "hangs"})
    async with a_keeper() as keeper:
        dying = keeper.fetcher(desk)
        await dying.begin()
        await eventually(lambda: keeper.asked)
        await dying.close()
        keeper.go_on.set()
        await keeper.fetcher(desk).step()
    assert (await request(desk)).state is State.CHECKING
    async with desk.db.snapshot() as snapshot:
        [work] = await snapshot.work.open_for(STILL)
    assert work.kind is WorkKind.CHECK_PROBE


async def test_a_request_withdrawn_while_its_file_is_refused_stays_withdrawn(
    desk: Desk,
) -> None:
    await asked_for(desk, **{STILL: "hangs"})
    async with a_keeper() as keeper:
        keeper.status, fetcher = 404, keeper.fetcher(desk)
        for _ in range(2):
            keeper.go_on.set()
            await fetcher.step()
            desk.clock.forward(6)
        keeper.go_on.clear()
        await fetcher.begin()
        await eventually(lambda: len(keeper.asked) == 3)
        async with desk.db.transaction() as tx:
            withdrawn = a_request(id=STILL, state=State.WITHDRAWN, version=2)
            await tx.requests.save(withdrawn)
        keeper.go_on.set()
        await fetcher.step()
    assert (await request(desk)).state is State.WITHDRAWN
    assert await verbs(desk) == []


async def test_one_damaged_request_holds_up_no_other(
    desk: Desk, tmp_path: Path
) -> None:
    await asked_for(desk, **{STILL: "comes", "FIS-2026-000600": "comes"})
    path = tmp_path / "fis.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE requests SET reason = x'00' WHERE id = 'FIS-2026-000600'"
        )
    async with a_keeper() as keeper:
        await keeper.fetcher(desk).step()
    assert (await request(desk)).state is State.CHECKING
