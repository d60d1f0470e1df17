"""A supervisor takes an examination from whoever cannot end it (policy 7: A1, A2, A4, A11, A35)."""

from datetime import date

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, text_of
from tests.journeys.reassigning import (
    examinations,
    handed_back,
    pressed,
    reassigned,
    taken,
)

ABSENT = "On sick leave since yesterday evening."
LONG = date(2099, 12, 31)


async def test_an_expired_examiner_strands_nothing(workplace: Workplace) -> None:
    """A4: the certificate ran out after taking. Nobody could end this before."""
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    workplace.in_roles(cases.ERIK, certified_until=date(2026, 11, 22))
    await reassigned(workplace, cases.SAM, ts, ABSENT)
    left, following = await examinations(workplace, id)
    assert left.left_at is not None
    assert (following.seat, following.sitting) == (left.seat, 2)
    await workplace.decided(id, cases.LENA, 1, "D0014")
    assert await workplace.state(id) is State.PEER_REVIEW
    [event] = await workplace.events(Verb.EXAMINATION_REASSIGNED)
    assert event.actor == "9001"
    assert (event.facts["examiner"], event.facts["reason"]) == ("8101", ABSENT)


async def test_the_displaced_examiner_is_told_privately_and_nobody_else_is(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    await reassigned(
        workplace, cases.SAM, await taken(workplace, cases.PRIYA, id, 1), ABSENT
    )
    told = [text_of(m) for m in workplace.person(cases.PRIYA).dm_messages()]
    assert any(ABSENT in text and id in text for text in told)
    for account in (cases.ERIK, cases.LENA, cases.TOMAS, cases.DANA, cases.SAM):
        assert not any(ABSENT in text for text in workplace.seen_by(account))
    assert "Closed." in text_of(workplace.acts.examination_cards(id)[1])


async def test_a_supervisor_may_reassign_more_than_once(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await reassigned(workplace, cases.SAM, await taken(workplace, cases.ERIK, id))
    await workplace.decided(id, cases.LENA, 1, "D0014")
    await workplace.settle()
    await reassigned(workplace, cases.SAM, await taken(workplace, cases.PRIYA, id, 2))
    assert await workplace.refusals() == []


async def test_a_supervisor_does_not_take_the_seat_that_was_freed(
    workplace: Workplace,
) -> None:
    """A2: one person, two roles: the second part is refused."""
    id = await workplace.searched()
    workplace.in_roles(
        cases.SAM, roles=["supervisor", "examiner"], certified_until=LONG
    )
    await reassigned(workplace, cases.SAM, await taken(workplace, cases.ERIK, id))
    await pressed(workplace, cases.SAM, await workplace.card(id, 1), ActionId.TAKE)
    assert await workplace.refusals() == [("9001", "SEPARATION_OF_DUTIES")]


async def test_whoever_has_a_part_on_the_request_does_not_reassign(
    workplace: Workplace,
) -> None:
    """A1 and A2: neither the other examiner nor the requester, whatever else they are."""
    id = await workplace.peered()
    ts = await taken(workplace, cases.PRIYA, id, 1)
    for account, roles in (
        (cases.ERIK, ["examiner", "supervisor"]),
        (cases.PRIYA, ["examiner", "supervisor"]),
    ):
        workplace.in_roles(account, roles=roles, certified_until=LONG)
        assert await pressed(workplace, account, ts, ActionId.REASSIGN) is None
    refused = [rule for _, rule in await workplace.refusals()]
    assert refused == ["SEPARATION_OF_DUTIES"] * 2


async def test_only_a_supervisor_reassigns(workplace: Workplace) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    assert await pressed(workplace, cases.LENA, ts, ActionId.REASSIGN) is None
    assert await workplace.refusals() == [("8103", "ROLE_REQUIRED")]


async def test_two_supervisors_at_once_reassign_once(workplace: Workplace) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    for account in (cases.SAM, cases.RUTH):
        assert await pressed(workplace, account, ts, ActionId.REASSIGN) is not None
    for account in (cases.SAM, cases.RUTH):
        await workplace.person(account).fill_and_submit({BlockId.REASON: ABSENT})
        await workplace.settle()
    assert await workplace.refusals() == [("9002", "HANDED_BACK")]
    assert len(await examinations(workplace, id)) == 2


async def late_after_submission(workplace: Workplace, _id: str, ts: str) -> str:
    await workplace.person(cases.ERIK).click(
        cases.EXAMINERS, ts, ActionId.SUBMIT_EXAMINATION
    )
    await workplace.settle()
    await workplace.person(cases.ERIK).submit()
    await workplace.settle()
    return "SUBMITTED"


async def late_after_hand_back(workplace: Workplace, _id: str, ts: str) -> str:
    await handed_back(workplace, cases.ERIK, ts)
    return "HANDED_BACK"


async def late_after_withdrawal(workplace: Workplace, id: str, _ts: str) -> str:
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    return "STATE"


@pytest.mark.parametrize(
    "meanwhile", [late_after_submission, late_after_hand_back, late_after_withdrawal]
)
async def test_a_form_that_comes_late_changes_nothing(
    workplace: Workplace, meanwhile: object
) -> None:
    assert callable(meanwhile)
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    card = workplace.acts.examination_cards(id)[0]
    for candidate in workplace.acts.candidates(cases.ERIK, card):
        await workplace.acts.exclude(cases.ERIK, candidate)
        await workplace.settle()
    assert await pressed(workplace, cases.SAM, ts, ActionId.REASSIGN) is not None
    rule = await meanwhile(workplace, id, ts)
    before = await workplace.state(id)
    await workplace.person(cases.SAM).fill_and_submit({BlockId.REASON: ABSENT})
    await workplace.settle()
    assert await workplace.refusals() == [("9001", rule)]
    assert await workplace.state(id) is before
    assert await workplace.events(Verb.EXAMINATION_REASSIGNED) == []


async def test_an_examination_nobody_has_taken_is_not_reassigned(
    workplace: Workplace,
) -> None:
    """A form of before: the seat is free again by the time it is sent."""
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    press = workplace.press(cases.SAM, cases.EXAMINERS, ts, ActionId.REASSIGN)
    await handed_back(workplace, cases.ERIK, ts)
    _, free = await examinations(workplace, id)
    press["actions"][0]["value"] = f"{free.id}|{free.version}"
    await workplace.deliver(press)
    # The button does not stand on the card of that sitting; the rule behind it says no as well.
    assert await workplace.refusals() == [("9001", "FOREIGN_CARD")]
