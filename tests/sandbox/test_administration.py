"""What administrators do, as the bot finds it out: by what methods say, and by the events it subscribes to."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import NotAllowed
from bot.sandbox.faults import Fault
from bot.sandbox.people import Person
from bot.sandbox.records import User
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import ELSEWHERE, EXAMINERS, REQUESTS, SEED, listening

Json = dict[str, Any]
IVO = User("U-IVO", "ivo", "Ivo of elsewhere")


@pytest.fixture
async def reported(sandbox: Sandbox) -> AsyncIterator[list[Json]]:
    """Every envelope of an event, as it arrives at an app that takes them all."""
    got: list[Json] = []

    async def taking(request: web.Request) -> web.Response:
        got.append(json.loads(await request.text()))
        return web.Response()

    async with listening(taking) as url:
        sandbox.connect(url)
        yield got


def events(reported: list[Json]) -> list[str]:
    return [envelope["event"]["type"] for envelope in reported]


async def facts(client: AsyncWebClient, user: str) -> dict[str, Any]:
    """The facts by which an app tells members from others."""
    names = ("deleted", "is_restricted", "is_ultra_restricted", "is_stranger")
    found: Json = (await client.users_info(user=user))["user"]
    return {name: found[name] for name in names} | {"team": found["team_id"]}


MEMBER = {
    "deleted": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "is_stranger": False,
    "team": "T-FIS",
}


# --- people


async def test_a_deactivated_account_says_so_and_can_be_given_back(
    sandbox: Sandbox, client: AsyncWebClient, reported: list[Json]
) -> None:
    assert await facts(client, "U-DANA") == MEMBER
    await sandbox.deactivate("U-DANA")
    assert await facts(client, "U-DANA") == MEMBER | {"deleted": True}
    await sandbox.reactivate("U-DANA")
    assert await facts(client, "U-DANA") == MEMBER
    assert events(reported) == ["user_change", "user_change"]
    assert [e["event"]["user"]["deleted"] for e in reported] == [True, False]


async def test_a_single_channel_guest_is_in_one_channel_and_is_a_guest_too(
    sandbox: Sandbox, client: AsyncWebClient, dana: Person, reported: list[Json]
) -> None:
    await sandbox.make_guest("U-DANA", [REQUESTS])
    assert await facts(client, "U-DANA") == MEMBER | {
        "is_restricted": True,
        "is_ultra_restricted": True,
    }
    assert {c.id for c in dana.channels()} == {REQUESTS}
    with pytest.raises(NotAllowed, match="one channel only"):
        await sandbox.join(EXAMINERS, "U-DANA")


async def test_a_multi_channel_guest_is_where_the_guest_was_invited_to(
    sandbox: Sandbox, client: AsyncWebClient, dana: Person
) -> None:
    await sandbox.make_guest("U-DANA", [REQUESTS, EXAMINERS])
    assert await facts(client, "U-DANA") == MEMBER | {"is_restricted": True}
    assert {c.id for c in dana.channels()} == {REQUESTS, EXAMINERS}
    await sandbox.make_full_member("U-DANA")
    assert await facts(client, "U-DANA") == MEMBER


async def test_a_guest_without_a_channel_does_not_exist(sandbox: Sandbox) -> None:
    with pytest.raises(NotAllowed, match="one channel at least"):
        await sandbox.make_guest("U-DANA", [])


async def test_somebody_of_elsewhere_is_known_by_the_team_while_a_channel_is_shared(
    sandbox: Sandbox, client: AsyncWebClient, reported: list[Json]
) -> None:
    await sandbox.invite_stranger(REQUESTS, IVO)
    assert await facts(client, "U-IVO") == MEMBER | {"team": "T-ELSEWHERE"}
    shown = (await client.conversations_info(channel=REQUESTS))["channel"]
    assert shown["is_ext_shared"] is True
    assert events(reported) == ["channel_shared", "member_joined_channel"]
    assert [e["is_ext_shared_channel"] for e in reported] == [True, True]


async def test_somebody_of_elsewhere_is_a_stranger_once_no_channel_is_shared(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await sandbox.invite_stranger(REQUESTS, IVO)
    await sandbox.stop_sharing(REQUESTS)
    assert "U-IVO" not in sandbox.workspace.channels[REQUESTS].members
    expected = {"team": "T-ELSEWHERE", "is_stranger": True}
    assert await facts(client, "U-IVO") == MEMBER | expected


async def test_a_click_of_a_stranger_names_the_strangers_team(
    sandbox: Sandbox,
) -> None:
    await sandbox.invite_stranger(REQUESTS, IVO)
    ivo = sandbox.person("U-IVO")
    form = ivo.payloads.command("U-IVO", REQUESTS, "/fis-request", "")
    assert form["team_id"] == "T-ELSEWHERE"


@pytest.mark.parametrize("act", ["deactivate", "make_full_member"])
async def test_nobody_is_changed_who_is_not_there(sandbox: Sandbox, act: str) -> None:
    with pytest.raises(LookupError, match="U-NOBODY"):
        await getattr(sandbox, act)("U-NOBODY")


# --- user groups


async def test_a_user_group_changes_and_only_the_difference_is_reported(
    tmp_path: Path,
) -> None:
    manifest = tmp_path / "manifest.yml"
    manifest.write_text(
        "oauth_config: { scopes: { bot: [usergroups:read] } }\n"
        "settings: { event_subscriptions: { bot_events: [subteam_members_changed] } }"
    )
    got: list[Json] = []

    async def taking(request: web.Request) -> web.Response:
        got.append(json.loads(await request.text()))
        return web.Response()

    async with Sandbox(SEED, manifest) as sandbox, listening(taking) as url:
        sandbox.connect(url)
        client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
        await sandbox.set_group("S-1", ["U-DANA"])
        members = await client.usergroups_users_list(usergroup="S-1")
    assert members["users"] == ["U-DANA"]
    [event] = [envelope["event"] for envelope in got]
    assert (event["added_users"], event["removed_users"]) == (["U-DANA"], ["U-ERIK"])


async def test_an_event_nobody_subscribed_to_is_not_sent(
    sandbox: Sandbox, reported: list[Json]
) -> None:
    told = await sandbox.set_group("S-1", ["U-DANA"])
    assert (told.kind, reported) == ("not subscribed", [])


async def test_an_event_whose_scope_was_not_granted_is_not_sent(
    tmp_path: Path,
) -> None:
    manifest = tmp_path / "manifest.yml"
    manifest.write_text(
        "oauth_config: { scopes: { bot: [chat:write] } }\n"
        "settings: { event_subscriptions: { bot_events: [channel_shared] } }"
    )
    async with Sandbox(SEED, manifest) as sandbox:
        assert (await sandbox.share_outside(REQUESTS)).kind == "not subscribed"


# --- channels


async def test_sharing_a_channel_is_offered_begun_and_ended(
    sandbox: Sandbox, client: AsyncWebClient, reported: list[Json]
) -> None:
    async def shown() -> tuple[bool, bool, bool]:
        found: Json = (await client.conversations_info(channel=REQUESTS))["channel"]
        names = ("is_pending_ext_shared", "is_ext_shared", "is_shared")
        pending, shared, either = (bool(found[name]) for name in names)
        return pending, shared, either

    await sandbox.offer_outside(REQUESTS)
    assert await shown() == (True, False, False)
    await sandbox.share_outside(REQUESTS)
    assert await shown() == (False, True, True)
    await sandbox.stop_sharing(REQUESTS)
    assert await shown() == (False, False, False)
    assert events(reported) == ["channel_shared", "channel_unshared"]


async def test_a_channel_becomes_public_and_archived_without_any_event(
    sandbox: Sandbox, client: AsyncWebClient, reported: list[Json]
) -> None:
    sandbox.make_public(REQUESTS)
    sandbox.archive(REQUESTS)
    shown = (await client.conversations_info(channel=REQUESTS))["channel"]
    assert (shown["is_private"], shown["is_archived"]) == (False, True)
    sandbox.make_private(REQUESTS)
    sandbox.unarchive(REQUESTS)
    shown = (await client.conversations_info(channel=REQUESTS))["channel"]
    assert (shown["is_private"], shown["is_archived"]) == (True, False)
    assert reported == []


async def test_a_channel_that_is_not_there_cannot_be_changed(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="C-NOWHERE"):
        sandbox.archive("C-NOWHERE")


# --- the page finds it all where it finds people


async def test_the_workspace_knows_its_administration(
    sandbox: Sandbox, workspace: Workspace
) -> None:
    assert workspace.administration is sandbox
    await sandbox.cause(Fault.CHANNEL_SHARED, ELSEWHERE)
    assert workspace.channels[ELSEWHERE].is_ext_shared
    await sandbox.cure(Fault.CHANNEL_SHARED, ELSEWHERE)
    assert not workspace.channels[ELSEWHERE].is_ext_shared
