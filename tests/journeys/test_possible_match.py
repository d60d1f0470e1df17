"""A case that ends with a lead, seen by everybody who takes part in it."""

from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace


async def test_a_possible_match_is_released_and_acknowledged(
    workplace: Workplace,
) -> None:
    id = await workplace.released()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    assert await workplace.state(id) is State.ACKNOWLEDGED
