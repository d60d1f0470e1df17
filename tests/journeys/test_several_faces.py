"""One request is about one person: of several faces the requester chooses one."""

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.views.ids import ActionId, detailed
from tests.front import Workplace, still


async def asked(workplace: Workplace) -> str:
    id = await workplace.sent(cases.OMAR, image=still("several"))
    await workplace.acts.answered(cases.OMAR, id, "Face 1")
    assert await workplace.state(id) is State.FACE_CHOICE
    return id


async def choose(workplace: Workplace, id: str, index: int) -> None:
    action = detailed(ActionId.CHOOSE_FACE, index)
    await workplace.acts.press_own(cases.OMAR, id, action)
    await workplace.settle()


async def test_the_chosen_face_and_no_other_is_searched(workplace: Workplace) -> None:
    id = await asked(workplace)
    async with workplace.db.snapshot() as snapshot:
        count = len((await snapshot.probes.get(id)).faces)
    offered = actions(workplace.acts.own_card(cases.OMAR, id))
    assert offered == {
        ActionId.WITHDRAW,
        *(detailed(ActionId.CHOOSE_FACE, index) for index in range(count)),
    }
    await choose(workplace, id, 1)
    async with workplace.db.snapshot() as snapshot:
        search = await snapshot.searches.find_latest(id)
    assert search is not None
    assert search.face_index == 1
    [chosen] = await workplace.events(Verb.FACE_CHOSEN)
    assert (chosen.actor, chosen.facts["face"]) == ("4822", 1)


async def test_a16_nothing_is_searched_before_one_face_is_chosen(
    workplace: Workplace,
) -> None:
    await asked(workplace)
    assert await workplace.events(Verb.SEARCH_STARTED) == []


async def test_a16_a_second_face_of_the_same_image_is_not_searched(
    workplace: Workplace,
) -> None:
    id = await asked(workplace)
    card = workplace.acts.own_card(cases.OMAR, id)
    first, second = (detailed(ActionId.CHOOSE_FACE, index) for index in range(2))
    omar = workplace.person(cases.OMAR)
    for action in (first, second):
        await omar.click(omar.dm, card["ts"], action)
    await workplace.settle()
    assert len(await workplace.events(Verb.SEARCH_STARTED)) == 1
    assert await workplace.refusals() == [("4822", "STATE")]


async def test_the_picture_of_all_faces_is_gone_once_one_is_chosen(
    workplace: Workplace,
) -> None:
    id = await asked(workplace)
    assert len(workplace.pictures_of(cases.OMAR)) == 2
    await choose(workplace, id, 0)
    assert workplace.pictures_of(cases.OMAR) == [still("several")]
