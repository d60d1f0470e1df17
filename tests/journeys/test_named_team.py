"""Who is named as working a case does not decide on it; that is no way to choose one's commander."""

from bot.domain.authorizations import AuthorizationState
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, text_of
from tests.journeys.asking import NEW_FACTS, state_of


async def test_a_commander_who_denied_a_question_is_not_named_away(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    await workplace.authorizing.decide(cases.MARA, id, "deny")
    await workplace.settle()
    named: dict[str, object] = {
        BlockId.NEW_FACTS: NEW_FACTS,
        BlockId.TEAM: [cases.MARA],
    }
    again = await workplace.authorizing.ask(cases.DANA, id, named)
    assert "tell your supervisor" in again.errors[BlockId.TEAM]
    assert await workplace.refusals() == [("4711", "TEAM_NAMES_DECIDER")]
    assert await state_of(workplace, id) is AuthorizationState.DENIED


async def test_who_is_named_is_read_by_the_commander_who_is_left_and_by_supervisors(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    await workplace.authorizing.ask(cases.DANA, id, {BlockId.TEAM: [cases.MARA]})
    await workplace.settle()
    said = f"do not decide:* <@{cases.MARA}>"
    card = await workplace.authorizing.question(id, cases.JOON)
    assert said in text_of(card["blocks"])
    watched = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any(said in text_of(message) for message in watched)
    joon = await workplace.authorizing.open_decision(cases.JOON, id)
    assert said in text_of(joon.modal)
    assert said not in "\n".join(workplace.seen_by(cases.LENA))


async def test_who_was_named_in_a_question_that_was_withdrawn_is_still_read(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    await workplace.authorizing.ask(cases.DANA, id, {BlockId.TEAM: [cases.MARA]})
    await workplace.settle()
    withdraw = ActionId.WITHDRAW_AUTHORIZATION
    await workplace.acts.press_own(cases.DANA, id, withdraw)
    await workplace.settle()
    await workplace.authorizing.ask(cases.DANA, id)
    await workplace.settle()
    assert (await workplace.authorization(id)).told == (cases.JOON,)
    card = await workplace.authorizing.question(id, cases.JOON)
    assert f"do not decide:* <@{cases.MARA}>" in text_of(card["blocks"])
