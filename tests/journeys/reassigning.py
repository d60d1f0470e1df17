"""Giving an examination up and taking it away, as people do it."""

from typing import Any

from bot.domain.examinations import Examination
from bot.sandbox import cases
from bot.sandbox.delivery import Delivery
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace

WHY = "I know the person who works beside the shop on the still."


async def examinations(workplace: Workplace, id: str) -> list[Examination]:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.examinations.of(id)


async def taken(workplace: Workplace, account: str, id: str, place: int = 0) -> str:
    """Take the examination at this place; return the ts of its card."""
    card = await workplace.acts.examination(id, place)
    await workplace.acts.take(account, card)
    await workplace.settle()
    return str(card["ts"])


async def pressed(workplace: Workplace, account: str, ts: str, action: str) -> Any:
    """Press a button of an examination's card; return the form, if one opened."""
    person = workplace.person(account)
    await person.click(cases.EXAMINERS, ts, action)
    await workplace.settle()
    return person.modal


async def handed_back(
    workplace: Workplace, account: str, ts: str, reason: str = WHY
) -> Delivery:
    return await _left(workplace, account, ts, ActionId.HAND_BACK, reason)


async def reassigned(
    workplace: Workplace, account: str, ts: str, reason: str = WHY
) -> Delivery:
    return await _left(workplace, account, ts, ActionId.REASSIGN, reason)


async def _left(
    workplace: Workplace, account: str, ts: str, action: str, reason: str
) -> Delivery:
    assert await pressed(workplace, account, ts, action) is not None
    person = workplace.person(account)
    delivery = await person.fill_and_submit({BlockId.REASON: reason})
    await workplace.settle()
    return delivery
