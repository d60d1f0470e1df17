"""The bot's handlers against a Slack that somebody else wrote: forms, their triggers, and a case's beginning."""

import json
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.sandbox import cases
from bot.sandbox.acts import ANALYSIS, BASIS
from bot.views.ids import ActionId, BlockId, ViewId, detailed
from tests.front import LIST_LENGTH, Enrolled, still, text_of
from tests.jobs.parts import eventually
from tests.second_opinion.door import Door, opened
from tests.second_opinion.emulator import BOT, Emulated

CASE = "2026-075-001234"


@pytest.fixture
async def door(slack: Emulated, home: Path, enrolled: Enrolled) -> AsyncIterator[Door]:
    shutil.copy(enrolled.database, home / "fis.sqlite3")
    async with opened(slack, home, enrolled) as running:
        yield running


async def test_a_command_opens_the_form_that_the_bot_sent(door: Door) -> None:
    form = await door.open_form(cases.DANA, CASE)
    [sent] = door.slack.shim.arguments("views.open")
    assert form.view["callback_id"] == json.loads(sent["view"])["callback_id"]
    assert form.view["type"] == "modal"
    assert CASE in json.dumps(form.view)


async def test_a_trigger_that_was_used_opens_nothing_and_its_person_is_told(
    door: Door,
) -> None:
    trigger, _ = await door.slack.trigger(cases.DANA)
    view = json.dumps(_a_view())
    used = {"trigger_id": trigger, "view": view}
    await door.slack.client().api_call("views.open", params=used)
    await door.command(cases.DANA, cases.REQUESTS, CASE, trigger)
    assert door.slack.shim.answers("views.open")[-1]["error"] == "exchanged_trigger_id"
    assert "press again" in _last_note(door)


async def test_a_trigger_of_three_seconds_ago_opens_nothing_and_its_person_is_told(
    door: Door,
) -> None:
    trigger, ends = await door.slack.trigger(cases.DANA)
    await eventually(lambda: time.time() > ends)
    await door.command(cases.DANA, cases.REQUESTS, CASE, trigger)
    assert door.slack.shim.answers("views.open")[-1]["error"] == "expired_trigger_id"
    assert "press again" in _last_note(door)


async def test_somebody_outside_the_request_channel_gets_no_form(door: Door) -> None:
    trigger, _ = await door.slack.trigger(cases.ERIK)
    await door.command(cases.ERIK, cases.REQUESTS, CASE, trigger)
    assert door.slack.shim.answers("views.open") == []


async def test_a_still_becomes_candidates_in_the_examiners_thread(door: Door) -> None:
    form = await door.open_form(cases.DANA, CASE)
    await form.pick(ActionId.INTAKE_PURPOSE, "A_CRIME")
    await form.pick(ActionId.INTAKE_SOURCE, "BUSINESS_CAMERA")
    form.fill(
        {
            BlockId.CATEGORY: "ROBBERY",
            BlockId.FACTUAL_BASIS: BASIS,
            BlockId.ATTESTATIONS: ["UNKNOWN_IDENTITY", "LAWFULLY_OBTAINED"],
            BlockId.PROHIBITED_IMAGES: ["NONE"],
            BlockId.PROHIBITED_USES: ["NONE"],
            detailed(BlockId.PARTICULAR, "complaint_number"): CASE,
            detailed(
                BlockId.PARTICULAR, "when_and_where"
            ): "2026-11-20, 22:40, 511 Vanderbilt Avenue",
        }
    )
    await form.attach(BlockId.IMAGE, "still.jpg", still("mated"))
    assert await form.submit() == {}
    await door.settle()

    card = await _comparison(door)
    alone = await door.slack.thread(cases.EXAMINERS, card["ts"])
    # Nobody sees a candidate before the probe was analysed.
    assert len([file for message in alone for file in message.get("files", [])]) == 1
    await door.click(cases.ERIK, cases.EXAMINERS, card, ActionId.TAKE)
    await door.settle()
    card = await _comparison(door)
    form = await door.open_on(cases.ERIK, cases.EXAMINERS, card, ActionId.ANALYSE)
    form.fill(dict(ANALYSIS))
    assert await form.submit() == {}
    await door.settle()
    thread = await door.slack.thread(cases.EXAMINERS, card["ts"])
    pictures = [file for message in thread for file in message.get("files", [])]
    # The probe, and of every candidate a photograph and what is drawn of both.
    kinds = Counter(
        file["name"].split("-")[0] for file in pictures if "-" in file["name"]
    )
    assert len(pictures) == 1 + kinds.total()
    assert set(kinds.values()) == {LIST_LENGTH}
    assert {"candidate", "sheet", "parts"} <= set(kinds)
    shown = json.dumps([message.get("blocks", []) for message in thread])
    for file in pictures:
        status, data = await door.slack.download(file["url_private"], BOT)
        begins = b"GIF89a" if file["name"].endswith(".gif") else b"\x89PNG\r\n\x1a\n"
        assert (status, data[: len(begins)]) == (200, begins)
    assert "slack_file" in shown
    async with door.db.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
        assert await snapshot.outbox.failed() == []
    verbs = [entry.event.verb for entry in entries]
    assert verbs.count(Verb.PROBE_STORED) == verbs.count(Verb.SEARCH_FINISHED) == 1
    posted = [
        given["channel"] for given in door.slack.shim.arguments("chat.postMessage")
    ]
    direct = door.slack.shim.answers("conversations.open")[-1]["channel"]["id"]
    assert direct in posted


async def _comparison(door: Door) -> dict[str, Any]:
    """The card of the one comparison as it stands."""
    messages = await door.slack.messages(cases.EXAMINERS)
    [card] = [m for m in messages if "Comparison" in m["text"]]
    return card


def _a_view() -> dict[str, object]:
    text = {"type": "plain_text", "text": "x"}
    block = {"type": "section", "text": text}
    return {
        "type": "modal",
        "callback_id": ViewId.INTAKE,
        "title": text,
        "blocks": [block],
    }


def _last_note(door: Door) -> str:
    given = door.slack.shim.arguments("chat.postEphemeral")[-1]
    return text_of(json.loads(given["blocks"]))
