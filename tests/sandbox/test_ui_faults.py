"""Bad days chosen on the page."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.facts import methods
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.sandbox.ui_faults import DELIVERIES
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import EXAMINERS, REQUESTS


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sandbox.page_url) as session:
        yield session


async def shown(http: aiohttp.ClientSession) -> Any:
    async with http.get("/ui/faults") as answer:
        return await answer.json()


async def chosen(
    http: aiohttp.ClientSession, fault: str, target: str = "", *, path: str = "faults"
) -> int:
    wanted = {"fault": fault, "target": target}
    async with http.post(f"/ui/{path}", json=wanted) as answer:
        return answer.status


async def test_every_fault_there_is_can_be_chosen(http: aiohttp.ClientSession) -> None:
    groups = (await shown(http))["groups"]
    offered = [fault["name"] for group in groups for fault in group["faults"]]
    assert sorted(offered) == sorted(Fault.__members__)


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.REFUSED])
async def test_whatever_is_chosen_is_still_to_come_or_going_on(
    bot: AsyncApp, http: aiohttp.ClientSession, fault: Fault
) -> None:
    target = EXAMINERS if fault is Fault.CHANNEL_SHARED else ""
    assert await chosen(http, fault.name, target) == 200
    page = await shown(http)
    assert len(page["planned"]) + len(page["lasting"]) == 1


async def test_a_fault_meets_the_call_it_was_chosen_for(
    http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    await chosen(http, "REFUSED", "chat.postMessage")
    assert (await shown(http))["planned"] == ["chat.postMessage: 1 to come"]
    await client.auth_test()
    with pytest.raises(Exception, match="internal_error"):
        await client.chat_postMessage(channel=REQUESTS, text="x")
    assert (await shown(http))["planned"] == []


async def test_a_refusal_needs_to_know_which_call(http: aiohttp.ClientSession) -> None:
    assert await chosen(http, "REFUSED") == 400


def test_every_call_can_be_refused() -> None:
    assert [n for n, m in methods().items() if "internal_error" not in m.errors] == []


async def test_every_delivery_has_its_faults(http: aiohttp.ClientSession) -> None:
    for delivery in DELIVERIES:
        assert await chosen(http, "LOST_ACK", delivery) == 200
    assert len((await shown(http))["planned"]) == len(DELIVERIES)


async def test_what_lasts_is_ended(
    bot: AsyncApp, http: aiohttp.ClientSession, workspace: Workspace
) -> None:
    await chosen(http, "CHANNEL_SHARED", EXAMINERS)
    await chosen(http, "TOKEN_REVOKED")
    assert workspace.channels[EXAMINERS].is_ext_shared
    assert workspace.faults.token_revoked
    for lasting in (await shown(http))["lasting"]:
        await chosen(http, lasting["fault"], lasting["target"], path="faults/end")
    assert not workspace.channels[EXAMINERS].is_ext_shared
    assert not workspace.faults.token_revoked
    assert (await shown(http))["lasting"] == []


@pytest.mark.parametrize(("fault", "target"), [("NONE", ""), ("SLOW", "C-NOWHERE")])
async def test_what_is_not_known_is_not_found(
    http: aiohttp.ClientSession, fault: str, target: str
) -> None:
    assert await chosen(http, fault, target) == 404
    assert await chosen(http, fault, target, path="faults/end") == 404
