"""Nothing is decided, started, run or written a second too late, and who can still act is reminded."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from bot.casework.searching import Pins
from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.edits import Derivative
from bot.domain.probes import Probe
from bot.domain.workflow import State
from bot.jobs.bench import Bench, Run
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.views.ids import ActionId, BlockId
from tests.front import NOON, Hands, Workplace, still, text_of

END = NOON + timedelta(hours=72)
SECOND = timedelta(seconds=1)
Reach = Callable[[Workplace], Awaitable[str]]
FUTILE = {str(BlockId.FUTILE): "He came to this city last week and was never arrested."}


async def tick(workplace: Workplace, moment: datetime) -> None:
    """What the scheduler does once a minute."""
    workplace.clock.moment = moment
    await workplace.bot.ticks.end_what_is_over()
    await workplace.settle()


async def state_of(workplace: Workplace, id: str) -> AuthorizationState:
    return (await workplace.authorization(id)).state


async def started_at(workplace: Workplace, moment: datetime) -> str:
    """The button was pressed; no worker has looked yet."""
    id = await workplace.granted()
    workplace.clock.moment = moment
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle(work=False)
    return id


async def test_a_grant_can_be_used_until_its_last_second(workplace: Workplace) -> None:
    id = await started_at(workplace, END - SECOND)
    assert await state_of(workplace, id) is AuthorizationState.RUNNING
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED


@pytest.mark.parametrize("late", [timedelta(), SECOND])
async def test_a_grant_starts_nothing_from_its_very_end_on(
    workplace: Workplace, late: timedelta
) -> None:
    id = await started_at(workplace, END + late)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.GRANTED
    assert await workplace.refusals() == [("8103", "AUTHORIZATION_EXPIRED")]
    assert "expired" in workplace.told(cases.LENA)
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert await workplace.events(Verb.AUTHORIZATION_STARTED) == []
    alerts = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any("AUTHORIZATION_EXPIRED" in text_of(m) for m in alerts)


async def test_a_search_ordered_in_time_does_not_begin_too_late(
    workplace: Workplace,
) -> None:
    id = await started_at(workplace, END - SECOND)
    begun = await workplace.events(Verb.SEARCH_STARTED)
    workplace.clock.moment = END
    await workplace.settle()
    await check_ended_unused(workplace, id)
    assert await workplace.events(Verb.SEARCH_STARTED) == begun


class Slow(Bench):
    """Needs a second by the clock of the test."""

    hands: Hands

    def search(
        self,
        request_id: str,
        probe: Probe,
        pins: Pins,
        began: datetime,
        go_on: Callable[[], object] = lambda: None,
        derivative: Derivative | None = None,
    ) -> Run:
        run = super().search(request_id, probe, pins, began, go_on, derivative)
        self.hands.forward(seconds=1)
        return run


async def test_a_search_begun_in_time_writes_nothing_too_late(
    workplace: Workplace,
) -> None:
    id = await started_at(workplace, END - SECOND)
    galleries = workplace.bench.galleries_dir
    bench = Slow(workplace.bench.engine, workplace.vault, galleries, 0.35)
    bench.hands = workplace.clock
    begun = len(await workplace.events(Verb.SEARCH_STARTED))
    assert await workplace.another_worker(bench).step()
    assert len(await workplace.events(Verb.SEARCH_STARTED)) == begun + 1
    await workplace.settle()
    await check_ended_unused(workplace, id)


async def check_ended_unused(workplace: Workplace, id: str) -> None:
    assert await state_of(workplace, id) is AuthorizationState.EXPIRED
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert await workplace.events(Verb.AUTHORIZATION_CONSUMED) == []
    [refused] = await workplace.events(Verb.AUTHORIZATION_NOT_IN_FORCE)
    assert refused.facts["rule"] == "AUTHORIZATION_EXPIRED"
    async with workplace.db.snapshot() as snapshot:
        assert len(await snapshot.searches.of(id)) == 1
    alerts = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any("AUTHORIZATION_EXPIRED" in text_of(m) for m in alerts)


async def test_a_question_lapses_at_its_hour_and_not_before(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    await tick(workplace, END - SECOND)
    assert await state_of(workplace, id) is AuthorizationState.PENDING
    await tick(workplace, END)
    assert await state_of(workplace, id) is AuthorizationState.EXPIRED
    cards = workplace.person(cases.MARA).messages(cases.COMMANDERS)
    assert not any(ActionId.DECIDE_AUTHORIZATION in actions(card) for card in cards)
    assert "has expired" in workplace.told(cases.DANA)
    [ended] = await workplace.events(Verb.AUTHORIZATION_EXPIRED)
    assert ended.facts["from"] == AuthorizationState.PENDING


async def test_nobody_decides_a_question_from_its_very_end_on(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    workplace.clock.moment = END - SECOND
    person = await workplace.authorizing.open_decision(cases.MARA, id)
    workplace.clock.moment = END
    await person.fill_and_submit(
        {
            BlockId.DECISION: "grant",
            BlockId.TYPED_CASE_NUMBER: "2026-075-001234",
            BlockId.REASON: "The need is legitimate, and nothing milder is left.",
        }
    )
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.PENDING
    assert await workplace.refusals() == [("0101", "AUTHORIZATION_EXPIRED")]


async def test_a_grant_expires_once_however_often_the_clock_ticks(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    for minutes in range(3):
        await tick(workplace, END + timedelta(minutes=minutes))
    assert await state_of(workplace, id) is AuthorizationState.EXPIRED
    assert len(await workplace.events(Verb.AUTHORIZATION_EXPIRED)) == 1
    cards = workplace.person(cases.LENA).messages(cases.EXAMINERS)
    assert not any(ActionId.START_AUTHORIZED in actions(card) for card in cards)


async def test_an_ordered_search_that_no_worker_has_begun_expires_with_its_hour(
    workplace: Workplace,
) -> None:
    id = await started_at(workplace, END - SECOND)
    begun = await workplace.events(Verb.SEARCH_STARTED)
    workplace.clock.moment = END
    await workplace.bot.ticks.end_what_is_over()
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.EXPIRED
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert await workplace.events(Verb.SEARCH_STARTED) == begun


async def test_what_a_search_found_outlives_the_hour_of_its_grant(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    await tick(workplace, END + SECOND)
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED
    assert len(await workplace.listed(id)) == 3


# --- the request ends first


async def asked_meanwhile(workplace: Workplace) -> str:
    """While the standard examination waits, because arrest photographs are futile."""
    id = await workplace.searched()
    await workplace.authorizing.ask(cases.DANA, id, FUTILE)
    await workplace.settle()
    return id


async def granted_meanwhile(workplace: Workplace) -> str:
    id = await asked_meanwhile(workplace)
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.settle()
    return id


async def running_meanwhile(workplace: Workplace) -> str:
    id = await granted_meanwhile(workplace)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle(work=False)
    return id


@pytest.mark.parametrize(
    "reach", [asked_meanwhile, granted_meanwhile, running_meanwhile]
)
async def test_withdrawing_the_request_ends_what_is_open(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    assert (await state_of(workplace, id)).is_open
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    assert await workplace.state(id) is State.WITHDRAWN
    assert await state_of(workplace, id) is AuthorizationState.WITHDRAWN
    assert await workplace.events(Verb.AUTHORIZATION_CONSUMED) == []
    await check_nothing_to_press(workplace)


@pytest.mark.parametrize("reach", [asked_meanwhile, granted_meanwhile])
async def test_a_lead_ends_what_is_open(workplace: Workplace, reach: Reach) -> None:
    id = await reach(workplace)
    await workplace.decided(id, cases.ERIK, 0, "D0014")
    await workplace.decided(id, cases.PRIYA, 1, "D0014")
    await workplace.settle()
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED
    assert await state_of(workplace, id) is AuthorizationState.WITHDRAWN
    await check_nothing_to_press(workplace)


async def check_nothing_to_press(workplace: Workplace) -> None:
    dead = {
        ActionId.DECIDE_AUTHORIZATION,
        ActionId.START_AUTHORIZED,
        ActionId.REVOKE_AUTHORIZATION,
        ActionId.WITHDRAW_AUTHORIZATION,
    }
    for account in (cases.DANA, cases.LENA, cases.SAM, cases.MARA):
        person = workplace.person(account)
        shown = [m for room in person.channels() for m in person.messages(room.id)]
        shown += person.dm_messages()
        assert all(actions(message).isdisjoint(dead) for message in shown)


# --- reminders


def reminders(workplace: Workplace, account: str, channel: str) -> int:
    shown = workplace.person(account).messages(channel)
    return sum(str(m.get("text")).startswith("Reminder:") for m in shown)


@pytest.mark.parametrize(
    ("hours", "posted"),
    [(47.99, 0), (48, 1), (50, 1), (67.99, 1), (68, 2), (71.99, 2), (72, 2), (73, 2)],
)
async def test_commanders_are_reminded_a_day_and_four_hours_before_a_question_lapses(
    workplace: Workplace, hours: float, posted: int
) -> None:
    """Whether the bot was running at the very moment or not."""
    await workplace.asked()
    for moment in (24.0, 48.0, 68.0, hours):
        if moment <= hours:
            await tick(workplace, NOON + timedelta(hours=moment))
            await tick(workplace, NOON + timedelta(hours=moment, seconds=20))
    assert reminders(workplace, cases.MARA, cases.COMMANDERS) == posted
    assert reminders(workplace, cases.LENA, cases.EXAMINERS) == 0


async def test_a_reminder_missed_while_the_bot_was_down_is_given_when_it_is_up(
    workplace: Workplace,
) -> None:
    await workplace.granted()
    for hours in (60, 61, 70, 71):
        await tick(workplace, NOON + timedelta(hours=hours))
    assert reminders(workplace, cases.LENA, cases.EXAMINERS) == 2
    assert reminders(workplace, cases.MARA, cases.COMMANDERS) == 0


@pytest.mark.parametrize(("hours", "posted"), [(8, 1), (24, 1), (48, 2)])
async def test_nobody_is_reminded_of_what_lay_before_the_grant(
    workplace: Workplace, hours: int, posted: int
) -> None:
    id = await workplace.asked()
    await workplace.authorizing.decide(cases.MARA, id, "grant", hours=hours)
    await workplace.settle()
    await tick(workplace, NOON + timedelta(hours=hours, minutes=-1))
    assert reminders(workplace, cases.LENA, cases.EXAMINERS) == posted


async def test_nobody_is_reminded_of_a_search_that_was_started(
    workplace: Workplace,
) -> None:
    await workplace.authorized()
    for hours in (48, 68, 71):
        await tick(workplace, NOON + timedelta(hours=hours))
    assert reminders(workplace, cases.LENA, cases.EXAMINERS) == 0


async def test_a_question_from_elsewhere_is_not_touched_by_the_end_of_another(
    workplace: Workplace,
) -> None:
    first = await workplace.asked()
    workplace.clock.forward(hours=1)
    second = await workplace.sent(cases.OMAR, image=still("mated"))
    await workplace.acts.examination(second)
    await workplace.authorizing.ask(cases.OMAR, second, FUTILE)
    await workplace.settle()
    await tick(workplace, END)
    assert await state_of(workplace, first) is AuthorizationState.EXPIRED
    assert await state_of(workplace, second) is AuthorizationState.PENDING
