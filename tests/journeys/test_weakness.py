"""How near strangers come is told to the supervisor, after the decisions, and to nobody else before."""

import pytest
from sqlalchemy import update

from bot.domain.audit import Verb
from bot.domain.weakness import BAND_WORDS, NOT_CALIBRATED
from bot.sandbox import cases
from bot.views.ids import ActionId
from storage.tables import GalleryRow
from tests.front import Workplace, text_of
from tests.journeys.asking import top

WORDS = (*BAND_WORDS.values(), NOT_CALIBRATED, "stranger", "1 in 10")
LOW = [[0.5, -1.0], [0.1, -0.9]]
"""Limits that every candidate reaches."""


async def calibrated(workplace: Workplace) -> None:
    """Give the small gallery of the tests the limits of a larger one."""
    async with workplace.db.transaction() as tx:
        await tx.galleries._run(update(GalleryRow).values(calibration=LOW))


def check_unseen(workplace: Workplace, *accounts: str) -> None:
    for account in accounts:
        seen = "\n".join(workplace.seen_by(account))
        assert [word for word in WORDS if word in seen] == [], account


async def open_review(workplace: Workplace, id: str) -> str:
    await workplace.acts.review(cases.SAM, id)
    return text_of(top(workplace, cases.SAM).body["blocks"])


async def test_only_the_review_tells_of_it_and_only_after_the_decisions(
    workplace: Workplace,
) -> None:
    everybody = (cases.DANA, cases.OMAR, cases.ERIK, cases.PRIYA, cases.SAM)
    id = await workplace.reviewable()
    await calibrated(workplace)
    check_unseen(workplace, *everybody)
    review = await open_review(workplace, id)
    assert "as high as the best of 1 in 10 strangers or fewer" in review
    assert "It says nothing of whether this is the person" in review
    assert "%" not in review
    check_unseen(workplace, cases.DANA, cases.OMAR, cases.ERIK, cases.PRIYA)


@pytest.mark.parametrize("stage", ["searched", "peered"])
async def test_no_examiner_sees_it_before_deciding(
    workplace: Workplace, stage: str
) -> None:
    id = await getattr(workplace, stage)()
    await calibrated(workplace)
    place, account = (0, cases.ERIK) if stage == "searched" else (1, cases.PRIYA)
    await workplace.acts.examination(id, place)
    await workplace.settle()
    check_unseen(workplace, account, cases.SAM, cases.DANA)


async def test_a_released_lead_keeps_it_in_the_record_and_tells_no_requester(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    await calibrated(workplace)
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    [event] = await workplace.events(Verb.LEAD_RELEASED)
    assert event.facts["among_strangers"] == (
        "as high as the best of 1 in 10 strangers or fewer"
    )
    check_unseen(workplace, cases.DANA, cases.OMAR, cases.ERIK, cases.PRIYA)


async def test_of_a_small_gallery_the_review_says_that_nothing_is_known(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    assert NOT_CALIBRATED in await open_review(workplace, id)
