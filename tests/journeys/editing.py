"""What an examiner does with the edits of a still, click by click."""

from collections.abc import Mapping

from bot.domain.edits import Operation
from bot.sandbox import cases
from bot.sandbox.delivery import Delivery
from bot.sandbox.people import Person
from bot.views.editing import parameter_block
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace

WHY = "The face lies in the shadow of the cap."
SHADOWS = (Operation.GAMMA, {"gamma": "1.6"})
STRAIGHT = (Operation.ROTATE, {"degrees": "-6"})


async def seated(workplace: Workplace, account: str = cases.ERIK) -> str:
    """A request whose first examiner has sat down and analysed nothing yet."""

    async def reach() -> str:
        id = await workplace.searched()
        card = await workplace.acts.examination(id)
        await workplace.acts.sit_down(account, card)
        await workplace.settle()
        return id

    return await workplace.reached(f"seated {account}", reach)


async def open_edits(
    workplace: Workplace, id: str, account: str = cases.ERIK, place: int = 0
) -> Person:
    person = workplace.person(account)
    ts = await workplace.card(id, place)
    await person.click(cases.EXAMINERS, ts, ActionId.EDIT_STILL)
    await workplace.settle()
    return person


async def choose(
    workplace: Workplace, person: Person, edit: tuple[Operation, Mapping[str, str]]
) -> None:
    operation, numbers = edit
    await person.pick(ActionId.EDIT_OPERATION, operation)
    await workplace.settle()
    person.fill({parameter_block(operation, n): v for n, v in numbers.items()})


async def preview(
    workplace: Workplace, person: Person, edit: tuple[Operation, Mapping[str, str]]
) -> None:
    await choose(workplace, person, edit)
    await person.press(ActionId.PREVIEW_EDIT)
    await workplace.settle()


async def keep(workplace: Workplace, person: Person, why: str = WHY) -> Delivery:
    delivery = await person.fill_and_submit({BlockId.REASON: why})
    await workplace.settle()
    return delivery


async def edited(
    workplace: Workplace,
    id: str,
    edit: tuple[Operation, Mapping[str, str]] = SHADOWS,
    place: int = 0,
) -> None:
    """One edit, looked at and kept."""
    person = await open_edits(workplace, id, place=place)
    await preview(workplace, person, edit)
    assert not (await keep(workplace, person)).errors


async def search(
    workplace: Workplace, id: str, why: str = WHY, place: int = 0
) -> Person:
    """Have the last edit searched on."""
    person = await open_edits(workplace, id, place=place)
    await person.press(ActionId.SEARCH_EDITED)
    await workplace.settle()
    assert person.modal is not None
    if person.modal["callback_id"] == "search_edited":
        await person.fill_and_submit({BlockId.REASON: why})
        await workplace.settle()
    return person
