"""Two examiners press "Start the search" at once: one search, and no alarm about the slower one."""

import asyncio

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.sandbox import cases
from tests.front import Workplace
from tests.journeys.asking import alerts, start_press, state_of, tamper


async def test_of_two_who_press_at_once_the_slower_one_is_told_and_nobody_alarmed(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    presses = [await start_press(workplace, id, who) for who in (cases.LENA, cases.TOMAS)]  # fmt: skip
    # Both are carried out before any worker works.
    courier = workplace.sandbox.courier
    await asyncio.gather(*(courier.interaction(p["user"]["id"], p) for p in presses))
    await workplace.settle(work=False)
    assert await state_of(workplace, id) is AuthorizationState.RUNNING
    assert len(await workplace.events(Verb.AUTHORIZATION_STARTED)) == 1
    [(_, rule)] = await workplace.refusals()
    assert rule == "AUTHORIZATION_RUNNING"
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED
    assert alerts(workplace) == []


async def test_a_press_after_the_search_was_made_is_refused_and_told_to_supervisors(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    late = await start_press(workplace, id, cases.TOMAS)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    await workplace.deliver(late)
    [alert] = alerts(workplace)
    assert "A search of another repository was refused" in alert
    assert "AUTHORIZATION_CONSUMED" in alert


async def test_a_search_that_ran_is_said_to_be_stopped_and_not_that_none_was_made(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle(work=False)
    tamper(workplace, "UPDATE authorizations SET seal = 'forged'")
    await workplace.settle()
    [alert] = alerts(workplace)
    assert "A search of another repository was stopped" in alert
    assert "AUTHORIZATION_ALTERED" in alert
    assert "Nothing was searched" not in alert
