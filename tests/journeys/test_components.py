"""Comparing component by component, by signed clicks (policy 3.2, T4, A9)."""

from bot.domain.components import Component, Finding
from bot.sandbox import cases
from bot.sandbox.acts import REASON, SEEN
from bot.views.ids import BlockId
from tests.front import Workplace


async def test_t4_support_over_an_unexplained_dissimilarity_is_told_under_the_field(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id, 0)
    await workplace.acts.take(cases.ERIK, card)
    [candidate, *_] = workplace.acts.candidates(cases.ERIK, card)
    told = await workplace.acts.compare(
        cases.ERIK,
        candidate,
        2,
        findings={**SEEN, Component.MARKS: Finding.UNEXPLAINED},
    )
    assert "facial marks" in told.errors[BlockId.CONCLUSION]
    [(_, rule)] = await workplace.refusals()
    assert rule == "UNEXPLAINED_DISSIMILARITY"
    async with workplace.db.snapshot() as snapshot:
        [examination] = await snapshot.examinations.of(id)
        assert await snapshot.examinations.dispositions(examination.id) == {}


async def test_the_supervisor_reads_what_was_compared(workplace: Workplace) -> None:
    id = await workplace.reviewable()
    person = await workplace.acts.review(cases.SAM, id)
    assert "Similar: eyes, nose, mouth." in str(person.modal)
    assert REASON.split(";")[0] in str(person.modal)
