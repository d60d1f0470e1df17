"""A released lead is taken back by hand (policy 6.3, 22), by signed clicks."""

import copy
from pathlib import Path
from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.corroborations import ReportKind
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.sandbox.people import Person
from bot.views.ids import ActionId, BlockId
from tests.front import Enrolled, Workplace, text_of
from tests.journeys.asking import enter, send, top
from tests.journeys.sealed import own_house, seal

WHY = "The person was in custody in another state on that day; the jail confirms it."


def review_card(workplace: Workplace, id: str) -> dict[str, Any]:
    messages = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    return next(m for m in messages if f"Review of {id}" in text_of(m))


def press(workplace: Workplace, id: str, account: str) -> dict[str, Any]:
    ts = review_card(workplace, id)["ts"]
    return workplace.press(account, cases.SUPERVISORS, ts, ActionId.RECALL_LEAD)


async def before_the_form(workplace: Workplace, id: str, account: str) -> Person:
    await workplace.deliver(press(workplace, id, account))
    person = workplace.person(account)
    assert person.modal is not None
    person.fill({BlockId.REASON: WHY})
    return person


async def recalled(workplace: Workplace, id: str, account: str = cases.SAM) -> None:
    person = await before_the_form(workplace, id, account)
    await person.fill_and_submit({BlockId.REASON: WHY})
    await workplace.settle()


async def test_a_supervisor_takes_an_opened_lead_back_and_its_requester_is_told(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    assert len(workplace.pictures_of(cases.DANA)) == 2  # the own still, and the lead
    told = len(workplace.person(cases.DANA).dm_messages())
    await recalled(workplace, id)

    assert await workplace.state(id) is State.RECALLED
    assert len(workplace.pictures_of(cases.DANA)) == 1
    own = workplace.acts.own_card(cases.DANA, id)
    assert "It must not be used." in text_of(own)
    assert "Arrest number" not in text_of(own)
    assert actions(own) == {ActionId.REPORT_LEAD}
    [new] = workplace.person(cases.DANA).dm_messages()[told:]
    assert "taken back" in text_of(new)
    assert WHY in text_of(new)
    card = review_card(workplace, id)
    assert "*Recalled* by <@U-SAM>" in text_of(card)
    assert actions(card) == set()
    assert not any(WHY in said for said in workplace.seen_by(cases.OMAR))

    [event] = await workplace.events(Verb.LEAD_RECALLED)
    assert (event.actor, event.facts["reason"]) == ("9001", WHY)
    assert event.facts["from"] == State.ACKNOWLEDGED
    async with workplace.db.snapshot() as snapshot:
        # Nothing is destroyed: it has to stay explainable.
        assert await snapshot.leads.find(id) is not None
    assert await workplace.listed(id) != ()


async def test_a33_what_was_done_with_a_lead_is_reported_after_it_was_taken_back_too(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await recalled(workplace, id)
    await workplace.acts.report_lead(cases.DANA, id, ReportKind.ARREST)
    await workplace.settle()
    [event] = await workplace.events(Verb.LEAD_REPORTED)
    assert (event.actor, event.facts["corroborated"]) == ("4711", False)
    assert "Used for an arrest" in text_of(workplace.acts.own_card(cases.DANA, id))
    assert any("for an arrest" in said for said in workplace.seen_by(cases.SAM))
    assert await workplace.state(id) is State.RECALLED


async def test_a_lead_that_nobody_has_opened_is_taken_back_before_it_is(
    workplace: Workplace,
) -> None:
    id = await workplace.released()
    own = workplace.acts.own_card(cases.DANA, id)
    dm = workplace.person(cases.DANA).dm
    opening = workplace.press(cases.DANA, dm, own["ts"], ActionId.ACKNOWLEDGE)
    await recalled(workplace, id)
    await workplace.deliver(opening)
    assert await workplace.refusals() == [("4711", "STATE")]
    assert await workplace.state(id) is State.RECALLED


@pytest.mark.parametrize(
    ("account", "roles", "rule"),
    [
        (cases.DANA, ["requester"], "ROLE_REQUIRED"),
        (cases.MARA, ["commander"], "ROLE_REQUIRED"),
        (cases.ERIK, ["examiner", "supervisor"], "SEPARATION_OF_DUTIES"),
        (cases.DANA, ["requester", "supervisor"], "SEPARATION_OF_DUTIES"),
    ],
)
async def test_nobody_takes_a_lead_back_who_is_no_supervisor_or_has_a_part_in_it(
    workplace: Workplace, account: str, roles: list[str], rule: str
) -> None:
    id = await workplace.released()
    if "supervisor" in roles:
        enter(workplace, {account: {"roles": roles}})
    workplace.sandbox.workspace.channels[cases.SUPERVISORS].members.add(account)
    workplace.bot.workspace.forget()
    await workplace.deliver(press(workplace, id, account))
    assert workplace.person(account).modal is None
    assert [refused for _, refused in await workplace.refusals()] == [rule]
    assert await workplace.state(id) is State.RELEASED


async def test_of_two_forms_the_second_takes_nothing_back(workplace: Workplace) -> None:
    id = await workplace.released()
    await before_the_form(workplace, id, cases.SAM)
    first = workplace.person(cases.SAM).payloads.submission(
        cases.SAM, top(workplace, cases.SAM)
    )
    second = copy.deepcopy(first)
    second["view"]["id"] += "X"
    late = press(workplace, id, cases.SAM)
    await workplace.deliver(first)
    await workplace.deliver(second)
    await workplace.deliver(late)
    assert len(await workplace.events(Verb.LEAD_RECALLED)) == 1
    assert [rule for _, rule in await workplace.refusals()] == ["STATE", "STATE"]


async def test_without_a_reason_nothing_is_taken_back(workplace: Workplace) -> None:
    id = await workplace.released()
    person = await before_the_form(workplace, id, cases.SAM)
    person.fill({BlockId.REASON: "False."})
    delivery = await send(workplace, cases.SAM)
    assert set(delivery.errors) == {BlockId.REASON}
    assert await workplace.state(id) is State.RELEASED


async def test_a_lead_taken_back_by_hand_can_still_be_sealed_and_that_is_told(
    home: Path, enrolled: Enrolled
) -> None:
    async with own_house(home, enrolled) as house:
        id = await house.acknowledged()
        await recalled(house, id)
        await seal(house)
        await house.settle()
        assert await house.state(id) is State.RECALLED
        async with house.db.snapshot() as snapshot:
            assert await snapshot.leads.find(id) is None
        told = house.told(cases.DANA)
        assert WHY in told
        assert "sealed by order" in told
        assert "*Recalled* by <@U-SAM>" in text_of(review_card(house, id))
