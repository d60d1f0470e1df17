"""Edits of a still in the wrong hands, too late, too often."""

import copy
import json

from bot.domain.edits import Operation
from bot.sandbox import cases
from bot.views.editing import parameter_block
from bot.views.ids import ActionId, BlockId, ViewId
from tests.front import Workplace, text_of
from tests.journeys.editing import (
    SHADOWS,
    STRAIGHT,
    WHY,
    choose,
    edited,
    keep,
    open_edits,
    preview,
    seated,
)
from tests.journeys.reassigning import handed_back, reassigned, taken

STRAIGHTENED = "The head leans, and level eyes are compared more easily."


async def test_whoever_sits_down_instead_reads_what_was_done_and_not_why(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    await reassigned(workplace, cases.SAM, await workplace.card(id))
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.sit_down(cases.LENA, card)
    await workplace.settle()
    person = await open_edits(workplace, id, cases.LENA, 1)
    told = text_of(person.modal)
    assert "*Edit 1*, of the original: Gamma (gamma 1.6)" in told
    assert WHY not in told
    assert "8101" not in told
    await preview(workplace, person, STRAIGHT)
    assert not (await keep(workplace, person, STRAIGHTENED)).errors
    person = await open_edits(workplace, id, cases.LENA, 1)
    assert STRAIGHTENED in text_of(person.modal)
    await person.press(ActionId.SEARCH_EDITED)
    await workplace.settle()
    assert WHY not in text_of(person.modal)


async def test_a_form_that_was_open_at_a_reassignment_does_nothing_more(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    [block] = [b for b in (person.modal or {})["blocks"] if b["type"] == "image"]
    file = workplace.sandbox.workspace.files[block["slack_file"]["id"]]
    await reassigned(workplace, cases.SAM, await workplace.card(id))
    assert file.deleted
    before = await workplace.counts()
    await person.press(ActionId.PREVIEW_EDIT)
    await workplace.settle()
    await keep(workplace, person)
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.derivatives.of(id) == []
        assert await snapshot.edit_drafts.all() == []
    assert await workplace.refusals() != []
    assert (await workplace.counts())[:2] == before[:2]


async def test_of_many_previews_the_last_one_stays_and_can_be_kept(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    known = set(workplace.sandbox.workspace.files)
    person = await open_edits(workplace, id)
    await choose(workplace, person, (Operation.GAMMA, {"gamma": "1.1"}))
    for gamma in ("1.2", "1.3", "1.4", "1.5", "1.6"):
        person.fill({parameter_block(Operation.GAMMA, "gamma"): gamma})
        await person.press(ActionId.PREVIEW_EDIT)
    await workplace.settle()
    files = workplace.sandbox.workspace.files
    there = [f for n, f in files.items() if n not in known and not f.deleted]
    assert len(there) == 1
    assert not (await person.fill_and_submit({BlockId.REASON: WHY})).errors
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        [link] = await snapshot.derivatives.of(id)
    assert dict(link.edit.parameters) == {"gamma": 1.6}
    assert there[0].deleted


async def test_a21_no_search_on_an_edit_once_somebody_else_had_the_candidates_open(
    workplace: Workplace,
) -> None:
    """The first has seen them and hands back; the next, who analyses nothing yet, does not search again."""
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    await edited(workplace, id)
    await handed_back(workplace, cases.ERIK, ts)
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.sit_down(cases.LENA, card)
    await workplace.settle()
    person = await open_edits(workplace, id, cases.LENA, 1)
    assert ActionId.SEARCH_EDITED not in json.dumps(person.modal)
    async with workplace.db.snapshot() as snapshot:
        _, second = await snapshot.examinations.of(id)
        [link] = await snapshot.derivatives.of(id)
    view = workplace.sandbox.workspace.modals.top(cases.LENA)
    assert view is not None
    forged = copy.deepcopy(person.payloads.submission(cases.LENA, view))
    forged["view"] |= {
        "callback_id": ViewId.SEARCH_EDITED,
        "private_metadata": json.dumps({"examination": second.id}),
    }
    option = {"text": {"type": "plain_text", "text": "1"}, "value": link.id}
    forged["view"]["state"]["values"] = {
        BlockId.EDIT_SEARCHED: {
            ActionId.FIELD: {"type": "static_select", "selected_option": option}
        },
        BlockId.REASON: {ActionId.FIELD: {"type": "plain_text_input", "value": WHY}},
    }
    await workplace.deliver(forged)
    assert [rule for _, rule in await workplace.refusals()] == ["EDIT_CANDIDATES_OPEN"]
    assert (await workplace.request(id)).round == 1
