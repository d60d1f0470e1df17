"""A still comes from Slack only, with the token shown to Slack only, or the requester is told why not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audit import Verb
from bot.domain.requests import FaceRequest
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from bot.jobs.fetching import BYTES_MAX, Fetcher
from bot.sandbox import cases
from bot.sandbox.faults import Fault
from bot.sandbox.records import StoredFile
from tests.builders import a_picture, a_request, what_was_asked
from tests.jobs.parts import PNG, Desk

STILL = "FIS-2026-000777"


def a_fetcher(
    desk: Desk,
    client: AsyncWebClient | None = None,
    hosts: frozenset[str] = frozenset({"127.0.0.1"}),
) -> Fetcher:
    return Fetcher(desk.db, desk.vault, client or desk.client(), desk.clock, hosts)


def handed_over(desk: Desk, data: bytes = PNG) -> StoredFile:
    """A file that a person gave to the bot in a form."""
    dana = desk.sandbox.person(cases.DANA)
    file = desk.sandbox.workspace.files[dana.upload("still.png", data)]
    file.shown_to_bot = True
    return file


async def asked_with(desk: Desk, file: str) -> None:
    async with desk.db.transaction() as tx:
        # The desk's own request has no file in this workspace; it is none of this test's.
        await tx.requests.save(a_request(state=State.WITHDRAWN, version=2))
        await tx.requests.add(
            a_request(
                id=STILL,
                asked=what_was_asked(image_file=file),
                requester_account=cases.DANA,
                channel=cases.REQUESTS,
            )
        )


async def outcome(desk: Desk) -> FaceRequest:
    async with desk.db.snapshot() as snapshot:
        return await snapshot.requests.get(STILL)


async def rules(desk: Desk) -> list[object]:
    async with desk.db.snapshot() as snapshot:
        entries = await snapshot.audit.entries(STILL)
    return [
        e.event.facts["rule"] for e in entries if e.event.verb is Verb.PROBE_UNSUITABLE
    ]


async def test_the_very_bytes_lie_in_the_vault_and_wait_to_be_checked(
    desk: Desk,
) -> None:
    await asked_with(desk, handed_over(desk, PNG + b"the still").id)
    await a_fetcher(desk).step()
    async with desk.db.snapshot() as snapshot:
        probe = await snapshot.probes.get(STILL)
        [work] = await snapshot.work.open_for(STILL)
    assert desk.vault.get(probe.sha256) == PNG + b"the still"
    assert (probe.size, probe.file_name) == (len(PNG) + 9, "still.png")
    assert work.kind is WorkKind.CHECK_PROBE
    assert (await outcome(desk)).state is State.CHECKING


async def test_a_still_is_fetched_once(desk: Desk) -> None:
    await asked_with(desk, handed_over(desk).id)
    fetcher = a_fetcher(desk)
    for _ in range(3):
        await fetcher.step()
    assert len(desk.calls("files.info")) == 1


async def test_a_file_that_says_it_is_too_large_is_refused_unread(desk: Desk) -> None:
    file = handed_over(desk)
    file.size, file.data = BYTES_MAX + 1, None  # reading it would fail differently
    await asked_with(desk, file.id)
    await a_fetcher(desk).step()
    assert await rules(desk) == ["IMAGE_TOO_LARGE"]
    assert "10 MB" in (await outcome(desk)).reason


async def test_a_file_that_is_larger_than_it_says_is_not_read_to_its_end(
    desk: Desk,
) -> None:
    file = handed_over(desk, bytes(BYTES_MAX + 1))
    file.size = 1
    await asked_with(desk, file.id)
    await a_fetcher(desk).step()
    assert await rules(desk) == ["IMAGE_TOO_LARGE"]


async def test_the_largest_file_allowed_is_taken(desk: Desk) -> None:
    await asked_with(desk, handed_over(desk, bytes(BYTES_MAX)).id)
    await a_fetcher(desk).step()
    assert (await outcome(desk)).state is State.CHECKING


async def test_a_deleted_file_is_asked_for_again(desk: Desk) -> None:
    file = handed_over(desk)
    file.deleted = True
    await asked_with(desk, file.id)
    await a_fetcher(desk).step()
    assert await rules(desk) == ["IMAGE_NOT_THERE"]
    assert (await outcome(desk)).state is State.UNSUITABLE


async def test_a_file_the_bot_may_not_see_is_not_there(desk: Desk) -> None:
    file = handed_over(desk)
    file.shown_to_bot = False
    await asked_with(desk, file.id)
    await a_fetcher(desk).step()
    assert await rules(desk) == ["IMAGE_NOT_THERE"]


async def test_a_file_of_somebody_else_is_not_fetched_with_the_bots_rights(
    desk: Desk,
) -> None:
    """What examiners post, the bot may read and a requester may not, whatever a payload names."""
    erik = desk.sandbox.person(cases.ERIK)
    file = erik.upload("sheet.png", PNG)
    erik.post(cases.EXAMINERS, "", [file])
    await asked_with(desk, file)
    await a_fetcher(desk).step()
    assert await rules(desk) == ["FOREIGN_FILE"]
    assert "your own" in (await outcome(desk)).reason


async def test_what_a_colleague_posted_in_the_request_channel_is_taken(
    desk: Desk,
) -> None:
    omar = desk.sandbox.person(cases.OMAR)
    file = omar.upload("still.png", PNG)
    omar.post(cases.REQUESTS, "From the shop", [file])
    await asked_with(desk, file)
    await a_fetcher(desk).step()
    assert (await outcome(desk)).state is State.CHECKING


async def test_a_picture_of_the_bot_is_never_a_still_wherever_it_is_posted(
    desk: Desk,
) -> None:
    file = handed_over(desk)
    desk.sandbox.person(cases.DANA).post(cases.REQUESTS, "", [file.id])
    async with desk.db.transaction() as tx:
        await tx.pictures.add(a_picture(slack_file=file.id))
    await asked_with(desk, file.id)
    await a_fetcher(desk).step()
    assert await rules(desk) == ["FOREIGN_FILE"]


async def test_a_file_still_in_processing_is_looked_at_again_later(desk: Desk) -> None:
    desk.sandbox.workspace.processing_seconds = 8
    await asked_with(desk, handed_over(desk).id)
    fetcher = a_fetcher(desk)
    for seconds in (0, 6):
        desk.clock.forward(seconds)
        await fetcher.step()
        assert (await outcome(desk)).state is State.RECEIVED
    desk.clock.forward(6)
    await fetcher.step()
    assert (await outcome(desk)).state is State.CHECKING


@pytest.mark.parametrize(
    "fault", [Fault.RATE_LIMITED, Fault.FAILS_BEFORE, Fault.DROPPED, Fault.SLOW]
)
async def test_a_bad_day_delays_a_still_and_refuses_nobody(
    desk: Desk, fault: Fault
) -> None:
    await asked_with(desk, handed_over(desk).id)
    # aiohttp itself repeats a reading call whose connection was cut, once.
    times = 2 if fault is Fault.DROPPED else 1
    desk.sandbox.workspace.faults.plan("files.info", fault, seconds=1, times=times)
    # Less than a second: its type says int, aiohttp takes any number.
    fetcher = a_fetcher(desk, desk.client(timeout=cast(int, 0.5)))
    await fetcher.step()
    assert (await outcome(desk)).state is State.RECEIVED
    desk.clock.forward(6)
    await fetcher.step()
    assert (await outcome(desk)).state is State.CHECKING


# --- addresses out of payloads


@dataclass
class Impostor:
    """Answers as Slack would, but names whatever address it likes; notes who shows it a token."""

    url: str = ""
    shown: list[tuple[str, str]] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def info(self, _request: web.Request) -> web.Response:
        file = {
            "size": 3,
            "mimetype": "image/png",
            "url_private_download": self.url,
            "user": cases.DANA,
        }
        return web.json_response({"ok": True, "file": file})

    async def anything(self, request: web.Request) -> web.Response:
        self.shown.append((request.path, request.headers.get("Authorization", "")))
        if request.path == "/turn":
            raise web.HTTPFound(self.url.replace("/turn", "/steal"))
        if self.meanwhile is not None:
            await self.meanwhile()
        return web.Response(body=b"abc")


@asynccontextmanager
async def an_impostor() -> AsyncIterator[tuple[Impostor, str]]:
    impostor = Impostor()
    application = web.Application()
    application.router.add_route("*", "/api/files.info", impostor.info)
    application.router.add_route("*", "/{path:.*}", impostor.anything)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield impostor, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/steal",
        "http://127.0.0.1:{port}/steal",
        "https://evil.example/steal",
        "https://slack.com.evil.example/steal",
        "https://evilslack.com/steal",
        "https://files.slack.com@127.0.0.1:{port}/steal",
        "http://files.slack.com/plain",
        "file:///etc/hostname",
        "//127.0.0.1:{port}/steal",
        "",
    ],
)
async def test_the_token_is_shown_to_no_other_host(desk: Desk, url: str) -> None:
    async with an_impostor() as (impostor, base):
        impostor.url = url.format(port=base.rpartition(":")[2])
        await asked_with(desk, "F-1")
        client = AsyncWebClient(token="xoxb-secret", base_url=f"{base}/api/")
        await a_fetcher(desk, client, frozenset({"slack.com"})).step()
        assert impostor.shown == []
    assert await rules(desk) == ["IMAGE_NOT_THERE"]


async def test_the_token_is_shown_to_the_host_that_is_allowed(desk: Desk) -> None:
    async with an_impostor() as (impostor, base):
        impostor.url = f"{base}/picture"
        await asked_with(desk, "F-1")
        client = AsyncWebClient(token="xoxb-secret", base_url=f"{base}/api/")
        await a_fetcher(desk, client).step()
        assert impostor.shown == [("/picture", "Bearer xoxb-secret")]


async def test_a_redirection_is_not_followed(desk: Desk) -> None:
    async with an_impostor() as (impostor, base):
        impostor.url = f"{base}/turn"
        await asked_with(desk, "F-1")
        client = AsyncWebClient(token="xoxb-secret", base_url=f"{base}/api/")
        await a_fetcher(desk, client).step()
        assert [path for path, _ in impostor.shown] == ["/turn"]
    assert (await outcome(desk)).state is State.RECEIVED


async def test_a_request_withdrawn_while_its_still_comes_stays_withdrawn(
    desk: Desk,
) -> None:
    async def withdraw() -> None:
        async with desk.db.transaction() as tx:
            await tx.requests.save(
                a_request(id=STILL, state=State.WITHDRAWN, version=2)
            )

    async with an_impostor() as (impostor, base):
        impostor.url, impostor.meanwhile = f"{base}/picture", withdraw
        await asked_with(desk, "F-1")
        client = AsyncWebClient(token="xoxb-secret", base_url=f"{base}/api/")
        await a_fetcher(desk, client).step()
    assert (await outcome(desk)).state is State.WITHDRAWN
    assert await rules(desk) == []
