"""Who starts an authorized search, and what is closed to whoever had a part in it."""

from datetime import date
from typing import Any

import pytest

from bot.domain.authorizations import AuthorizationState
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace
from tests.journeys.asking import (
    asked_from_examination,
    enter,
    start_press,
    state_of,
)

LONG = date(2099, 12, 31)
GRANTED = AuthorizationState.GRANTED


@pytest.mark.parametrize(
    ("account", "rule", "said"),
    [
        (cases.SAM, "ROLE_REQUIRED", "Only an examiner"),
        (cases.DANA, "NOT_IN_CHANNEL", "not a member"),
        (cases.MARA, "NOT_IN_CHANNEL", "not a member"),
        (cases.VIC, "NOT_A_FULL_MEMBER", "guests cannot take part"),
    ],
)
async def test_only_examiners_start_the_search(
    workplace: Workplace, account: str, rule: str, said: str
) -> None:
    id = await workplace.granted()
    await workplace.deliver(await start_press(workplace, id, account))
    assert [r for _, r in await workplace.refusals()] == [rule]
    assert said in workplace.told(account)
    assert await state_of(workplace, id) is GRANTED


@pytest.mark.parametrize("until", [None, date(2026, 11, 22)])
async def test_an_examiner_who_is_not_certified_does_not_start_it(
    workplace: Workplace, until: date | None
) -> None:
    id = await workplace.granted()
    workplace.in_roles(cases.LENA, certified_until=until)
    await workplace.deliver(await start_press(workplace, id))
    assert await workplace.refusals() == [("8103", "TRAINING_EXPIRED")]
    assert await state_of(workplace, id) is GRANTED


BOTH = {"roles": ["examiner", "requester"], "certified_until": LONG}
ALSO_EXAMINER = {"roles": ["commander", "examiner"], "certified_until": LONG}


@pytest.mark.parametrize(
    ("account", "entry"), [(cases.DANA, BOTH), (cases.MARA, ALSO_EXAMINER)]
)
async def test_who_wanted_it_or_allowed_it_does_not_start_it(
    workplace: Workplace, account: str, entry: dict[str, Any]
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id, account)
    enter(workplace, {account: entry})
    await workplace.sandbox.join(cases.EXAMINERS, account)
    await workplace.deliver(press)
    assert [r for _, r in await workplace.refusals()] == ["SEPARATION_OF_DUTIES"]
    assert "somebody else must start this search" in workplace.told(account)
    assert await state_of(workplace, id) is GRANTED


async def test_the_commander_who_allowed_it_neither_examines_nor_releases(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    roles = ["commander", "examiner", "supervisor"]
    enter(workplace, {cases.MARA: {"roles": roles, "certified_until": LONG}})
    for channel in (cases.EXAMINERS, cases.SUPERVISORS):
        await workplace.sandbox.join(channel, cases.MARA)
    ts = await workplace.card(id, 1)
    take = workplace.press(cases.MARA, cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.deliver(take)
    await workplace.decided(id, cases.LENA, 1, None)
    await workplace.settle()
    card = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert card is not None
    await workplace.person(cases.MARA).click(
        cases.SUPERVISORS, card["ts"], ActionId.REVIEW
    )
    await workplace.settle()
    assert await workplace.refusals() == [("0101", "SEPARATION_OF_DUTIES")] * 2
    assert workplace.told(cases.MARA).count("You are the commander of this") == 2
    assert workplace.person(cases.MARA).modal is None


async def test_the_examiner_who_asked_neither_starts_it_nor_examines_it(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    await asked_from_examination(workplace, cases.PRIYA, id)
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.deliver(await start_press(workplace, id, cases.PRIYA))
    assert await state_of(workplace, id) is GRANTED
    assert "somebody else must start this search" in workplace.told(cases.PRIYA)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED
    ts = await workplace.card(id, 1)
    await workplace.person(cases.PRIYA).click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()
    assert await workplace.refusals() == [("8102", "SEPARATION_OF_DUTIES")] * 2
    assert "asked for another repository" in workplace.told(cases.PRIYA)


@pytest.mark.parametrize("account", [cases.ERIK, cases.SAM])
async def test_whoever_had_a_part_in_the_standard_search_does_not_examine_the_other(
    workplace: Workplace, account: str
) -> None:
    id = await workplace.authorized()
    press = workplace.press(
        account, cases.EXAMINERS, await workplace.card(id, 1), ActionId.TAKE
    )
    entry = {"roles": ["examiner", "supervisor"], "certified_until": LONG}
    enter(workplace, {account: entry})
    await workplace.deliver(press)
    assert [r for _, r in await workplace.refusals()] == ["SEPARATION_OF_DUTIES"]
