"""The usual end: nobody was found, or two opinions differ, and the words are the same."""

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import BlockId
from tests.conftest import Open
from tests.front import Workplace, still, text_of

WORDS = (
    "No possible match was found in the arrest and parole photographs as of November 23, 2026. "
    "This does not mean the person is not in the gallery."
)
SHOOTING = {BlockId.CATEGORY: "SHOOTING"}


async def answer(workplace: Workplace, id: str) -> str:
    return text_of(workplace.acts.own_card(cases.OMAR, id))


async def test_after_a_shooting_a_second_examiner_checks_that_nobody_was_found(
    workplace: Workplace,
) -> None:
    image = still("stranger")
    id = await workplace.searched(cases.OMAR, image=image, changes=SHOOTING)
    await workplace.examined(id, cases.LENA, 0, None)
    assert await workplace.state(id) is State.PEER_REVIEW
    await workplace.examined(id, cases.TOMAS, 1, None)
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert WORDS in await answer(workplace, id)
    [drawn] = await workplace.events(Verb.BLIND_CHECK_DRAWN)
    assert drawn.facts["drawn"]
    [closed] = await workplace.events(Verb.REQUEST_CLOSED)
    assert closed.actor == "9002"


async def test_without_a_blind_check_one_examination_goes_to_the_supervisor(
    workplace: Workplace,
) -> None:
    id = await workplace.searched(cases.OMAR, image=still("stranger"))
    await workplace.decided(id, cases.LENA, 0, None)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert len(workplace.acts.examination_cards(id)) == 1
    await workplace.acts.close(cases.SAM, id)
    await workplace.settle()
    assert WORDS in await answer(workplace, id)


async def test_a_share_of_one_has_every_empty_examination_checked(
    open_workplace: Open,
) -> None:
    async with open_workplace(blind_check_share=1.0) as workplace:
        id = await workplace.searched(cases.OMAR, image=still("stranger"))
        await workplace.decided(id, cases.LENA, 0, None)
        assert await workplace.state(id) is State.PEER_REVIEW


@pytest.mark.parametrize("peer", [None, "D0061"])
async def test_a_disagreement_ends_as_no_possible_match_with_all_opinions_recorded(
    workplace: Workplace, peer: str | None
) -> None:
    """``peer`` is whom the second examiner supports instead of the first one's candidate."""
    id = await workplace.searched(cases.OMAR)
    listed = {c.subject_id: c.id for c in await workplace.listed(id)}
    other = None if peer is None else next(s for s in listed if s != "D0014")
    await workplace.decided(id, cases.ERIK, 0, "D0014")
    await workplace.decided(id, cases.PRIYA, 1, other)
    await workplace.settle()
    assert WORDS not in await answer(workplace, id)
    await workplace.decided(id, cases.LENA, 2, None)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert WORDS in await answer(workplace, id)
    [split, compared] = await workplace.events(Verb.OPINIONS_COMPARED)
    assert (split.facts["agree"], split.facts["to"]) == (False, State.THIRD_REVIEW)
    assert not compared.facts["agree"]
    assert compared.facts["third"] == []
    assert compared.facts["first"] == [listed["D0014"]]
    assert compared.facts["peer"] == ([listed[other]] if other else [])
    async with workplace.db.snapshot() as snapshot:
        opinions = [
            await snapshot.examinations.dispositions(examination.id)
            for examination in await snapshot.examinations.of(id)
        ]
    assert [len(opinion) for opinion in opinions] == [3, 3, 3]


async def test_an_inconclusive_comparison_is_answered_in_the_same_words(
    workplace: Workplace,
) -> None:
    id = await workplace.searched(cases.OMAR)
    await workplace.decided(id, cases.ERIK, 0, "D0014", conclusion=0)
    await workplace.settle()
    await workplace.acts.close(cases.SAM, id)
    await workplace.settle()
    assert WORDS in await answer(workplace, id)


async def test_after_no_possible_match_nothing_is_left_to_release(
    workplace: Workplace,
) -> None:
    id = await workplace.searched(cases.OMAR)
    await workplace.decided(id, cases.ERIK, 0, None)
    await workplace.settle()
    person = await workplace.acts.review(cases.SAM, id)
    assert person.modal is not None
    fields = {b["block_id"] for b in person.modal["blocks"] if b["type"] == "input"}
    assert fields == {BlockId.RULING, BlockId.REASON}
