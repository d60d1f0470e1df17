"""What the simulated Web API refuses, in Slack's own words, and what it does."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import NotVisible
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import (
    ELSEWHERE,
    EXAMINERS,
    PNG,
    REQUESTS,
    SEED,
    Hands,
    actions,
    button,
    modal,
    section,
)

Answer = dict[str, Any]


async def refused(call: Awaitable[Any]) -> Answer:
    """Return the answer of a call that has to be refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer = caught.value.response.data
    assert isinstance(answer, dict)
    return answer


async def error(call: Awaitable[Any]) -> str:
    return str((await refused(call))["error"])


async def upload(client: AsyncWebClient, channel: str | None, data: bytes = PNG) -> str:
    done = await client.files_upload_v2(filename="a.png", content=data, channel=channel)
    return str(done["file"]["id"])


def picture(file: str) -> dict[str, Any]:
    return {"type": "image", "alt_text": "A", "slack_file": {"id": file}}


async def test_a_call_without_or_with_a_wrong_token_is_refused(
    sandbox: Sandbox,
) -> None:
    wrong = AsyncWebClient(token="xoxb-wrong", base_url=sandbox.api_url)
    none = AsyncWebClient(base_url=sandbox.api_url)
    assert await error(wrong.auth_test()) == "invalid_auth"
    assert await error(none.auth_test()) == "not_authed"


async def test_a_scope_the_manifest_does_not_grant_is_missing(
    client: AsyncWebClient,
) -> None:
    answer = await refused(client.usergroups_list())
    assert (answer["error"], answer["needed"]) == ("missing_scope", "usergroups:read")
    assert "chat:write" in answer["provided"]


async def test_user_groups_are_listed_once_the_scope_is_granted(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yml"
    manifest.write_text("oauth_config: { scopes: { bot: [usergroups:read] } }")
    async with Sandbox(SEED, manifest) as sandbox:
        client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
        assert (await client.usergroups_list())["usergroups"][0][
            "handle"
        ] == "examiners"
        assert (await client.usergroups_users_list(usergroup="S-1"))["users"] == [
            "U-ERIK"
        ]
        assert (
            await error(client.usergroups_users_list(usergroup="S-2"))
            == "no_such_subteam"
        )


async def test_an_unknown_method_is_refused(client: AsyncWebClient) -> None:
    assert await error(client.api_call("chat.whisper")) == "unknown_method"


@pytest.mark.parametrize("http_verb", ["GET", "POST"])
async def test_arguments_are_taken_from_the_query_too(
    client: AsyncWebClient, http_verb: str
) -> None:
    answer = await client.api_call(
        "users.info", http_verb=http_verb, params={"user": "U-GUEST"}
    )
    assert answer["user"]["is_ultra_restricted"] is True


async def test_arguments_are_taken_from_a_form(sandbox: Sandbox) -> None:
    form = {
        "token": sandbox.bot_token,
        "channel": REQUESTS,
        "text": "",
        "blocks": "[{}]",
    }
    async with aiohttp.ClientSession() as session:
        answer = await session.post(sandbox.api_url + "chat.postMessage", data=form)
        assert (await answer.json())["error"] == "invalid_blocks"


async def test_a_channel_without_the_bot_cannot_be_written_to(
    client: AsyncWebClient,
) -> None:
    # A private channel one is not in does not even exist.
    assert (
        await error(client.chat_postMessage(channel=ELSEWHERE, text="x"))
        == "channel_not_found"
    )
    assert (
        await error(client.chat_postMessage(channel="C-TOWN", text="x"))
        == "not_in_channel"
    )
    assert (
        await error(client.conversations_info(channel=ELSEWHERE)) == "channel_not_found"
    )


async def test_an_archived_channel_cannot_be_written_to(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.channels[REQUESTS].is_archived = True
    assert (
        await error(client.chat_postMessage(channel=REQUESTS, text="x"))
        == "is_archived"
    )


async def test_an_empty_message_is_refused(client: AsyncWebClient) -> None:
    nothing = client.api_call(
        "chat.postMessage", json={"channel": REQUESTS, "text": ""}
    )
    assert await error(nothing) == "no_text"


async def test_blocks_over_a_limit_are_refused_with_their_place(
    client: AsyncWebClient,
) -> None:
    answer = await refused(
        client.chat_postMessage(
            channel=REQUESTS, text="x", blocks=[section("y" * 3001)]
        )
    )
    assert answer["error"] == "invalid_blocks"
    assert "blocks/0/text" in str(answer["response_metadata"])


async def test_only_members_get_ephemeral_messages(
    client: AsyncWebClient, dana: Person, workspace: Workspace
) -> None:
    note = client.chat_postEphemeral(channel=REQUESTS, user="U-ERIK", text="x")
    assert await error(note) == "user_not_in_channel"
    await client.chat_postEphemeral(channel=REQUESTS, user="U-DANA", text="psst")
    assert dana.ephemerals(REQUESTS)[0]["text"] == "psst"
    assert workspace.person("U-GUEST").ephemerals(REQUESTS) == []


async def test_a_message_changes_and_goes(client: AsyncWebClient, dana: Person) -> None:
    ts = (
        await client.chat_postMessage(channel=REQUESTS, text="a", blocks=[section("a")])
    )["ts"]
    await client.chat_update(channel=REQUESTS, ts=ts, text="b", blocks=[section("b")])
    [shown] = dana.messages(REQUESTS)
    assert (shown["text"], shown["blocks"][0]["text"]["text"]) == ("b", "b")
    await client.chat_delete(channel=REQUESTS, ts=ts)
    assert dana.messages(REQUESTS) == []


async def test_only_own_and_existing_messages_can_be_changed(
    client: AsyncWebClient, dana: Person, workspace: Workspace
) -> None:
    ts = dana.post(REQUESTS, "mine")
    await client.chat_postEphemeral(channel=REQUESTS, user="U-DANA", text="psst")
    note = workspace.ephemerals[0].ts
    change, delete = client.chat_update, client.chat_delete
    assert (
        await error(change(channel=REQUESTS, ts=ts, text="x")) == "cant_update_message"
    )
    assert await error(delete(channel=REQUESTS, ts=ts)) == "cant_delete_message"
    assert (
        await error(change(channel=REQUESTS, ts="1.0", text="x")) == "message_not_found"
    )
    assert (
        await error(change(channel=REQUESTS, ts=note, text="x")) == "message_not_found"
    )


async def test_a_post_repeated_with_its_client_msg_id_is_one_message(
    client: AsyncWebClient, dana: Person, erik: Person
) -> None:
    ids = []
    for channel in (REQUESTS, REQUESTS, EXAMINERS):
        answer = await client.chat_postMessage(
            channel=channel, text="card", client_msg_id="k-1"
        )
        ids.append(answer["ts"])
    assert ids[0] == ids[1] != ids[2]
    assert len(dana.messages(REQUESTS)) == len(erik.messages(EXAMINERS)) == 1


async def test_replies_stand_in_the_thread_and_not_in_the_channel(
    client: AsyncWebClient, dana: Person
) -> None:
    root = (await client.chat_postMessage(channel=REQUESTS, text="root"))["ts"]
    reply = (await client.chat_postMessage(channel=REQUESTS, text="1", thread_ts=root))[
        "ts"
    ]
    # A reply to a reply joins the same thread.
    await client.chat_postMessage(channel=REQUESTS, text="2", thread_ts=reply)
    assert [m["text"] for m in dana.messages(REQUESTS)] == ["root"]
    assert [m["text"] for m in dana.thread(REQUESTS, root)] == ["1", "2"]
    lost = client.chat_postMessage(channel=REQUESTS, text="3", thread_ts="1.0")
    assert await error(lost) == "cannot_reply_to_message"


async def test_a_persons_id_or_an_opened_conversation_is_a_direct_message(
    client: AsyncWebClient, dana: Person, erik: Person
) -> None:
    opened = await client.conversations_open(users="U-DANA")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="1")
    await client.chat_postMessage(channel="U-DANA", text="2")
    assert [m["text"] for m in dana.dm_messages()] == ["1", "2"]
    assert erik.dm_messages() == []
    assert await error(client.conversations_open(users="U-NOBODY")) == "user_not_found"


async def test_members_come_in_pages(client: AsyncWebClient) -> None:
    members: list[str] = []
    cursor = ""
    while True:
        page = await client.conversations_members(
            channel=REQUESTS, limit=2, cursor=cursor
        )
        members += page["members"]
        if not (cursor := page["response_metadata"]["next_cursor"]):
            break
    assert members == ["U-DANA", "U-FISBOT", "U-GUEST"]
    lost = client.conversations_members(channel=REQUESTS, cursor="x")
    assert await error(lost) == "invalid_cursor"


async def test_a_channel_shared_outside_says_so(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.channels[REQUESTS].is_ext_shared = True
    info = (await client.conversations_info(channel=REQUESTS))["channel"]
    assert (info["is_ext_shared"], info["is_shared"], info["is_private"]) == (
        True,
        True,
        True,
    )


async def test_an_upload_becomes_a_message_that_members_can_open(
    client: AsyncWebClient, erik: Person, dana: Person
) -> None:
    file = await upload(client, EXAMINERS)
    [message] = erik.messages(EXAMINERS)
    info = (await client.files_info(file=file))["file"]
    assert info["shares"]["private"][EXAMINERS][0]["ts"] == message["ts"]
    assert erik.read_file(file) == PNG
    with pytest.raises(PermissionError):
        dana.read_file(file)


async def test_a_file_is_blank_until_it_is_processed(
    client: AsyncWebClient, workspace: Workspace, hands: Hands
) -> None:
    workspace.processing_seconds = 2.0
    file = await upload(client, EXAMINERS)
    before = (await client.files_info(file=file))["file"]
    card = client.chat_postMessage(channel=EXAMINERS, text="x", blocks=[picture(file)])
    assert (before["mimetype"], before["shares"]) == ("", {})
    assert await error(card) == "invalid_blocks"
    hands.seconds += 2.0
    after = (await client.files_info(file=file))["file"]
    assert after["mimetype"] == "image/png"
    for source in ({"id": file}, {"url": after["url_private"]}):
        block = {**picture(file), "slack_file": source}
        assert (
            await client.chat_postMessage(channel=EXAMINERS, text="x", blocks=[block])
        )["ok"]


@pytest.mark.parametrize(
    ("channel", "data"),
    [(None, PNG), (EXAMINERS, b"%PDF-1.7"), (EXAMINERS, b"RIFF0000WEBPVP8 ")],
)
async def test_a_picture_block_needs_a_shared_image_of_a_plain_type(
    client: AsyncWebClient, channel: str | None, data: bytes
) -> None:
    file = await upload(client, channel, data)
    card = client.chat_postMessage(channel=EXAMINERS, text="x", blocks=[picture(file)])
    assert await error(card) == "invalid_blocks"


async def test_a_file_nobody_shared_with_the_bot_is_not_visible_to_it(
    client: AsyncWebClient, dana: Person
) -> None:
    file = dana.upload("private.png", PNG)
    assert await error(client.files_info(file=file)) == "not_visible"
    dana.post(ELSEWHERE, "", [file])
    assert await error(client.files_info(file=file)) == "not_visible"
    dana.post(REQUESTS, "", [file])
    assert (await client.files_info(file=file))["file"]["user"] == "U-DANA"
    assert await error(client.files_delete(file=file)) == "cant_delete_file"
    assert await error(client.files_info(file="F-0")) == "file_not_found"


async def test_a_deleted_file_is_gone_for_everybody(
    client: AsyncWebClient, erik: Person
) -> None:
    file = await upload(client, EXAMINERS)
    await client.files_delete(file=file)
    assert await error(client.files_info(file=file)) == "file_deleted"
    with pytest.raises(PermissionError):
        erik.read_file(file)


async def test_an_upload_is_completed_once(
    client: AsyncWebClient, erik: Person
) -> None:
    file = await upload(client, EXAMINERS)
    again = client.files_completeUploadExternal(
        files=[{"id": file, "title": "again"}], channel_id=EXAMINERS
    )
    assert await error(again) == "file_update_failed"
    assert len(erik.messages(EXAMINERS)) == 1


async def test_an_upload_into_a_channel_without_the_bot_is_not_shared_at_all(
    client: AsyncWebClient,
) -> None:
    slot = await client.files_getUploadURLExternal(filename="a.png", length=len(PNG))
    async with aiohttp.ClientSession() as session:
        assert (await session.post(slot["upload_url"], data=PNG)).status == 200
    files = [{"id": slot["file_id"], "title": "a"}]
    call = client.files_completeUploadExternal
    assert await error(call(files=files, channel_id=ELSEWHERE)) == "channel_not_found"
    assert (await call(files=files, channel_id=EXAMINERS))["ok"]


async def test_a_download_without_the_token_is_a_page_and_not_the_picture(
    client: AsyncWebClient, sandbox: Sandbox
) -> None:
    file = await upload(client, EXAMINERS)
    url = (await client.files_info(file=file))["file"]["url_private_download"]
    with_token = {"Authorization": f"Bearer {sandbox.bot_token}"}
    async with aiohttp.ClientSession() as session:
        assert await (await session.get(url, headers=with_token)).read() == PNG
        without = await session.get(url)
        assert (without.status, without.content_type) == (200, "text/html")


async def test_a_message_changes_only_while_the_workspace_allows_it(
    client: AsyncWebClient, workspace: Workspace, hands: Hands, dana: Person
) -> None:
    workspace.edit_seconds = 60
    ts = (await client.chat_postMessage(channel=REQUESTS, text="a"))["ts"]
    hands.seconds += 59
    await client.chat_update(channel=REQUESTS, ts=ts, text="b")
    hands.seconds += 2
    late = client.chat_update(channel=REQUESTS, ts=ts, text="c")
    assert await error(late) == "edit_window_closed"
    assert [m["text"] for m in dana.messages(REQUESTS)] == ["b"]


async def test_nothing_in_an_archived_channel_changes(
    client: AsyncWebClient, sandbox: Sandbox, dana: Person
) -> None:
    ts = (await client.chat_postMessage(channel=REQUESTS, text="a"))["ts"]
    sandbox.archive(REQUESTS)
    change = client.chat_update(channel=REQUESTS, ts=ts, text="b")
    assert await error(change) == "is_inactive"
    with pytest.raises(NotVisible, match="archived"):
        dana.post(REQUESTS, "late")
    sandbox.unarchive(REQUESTS)
    await client.chat_update(channel=REQUESTS, ts=ts, text="b")


async def test_a_trigger_works_once_and_for_three_seconds(
    client: AsyncWebClient, workspace: Workspace, hands: Hands
) -> None:
    def open_with(trigger: str) -> Awaitable[Any]:
        return client.views_open(trigger_id=trigger, view=modal(section("x")))

    used, old = workspace.issue_trigger("U-DANA"), workspace.issue_trigger("U-DANA")
    await open_with(used)
    assert await error(open_with(used)) == "exchanged_trigger_id"
    hands.seconds += 3.1
    assert await error(open_with(old)) == "expired_trigger_id"
    assert await error(open_with("1.2.3")) == "invalid_trigger_id"


async def test_a_view_is_updated_by_its_hash_and_pushed_three_deep(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    trigger = workspace.issue_trigger
    first = await client.views_open(
        trigger_id=trigger("U-DANA"), view=modal(section("1"))
    )
    id, hash = first["view"]["id"], first["view"]["hash"]
    await client.views_update(view_id=id, view=modal(section("2")), hash=hash)
    late = client.views_update(view_id=id, view=modal(section("3")), hash=hash)
    assert await error(late) == "hash_conflict"
    lost = client.views_update(view_id="V-0", view=modal(section("3")))
    assert await error(lost) == "not_found"
    for _ in range(2):
        await client.views_push(trigger_id=trigger("U-DANA"), view=modal(section("up")))
    fourth = client.views_push(trigger_id=trigger("U-DANA"), view=modal(section("up")))
    assert await error(fourth) == "push_limit_reached"


async def test_a_view_slack_would_not_show_is_refused(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    def opened(view: Answer) -> Awaitable[Any]:
        return client.views_open(
            trigger_id=workspace.issue_trigger("U-DANA"), view=view
        )

    long_title = modal(section("x"), title={"type": "plain_text", "text": "t" * 25})
    assert await error(opened(long_title)) == "invalid_arguments"
    heavy = modal(*[section("x" * 2900) for _ in range(99)])
    assert await error(opened(heavy)) == "view_too_large"


async def test_buttons_get_block_ids_even_if_the_bot_gave_none(
    client: AsyncWebClient, erik: Person
) -> None:
    block = actions(button("take"))
    del block["block_id"]
    await client.chat_postMessage(channel=EXAMINERS, text="x", blocks=[block])
    assert erik.messages(EXAMINERS)[0]["blocks"][0]["block_id"]


async def test_another_machines_page_cannot_use_the_sandbox(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        for headers in ({"Host": "evil.test"}, {"Origin": "https://evil.test"}):
            answer = await session.post(sandbox.api_url + "auth.test", headers=headers)
            assert answer.status == 403
