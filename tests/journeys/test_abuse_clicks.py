"""Everybody clicks at once (policy 7, A11): one wins, and every other person is told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.conftest import Open
from tests.front import Workplace

CLICKS = 200
EXAMINERS = (cases.ERIK, cases.PRIYA, cases.LENA, cases.TOMAS)


@pytest.fixture
async def patient(open_workplace: Open) -> AsyncIterator[Workplace]:
    """Slack would not wait this long; how long it takes is measured elsewhere, who wins is here."""
    async with open_workplace(ack_seconds=60.0) as workplace:
        yield workplace


async def test_a11_of_200_who_take_at_once_one_is_seated_and_the_others_are_told(
    patient: Workplace,
) -> None:
    id = await patient.searched()
    ts = await patient.card(id)
    await patient.deliver(
        *(
            patient.press(
                EXAMINERS[n % len(EXAMINERS)], cases.EXAMINERS, ts, ActionId.TAKE
            )
            for n in range(CLICKS)
        )
    )
    assert len(await patient.events(Verb.EXAMINATION_TAKEN)) == 1
    assert Counter(rule for _, rule in await patient.refusals()) == {
        "ALREADY_TAKEN": CLICKS - 1
    }
    notes = [n for e in EXAMINERS for n in patient.notes(e, cases.EXAMINERS)]
    assert len(notes) == CLICKS - 1


async def test_a11_of_200_submissions_at_once_one_counts(patient: Workplace) -> None:
    """The same examiner in many windows: each has a summary of its own, all are sent at once."""
    id = await patient.searched()
    card = {"ts": await patient.card(id)}
    await patient.acts.take(cases.ERIK, card)
    for candidate in patient.acts.candidates(cases.ERIK, card):
        await patient.acts.exclude(cases.ERIK, candidate)
    await patient.settle()
    erik = patient.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.SUBMIT_EXAMINATION)
    await patient.settle()
    [view] = patient.sandbox.workspace.modals.stacks[cases.ERIK]
    submission = erik.payloads.submission(cases.ERIK, view)
    await patient.deliver(
        *(
            submission | {"view": submission["view"] | {"id": f"V-{n}"}}
            for n in range(CLICKS)
        )
    )
    assert len(await patient.events(Verb.EXAMINATION_SUBMITTED)) == 1
    assert await patient.state(id) is State.SUPERVISOR_REVIEW
    refused = await patient.refusals()
    assert Counter(rule for _, rule in refused) == {"STATE": CLICKS - 1}
    assert patient.told(cases.ERIK).count("no longer open") == CLICKS - 1


async def test_a11_of_200_rulings_of_two_supervisors_at_once_one_is_carried_out(
    patient: Workplace,
) -> None:
    id = await patient.reviewable()
    submissions = []
    for account in (cases.SAM, cases.RUTH):
        person = await patient.acts.review(account, id)
        [view] = patient.sandbox.workspace.modals.stacks[account]
        chosen = next(
            b["element"]["options"][0]["value"]
            for b in view.body["blocks"]
            if b.get("block_id") == BlockId.RELEASED_CANDIDATE
        )
        person.fill(
            {
                BlockId.RULING: "release",
                BlockId.RELEASED_CANDIDATE: chosen,
                BlockId.REASON: "Both examinations agree.",
            }
        )
        payload = person.payloads.submission(account, view)
        submissions += [
            payload | {"view": payload["view"] | {"id": f"V-{account}-{n}"}}
            for n in range(CLICKS // 2)
        ]
    await patient.deliver(*submissions)
    assert len(await patient.events(Verb.LEAD_RELEASED)) == 1
    assert Counter(rule for _, rule in await patient.refusals()) == {
        "STATE": CLICKS - 1
    }
    told = patient.told(cases.SAM) + patient.told(cases.RUTH)
    assert told.count("no longer open") == CLICKS - 1
    assert await patient.state(id) is State.RELEASED


async def test_a11_a_release_and_a_withdrawal_at_once_leave_one_of_the_two(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    sam = await workplace.acts.review(cases.SAM, id)
    ruling = sam.fill_and_submit(
        {BlockId.RULING: "close", BlockId.REASON: "Nothing is left to release."}
    )
    withdrawal = workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await asyncio.gather(ruling, withdrawal)
    await workplace.settle()
    ended = await workplace.events(Verb.REQUEST_CLOSED, Verb.REQUEST_WITHDRAWN)
    assert len(ended) == 1
    assert [rule for _, rule in await workplace.refusals()] == ["STATE"]
    assert (await workplace.state(id)).is_final
