"""What waits too long is brought to mind: once each, to the right people, and without a word of the case."""

from datetime import timedelta

import pytest

from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, text_of
from tests.journeys.reassigning import handed_back, taken


async def pass_hours(workplace: Workplace, hours: float) -> None:
    """Move the clock in one step, tick twice as a restarted bot would, and let everything follow."""
    workplace.clock.forward(hours=hours)
    for _ in range(2):
        await workplace.bot.ticks.remind()
        await workplace.settle()


def told_in(workplace: Workplace, channel: str) -> list[str]:
    messages = workplace.person(cases.SAM).messages(channel)
    return [t for m in messages if "something waits" in (t := text_of(m))]


def told_directly(workplace: Workplace, account: str) -> list[str]:
    messages = workplace.person(account).dm_messages()
    return [t for m in messages if "something waits" in (t := text_of(m))]


async def test_an_examination_nobody_takes_is_brought_to_mind_in_its_channel(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await pass_hours(workplace, 23.9)
    assert told_in(workplace, cases.EXAMINERS) == []
    await pass_hours(workplace, 0.1)
    [reminder] = told_in(workplace, cases.EXAMINERS)
    assert id in reminder
    assert "24 hours" in reminder
    assert told_in(workplace, cases.SUPERVISORS) == []
    await pass_hours(workplace, 48)
    assert len(told_in(workplace, cases.EXAMINERS)) == 2
    [escalated] = told_in(workplace, cases.SUPERVISORS)
    assert "72 hours" in escalated
    await pass_hours(workplace, 200)
    assert len(told_in(workplace, cases.EXAMINERS)) == 2
    assert len(told_in(workplace, cases.SUPERVISORS)) == 1


async def test_whoever_took_it_is_reminded_alone(workplace: Workplace) -> None:
    """The hours run from the taking; what is told names the examiner to supervisors only."""
    id = await workplace.searched()
    workplace.clock.forward(hours=20)
    await taken(workplace, cases.ERIK, id)
    await pass_hours(workplace, 23)
    assert told_directly(workplace, cases.ERIK) == []
    await pass_hours(workplace, 1)
    [reminder] = told_directly(workplace, cases.ERIK)
    assert "24 hours" in reminder
    assert told_in(workplace, cases.EXAMINERS) == []
    await pass_hours(workplace, 48)
    [escalated] = told_in(workplace, cases.SUPERVISORS)
    assert cases.ERIK in escalated
    for account in (cases.PRIYA, cases.DANA):
        assert told_directly(workplace, account) == []


async def test_a_sitting_that_begins_anew_has_hours_of_its_own(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    await pass_hours(workplace, 25)
    await handed_back(workplace, cases.ERIK, ts)
    assert told_in(workplace, cases.EXAMINERS) == []
    await pass_hours(workplace, 24)
    assert len(told_in(workplace, cases.EXAMINERS)) == 1
    assert len(told_directly(workplace, cases.ERIK)) == 1


async def test_a_review_nobody_rules_on_is_brought_to_mind_twice(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    await pass_hours(workplace, 24)
    await pass_hours(workplace, 48)
    reminders = told_in(workplace, cases.SUPERVISORS)
    assert [id in one for one in reminders] == [True, True]
    assert "ruling" in reminders[0]


async def test_a_lead_nobody_opens_is_brought_to_mind_after_a_fortnight(
    workplace: Workplace,
) -> None:
    id = await workplace.released()
    assert await workplace.state(id) is State.RELEASED
    await pass_hours(workplace, 14 * 24 - 1)
    assert told_directly(workplace, cases.DANA) == []
    await pass_hours(workplace, 1)
    [reminder] = told_directly(workplace, cases.DANA)
    assert "14 days" in reminder
    assert len(told_in(workplace, cases.SUPERVISORS)) == 1


@pytest.mark.parametrize("hours", [24, 72, 400])
async def test_nothing_is_said_of_what_was_withdrawn(
    workplace: Workplace, hours: int
) -> None:
    id = await workplace.searched()
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    await pass_hours(workplace, hours)
    assert told_in(workplace, cases.EXAMINERS) == []
    assert told_in(workplace, cases.SUPERVISORS) == []


async def test_a_reminder_says_nothing_of_the_case(workplace: Workplace) -> None:
    id = await workplace.searched()
    await pass_hours(workplace, 72)
    request = await workplace.request(id)
    said = " ".join(
        [*told_in(workplace, cases.EXAMINERS), *told_in(workplace, cases.SUPERVISORS)]
    )
    secret = (request.asked.case_number, request.asked.factual_basis[:20], cases.DANA)
    assert not any(fact in said for fact in secret)
    assert "first" not in said
    assert request.moved_at is not None
    assert workplace.clock() - request.moved_at >= timedelta(hours=72)
