"""The page's endpoints: isolation is kept by the server, not by the page."""

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.blockkit import INPUTS
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.ui import PAGE
from bot.sandbox.ui_acts import ACTS
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import (
    EXAMINERS,
    PEOPLE,
    PNG,
    REQUESTS,
    TEXT,
    actions,
    button,
    field,
    modal,
    options,
    section,
)

Body = dict[str, Any]


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sandbox.page_url) as session:
        yield session


async def shown(
    http: aiohttp.ClientSession, sight: str, user: str, **query: str
) -> Body:
    """Return what the page is told; the status stands under ``status`` when it is refused."""
    async with http.get(f"/ui/{sight}", params={"as": user, **query}) as answer:
        return (
            await answer.json() if answer.status == 200 else {"status": answer.status}
        )


async def done(http: aiohttp.ClientSession, act: str, user: str, **body: Any) -> Body:
    async with http.post(f"/ui/{act}", json={"as": user, **body}) as answer:
        return {
            "status": answer.status,
            **(await answer.json() if answer.status != 404 else {}),
        }


async def test_what_one_is_not_a_member_of_is_not_found(
    http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    card = [actions(button("take"))]
    ts = (await client.chat_postMessage(channel=EXAMINERS, text="x", blocks=card))["ts"]
    sent = await client.files_upload_v2(
        filename="a.png", content=PNG, channel=EXAMINERS
    )
    file = f"file/{sent['file']['id']}"
    click = {"channel": EXAMINERS, "ts": ts, "action_id": "take", "block_id": "buttons"}

    absent = {"status": 404}
    assert await shown(http, "channel", "U-DANA", channel=EXAMINERS) == absent
    assert await shown(http, "thread", "U-DANA", channel=EXAMINERS, ts=ts) == absent
    assert await shown(http, file, "U-DANA") == absent
    assert await done(http, "click", "U-DANA", **click) == absent
    assert await done(http, "post", "U-DANA", channel=EXAMINERS, text="x") == absent
    listed = (await shown(http, "state", "U-DANA"))["channels"]
    assert EXAMINERS not in {channel["id"] for channel in listed}


async def test_members_see_messages_threads_and_pictures(
    http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=EXAMINERS, text="root"))["ts"]
    sent = await client.files_upload_v2(
        filename="a.png", content=PNG, channel=EXAMINERS, thread_ts=ts
    )
    [root] = (await shown(http, "channel", "U-ERIK", channel=EXAMINERS))["messages"]
    assert (root["text"], root["replies"]) == ("root", 1)
    thread = (await shown(http, "thread", "U-ERIK", channel=EXAMINERS, ts=ts))[
        "messages"
    ]
    assert thread[1]["files"][0]["id"] == sent["file"]["id"]
    async with http.get(
        f"/ui/file/{sent['file']['id']}", params={"as": "U-ERIK"}
    ) as answer:
        assert (await answer.read(), answer.content_type) == (PNG, "image/png")


async def test_an_ephemeral_message_is_drawn_for_its_person_alone(
    http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel=REQUESTS, user="U-DANA", text="psst")
    mine = (await shown(http, "channel", "U-DANA", channel=REQUESTS))["messages"]
    theirs = (await shown(http, "channel", "U-GUEST", channel=REQUESTS))["messages"]
    assert [(m["text"], m["only_you"]) for m in mine] == [("psst", True)]
    assert theirs == []


@pytest.mark.parametrize("nobody", ["", "U-FISBOT", "U-NOBODY"])
async def test_one_can_act_as_a_person_only(
    http: aiohttp.ClientSession, nobody: str
) -> None:
    assert await shown(http, "state", nobody) == {"status": 404}
    assert await done(http, "post", nobody, channel=REQUESTS, text="x") == {
        "status": 404
    }


async def test_a_form_is_opened_filled_in_refused_and_sent_through_the_page(
    bot: AsyncApp, http: aiohttp.ClientSession, workspace: Workspace, dana: Person
) -> None:
    async def open_form(ack: Any, body: Body, client: AsyncWebClient) -> None:
        await ack()
        form = modal(field("case", TEXT), field("still", {"type": "file_input"}))
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    async def check(ack: Any, view: Body) -> None:
        case = view["state"]["values"]["case"]["case"]["value"]
        if case == "24-001":
            await ack()
        else:
            await ack(response_action="errors", errors={"case": "No such case."})

    bot.command("/fis-request")(open_form)
    bot.view("form")(check)
    await done(http, "command", "U-DANA", channel=REQUESTS, command="/fis-request")
    await workspace.until(lambda: dana.modal)
    async with http.post(
        "/ui/upload", params={"as": "U-DANA", "name": "a.png"}, data=PNG
    ) as sent:
        still = (await sent.json())["file"]

    wrong = await done(
        http, "modal/submit", "U-DANA", values={"case": "x", "still": [still]}
    )
    assert wrong["errors"] == {"case": "No such case."}
    assert (await shown(http, "state", "U-DANA"))["modal"]["callback_id"] == "form"
    right = await done(http, "modal/submit", "U-DANA", values={"case": "24-001"})
    assert right["errors"] == {}
    assert (await shown(http, "state", "U-DANA"))["modal"] is None


async def test_people_chosen_on_the_page_reach_the_bot(
    bot: AsyncApp, http: aiohttp.ClientSession, workspace: Workspace, dana: Person
) -> None:
    got: list[Body] = []

    async def keep(ack: Any, view: Body) -> None:
        got.append(view["state"]["values"]["team"]["team"])
        await ack()

    bot.view("form")(keep)
    workspace.modals.open("U-DANA", modal(field("team", PEOPLE)))
    offered = [
        one["id"] for one in (await shown(http, "workspace", "U-DANA"))["people"]
    ]
    chosen = offered[1:]
    await done(http, "modal/submit", "U-DANA", values={"team": chosen})
    assert [value["selected_users"] for value in got] == [["U-ERIK", "U-GUEST"]]


def test_every_input_the_simulation_allows_is_drawn_by_the_page() -> None:
    script = (PAGE / "elements.js").read_text(encoding="utf-8")
    drawn = re.findall(r"^  (\w+)(?:\(|: \()", script.split("const INPUTS")[1], re.M)
    assert set(drawn) >= INPUTS


async def test_what_is_filled_in_on_a_message_comes_with_the_click(
    bot: AsyncApp, http: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    got: list[Body] = []

    async def listener(ack: Any, body: Body) -> None:
        got.append(body)
        await ack()

    bot.action(re.compile(".*"))(listener)
    select = {
        "type": "static_select",
        "action_id": "reason",
        "options": options("ear", "nose"),
    }
    blocks = [field("note", TEXT), actions(select, button("send"))]
    ts = (await client.chat_postMessage(channel=EXAMINERS, text="x", blocks=blocks))[
        "ts"
    ]
    where = {"channel": EXAMINERS, "ts": ts, "block_id": "buttons"}
    await done(http, "choose", "U-ERIK", **where, action_id="reason", option="ear")
    values = {"note": "seen"}
    await done(
        http, "click", "U-ERIK", **where, action_id="send", value="7", values=values
    )
    state = got[1]["state"]["values"]
    assert state["note"]["note"]["value"] == "seen"
    assert state["buttons"]["reason"]["selected_option"]["value"] == "ear"


async def test_a_bot_that_cannot_be_reached_is_told_as_such(
    http: aiohttp.ClientSession,
) -> None:
    answer = await done(
        http, "command", "U-DANA", channel=REQUESTS, command="/fis-request"
    )
    assert answer["status"] == 502
    assert "dispatch_failed" in answer["error"]


async def test_a_change_is_announced_without_saying_what_changed(
    http: aiohttp.ClientSession, dana: Person
) -> None:
    async with http.get("/ui/events", params={"as": "U-GUEST"}) as stream:
        first = await stream.content.readuntil(b"\n\n")
        dana.post(REQUESTS, "for everybody here")
        second = await stream.content.readuntil(b"\n\n")
    assert first == second == b"data: changed\n\n"


async def test_of_a_channel_one_is_not_in_not_even_that_something_happens_is_heard(
    http: aiohttp.ClientSession, client: AsyncWebClient, erik: Person, dana: Person
) -> None:
    async with (
        http.get("/ui/events", params={"as": "U-DANA"}) as hers,
        http.get("/ui/events", params={"as": "U-ERIK"}) as his,
    ):
        assert await hers.content.readuntil(b"\n\n") == b"data: changed\n\n"
        assert await his.content.readuntil(b"\n\n") == b"data: changed\n\n"
        ts = (await client.chat_postMessage(channel=EXAMINERS, text="card"))["ts"]
        assert await his.content.readuntil(b"\n\n") == b"data: changed\n\n"
        await client.files_upload_v2(
            filename="a.png", content=PNG, channel=EXAMINERS, thread_ts=ts
        )
        await client.chat_update(channel=EXAMINERS, ts=ts, text="taken")
        erik.post(EXAMINERS, "mine", thread_ts=ts)
        # Her next event is that of her own post, and there is one only.
        dana.post(REQUESTS, "at last")
        assert await hers.content.readuntil(b"\n\n") == b"data: changed\n\n"
        assert hers.content.total_bytes == 2 * len(b"data: changed\n\n")


async def test_the_messages_of_others_are_counted_and_replies_are_not(
    http: aiohttp.ClientSession, client: AsyncWebClient, dana: Person
) -> None:
    ts = (await client.chat_postMessage(channel=REQUESTS, text="one"))["ts"]
    await client.chat_postMessage(channel=REQUESTS, text="reply", thread_ts=ts)
    dana.post(REQUESTS, "mine")
    await client.chat_postEphemeral(channel=REQUESTS, user="U-DANA", text="psst")
    channels = (await shown(http, "state", "U-DANA"))["channels"]
    [news] = [channel["news"] for channel in channels if channel["id"] == REQUESTS]
    assert (news[0], len(news)) == (ts, 2)


async def test_the_page_may_load_nothing_from_elsewhere(
    http: aiohttp.ClientSession,
) -> None:
    async with http.get("/") as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "Simulation" in await answer.text()
    sources = {path.name: path.read_text(encoding="utf-8") for path in PAGE.iterdir()}
    namespace = "http://www.w3.org/2000/svg"
    outside = [
        name
        for name, text in sources.items()
        if "//www." in text.replace(namespace, "")
    ]
    assert outside == []
    assert [name for name, text in sources.items() if "innerHTML" in text] == []


def test_every_act_the_page_asks_for_exists() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js"))
    asked = set(re.findall(r'\bact\("([\w/]+)"', scripts))
    assert asked - {"home"} == set(ACTS)


def test_every_file_of_the_page_is_there_and_used() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in PAGE.iterdir()}
    everything = "".join(texts.values())
    named = set(re.findall(r'"(?:\./|/page/)([\w.]+)"', everything))
    assert named == set(texts) - {"index.html"}


def test_every_place_the_page_speaks_of_stands_in_it() -> None:
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    scripts = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js"))
    asked = set(re.findall(r'(?:\$|getElementById)\("([\w-]+)"\)', scripts))
    assert asked - set(re.findall(r'id="([\w-]+)"', html)) == set()


def test_every_colour_is_named_once_for_light_and_dark() -> None:
    colours = (PAGE / "colours.css").read_text(encoding="utf-8")
    named = re.findall(r"^  (--[\w-]+): light-dark\(.+, .+\);$", colours, re.M)
    styles = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.css"))
    assert len(named) == len(set(named)) > 20
    assert set(re.findall(r"var\((--[\w-]+)\)", styles)) - set(named) == {"--radius"}


async def test_home_is_asked_for_and_drawn(
    bot: AsyncApp, http: aiohttp.ClientSession, workspace: Workspace
) -> None:
    async def publish(event: Body, client: AsyncWebClient) -> None:
        home = {"type": "home", "blocks": [section("Welcome")]}
        await client.views_publish(user_id=event["user"], view=home)

    bot.event("app_home_opened")(publish)
    assert (await done(http, "home", "U-DANA"))["status"] == 200
    await workspace.until(lambda: workspace.modals.homes.get("U-DANA"))
    home = (await shown(http, "state", "U-DANA"))["home"]
    assert home["blocks"][0]["text"]["text"] == "Welcome"


async def test_a_button_of_the_home_tab_can_be_pressed_and_a_choice_made(
    bot: AsyncApp, http: aiohttp.ClientSession, workspace: Workspace
) -> None:
    got: list[Body] = []

    async def keep(ack: Any, body: Body) -> None:
        await ack()
        got.append(body)

    bot.action(re.compile(".*"))(keep)
    select = {
        "type": "static_select",
        "action_id": "unit",
        "options": options("a", "b"),
    }
    home = {"type": "home", "blocks": [actions(button("open", "7"), select)]}
    workspace.modals.publish("U-DANA", home, None)
    at = {"block_id": "buttons"}
    pressed = await done(
        http, "home/press", "U-DANA", **at, action_id="open", value="7"
    )
    picked = await done(http, "home/pick", "U-DANA", **at, action_id="unit", option="b")
    assert (pressed["status"], picked["status"]) == (200, 200)
    assert [body["actions"][0]["action_id"] for body in got] == ["open", "unit"]
    assert got[1]["actions"][0]["selected_option"]["value"] == "b"
    assert got[0]["view"]["type"] == "home"


async def test_nobody_presses_what_is_not_on_their_home_tab(
    http: aiohttp.ClientSession, workspace: Workspace
) -> None:
    home = {"type": "home", "blocks": [actions(button("open"))]}
    workspace.modals.publish("U-ERIK", home, None)
    at = {"block_id": "buttons", "action_id": "open"}
    assert await done(http, "home/press", "U-DANA", **at) == {"status": 404}
    at["action_id"] = "else"
    assert await done(http, "home/press", "U-ERIK", **at) == {"status": 404}
