"""Purpose F: an imminent threat is searched for when a supervisor signs, and not before."""

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still, text_of
from tests.journeys.threats import WHY, opened, sign, started, waiting, write


async def test_a34_nothing_is_searched_before_a_supervisor_signs(
    workplace: Workplace,
) -> None:
    id = await waiting(workplace)
    assert await workplace.state(id) is State.SIGN_OFF
    assert await workplace.events(Verb.SEARCH_STARTED) == []
    await sign(workplace, id, cases.SAM, ActionId.SIGN_OFF)
    assert await workplace.state(id) is State.EXAMINATION
    [given] = await workplace.events(Verb.SIGN_OFF_GIVEN)
    assert given.actor == "9001"


async def test_a_refused_sign_off_ends_the_request_unsearched(
    workplace: Workplace,
) -> None:
    id = await waiting(workplace)
    await sign(workplace, id, cases.RUTH, ActionId.REFUSE)
    assert await workplace.state(id) is State.REFUSED
    await workplace.acts.answered(cases.DANA, id, "did not sign")
    [denied] = await workplace.events(Verb.SIGN_OFF_DENIED)
    assert denied.actor == "9002"
    assert await workplace.events(Verb.SEARCH_STARTED) == []


async def test_the_threat_is_read_by_supervisors_and_by_nobody_else(
    workplace: Workplace,
) -> None:
    await waiting(workplace)
    knows = {
        account
        for account in workplace.sandbox.workspace.users
        if any("will shoot" in text for text in workplace.seen_by(account))
    }
    assert knows == {cases.SAM, cases.RUTH, "U-FISBOT"}


async def test_of_several_faces_one_is_chosen_before_a_supervisor_is_asked(
    workplace: Workplace,
) -> None:
    id = await waiting(workplace, still("several"))
    assert await workplace.state(id) is State.FACE_CHOICE
    await workplace.acts.press_own(cases.DANA, id, f"{ActionId.CHOOSE_FACE}.0")
    await workplace.settle()
    assert await workplace.state(id) is State.SIGN_OFF


@pytest.mark.parametrize("action", [ActionId.SIGN_OFF, ActionId.REFUSE])
async def test_a1_nobody_signs_for_the_own_search(
    workplace: Workplace, action: ActionId
) -> None:
    id = await waiting(workplace)
    workplace.in_roles(cases.DANA, roles=["requester", "supervisor"])
    await workplace.sandbox.join(cases.SUPERVISORS, cases.DANA)
    await sign(workplace, id, cases.DANA, action)
    assert await workplace.state(id) is State.SIGN_OFF
    assert await workplace.refusals() == [("4711", "SEPARATION_OF_DUTIES")]
    assert "somebody else must" in workplace.told(cases.DANA)


# --- the written sign-off


def sign_off_card(workplace: Workplace, id: str) -> str:
    shown = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    [card] = [m for m in shown if m.get("text") == f"Sign-off for {id}."]
    return text_of(card["blocks"])


async def written(workplace: Workplace) -> list[str]:
    return [e.actor for e in await workplace.events(Verb.SIGN_OFF_WRITTEN)]


async def test_a34_the_card_says_until_when_the_written_sign_off_is_due(
    workplace: Workplace,
) -> None:
    id = await started(workplace)
    assert "is due by November 24, 2026, 07:00 EST" in sign_off_card(workplace, id)


@pytest.mark.parametrize(
    ("account", "person"), [(cases.SAM, "9001"), (cases.RUTH, "9002")]
)
async def test_a34_any_supervisor_writes_it_and_it_stands_on_the_card(
    workplace: Workplace, account: str, person: str
) -> None:
    id = await started(workplace)
    await write(workplace, id, account)
    assert await written(workplace) == [person]
    card = sign_off_card(workplace, id)
    assert "Signed off in writing" in card
    assert WHY in card
    assert workplace.acts.supervisor_card(id, ActionId.WRITE_SIGN_OFF) is None


async def test_a34_a_reason_of_nineteen_characters_is_no_sign_off(
    workplace: Workplace,
) -> None:
    id = await started(workplace)
    sent = await write(workplace, id, cases.RUTH, "x" * 19)
    assert sent.errors
    assert await written(workplace) == []


async def test_a34_an_examiner_in_the_channel_writes_none(
    workplace: Workplace,
) -> None:
    id = await started(workplace)
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    await write(workplace, id, cases.LENA)
    assert await written(workplace) == []
    assert await workplace.refusals() == [("8103", "ROLE_REQUIRED")]


async def test_a34_the_requester_writes_none_for_the_own_search(
    workplace: Workplace,
) -> None:
    id = await started(workplace)
    workplace.in_roles(cases.DANA, roles=["requester", "supervisor"])
    await workplace.sandbox.join(cases.SUPERVISORS, cases.DANA)
    await write(workplace, id, cases.DANA)
    assert await written(workplace) == []
    assert await workplace.refusals() == [("4711", "SEPARATION_OF_DUTIES")]


async def test_a34_who_examined_it_writes_none(workplace: Workplace) -> None:
    id = await started(workplace)
    await workplace.decided(id, cases.ERIK, 0, "D0014")
    roles = ["examiner", "supervisor"]
    workplace.in_roles(cases.ERIK, roles=roles)
    await workplace.sandbox.join(cases.SUPERVISORS, cases.ERIK)
    await write(workplace, id, cases.ERIK)
    assert await written(workplace) == []
    assert await workplace.refusals() == [("8101", "SEPARATION_OF_DUTIES")]


async def test_a34_of_two_who_write_it_at_once_one_does(workplace: Workplace) -> None:
    id = await started(workplace)
    first = await opened(workplace, id, cases.SAM)
    second = await opened(workplace, id, cases.RUTH)
    for person in (first, second):
        await person.fill_and_submit({BlockId.REASON: WHY})
    await workplace.settle()
    assert len(await written(workplace)) == 1
    [(_, rule)] = await workplace.refusals()
    assert rule == "STATE"


async def test_a34_the_last_second_is_in_time(workplace: Workplace) -> None:
    id = await started(workplace)
    workplace.clock.forward(hours=24, seconds=-1)
    await write(workplace, id, cases.RUTH)
    assert await written(workplace) == ["9002"]


async def test_a34_a_day_after_the_start_is_too_late(workplace: Workplace) -> None:
    """Even if the clock has not ticked yet."""
    id = await started(workplace)
    workplace.clock.forward(hours=24)
    await write(workplace, id, cases.RUTH)
    assert await written(workplace) == []
    assert await workplace.refusals() == [("9002", "SIGN_OFF_LAPSED")]
    assert "The time for the written sign-off is over." in workplace.told(cases.RUTH)
