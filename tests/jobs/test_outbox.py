"""What is committed reaches Slack once, in order, on every kind of bad day."""

import inspect
import time
from collections.abc import Callable
from typing import cast

import pytest

from bot.assembly import Bot
from bot.domain.audit import Verb
from bot.domain.sendings import Sending, SendingKind
from bot.jobs.outbox import Outbox
from bot.sandbox import cases
from bot.sandbox.faults import Fault
from bot.sandbox.records import Message
from tests.builders import REQUEST, a_sending
from tests.jobs.parts import REPLY, ROOT, Desk, eventually

EVERY_CALL = (
    "chat.postMessage",
    "chat.update",
    "conversations.info",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "files.info",
)
NONSENSE = ({"type": "nonsense"},)
CALLS_OF_A_THREAD = 9  # counted by the test below that kills at none of them


async def test_a_thread_arrives_whole_and_in_order(desk: Desk) -> None:
    await desk.a_thread()
    await desk.send_all(desk.outbox())
    await desk.check_thread_shown_once()
    assert desk.texts() == ["root, changed", "probe.png+face.png", "reply"]


@pytest.mark.parametrize("method", EVERY_CALL)
@pytest.mark.parametrize(
    "fault",
    [Fault.RATE_LIMITED, Fault.FAILS_BEFORE, Fault.FAILS_AFTER, Fault.DROPPED],
)
async def test_a_call_that_fails_twice_loses_and_doubles_nothing(
    desk: Desk, method: str, fault: Fault
) -> None:
    await desk.a_thread()
    desk.sandbox.workspace.faults.plan(method, fault, times=2)
    await desk.send_all(desk.outbox())
    await desk.check_thread_shown_once()


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("at", range(1, CALLS_OF_A_THREAD + 1))
async def test_a_process_killed_at_any_call_is_continued_by_the_next(
    desk: Desk, at: int, answered: bool
) -> None:
    await desk.a_thread()
    client = desk.dying(at, answered=answered)
    killed = desk.outbox(client)
    while not client.died:
        await killed.step()
    await killed.drain()
    await desk.send_all(desk.outbox())
    await desk.check_thread_shown_once()


async def test_the_calls_at_which_a_process_is_killed_are_all_there_are(
    desk: Desk,
) -> None:
    await desk.a_thread()
    await desk.send_all(desk.outbox(desk.dying(CALLS_OF_A_THREAD + 1, answered=False)))
    assert len(desk.sandbox.web_api.calls) == CALLS_OF_A_THREAD


async def test_an_answer_that_comes_too_late_makes_no_second_message(
    desk: Desk,
) -> None:
    await desk.a_thread()
    faults = desk.sandbox.workspace.faults
    for method in ("chat.postMessage", "files.completeUploadExternal"):
        faults.plan(method, Fault.SLOW, seconds=0.9)
    # Less than a second: its type says int, aiohttp takes any number.
    await desk.send_all(desk.outbox(desk.client(timeout=cast(int, 0.5))))
    await eventually(lambda: len(desk.calls("files.completeUploadExternal")) == 2)
    await eventually(lambda: len(desk.calls("chat.postMessage")) == 3)
    await desk.check_thread_shown_once()


async def test_slack_is_left_alone_for_as_long_as_it_says(desk: Desk) -> None:
    await desk.post(ROOT, text="root")
    desk.sandbox.workspace.faults.plan(
        "chat.postMessage", Fault.RATE_LIMITED, seconds=30
    )
    outbox = desk.outbox()
    for seconds in (0, 29, 2):
        assert desk.texts() == []
        desk.clock.forward(seconds)
        await outbox.step()
        await outbox.drain()
    assert desk.texts() == ["root"]


async def test_a_picture_stuck_in_processing_is_waited_for_not_sent_again(
    desk: Desk,
) -> None:
    await desk.a_thread()
    desk.sandbox.workspace.processing_seconds = 600
    outbox = desk.outbox()
    await desk.send_all(outbox)
    assert len(desk.calls("files.completeUploadExternal")) == 1
    await desk.check_thread_shown_once()


async def test_a_picture_stuck_in_processing_over_a_restart_is_seen_once(
    desk: Desk,
) -> None:
    await desk.a_thread()
    desk.sandbox.workspace.processing_seconds = 90
    first = desk.outbox()
    while not desk.shown():
        await first.step()
        await first.drain()
    await desk.send_all(desk.outbox())
    await desk.check_thread_shown_once()


def _taken_over(desk: Desk, message: Message) -> None:
    message.user = cases.SAM  # Slack then says cant_update_message


def _deleted(desk: Desk, message: Message) -> None:
    desk.sandbox.workspace.remove(message)


@pytest.mark.parametrize("spoil", [_taken_over, _deleted])
async def test_a_card_that_cannot_be_changed_any_more_is_posted_anew_once(
    desk: Desk, spoil: Callable[[Desk, Message], None]
) -> None:
    outbox = desk.outbox()
    await desk.post(ROOT, text="root")
    await desk.send_all(outbox)
    spoil(desk, desk.messages()[0])
    await desk.update(ROOT, "first change")
    await desk.post(REPLY, text="reply", thread=ROOT)
    await desk.update(ROOT, "second change")
    await desk.send_all(outbox)
    anew = next(m for m in desk.messages() if m.text == "second change")
    reply = next(m for m in desk.messages() if m.text == "reply")
    assert reply.thread_ts == anew.ts
    assert [m.text for m in desk.messages() if m.text != "root"] == [
        "second change",
        "reply",
    ]


async def test_nothing_goes_to_a_channel_shared_outside_until_that_has_ended(
    desk: Desk,
) -> None:
    channel = desk.sandbox.workspace.channels[cases.EXAMINERS]
    outbox = desk.outbox()
    channel.is_ext_shared = True
    await desk.post(ROOT, text="root")
    await desk.post("elsewhere", cases.SUPERVISORS, text="elsewhere")
    await _minutes(desk, outbox, 3)
    assert desk.texts() == []
    assert desk.texts(cases.SUPERVISORS) == ["elsewhere"]
    assert await _alerts(desk) == [cases.EXAMINERS]
    channel.is_ext_shared = False
    await _minutes(desk, outbox, 2)
    assert desk.texts() == ["root"]


async def test_a_channel_shared_outside_again_is_reported_again(desk: Desk) -> None:
    channel = desk.sandbox.workspace.channels[cases.EXAMINERS]
    outbox = desk.outbox()
    for number in (1, 2):
        channel.is_ext_shared = True
        await desk.post(f"card {number}", text=f"text {number}")
        await _minutes(desk, outbox, 2)
        channel.is_ext_shared = False
        await _minutes(desk, outbox, 2)
    assert await _alerts(desk) == [cases.EXAMINERS, cases.EXAMINERS]
    assert desk.texts() == ["text 1", "text 2"]


async def _minutes(desk: Desk, outbox: Outbox, minutes: int) -> None:
    for _ in range(minutes):
        desk.workspaces[-1].forget()  # what is remembered of a channel is a minute old
        while await outbox.step():
            await outbox.drain()
        desk.clock.forward(61)


async def _alerts(desk: Desk) -> list[str]:
    async with desk.db.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
    return [e.event.subject for e in entries if e.event.verb is Verb.CHANNEL_UNSAFE]


async def test_at_the_usual_pace_slack_never_has_to_slow_the_bot_down(
    desk: Desk,
) -> None:
    faster = 20
    between = inspect.signature(Bot).parameters["seconds_between"].default / faster
    desk.sandbox.workspace.now = desk.sandbox.workspace.rates.now = lambda: (
        time.time() * faster
    )
    desk.sandbox.workspace.rates.strict = True
    for number in range(12):
        await desk.post(f"card {number}", text=str(number))
    await desk.send_all(desk.outbox(seconds_between=between))
    assert desk.texts() == [str(number) for number in range(12)]
    assert len(desk.calls("chat.postMessage")) == 12


async def test_posts_that_are_too_many_for_slack_still_arrive_once_and_in_order(
    desk: Desk,
) -> None:
    desk.sandbox.workspace.rates.strict = True
    for number in range(12):
        await desk.post(f"card {number}", text=str(number))
    await desk.send_all(desk.outbox())
    assert desk.texts() == [str(number) for number in range(12)]
    assert len(desk.calls("chat.postMessage")) > 12


async def test_a_slow_channel_holds_up_no_other(desk: Desk) -> None:
    faults = desk.sandbox.workspace.faults
    faults.plan("chat.postMessage", Fault.SLOW, seconds=2)
    await desk.post("slow", cases.EXAMINERS, text="slow")
    outbox = desk.outbox()
    # The fault meets the next call, so the slow one has to be under way before the quick one.
    while faults.waiting("chat.postMessage"):
        await outbox.step()
    await desk.post("quick", cases.SUPERVISORS, text="quick")
    while not desk.texts(cases.SUPERVISORS):
        await outbox.step()
    assert desk.texts() == []
    await desk.send_all(outbox)
    assert desk.texts() == ["slow"]


async def test_a_person_is_written_to_directly(desk: Desk) -> None:
    await desk.post(ROOT, cases.DANA, text="for Dana alone")
    await desk.send_all(desk.outbox())
    assert desk.texts(desk.sandbox.person(cases.DANA).dm) == ["for Dana alone"]


async def test_whoever_is_no_longer_a_requester_is_not_written_to(desk: Desk) -> None:
    desk.requesters.clear()
    await desk.post(ROOT, cases.DANA, text="for Dana alone")
    await _minutes(desk, desk.outbox(), 3)
    assert desk.calls("conversations.open") == []
    assert await desk.pending() == 1


async def test_what_slack_will_never_take_holds_up_nothing_behind_it(
    desk: Desk,
) -> None:
    await desk.post(ROOT, blocks=NONSENSE)
    await desk.upload("probe")
    await desk.post(REPLY, text="reply", thread=ROOT)
    await desk.post("next", text="the next request")
    await desk.send_all(desk.outbox())
    assert desk.texts() == ["the next request"]
    async with desk.db.snapshot() as snapshot:
        assert len(await snapshot.outbox.failed()) == 3


async def test_a_card_that_was_refused_is_posted_when_it_has_changed(
    desk: Desk,
) -> None:
    outbox = desk.outbox()
    await desk.post(ROOT, blocks=NONSENSE)
    await desk.send_all(outbox)
    await desk.update(ROOT, "now with words")
    await desk.send_all(outbox)
    assert desk.texts() == ["now with words"]


async def test_a_picture_is_removed_once_and_that_is_recorded(desk: Desk) -> None:
    outbox = desk.outbox()
    await desk.a_thread()
    await desk.send_all(outbox)
    desk.sandbox.workspace.faults.plan("files.delete", Fault.FAILS_AFTER)
    async with desk.db.transaction() as tx:
        await tx.outbox.add(_removal(f"{REQUEST}/probe"))
    await desk.send_all(outbox)
    assert [f.name for f in desk.shown()] == ["face.png"]
    assert (await desk.pictures())[f"{REQUEST}/probe"].removed_at is not None
    async with desk.db.snapshot() as snapshot:
        verbs = [e.event.verb for e in await snapshot.audit.entries()]
    assert verbs.count(Verb.PICTURE_REMOVED) == 1
    assert verbs.count(Verb.PICTURE_SHOWN) == 2


def _removal(picture: str) -> Sending:
    return a_sending(
        key=f"remove/{picture}",
        kind=SendingKind.REMOVE_FILE,
        channel=cases.EXAMINERS,
        text="",
        pictures=(picture,),
    )
