"""Faults on purpose, rate limits, and events that the bot does not take."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import NotAcknowledged
from bot.sandbox.faults import Fault
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import (
    EXAMINERS,
    PNG,
    REQUESTS,
    Hands,
    listening,
)


async def post(client: AsyncWebClient, channel: str = REQUESTS) -> int:
    """Post one message and return the HTTP status."""
    try:
        return int(
            (await client.chat_postMessage(channel=channel, text="x")).status_code
        )
    except SlackApiError as error:
        return int(error.response.status_code)


@pytest.mark.parametrize(
    ("fault", "status", "written"),
    [
        (Fault.RATE_LIMITED, 429, 0),
        (Fault.FAILS_BEFORE, 500, 0),
        (Fault.FAILS_AFTER, 500, 1),
    ],
)
async def test_a_planned_fault_happens_once(
    client: AsyncWebClient,
    workspace: Workspace,
    dana: Person,
    fault: Fault,
    status: int,
    written: int,
) -> None:
    workspace.faults.plan("chat.postMessage", fault)
    assert await post(client) == status
    assert len(dana.messages(REQUESTS)) == written
    assert await post(client) == 200


async def test_a_cut_connection_leaves_the_message_written(
    sandbox: Sandbox, dana: Person
) -> None:
    client = AsyncWebClient(
        token=sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[]
    )
    sandbox.workspace.faults.plan("chat.postMessage", Fault.DROPPED)
    with pytest.raises(Exception, match=r"(?i)disconnected|reset"):
        await client.chat_postMessage(channel=REQUESTS, text="x")
    assert len(dana.messages(REQUESTS)) == 1


async def test_a_slow_answer_comes_late(sandbox: Sandbox) -> None:
    client = AsyncWebClient(
        token=sandbox.bot_token, base_url=sandbox.api_url, timeout=1
    )
    sandbox.workspace.faults.plan("auth.test", Fault.SLOW, seconds=1.2)
    with pytest.raises(TimeoutError):
        await client.auth_test()


async def test_strict_rates_allow_a_burst_and_then_one_post_a_second(
    client: AsyncWebClient, workspace: Workspace, hands: Hands
) -> None:
    workspace.rates.strict = True
    assert [await post(client) for _ in range(4)] == [200, 200, 200, 429]
    # Another channel has its own count.
    assert await post(client, EXAMINERS) == 200
    hands.seconds += 3
    assert await post(client) == 200


async def test_a_refused_post_says_when_to_come_back(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.rates.strict = True
    for _ in range(3):
        await post(client)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=REQUESTS, text="x")
    assert caught.value.response["error"] == "ratelimited"
    assert int(caught.value.response.headers["Retry-After"]) == 3


async def test_an_event_is_sent_four_times_under_one_id(sandbox: Sandbox) -> None:
    got: list[tuple[str, str | None]] = []

    async def broken(request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        got.append((body["event_id"], request.headers.get("X-Slack-Retry-Num")))
        return web.Response(status=500)

    async with listening(broken) as url:
        sandbox.connect(url)
        delivery = await sandbox.join(EXAMINERS, "U-DANA")
    assert not delivery.acknowledged
    assert len({id for id, _ in got}) == 1
    assert [number for _, number in got] == [None, "1", "2", "3"]


async def test_an_app_can_ask_for_no_retry(sandbox: Sandbox) -> None:
    got = []

    async def declining(request: web.Request) -> web.Response:
        got.append(await request.text())
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    async with listening(declining) as url:
        sandbox.connect(url)
        await sandbox.share_outside(EXAMINERS)
    assert len(got) == 1


async def test_who_leaves_a_channel_no_longer_sees_it(
    bot: AsyncApp, sandbox: Sandbox, erik: Person
) -> None:
    heard: list[str] = []

    async def listener(event: dict[str, str]) -> None:
        heard.append(event["type"])
        sandbox.workspace.changed()

    bot.event("member_left_channel")(listener)
    await sandbox.leave(EXAMINERS, "U-ERIK")
    assert EXAMINERS not in {channel.id for channel in erik.channels()}
    assert await sandbox.workspace.until(lambda: heard) == ["member_left_channel"]


async def test_a_request_with_a_wrong_signature_never_reaches_a_listener(
    bot: AsyncApp, sandbox: Sandbox
) -> None:
    heard = []

    async def listener() -> None:
        heard.append("event")

    bot.event("member_left_channel")(listener)
    sandbox.courier.signing_secret += "x"
    delivery = await sandbox.leave(EXAMINERS, "U-ERIK")
    assert (delivery.status, heard) == (401, [])


# --- deliveries that go wrong


Heard = list[tuple[str, str | None, str | None]]


def hearing(heard: Heard) -> Any:
    """An app that takes everything, and notes type or command, retry number and reason."""

    async def handler(request: web.Request) -> web.Response:
        text = await request.text()
        what = "other"
        if request.content_type == "application/json":
            what = json.loads(text)["event"]["type"]
        elif "command=" in text:
            what = "command"
        headers = request.headers
        number = headers.get("X-Slack-Retry-Num")
        heard.append((what, number, headers.get("X-Slack-Retry-Reason")))
        return web.Response()

    return handler


@pytest.mark.parametrize("ack_seconds", [1.0])
async def test_a_lost_answer_is_an_error_for_the_person_and_a_retry_for_an_event(
    sandbox: Sandbox, dana: Person
) -> None:
    heard: Heard = []
    async with listening(hearing(heard)) as url:
        sandbox.connect(url)
        await sandbox.cause(Fault.LOST_ACK, "command")
        with pytest.raises(NotAcknowledged, match="operation_timeout"):
            await dana.command(REQUESTS, "/fis-request")
        await sandbox.cause(Fault.LOST_ACK, "event")
        assert (await sandbox.join(EXAMINERS, "U-DANA")).acknowledged
    assert heard == [
        ("command", None, None),
        ("member_joined_channel", None, None),
        ("member_joined_channel", "1", "http_timeout"),
    ]


async def test_what_is_duplicated_arrives_twice_and_is_one_delivery(
    sandbox: Sandbox, dana: Person
) -> None:
    heard: Heard = []
    async with listening(hearing(heard)) as url:
        sandbox.connect(url)
        await sandbox.cause(Fault.DUPLICATED)
        await sandbox.join(EXAMINERS, "U-DANA")
        await dana.command(REQUESTS, "/fis-request")
    assert [what for what, _, _ in heard] == [*["member_joined_channel"] * 2, "command"]
    assert len(sandbox.courier.journal) == 2


async def test_what_is_reordered_arrives_after_what_happened_later(
    sandbox: Sandbox,
) -> None:
    heard: Heard = []
    async with listening(hearing(heard)) as url:
        sandbox.connect(url)
        await sandbox.cause(Fault.REORDERED, "event", seconds=5)
        await asyncio.gather(
            sandbox.share_outside(EXAMINERS), sandbox.stop_sharing(EXAMINERS)
        )
    assert [what for what, _, _ in heard] == ["channel_unshared", "channel_shared"]


async def test_what_is_reordered_does_not_wait_for_ever(sandbox: Sandbox) -> None:
    heard: Heard = []
    async with listening(hearing(heard)) as url:
        sandbox.connect(url)
        await sandbox.cause(Fault.REORDERED, "event", seconds=0.05)
        await sandbox.share_outside(EXAMINERS)
    assert [what for what, _, _ in heard] == ["channel_shared"]


async def test_a_connection_that_was_cut_is_the_reason_of_the_retry(
    sandbox: Sandbox,
) -> None:
    reasons: list[str | None] = []

    async def cut_once(request: web.Request) -> web.Response:
        reasons.append(request.headers.get("X-Slack-Retry-Reason"))
        if len(reasons) == 1 and request.transport is not None:
            request.transport.abort()
        return web.Response()

    async with listening(cut_once) as url:
        sandbox.connect(url)
        assert (await sandbox.share_outside(EXAMINERS)).acknowledged
    assert reasons == [None, "connection_failed"]


# --- what lasts until it is cured


async def test_a_fault_can_be_planned_for_whatever_comes_next(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await sandbox.cause(Fault.FAILS_BEFORE)
    with pytest.raises(SlackApiError, match="internal_error"):
        await client.users_info(user="U-DANA")
    assert await post(client) == 200


async def test_a_planned_fault_is_cured_before_it_happens(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await sandbox.cause(Fault.FAILS_BEFORE, "chat.postMessage", times=3)
    await sandbox.cure(Fault.FAILS_BEFORE)
    assert await post(client) == 200


async def test_a_call_is_refused_with_a_code_of_its_method_and_no_other(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=REQUESTS, text="a"))["ts"]
    code = "edit_window_closed"
    await sandbox.cause(Fault.REFUSED, "chat.update", code=code)
    with pytest.raises(SlackApiError, match=code):
        await client.chat_update(channel=REQUESTS, ts=ts, text="b")
    with pytest.raises(ValueError, match="never answers"):
        await sandbox.cause(Fault.REFUSED, "chat.delete", code=code)


async def test_a_revoked_token_is_refused_until_it_is_given_back(
    sandbox: Sandbox, client: AsyncWebClient, dana: Person
) -> None:
    heard: Heard = []
    async with listening(hearing(heard)) as url:
        sandbox.connect(url)
        await sandbox.cause(Fault.TOKEN_REVOKED)
    with pytest.raises(SlackApiError, match="token_revoked"):
        await client.auth_test()
    await sandbox.cure(Fault.TOKEN_REVOKED)
    assert await post(client) == 200
    assert [what for what, _, _ in heard] == ["tokens_revoked"]


async def test_a_revoked_token_downloads_nothing(
    sandbox: Sandbox, client: AsyncWebClient, dana: Person
) -> None:
    file = dana.upload("still.png", PNG)
    dana.post(REQUESTS, "", [file])
    url = (await client.files_info(file=file))["file"]["url_private"]
    sandbox.workspace.faults.token_revoked = True
    shown = {"Authorization": f"Bearer {sandbox.bot_token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=shown) as answer,
    ):
        assert answer.content_type == "text/html"


async def test_a_file_is_stuck_for_as_long_as_was_said_or_until_it_is_released(
    sandbox: Sandbox, client: AsyncWebClient, hands: Hands
) -> None:
    async def uploaded() -> str:
        done = await client.files_upload_v2(
            filename="a.png", content=PNG, channel=EXAMINERS
        )
        return str(done["file"]["id"])

    async def kind(file: str) -> str:
        return str((await client.files_info(file=file))["file"]["mimetype"])

    await sandbox.cause(Fault.FILE_STUCK, times=2, seconds=60)
    first, second, third = [await uploaded() for _ in range(3)]
    assert [await kind(f) for f in (first, second, third)] == ["", "", "image/png"]
    hands.seconds += 59
    assert await kind(first) == ""
    hands.seconds += 1
    assert await kind(first) == "image/png"
    await sandbox.cause(Fault.FILE_STUCK, seconds=float("inf"))
    stuck = await uploaded()
    hands.seconds += 10_000
    assert await kind(stuck) == ""
    await sandbox.cure(Fault.FILE_STUCK)
    assert await kind(stuck) == "image/png"


async def test_a_still_that_somebody_uploads_can_be_stuck_too(
    sandbox: Sandbox, client: AsyncWebClient, dana: Person
) -> None:
    await sandbox.cause(Fault.FILE_STUCK, "upload", seconds=60)
    file = dana.upload("still.png", PNG)
    dana.post(REQUESTS, "", [file])
    assert (await client.files_info(file=file))["file"]["mimetype"] == ""
