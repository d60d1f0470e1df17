"""Slack shows a card a moment before the bot has noted where it stands."""

import asyncio
from dataclasses import replace

from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace


async def test_a_button_pressed_before_its_place_is_noted_still_counts(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await workplace.card(id)
    async with workplace.db.transaction() as tx:
        card = await tx.cards.at(cases.EXAMINERS, ts)
        assert card is not None
        await tx.cards.put(replace(card, ts=None, posted_in=None))

    await workplace.person(cases.ERIK).click(cases.EXAMINERS, ts, ActionId.TAKE)
    # The listener is looking again by now; only then does the note arrive.
    await asyncio.sleep(0)
    async with workplace.db.transaction() as tx:
        await tx.cards.put(card)
    await workplace.settle()

    async with workplace.db.snapshot() as snapshot:
        [examination] = await snapshot.examinations.of(id)
    assert examination.examiner == "8101"
    assert await workplace.refusals() == []
    assert await workplace.state(id) is State.EXAMINATION
