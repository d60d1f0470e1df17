"""What people do about an imminent threat: ask for a search, start it, sign for it in writing."""

from typing import Any

from bot.sandbox import cases
from bot.sandbox.delivery import Delivery
from bot.sandbox.people import Person
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace

THREAT: dict[str, Any] = {
    BlockId.PURPOSE: "F_THREAT",
    "particular.threat": "He says he will shoot.",
}
WHY = "He named a school and an hour; his face leads to his address."


async def waiting(workplace: Workplace, image: bytes | None = None) -> str:
    id = await workplace.sent(image=image, changes=THREAT)
    await workplace.settle()
    return id


async def sign(workplace: Workplace, id: str, account: str, action: str) -> None:
    card = workplace.acts.supervisor_card(id, action)
    assert card is not None
    await workplace.person(account).click(cases.SUPERVISORS, card["ts"], action)
    await workplace.settle()


async def write(
    workplace: Workplace, id: str, account: str, reason: str = WHY
) -> Delivery:
    person = await opened(workplace, id, account)
    sent = await person.fill_and_submit({BlockId.REASON: reason})
    await workplace.settle()
    return sent


async def opened(workplace: Workplace, id: str, account: str) -> Person:
    """The form, from the card of the sign-off."""
    await sign_off_pressed(workplace, id, account)
    person = workplace.person(account)
    await workplace.acts.until("the form of the sign-off", lambda: person.modal)
    return person


async def sign_off_pressed(workplace: Workplace, id: str, account: str) -> None:
    action = ActionId.WRITE_SIGN_OFF
    card = workplace.acts.supervisor_card(id, action)
    assert card is not None
    await workplace.person(account).click(cases.SUPERVISORS, card["ts"], action)


async def started(workplace: Workplace) -> str:
    """A supervisor has started the search, and its candidates wait for an examiner."""

    async def reach() -> str:
        id = await waiting(workplace)
        await sign(workplace, id, cases.SAM, ActionId.SIGN_OFF)
        return id

    return await workplace.reached("started for a threat", reach)
