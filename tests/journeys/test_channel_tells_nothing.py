"""What whoever may still be seated can read of two examiners: the same, whatever they came to (policy 6.5; A7,
A10 and A35; decision 0028)."""

import json
import re
from typing import Any

import pytest

from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, still
from tests.journeys.test_home import home_of, opened

MATE, OTHER = "D0014", "D0061"
MURDER = {"category": "MURDER"}


async def compared(
    workplace: Workplace, case: int, subject: str, *levels: int, other: str = ""
) -> str:
    """A request of its own that two have examined: each supports the subject at a level, or nobody at 0."""
    id = await workplace.sent(
        image=still("mated", case),
        case_number=f"2026-075-00{case:04}",
        changes=MURDER,
    )
    await workplace.settle()
    for place, level in enumerate(levels):
        account = (cases.ERIK, cases.PRIYA)[place]
        found = subject if level else None
        await workplace.decided(
            id, account, place, found, level or -2, in_context=False
        )
        await workplace.settle()
    return id


async def read_by(workplace: Workplace, account: str, id: str) -> list[str]:
    """Everything of one request this person can read, in the channel, directly and on Home, in its order."""
    await opened(workplace, account)
    own = await _examinations(workplace, id)
    marks = (id, *own)
    workspace = workplace.sandbox.workspace
    person = workplace.person(account)
    roots = {m["ts"] for m in workplace.acts.examination_cards(id)}
    rooms = [c.id for c in person.channels()]
    read = [
        (m.channel, m.text, m.blocks, [workspace.files[f].name for f in m.files])
        for m in workspace.messages
        if m.channel in rooms and (m.ts in roots or m.thread_ts in roots or _of(m, id))
    ]
    home = [b for b in home_of(workplace, account)["blocks"] if id in json.dumps(b)]
    return [_without(json.dumps(one), marks) for one in [*read, home]]


def _of(message: Any, id: str) -> bool:
    return id in json.dumps([message.text, message.blocks])


async def _examinations(workplace: Workplace, id: str) -> list[str]:
    async with workplace.db.snapshot() as snapshot:
        return [e.id for e in await snapshot.examinations.of(id)]


def _without(text: str, marks: tuple[str, ...]) -> str:
    """Without what is different in any two cases: numbers, files, and the links to a message."""
    for mark in marks:
        text = text.replace(mark, "?")
    return re.sub(r'F-?\d+|F[0-9A-Z]{6,}|/p\d+|"b\d{8}"|mine-\d+', "?", text)


@pytest.fixture(autouse=True)
def nobody_else_looks(workplace: Workplace) -> None:
    """Erik and Priya compare; Lena and Tomas may be seated yet."""
    assert {cases.LENA, cases.TOMAS} <= set(
        workplace.sandbox.workspace.channels[cases.EXAMINERS].members
    )


async def test_a35_the_channel_does_not_tell_whether_two_agree_on_somebody_or_nobody(
    workplace: Workplace,
) -> None:
    agreed = await compared(workplace, 0, MATE, 2, 2)
    nobody = await compared(workplace, 1, OTHER, 0, 0)
    assert await workplace.state(agreed) is State.CONTEXT_CHECK
    assert await workplace.state(nobody) is State.SUPERVISOR_REVIEW
    for account in (cases.LENA, cases.TOMAS):
        seen = await read_by(workplace, account, agreed)
        assert len(seen) > 3
        assert seen == await read_by(workplace, account, nobody)
    await workplace.acts.check_context(cases.ERIK, agreed)
    await workplace.settle()
    assert await workplace.state(agreed) is State.SUPERVISOR_REVIEW
    for account in (cases.LENA, cases.TOMAS):
        seen = await read_by(workplace, account, agreed)
        assert seen == await read_by(workplace, account, nobody)


async def test_a35_a_third_card_does_not_tell_a_split_from_a_return(
    workplace: Workplace,
) -> None:
    split = await compared(workplace, 0, MATE, 2, 0)
    agreed = await compared(workplace, 1, OTHER, 2, 2)
    await workplace.context_checked(agreed)
    await workplace.settle()
    await workplace.acts.close(cases.SAM, agreed, "return")
    await workplace.settle()
    assert await workplace.state(split) is State.THIRD_REVIEW
    assert await workplace.state(agreed) is State.EXAMINATION
    assert len(workplace.acts.examination_cards(agreed)) == 3
    for account in (cases.LENA, cases.TOMAS):
        seen = await read_by(workplace, account, split)
        assert seen == await read_by(workplace, account, agreed)


async def test_a10_who_has_compared_reads_of_it_and_nobody_else(
    workplace: Workplace,
) -> None:
    id = await compared(workplace, 0, MATE, 2, 2)
    told = {
        account: [
            message
            for message in workplace.person(account).dm_messages()
            if f"Context check of {id}" in json.dumps(message)
        ]
        for account in (cases.ERIK, cases.PRIYA, cases.LENA, cases.TOMAS, cases.DANA)
    }
    assert [len(found) for found in told.values()] == [1, 1, 0, 0, 0]
    assert "nother examiner holds" in json.dumps(told[cases.PRIYA])
    for account, others in ((cases.LENA, False), (cases.SAM, True)):
        home = await opened(workplace, account)
        assert (f"{id}: a context check" in home) is others
    # A reminder of it goes the same way.
    workplace.clock.forward(hours=73)
    await workplace.bot.ticks.remind()
    await workplace.settle()
    channel = json.dumps(workplace.person(cases.LENA).messages(cases.EXAMINERS))
    assert "ontext check" not in channel
    assert ActionId.CHECK_CONTEXT not in channel
