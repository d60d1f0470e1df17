"""Nothing that Slack refuses holds up anything else for ever, least of all the removal of a face."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.audit import AuditEvent, Verb
from bot.domain.sendings import removal
from bot.domain.workflow import State
from bot.jobs.outbox import ATTEMPTS_MAX, Outbox
from bot.sandbox import cases
from bot.sandbox.faults import Fault
from tests.builders import REQUEST, a_request
from tests.jobs.parts import REPLY, ROOT, Desk

PROBE, FACE = f"{REQUEST}/probe", f"{REQUEST}/face"


class Unwilling(AsyncWebClient):
    """A client to whom Slack refuses some methods with a code, as often as planned."""

    def __init__(self, refusals: dict[str, Sequence[str]], **given: Any) -> None:
        super().__init__(**given)
        self._refusals = {name: list(codes) for name, codes in refusals.items()}
        self.refused: Counter[str] = Counter()

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        if codes := self._refusals.get(api_method):
            self.refused[api_method] += 1
            answer: Any = AsyncSlackResponse(
                client=self,
                http_verb="POST",
                api_url=api_method,
                req_args={},
                data={"ok": False, "error": codes.pop(0)},
                headers={},
                status_code=200,
            )
            raise SlackApiError("refused", answer)  # type: ignore[no-untyped-call]
        return await super().api_call(api_method, **given)


def unwilling(desk: Desk, **refusals: Sequence[str]) -> tuple[Unwilling, Outbox]:
    """An outbox that tells the supervisors; the names of methods with ``_`` for the dot."""
    named = {name.replace("_", ".", 1): codes for name, codes in refusals.items()}
    client = Unwilling(
        named,
        token=desk.sandbox.bot_token,
        base_url=desk.sandbox.api_url,
        retry_handlers=[],
    )
    return client, desk.outbox(client, alerts_to=cases.SUPERVISORS)


async def shown(desk: Desk) -> None:
    await desk.a_thread()
    await desk.send_all(desk.outbox())


async def to_be_removed(desk: Desk, *keys: str) -> None:
    pictures = await desk.pictures()
    async with desk.db.transaction() as tx:
        for key in keys:
            await tx.outbox.add(removal(pictures[key], cases.EXAMINERS, desk.clock()))


async def events(desk: Desk, verb: Verb) -> list[AuditEvent]:
    async with desk.db.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
    return [e.event for e in entries if e.event.verb is verb]


def alerts(desk: Desk) -> str:
    return "\n".join(str(m.blocks) for m in desk.messages(cases.SUPERVISORS))


@pytest.mark.parametrize(
    "code", ["cant_delete_file", "file_deleting_disabled", "delete_not_allowed"]
)
async def test_a_picture_that_cannot_be_deleted_is_told_at_once(
    desk: Desk, code: str
) -> None:
    await shown(desk)
    client, outbox = unwilling(desk, files_delete=[code] * 99)
    await to_be_removed(desk, PROBE)
    await desk.send_all(outbox)
    file = (await desk.pictures())[PROBE].slack_file
    assert client.refused["files.delete"] == 1
    assert code in alerts(desk)
    assert str(file) in alerts(desk)
    [event] = await events(desk, Verb.PICTURE_NOT_REMOVED)
    assert (event.subject, event.facts["error"]) == (PROBE, code)


async def test_a_picture_that_could_not_be_deleted_is_tried_again_and_told_once(
    desk: Desk,
) -> None:
    await shown(desk)
    client, outbox = unwilling(desk, files_delete=["cant_delete_file"] * 2)
    await to_be_removed(desk, PROBE)
    for tries in (1, 2):
        await desk.send_all(outbox)
        assert client.refused["files.delete"] == tries
        async with desk.db.transaction() as tx:
            await tx.outbox.remove_again()
    assert len(await events(desk, Verb.PICTURE_NOT_REMOVED)) == 1
    await desk.send_all(outbox)
    assert (await desk.pictures())[PROBE].removed_at is not None
    assert len(desk.messages(cases.SUPERVISORS)) == 1


async def test_a_removal_that_fails_holds_up_no_post_and_no_other_removal(
    desk: Desk,
) -> None:
    await shown(desk)
    _, outbox = unwilling(desk, files_delete=["never_heard_of"] * 3)
    await to_be_removed(desk, PROBE, FACE)
    await desk.post("next", text="the next request")
    for _ in range(9):
        await outbox.step()
        await outbox.drain()
        desk.clock.forward(0.2)
    assert desk.texts()[-1] == "the next request"
    await desk.send_all(outbox)
    assert desk.shown() == []


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_what_slack_refuses_for_an_unknown_reason_is_given_up_in_the_end(
    desk: Desk, method: str
) -> None:
    await desk.post(ROOT, text="root")
    await desk.update(ROOT, "root, changed")
    named = {method.replace(".", "_"): ["never_heard_of"] * ATTEMPTS_MAX}
    client, outbox = unwilling(desk, **named)
    await desk.post("next", text="the next request")
    began = desk.clock()
    await desk.send_all(outbox)
    assert client.refused[method] == ATTEMPTS_MAX
    assert "the next request" in desk.texts()
    assert alerts(desk).count("never_heard_of") == 1
    assert (desk.clock() - began).total_seconds() < 1800


async def test_an_outage_of_hours_loses_nothing(desk: Desk) -> None:
    await desk.a_thread()
    faults = desk.sandbox.workspace.faults
    faults.plan("chat.postMessage", Fault.FAILS_BEFORE, times=40)
    await desk.send_all(desk.outbox(), minutes=600)
    await desk.check_thread_shown_once()


async def test_a_token_that_was_revoked_loses_nothing_either(desk: Desk) -> None:
    client, outbox = unwilling(desk, chat_postMessage=["token_revoked"] * 50)
    await desk.a_thread()
    await desk.send_all(outbox, minutes=600)
    assert client.refused["chat.postMessage"] == 50
    await desk.check_thread_shown_once()


async def test_an_outage_before_does_not_count_against_a_sending(desk: Desk) -> None:
    codes = [*["internal_error"] * 20, "never_heard_of"]
    _, outbox = unwilling(desk, chat_postMessage=codes)
    await desk.post(ROOT, text="root")
    await desk.send_all(outbox, minutes=600)
    assert desk.texts() == ["root"]


async def test_an_upload_given_up_leaves_no_file_that_might_yet_be_seen(
    desk: Desk,
) -> None:
    desk.sandbox.workspace.processing_seconds = 10**9
    await desk.a_thread()
    await desk.send_all(desk.outbox(), minutes=600)
    assert desk.shown() == []
    assert all(p.slack_file is None for p in (await desk.pictures()).values())
    async with desk.db.snapshot() as snapshot:
        [failed] = await snapshot.outbox.failed()
    assert failed.last_error == "not shown"
    assert desk.texts()[-1] == "reply"


# --- pictures nobody may see any more


async def test_pictures_whose_request_has_ended_meanwhile_are_not_shown(
    desk: Desk,
) -> None:
    await desk.a_thread()
    async with desk.db.transaction() as tx:
        await tx.requests.save(a_request(state=State.WITHDRAWN, version=2))
    await desk.send_all(desk.outbox())
    assert desk.texts() == ["root, changed", "reply"]
    assert desk.calls("files.completeUploadExternal") == []
    assert await events(desk, Verb.PICTURE_SHOWN) == []


async def test_files_of_an_interrupted_upload_are_deleted_when_the_request_ended(
    desk: Desk,
) -> None:
    await desk.a_thread()
    faults = desk.sandbox.workspace.faults
    faults.plan("files.completeUploadExternal", Fault.FAILS_AFTER)
    outbox = desk.outbox()
    while not desk.shown():
        await outbox.step()
        await outbox.drain()
    async with desk.db.transaction() as tx:
        await tx.requests.save(a_request(state=State.WITHDRAWN, version=2))
    await desk.send_all(outbox)
    assert desk.shown() == []


async def test_a_card_that_refers_to_a_removed_picture_is_not_posted(
    desk: Desk,
) -> None:
    await shown(desk)
    file = (await desk.pictures())[PROBE].slack_file
    image = {"type": "image", "alt_text": "Probe", "slack_file": {"id": file}}
    await to_be_removed(desk, PROBE)
    await desk.send_all(desk.outbox())
    await desk.post("late", text="with a picture", blocks=(image,))
    await desk.send_all(desk.outbox())
    assert "with a picture" not in desk.texts()
    async with desk.db.snapshot() as snapshot:
        assert await snapshot.outbox.failed() == []


async def test_a_removal_that_was_late_spares_the_file_shown_since(
    desk: Desk,
) -> None:
    await shown(desk)
    await to_be_removed(desk, PROBE)
    old = (await desk.pictures())[PROBE]
    async with desk.db.transaction() as tx:
        await tx.pictures.save(replace(old, slack_file="F-NEWER"))
    await desk.send_all(desk.outbox())
    assert (await desk.pictures())[PROBE].removed_at is None
    assert [f.name for f in desk.shown()] == ["face.png"]


# --- a channel that became unsafe


async def minutes(desk: Desk, outbox: Outbox, count: int) -> None:
    for _ in range(count):
        desk.workspaces[-1].forget()
        while await outbox.step():
            await outbox.drain()
        desk.clock.forward(61)


async def test_a_channel_that_became_shared_loses_its_faces_and_holds_its_posts(
    desk: Desk,
) -> None:
    await shown(desk)
    desk.sandbox.workspace.channels[cases.EXAMINERS].is_ext_shared = True
    outbox = desk.outbox(alerts_to=cases.SUPERVISORS)
    await desk.post("next", text="the next request")
    await minutes(desk, outbox, 2)
    assert desk.shown() == []
    assert "the next request" not in desk.texts()
    removed = await events(desk, Verb.PICTURE_REMOVED)
    assert {event.subject for event in removed} == {PROBE, FACE}
    assert len(await events(desk, Verb.CHANNEL_UNSAFE)) == 1
    assert cases.EXAMINERS in alerts(desk)


async def test_it_loses_them_also_when_nothing_was_to_be_posted(desk: Desk) -> None:
    await shown(desk)
    desk.sandbox.workspace.channels[cases.EXAMINERS].is_private = False
    outbox = desk.outbox(alerts_to=cases.SUPERVISORS)
    await outbox.channels.look(cases.REQUESTS, cases.EXAMINERS)
    await minutes(desk, outbox, 1)
    assert desk.shown() == []
    assert cases.EXAMINERS in alerts(desk)


async def test_no_face_in_another_channel_is_removed(desk: Desk) -> None:
    await shown(desk)
    desk.sandbox.workspace.channels[cases.REQUESTS].is_ext_shared = True
    outbox = desk.outbox()
    await outbox.channels.look(cases.REQUESTS, cases.EXAMINERS)
    await minutes(desk, outbox, 1)
    assert len(desk.shown()) == 2


# --- a damaged row


async def test_a_damaged_sending_holds_up_nothing_behind_it(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.post(ROOT, text="root")
    await desk.post(REPLY, text="reply")
    with closing(sqlite3.connect(tmp_path / "fis.sqlite3")) as connection, connection:
        connection.execute("UPDATE outbox SET content = x'00' WHERE id = 1")
    await desk.send_all(desk.outbox(alerts_to=cases.SUPERVISORS))
    assert desk.texts() == ["reply"]
    assert "damaged" in alerts(desk)
