"""What an examination costs its examiner in clicks, counted by the workspace they are made in."""

import pytest

from bot.domain.components import Component, Finding
from bot.domain.examinations import Examination
from bot.sandbox import cases
from bot.sandbox.clicks import chosen
from bot.sandbox.records import Json
from bot.sandbox.script import CLICKS_MAX
from tests.conftest import Open
from tests.front import Workplace

CANDIDATES = 20


@pytest.mark.parametrize(
    ("before", "after", "clicks"),
    [
        ({"selected_option": None}, {"selected_option": {"value": "a"}}, 1),
        ({"selected_option": {"value": "a"}}, {"selected_option": {"value": "a"}}, 0),
        ({"selected_option": {"value": "a"}}, {"selected_option": {"value": "b"}}, 1),
        ({}, {"selected_options": [{"value": "a"}, {"value": "b"}]}, 2),
        ({"selected_options": [{"value": "a"}]}, {"selected_options": []}, 1),
        ({}, {"selected_users": ["U-1", "U-2"]}, 2),
        ({}, {"files": [{"id": "F-1"}]}, 1),
        ({}, {"value": "typed"}, 0),
    ],
)
def test_every_entry_that_is_chosen_is_a_click_and_typing_is_none(
    before: Json, after: Json, clicks: int
) -> None:
    assert chosen(before, after) == clicks


async def test_twenty_candidates_one_of_them_in_full_take_at_most_thirty_clicks(
    open_workplace: Open,
) -> None:
    async with open_workplace(list_length=CANDIDATES) as workplace:
        id = await workplace.searched()
        clicks = workplace.sandbox.workspace.clicks
        assert clicks[cases.ERIK] == 0
        finder = await workplace.finder(id, 0, "D0014")
        await workplace.acts.examine(cases.ERIK, id, 0, finder, in_full=True)
        await workplace.settle()

        assert clicks[cases.ERIK] == CLICKS_MAX == 30
        examination = await first(workplace, id)
        assert examination.submitted_at is not None
        async with workplace.db.snapshot() as snapshot:
            decided = await snapshot.examinations.dispositions(examination.id)
        assert len(decided) == CANDIDATES
        [compared] = [one for one in decided.values() if one.exclusion is None]
        assert compared.findings == dict.fromkeys(Component, Finding.SIMILAR)


async def first(workplace: Workplace, id: str) -> Examination:
    async with workplace.db.snapshot() as snapshot:
        return (await snapshot.examinations.of(id))[0]
