"""The small workspace with a bot behind it: real Bolt, real HTTP, on loopback."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import MANIFEST, SEED, Hands, listening


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def ack_seconds() -> float:
    """Patience for a machine that has much to do; a test in which nobody answers names less."""
    return 30.0


@pytest.fixture
async def sandbox(hands: Hands, ack_seconds: float) -> AsyncIterator[Sandbox]:
    async with Sandbox(
        SEED, MANIFEST, ack_seconds=ack_seconds, retry_delays=(0, 0, 0), now=hands
    ) as running:
        yield running


@pytest.fixture
def workspace(sandbox: Sandbox) -> Workspace:
    return sandbox.workspace


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)


@pytest.fixture
def dana(sandbox: Sandbox) -> Person:
    return sandbox.person("U-DANA")


@pytest.fixture
def erik(sandbox: Sandbox) -> Person:
    return sandbox.person("U-ERIK")


@pytest.fixture
def bolt(sandbox: Sandbox, client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret=sandbox.signing_secret)


@pytest.fixture
async def bot(sandbox: Sandbox, bolt: AsyncApp) -> AsyncIterator[AsyncApp]:
    async def events(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(
            await bolt.async_dispatch(await to_bolt_request(request))
        )

    async with listening(events) as url:
        sandbox.connect(url)
        yield bolt
