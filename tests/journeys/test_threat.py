"""Purpose F: an imminent threat is searched for when a supervisor signs, and not before."""

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still

THREAT = {BlockId.PURPOSE: "F_THREAT", "particular.threat": "He says he will shoot."}


async def waiting(workplace: Workplace, image: bytes | None = None) -> str:
    id = await workplace.sent(image=image, changes=THREAT)
    await workplace.settle()
    return id


async def sign(workplace: Workplace, id: str, account: str, action: str) -> None:
    card = workplace.acts.supervisor_card(id, action)
    assert card is not None
    await workplace.person(account).click(cases.SUPERVISORS, card["ts"], action)
    await workplace.settle()


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
