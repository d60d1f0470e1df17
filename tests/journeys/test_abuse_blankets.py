"""A permission for everything, for ever or for several at once (policy 7, A14): there is none."""

import pytest

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.sandbox.authorizing import QUESTION
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still
from tests.journeys.asking import (
    FUTILE,
    asked_from_examination,
    choose,
    granting,
    send,
    state_of,
    top,
)

MARA = "0101"
PENDING = AuthorizationState.PENDING

BLANKETS = {
    "everything": ("*", "UNKNOWN_REPOSITORY"),
    "two in one": (f"{cases.DMV},{cases.HARBOR}", "UNKNOWN_REPOSITORY"),
    "one nobody knows": ("Passport photographs", "UNKNOWN_REPOSITORY"),
    "another spelling": (cases.DMV.upper(), "UNKNOWN_REPOSITORY"),
    "the standard one": ("arrest and parole photographs", "NOT_EXCEPTIONAL"),
    "none": ("", "BAD_PAYLOAD"),
}
BLANKET_WORDS = {
    "UNKNOWN_REPOSITORY": "There is no repository",
    "NOT_EXCEPTIONAL": "needs no authorization",
    "BAD_PAYLOAD": "could not be read",
}


@pytest.mark.parametrize("blanket", BLANKETS)
async def test_a14_what_is_asked_for_is_one_known_repository(
    workplace: Workplace, blanket: str
) -> None:
    value, rule = BLANKETS[blanket]
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    choose(top(workplace, cases.DANA), BlockId.REPOSITORY, value)
    await send(workplace, cases.DANA)
    assert await workplace.refusals() == [("4711", rule)]
    assert BLANKET_WORDS[rule] in workplace.told(cases.DANA)
    assert await workplace.events(Verb.AUTHORIZATION_ASKED) == []


async def test_a14_a_list_of_repositories_is_told_under_the_field(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    both = [{"value": cases.DMV}, {"value": cases.HARBOR}]
    state = {"type": "multi_static_select", "selected_options": both}
    top(workplace, cases.DANA).values[BlockId.REPOSITORY] = {ActionId.FIELD: state}
    delivery = await send(workplace, cases.DANA)
    assert list(delivery.errors) == [BlockId.REPOSITORY]
    assert await workplace.events(Verb.AUTHORIZATION_ASKED) == []


@pytest.mark.parametrize("hours", ["337", "8760", "99999", "0", "00"])
async def test_a14_nothing_is_granted_for_longer_than_fourteen_days_or_no_time(
    workplace: Workplace, hours: str
) -> None:
    id = await workplace.asked()
    await granting(workplace, id, cases.MARA)
    choose(top(workplace, cases.MARA), BlockId.EXPIRY_HOURS, hours)
    await send(workplace, cases.MARA)
    assert await workplace.refusals() == [(MARA, "EXPIRY_TOO_LONG")]
    assert "at most 336 hours" in workplace.told(cases.MARA)
    assert await state_of(workplace, id) is PENDING


@pytest.mark.parametrize("hours", ["all", "-1", "1e9", "999999"])
async def test_a14_hours_that_are_no_number_are_told_under_their_field(
    workplace: Workplace, hours: str
) -> None:
    id = await workplace.asked()
    await granting(workplace, id, cases.MARA)
    choose(top(workplace, cases.MARA), BlockId.EXPIRY_HOURS, hours)
    delivery = await send(workplace, cases.MARA)
    assert list(delivery.errors) == [BlockId.EXPIRY_HOURS]
    assert await state_of(workplace, id) is PENDING


async def test_a14_a_second_question_waits_for_the_first(workplace: Workplace) -> None:
    """Two forms open at once; and while one is open, the card does not offer it."""
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    first = top(workplace, cases.DANA)
    forms = [
        dana.payloads.submission(cases.DANA, first)
        | {"view": dana.payloads.submission(cases.DANA, first)["view"] | {"id": view}}
        for view in ("V-1", "V-2")
    ]
    for form in forms:
        await workplace.deliver(form)
    assert await workplace.refusals() == [("4711", "ALREADY_ASKED")]
    assert "has been asked for on this request already" in workplace.told(cases.DANA)
    assert len(await workplace.events(Verb.AUTHORIZATION_ASKED)) == 1
    offered = actions(workplace.acts.own_card(cases.DANA, id))
    assert ActionId.ASK_AUTHORIZATION not in offered
    assert ActionId.WITHDRAW_AUTHORIZATION in offered


async def test_a14_the_same_question_delivered_twice_is_asked_once(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    dana = await workplace.authorizing.open_question(cases.DANA, id)
    dana.fill(QUESTION)
    form = dana.payloads.submission(cases.DANA, top(workplace, cases.DANA))
    await workplace.deliver(form, form)
    await workplace.deliver(form)
    assert len(await workplace.events(Verb.AUTHORIZATION_ASKED)) == 1
    assert await workplace.refusals() == []


async def test_a14_a_grant_for_one_request_is_none_for_another_of_the_same_case(
    workplace: Workplace,
) -> None:
    await workplace.granted()
    other = await workplace.searched(cases.OMAR, image=still("mated", 1))
    start = ActionId.START_AUTHORIZED
    assert workplace.authorizing.card(cases.LENA, cases.EXAMINERS, other, start) is None
    await asked_from_examination(
        workplace, cases.PRIYA, other, **{BlockId.FUTILE: FUTILE}
    )
    assert await state_of(workplace, other) is PENDING
