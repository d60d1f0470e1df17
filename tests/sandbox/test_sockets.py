"""Socket Mode as Slack does it: tickets, hello, envelopes, acknowledgements, retries and disconnects."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import NotAcknowledged
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.sockets import MOST_CONNECTIONS
from bot.sandbox.workspace import TICKET_SECONDS
from tests.sandbox.parts import (
    EXAMINERS,
    MANIFEST,
    REQUESTS,
    SEED,
    TEXT,
    Hands,
    actions,
    button,
    field,
    modal,
)

Json = dict[str, Any]
Socket = aiohttp.ClientWebSocketResponse


async def ticket(sandbox: Sandbox, token: str | None = None) -> str:
    client = AsyncWebClient(base_url=sandbox.api_url)
    opened = await client.apps_connections_open(app_token=token or sandbox.app_token)
    return str(opened["url"])


@asynccontextmanager
async def connected(sandbox: Sandbox) -> AsyncIterator[tuple[Socket, Json]]:
    """A bare connection of ours, and what it was greeted with."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(await ticket(sandbox)) as socket,
    ):
        yield socket, await socket.receive_json(timeout=5)


async def acknowledging(
    socket: Socket, answer: Callable[[Json], Json | None]
) -> list[Json]:
    """Take envelopes until the connection ends; acknowledge those that ``answer`` answers."""
    got = []
    async for message in socket:
        envelope = message.json()
        got.append(envelope)
        id = envelope.get("envelope_id")
        if id is not None and (payload := answer(envelope)) is not None:
            await socket.send_json({"envelope_id": id, "payload": payload})
    return got


@asynccontextmanager
async def bolted(sandbox: Sandbox, bolt: AsyncApp) -> AsyncIterator[None]:
    """A Bolt app behind Slack's own client of Socket Mode."""
    handler = AsyncSocketModeHandler(
        bolt, sandbox.app_token, web_client=AsyncWebClient(base_url=sandbox.api_url)
    )
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await sandbox.workspace.until(lambda: sandbox.sockets.connections)
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


# --- opening


async def test_only_the_token_of_the_app_opens_a_connection(sandbox: Sandbox) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await ticket(sandbox, sandbox.bot_token)
    assert (await ticket(sandbox)).startswith("ws://127.0.0.1:")


async def test_without_the_scope_connections_write_nothing_is_opened() -> None:
    async with Sandbox(SEED, MANIFEST, app_scopes=frozenset()) as sandbox:
        with pytest.raises(SlackApiError, match="missing_scope") as caught:
            await ticket(sandbox)
    assert caught.value.response["needed"] == "connections:write"


async def test_an_address_is_good_for_one_connection_and_for_half_a_minute(
    sandbox: Sandbox, hands: Hands
) -> None:
    used, old = await ticket(sandbox), await ticket(sandbox)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(used) as socket:
            assert (await socket.receive_json(timeout=5))["type"] == "hello"
        hands.seconds += TICKET_SECONDS + 1
        for url in (used, old):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(url)


async def test_a_connection_is_greeted_with_how_many_there_are(
    sandbox: Sandbox,
) -> None:
    async with connected(sandbox) as (_, first), connected(sandbox) as (_, second):
        assert [h["num_connections"] for h in (first, second)] == [1, 2]
        assert first["connection_info"]["app_id"] == "A-FIS"


async def test_one_connection_more_than_ten_is_turned_away(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        opened = [
            await session.ws_connect(await ticket(sandbox))
            for _ in range(MOST_CONNECTIONS)
        ]
        for socket in opened:
            await socket.receive_json(timeout=5)
        late = await session.ws_connect(await ticket(sandbox))
        assert await late.receive_json(timeout=5) == {
            "type": "disconnect",
            "reason": "too_many_websockets",
            "debug_info": {"host": "simulated-link"},
        }
        assert (await late.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert sandbox.sockets.connections == MOST_CONNECTIONS
        for socket in opened:
            await socket.close()


# --- envelopes


async def test_what_a_person_does_comes_as_an_envelope_without_a_signature(
    sandbox: Sandbox, dana: Person
) -> None:
    async with connected(sandbox) as (socket, _):
        taking = asyncio.create_task(acknowledging(socket, lambda _: {}))
        await dana.command(REQUESTS, "/fis-request", "24-001")
        await dana.open_home()
        await sandbox.sockets.disconnect(seconds=0.05)
        command, event, goodbye = await taking
    assert command["type"] == "slash_commands"
    assert command["accepts_response_payload"] is True
    assert command["payload"]["text"] == "24-001"
    assert event["type"] == "events_api"
    assert (event["retry_attempt"], event["retry_reason"]) == (0, "")
    assert event["payload"]["event"]["type"] == "app_home_opened"
    assert goodbye["reason"] == "refresh_requested"


async def test_words_in_an_acknowledgement_are_shown_for_what_can_be_answered(
    sandbox: Sandbox, dana: Person, client: AsyncWebClient
) -> None:
    card = [actions(button("take"))]
    ts = (await client.chat_postMessage(channel=REQUESTS, text="x", blocks=card))["ts"]
    async with connected(sandbox) as (socket, _):
        answering = acknowledging(socket, lambda _: {"text": "Not here."})
        taking = asyncio.create_task(answering)
        await dana.command(REQUESTS, "/fis-request")
        click = await dana.click(REQUESTS, ts, "take")
        taking.cancel()
    assert [m["text"] for m in dana.ephemerals(REQUESTS)] == ["Not here."]
    assert (click.acknowledged, click.body) == (True, "")


@pytest.mark.parametrize("ack_seconds", [0.3])
async def test_what_nobody_acknowledges_is_an_error_the_person_sees(
    sandbox: Sandbox, dana: Person
) -> None:
    async with connected(sandbox) as (socket, _):
        taking = asyncio.create_task(acknowledging(socket, lambda _: None))
        with pytest.raises(NotAcknowledged, match="operation_timeout"):
            await dana.command(REQUESTS, "/fis-request")
        taking.cancel()


async def test_without_any_connection_the_person_sees_an_error_at_once(
    sandbox: Sandbox, dana: Person
) -> None:
    with pytest.raises(NotAcknowledged, match="dispatch_failed"):
        await dana.command(REQUESTS, "/fis-request")


@pytest.mark.parametrize("ack_seconds", [1.0])
async def test_an_event_that_is_not_acknowledged_comes_again_under_the_same_id(
    sandbox: Sandbox,
) -> None:
    def third(envelope: Json) -> Json | None:
        return {} if envelope.get("retry_attempt") == 2 else None

    async with connected(sandbox) as (socket, _):
        taking = asyncio.create_task(acknowledging(socket, third))
        delivery = await sandbox.join(EXAMINERS, "U-DANA")
        await sandbox.sockets.disconnect(seconds=0.05)
        got = (await taking)[:-1]
    assert delivery.acknowledged
    assert [e["retry_attempt"] for e in got] == [0, 1, 2]
    assert [e["retry_reason"] for e in got] == ["", "timeout", "timeout"]
    assert len({e["payload"]["event_id"] for e in got}) == 1
    assert len({e["envelope_id"] for e in got}) == 3


async def test_every_envelope_goes_to_one_connection_and_each_has_its_turn(
    sandbox: Sandbox, dana: Person
) -> None:
    async with connected(sandbox) as (one, _), connected(sandbox) as (other, _):
        taking = [
            asyncio.create_task(acknowledging(socket, lambda _: {}))
            for socket in (one, other)
        ]
        for _ in range(4):
            await dana.command(REQUESTS, "/fis-request")
        await sandbox.sockets.disconnect(seconds=0.05)
        got = [(await each)[:-1] for each in taking]
    assert [len(envelopes) for envelopes in got] == [2, 2]


async def test_an_acknowledgement_counts_on_whatever_connection_it_comes(
    sandbox: Sandbox, dana: Person
) -> None:
    async with connected(sandbox) as (one, _):
        pressing = asyncio.create_task(dana.command(REQUESTS, "/fis-request"))
        envelope = await one.receive_json(timeout=5)
        async with connected(sandbox) as (other, _):
            await other.send_str("not JSON at all")
            await other.send_json({"envelope_id": envelope["envelope_id"]})
            assert (await pressing).acknowledged


# --- Slack's own client


async def test_a_form_is_opened_filled_in_and_refused_over_a_socket(
    sandbox: Sandbox, bolt: AsyncApp, dana: Person
) -> None:
    async def open_form(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        view = modal(field("case", TEXT))
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def refuse(ack: Any) -> None:
        await ack(response_action="errors", errors={"case": "No such case."})

    bolt.command("/fis-request")(open_form)
    bolt.view("form")(refuse)
    async with bolted(sandbox, bolt):
        await dana.command(REQUESTS, "/fis-request")
        await sandbox.workspace.until(lambda: dana.modal)
        delivery = await dana.fill_and_submit({"case": "nonsense"})
    assert delivery.errors == {"case": "No such case."}
    assert dana.modal is not None


Leaving = Callable[[Sandbox], Awaitable[None]]


async def asked_to_leave(sandbox: Sandbox) -> None:
    await sandbox.sockets.warn()
    await sandbox.sockets.disconnect()


async def closed(sandbox: Sandbox) -> None:
    await sandbox.sockets.disconnect("link_disabled", seconds=0)


@pytest.mark.parametrize("leave", [asked_to_leave, closed])
async def test_a_bot_that_was_disconnected_comes_back_and_is_reached_again(
    sandbox: Sandbox, bolt: AsyncApp, dana: Person, leave: Leaving
) -> None:
    heard: list[str] = []

    async def listener(ack: Any, body: Json) -> None:
        heard.append(body["text"])
        await ack()

    bolt.command("/fis-request")(listener)
    async with bolted(sandbox, bolt):
        await dana.command(REQUESTS, "/fis-request", "before")
        await leave(sandbox)
        await sandbox.workspace.until(lambda: sandbox.sockets.connections)
        await dana.command(REQUESTS, "/fis-request", "after")
    assert heard == ["before", "after"]


async def test_a_cut_connection_is_gone_at_once(sandbox: Sandbox, dana: Person) -> None:
    async with connected(sandbox) as (socket, _):
        sandbox.sockets.cut()
        with pytest.raises(NotAcknowledged, match="dispatch_failed"):
            await dana.command(REQUESTS, "/fis-request")
        ended = (await socket.receive(timeout=5)).type
    assert ended in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
