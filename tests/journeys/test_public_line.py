"""The line that everybody in the request channel reads tells no answer, not even by changing later."""

from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, text_of


def line(workplace: Workplace, id: str) -> str:
    messages = workplace.person(cases.OMAR).messages(cases.REQUESTS)
    [own] = [m for m in messages if f"*{id}*" in text_of(m["blocks"])]
    return text_of(own["blocks"])


async def test_a_request_searched_anew_after_its_answer_still_reads_as_answered(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    assert await workplace.state(id) is State.EXAMINATION
    assert "· answered ·" in line(workplace, id)


async def test_a_lead_that_was_taken_back_still_reads_as_answered(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, "L0062")
    await workplace.settle()
    await workplace.decided(id, cases.TOMAS, 2, "L0062")
    await workplace.settle()
    await workplace.acts.release(cases.RUTH, id)
    await workplace.settle()
    await workplace.authorizing.revoke(cases.JOON, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RECALLED
    assert "· answered ·" in line(workplace, id)


async def test_a_request_withdrawn_before_any_answer_reads_so(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    assert "· withdrawn ·" in line(workplace, id)
