"""Acting as people against a real Bolt app over HTTP."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import NotAcknowledged, NotVisible
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace
from tests.sandbox.parts import (
    ELSEWHERE,
    EXAMINERS,
    PEOPLE,
    PNG,
    REQUESTS,
    TEXT,
    Hands,
    actions,
    button,
    field,
    modal,
    options,
    section,
)

Body = dict[str, Any]


def opens_on_command(bolt: AsyncApp, view: Body) -> None:
    async def open_form(ack: Any, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    bolt.command("/fis-request")(open_form)


def keeps(bolt_register: Any, **answer: Any) -> list[Body]:
    """Register a listener that acknowledges with ``answer``; return the bodies it gets."""
    bodies: list[Body] = []

    async def listener(ack: Any, body: Body) -> None:
        bodies.append(body)
        await ack(**answer)

    bolt_register(listener)
    return bodies


async def opened(
    bolt: AsyncApp, person: Person, workspace: Workspace, view: Body
) -> None:
    opens_on_command(bolt, view)
    await person.command(REQUESTS, "/fis-request", "24-001")
    await workspace.until(lambda: person.modal)


async def test_a_command_opens_a_modal_and_its_submission_arrives_filled_in(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    got = keeps(bot.view("form"))
    fields = [
        field("case", TEXT),
        field("purpose", {"type": "static_select", "options": options("a", "b")}),
        field("oaths", {"type": "checkboxes", "options": options("x", "y")}),
        field("still", {"type": "file_input"}),
    ]
    await opened(bot, dana, workspace, modal(*fields, private_metadata="m1"))
    still = dana.upload("still.png", PNG)

    delivery = await dana.fill_and_submit(
        {"case": "24-001", "purpose": "b", "oaths": ["x", "y"], "still": [still]}
    )

    values = got[0]["view"]["state"]["values"]
    assert values["case"]["case"]["value"] == "24-001"
    assert values["purpose"]["purpose"]["selected_option"]["value"] == "b"
    assert [o["value"] for o in values["oaths"]["oaths"]["selected_options"]] == [
        "x",
        "y",
    ]
    assert values["still"]["still"]["files"][0]["id"] == still
    assert values["still"]["still"]["files"][0]["url_private_download"].endswith(
        "still.png"
    )
    assert got[0]["view"]["private_metadata"] == "m1"
    assert delivery.acknowledged
    assert dana.modal is None


async def test_several_people_are_chosen_by_their_accounts(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    got = keeps(bot.view("form"))
    await opened(bot, dana, workspace, modal(field("team", PEOPLE)))
    await dana.fill_and_submit({"team": ["U-ERIK", "U-GUEST", "U-ERIK"]})
    assert got[0]["view"]["state"]["values"]["team"]["team"] == {
        "type": "multi_users_select",
        "selected_users": ["U-ERIK", "U-GUEST"],
    }


async def test_a_form_begins_with_the_people_it_names(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    got = keeps(bot.view("form"))
    named = field("team", {**PEOPLE, "initial_users": ["U-ERIK"]})
    nobody = field("others", PEOPLE, optional=True)
    await opened(bot, dana, workspace, modal(named, nobody))
    await dana.submit()
    values = got[0]["view"]["state"]["values"]
    assert values["team"]["team"]["selected_users"] == ["U-ERIK"]
    assert values["others"]["others"]["selected_users"] == []


@pytest.mark.parametrize("chosen", [[], ["U-ERIK", "U-GUEST"]])
async def test_a_form_with_too_few_or_too_many_people_is_never_sent(
    bot: AsyncApp, dana: Person, workspace: Workspace, chosen: list[str]
) -> None:
    got = keeps(bot.view("form"))
    team = field("team", {**PEOPLE, "max_selected_items": 1})
    await opened(bot, dana, workspace, modal(team))
    assert set((await dana.fill_and_submit({"team": chosen})).errors) == {"team"}
    assert got == []


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [("users_select", "U-NOBODY"), ("multi_users_select", ["U-ERIK", "U-NOBODY"])],
)
async def test_nobody_chooses_an_account_that_does_not_exist(
    bot: AsyncApp, dana: Person, workspace: Workspace, kind: str, chosen: object
) -> None:
    await opened(bot, dana, workspace, modal(field("team", {"type": kind})))
    with pytest.raises(LookupError, match="U-NOBODY"):
        dana.fill({"team": chosen})


async def test_field_errors_keep_the_modal_open(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    keeps(bot.view("form"), response_action="errors", errors={"case": "No such case."})
    await opened(bot, dana, workspace, modal(field("case", TEXT)))
    delivery = await dana.fill_and_submit({"case": "nonsense"})
    assert delivery.errors == {"case": "No such case."}
    assert dana.modal is not None


async def test_errors_for_a_field_that_does_not_exist_are_the_bots_failure(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    keeps(bot.view("form"), response_action="errors", errors={"typo": "No such case."})
    await opened(bot, dana, workspace, modal(field("case", TEXT)))
    with pytest.raises(NotAcknowledged, match="typo"):
        await dana.fill_and_submit({"case": "24-001"})


async def test_a_form_with_an_empty_required_field_is_never_sent(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    got = keeps(bot.view("form"))
    await opened(
        bot,
        dana,
        workspace,
        modal(field("case", TEXT), field("note", TEXT, optional=True)),
    )
    delivery = await dana.submit()
    assert set(delivery.errors) == {"case"}
    assert got == []


async def test_answers_push_update_and_clear_modals(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    second, third = (
        modal(section("second"), callback_id="2"),
        modal(section("third"), callback_id="3"),
    )
    keeps(bot.view("form"), response_action="push", view=second)
    keeps(bot.view("2"), response_action="update", view=third)
    keeps(bot.view("3"), response_action="clear")
    await opened(bot, dana, workspace, modal(section("first")))
    seen = []
    while dana.modal is not None:
        seen.append(
            (dana.modal["blocks"][0]["text"]["text"], len(workspace.modals.views))
        )
        await dana.submit()
    assert seen == [("first", 1), ("second", 2), ("third", 2)]
    assert workspace.modals.views == {}


async def test_closing_a_modal_is_told_only_to_an_app_that_asked(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    got = keeps(bot.view_closed("form"))
    await opened(bot, dana, workspace, modal(section("quiet")))
    await dana.close_modal()
    workspace.modals.open("U-DANA", modal(section("loud"), notify_on_close=True))
    await dana.close_modal()
    assert [body["view"]["blocks"][0]["text"]["text"] for body in got] == ["loud"]


async def test_a_button_in_a_modal_brings_the_state_of_the_modal(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    got = keeps(bot.action("look"))
    await opened(
        bot, dana, workspace, modal(field("case", TEXT), actions(button("look")))
    )
    dana.fill({"case": "24-001"})
    await dana.press("look")
    assert got[0]["view"]["state"]["values"]["case"]["case"]["value"] == "24-001"
    assert got[0]["actions"][0]["value"] == "7"


async def test_a_choice_that_is_told_at_once_keeps_the_modal_and_its_state(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    got = keeps(bot.action("field"))
    choice = {
        "type": "radio_buttons",
        "action_id": "field",
        "options": options("a", "b"),
    }
    same_name = {**TEXT, "action_id": "field"}
    fields = [field("purpose", choice, dispatch_action=True), field("case", same_name)]
    await opened(bot, dana, workspace, modal(*fields))
    dana.fill({"case": "24-001"})
    await dana.pick("field", "b", block_id="purpose")
    assert got[0]["actions"][0]["selected_option"]["value"] == "b"
    assert got[0]["view"]["state"]["values"]["case"]["field"]["value"] == "24-001"


async def test_a_click_brings_message_place_and_value(
    bot: AsyncApp, client: AsyncWebClient, erik: Person
) -> None:
    got = keeps(bot.action("take"))
    card = actions(button("take", "1"), button("other"))
    ts = (await client.chat_postMessage(channel=EXAMINERS, text="card", blocks=[card]))[
        "ts"
    ]
    delivery = await erik.click(EXAMINERS, ts, "take")
    assert delivery.seconds < 0.5
    assert got[0]["container"]["message_ts"] == got[0]["message"]["ts"] == ts
    assert got[0]["actions"][0]["value"] == "1"
    assert got[0]["user"]["id"] == "U-ERIK"


async def test_a_choice_in_an_overflow_names_its_option(
    bot: AsyncApp, client: AsyncWebClient, erik: Person
) -> None:
    got = keeps(bot.action("more"))
    menu = {"type": "overflow", "action_id": "more", "options": options("a", "b")}
    blocks = [section("card", accessory=menu)]
    ts = (await client.chat_postMessage(channel=EXAMINERS, text="card", blocks=blocks))[
        "ts"
    ]
    await erik.choose(EXAMINERS, ts, "more", "b")
    assert got[0]["actions"][0]["selected_option"]["value"] == "b"


async def test_the_last_choice_on_a_message_comes_with_the_next_click(
    bot: AsyncApp, client: AsyncWebClient, erik: Person
) -> None:
    keeps(bot.action("reason"))
    got = keeps(bot.action("exclude"))
    select = {
        "type": "static_select",
        "action_id": "reason",
        "options": options("ear", "nose"),
    }
    blocks = [actions(select, button("exclude"), block_id="A")]
    ts = (await client.chat_postMessage(channel=EXAMINERS, text="card", blocks=blocks))[
        "ts"
    ]
    await erik.choose(EXAMINERS, ts, "reason", "ear")
    await erik.click(EXAMINERS, ts, "exclude")
    assert got[0]["state"]["values"]["A"]["reason"]["selected_option"]["value"] == "ear"


async def test_nobody_presses_what_they_cannot_see(
    bot: AsyncApp, client: AsyncWebClient, dana: Person, erik: Person
) -> None:
    card = [actions(button("take"))]
    ts = (await client.chat_postMessage(channel=EXAMINERS, text="card", blocks=card))[
        "ts"
    ]
    with pytest.raises(NotVisible):
        await dana.click(EXAMINERS, ts, "take")
    with pytest.raises(NotVisible, match="no absent"):
        await erik.click(EXAMINERS, ts, "absent")
    with pytest.raises(NotVisible):
        await dana.command(EXAMINERS, "/fis-request")


@pytest.mark.parametrize("ack_seconds", [0.3])
async def test_a_bot_that_does_not_answer_is_an_error_the_person_sees(
    bot: AsyncApp, dana: Person, sandbox: Sandbox
) -> None:
    async def too_late(ack: Any) -> None:
        await asyncio.Event().wait()

    bot.command("/fis-request")(too_late)
    with pytest.raises(NotAcknowledged, match="operation_timeout"):
        await dana.command(REQUESTS, "/fis-request")
    assert sandbox.courier.journal[-1].status is None


async def test_a_command_nobody_listens_to_is_not_acknowledged(
    bot: AsyncApp, dana: Person
) -> None:
    with pytest.raises(NotAcknowledged, match="404"):
        await dana.command(REQUESTS, "/fis-request")


async def test_words_in_the_acknowledgement_are_seen_by_the_person_alone(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    keeps(bot.command("/fis-request"), text="Not here.")
    await dana.command(REQUESTS, "/fis-request")
    assert [m["text"] for m in dana.ephemerals(REQUESTS)] == ["Not here."]
    seen = workspace.everything_visible_to("U-GUEST")
    assert "Not here." not in {one.content for one in seen}


async def test_respond_replaces_the_message_that_was_clicked(
    bot: AsyncApp, client: AsyncWebClient, erik: Person
) -> None:
    async def replace(ack: Any, respond: Any) -> None:
        await ack()
        await respond("done", replace_original=True)

    bot.action("take")(replace)
    ts = (
        await client.chat_postMessage(
            channel=EXAMINERS, text="x", blocks=[actions(button("take"))]
        )
    )["ts"]
    await erik.click(EXAMINERS, ts, "take")
    await erik.workspace.until(lambda: erik.messages(EXAMINERS)[0]["text"] == "done")
    assert erik.messages(EXAMINERS)[0]["blocks"] == []


async def test_a_response_url_works_five_times(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    async def chatter(ack: Any, respond: Any) -> None:
        await ack()
        for number in range(6):
            await respond(f"word {number}")

    bot.command("/fis-request")(chatter)
    await dana.command(REQUESTS, "/fis-request")
    await workspace.until(
        lambda: any(place.uses == 6 for place in workspace.response_urls.values())
    )
    assert len(dana.ephemerals(REQUESTS)) == 5


async def test_a_response_url_works_for_half_an_hour(
    bot: AsyncApp, dana: Person, workspace: Workspace, hands: Hands
) -> None:
    got = keeps(bot.command("/fis-request"))
    await dana.command(REQUESTS, "/fis-request")
    async with aiohttp.ClientSession() as session:
        statuses = []
        for minutes in (29, 2):
            hands.seconds += minutes * 60
            note = {"text": f"after {minutes} more"}
            answer = await session.post(got[0]["response_url"], json=note)
            statuses.append(answer.status)
    assert statuses == [200, 404]
    assert [m["text"] for m in dana.ephemerals(REQUESTS)] == ["after 29 more"]


async def test_a_shortcut_brings_the_message_and_its_files(
    bot: AsyncApp, client: AsyncWebClient, dana: Person
) -> None:
    got = keeps(bot.shortcut("fis_from_message"))
    file = dana.upload("still.png", PNG)
    ts = dana.post(REQUESTS, "this one", [file])
    await dana.shortcut(REQUESTS, ts, "fis_from_message")
    assert got[0]["message"]["files"][0]["id"] == file
    assert got[0]["message"]["files"][0]["mimetype"] == "image/png"
    assert (await client.files_info(file=file))["file"]["name"] == "still.png"


async def test_everyone_sees_only_their_own_channels(
    dana: Person, erik: Person
) -> None:
    assert {c.id for c in erik.channels()} == {EXAMINERS, ELSEWHERE}
    with pytest.raises(NotVisible):
        erik.messages(REQUESTS)


async def test_files_are_seen_by_members_of_the_channels_they_are_in(
    workspace: Workspace, dana: Person, erik: Person
) -> None:
    file = dana.upload("still.png", PNG)
    dana.post(REQUESTS, "", [file])
    guest = workspace.person("U-GUEST")
    assert guest.read_file(file) == PNG
    with pytest.raises(PermissionError):
        erik.read_file(file)
    assert PNG not in [one.content for one in workspace.everything_visible_to("U-ERIK")]
    assert PNG in [one.content for one in workspace.everything_visible_to("U-GUEST")]


async def test_a_modal_a_message_and_its_metadata_are_among_what_is_visible(
    client: AsyncWebClient, workspace: Workspace, erik: Person
) -> None:
    metadata = {"event_type": "t", "event_payload": {"id": "in metadata"}}
    await client.chat_postMessage(
        channel=EXAMINERS,
        text="fallback",
        blocks=[section("in a block")],
        metadata=metadata,
    )
    workspace.modals.open("U-ERIK", modal(section("in a modal")))
    seen = {one.content for one in workspace.everything_visible_to("U-ERIK")}
    assert {"fallback", "in a block", "in metadata", "in a modal"} <= seen
    others = {one.content for one in workspace.everything_visible_to("U-DANA")}
    assert not {"fallback", "in a block", "in metadata", "in a modal"} & others


async def test_opening_home_shows_what_the_bot_publishes(
    bot: AsyncApp, dana: Person, workspace: Workspace
) -> None:
    async def publish(event: Body, client: AsyncWebClient) -> None:
        home = {"type": "home", "blocks": [section("Welcome")]}
        await client.views_publish(user_id=event["user"], view=home)

    bot.event("app_home_opened")(publish)
    assert (await dana.open_home()).acknowledged
    home = await workspace.until(lambda: workspace.modals.homes.get("U-DANA"))
    assert home.body["blocks"][0]["text"]["text"] == "Welcome"
