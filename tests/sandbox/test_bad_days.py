"""Faults on purpose, rate limits, and events that the bot does not take."""

import json

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.faults import Fault
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import EXAMINERS, REQUESTS, Hands, listening


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
