"""What people are told when an authorization ends is what happened, and no more."""

from bot.domain.authorizations import AuthorizationState
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, still, text_of
from tests.journeys.asking import state_of
from tests.journeys.threats import sign, waiting


def in_examiners_room(workplace: Workplace) -> str:
    messages = workplace.person(cases.LENA).messages(cases.EXAMINERS)
    return "\n".join(text_of(message["blocks"]) for message in messages)


async def test_nobody_reads_of_results_of_a_search_that_was_never_made(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    await workplace.authorizing.revoke(cases.JOON, id)
    await workplace.settle()
    assert "was revoked before it was made" in in_examiners_room(workplace)
    told = workplace.told(cases.DANA)
    assert "No search was made under it." in told
    assert "destroyed" not in told + in_examiners_room(workplace)


async def test_everybody_reads_that_what_a_search_found_is_destroyed(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    await workplace.authorizing.revoke(cases.JOON, id)
    await workplace.settle()
    assert "What its search found is destroyed." in workplace.told(cases.DANA)
    room = in_examiners_room(workplace)
    assert "was revoked; what was found has been destroyed" in room
    assert "The authorization was revoked. What was found has been destroyed." in room


async def test_a_search_held_for_want_of_a_sign_off_is_not_said_to_be_revoked(
    workplace: Workplace,
) -> None:
    id = await waiting(workplace, still("stranger"))
    await sign(workplace, id, cases.SAM, ActionId.SIGN_OFF)
    await workplace.decided(id, cases.ERIK, 0, None)
    await workplace.settle()
    await workplace.acts.close(cases.SAM, id)
    await workplace.settle()
    await workplace.authorizing.ask(cases.DANA, id)
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    workplace.clock.forward(hours=25)
    await workplace.bot.ticks.end_what_is_over()
    await workplace.settle()
    assert await workplace.state(id) is State.HELD
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED
    room = in_examiners_room(workplace)
    assert "This search is no longer covered. What was found has been" in room
    assert "revoked" not in room
