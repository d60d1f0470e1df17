"""What a poor image costs whoever proposes somebody on it (policy 3.7), by signed clicks."""

from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.quality import Warned
from bot.domain.workflow import State
from bot.matching.images import decode, encode_jpeg
from bot.sandbox import cases
from bot.sandbox.acts import CARRIED, all_text
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still


def compressed() -> bytes:
    """The still of the demonstration, as a messenger leaves it."""
    return encode_jpeg(decode(still("mated")).image, 25)


async def decided(workplace: Workplace, *, supports: bool) -> tuple[str, Any]:
    """An examination of a poor still with every candidate decided and nothing submitted."""
    id = await workplace.sent(image=compressed())
    card = await workplace.acts.examination(id)
    await workplace.acts.take(cases.ERIK, card)
    conclusion = 2 if supports else 0
    for place, candidate in enumerate(workplace.acts.candidates(cases.ERIK, card)):
        if place:
            await workplace.acts.exclude(cases.ERIK, candidate)
        else:
            await workplace.acts.compare(cases.ERIK, candidate, conclusion)
    await workplace.settle()
    return id, card


async def summary(workplace: Workplace, card: Any) -> Any:
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.SUBMIT_EXAMINATION)
    await workplace.settle()
    assert erik.modal is not None
    return erik


async def overrides(workplace: Workplace, id: str) -> list[Any]:
    async with workplace.db.snapshot() as snapshot:
        return [
            await snapshot.overrides.find(e.id)
            for e in await snapshot.examinations.of(id)
        ]


@pytest.mark.parametrize("reason", ["", "It is fine."])
async def test_t1_a_poor_probe_carries_no_proposal_without_a_reason(
    workplace: Workplace, reason: str
) -> None:
    """Slack's own client would not send it: somebody forges what it sends."""
    id, card = await decided(workplace, supports=True)
    erik = await summary(workplace, card)
    assert "strongly compressed" in all_text(erik.modal)

    erik.fill({BlockId.OVERRIDE: reason})
    await workplace.deliver(erik.payloads.submission(cases.ERIK, erik._view()))

    assert await workplace.state(id) is State.EXAMINATION
    assert ("8101", "QUALITY_NOT_OVERRIDDEN") in await workplace.refusals()
    assert await overrides(workplace, id) == [None]


async def test_t1_with_a_reason_it_goes_on_and_the_reason_is_kept(
    workplace: Workplace,
) -> None:
    id, card = await decided(workplace, supports=True)
    erik = await summary(workplace, card)
    answer = await erik.fill_and_submit({BlockId.OVERRIDE: f"  {CARRIED} "})
    await workplace.settle()

    assert not answer.errors
    assert await workplace.state(id) is State.PEER_REVIEW
    [kept, nobody_yet] = await overrides(workplace, id)
    assert kept.reason == CARRIED
    assert Warned.COMPRESSION in kept.warned
    assert nobody_yet is None
    [event] = await workplace.events(Verb.EXAMINATION_SUBMITTED)
    assert event.facts["override"] == CARRIED
    assert "compression" in event.facts["warned"]
    # Whoever compares after this reads nothing of it (abuse case A35).
    assert not any(CARRIED in text for text in workplace.seen_by(cases.PRIYA))


async def test_t1_whoever_proposes_nobody_is_asked_nothing(
    workplace: Workplace,
) -> None:
    id, card = await decided(workplace, supports=False)
    erik = await summary(workplace, card)
    assert BlockId.OVERRIDE not in str(erik.modal)
    answer = await erik.submit()
    await workplace.settle()
    assert not answer.errors
    assert await workplace.state(id) is not State.EXAMINATION
    assert await overrides(workplace, id) == [None] * len(
        await overrides(workplace, id)
    )


async def test_t1_a_form_without_the_field_does_not_get_round_it(
    workplace: Workplace,
) -> None:
    """The summary is opened, and its field thrown away by whoever sends it."""
    id, card = await decided(workplace, supports=True)
    erik = await summary(workplace, card)
    forged = erik.payloads.submission(cases.ERIK, erik._view())
    forged["view"]["state"]["values"] = {}
    await workplace.deliver(forged)
    assert await workplace.state(id) is State.EXAMINATION
    assert ("8101", "QUALITY_NOT_OVERRIDDEN") in await workplace.refusals()


async def test_the_examiner_reads_what_was_measured_and_the_requester_does_not(
    workplace: Workplace,
) -> None:
    id = await workplace.sent(image=compressed())
    card = await workplace.acts.examination(id)
    await workplace.acts.sit_down(cases.ERIK, card)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()

    shown = all_text(erik.modal)
    assert "strongly compressed" in shown
    assert "Compression 25, poor (JPEG quality about 25)" in shown
    assert "Single face 100, good (alone)" in shown
    assert not any("Sharpness" in text for text in workplace.seen_by(cases.DANA))


async def test_the_supervisor_reads_why_a_poor_image_was_relied_on(
    workplace: Workplace,
) -> None:
    id = await workplace.sent(image=compressed())
    await workplace.acts.examination(id)
    for place, examiner in enumerate((cases.ERIK, cases.PRIYA)):
        await workplace.examined(id, examiner, place, "D0014")
    review = await workplace.acts.review(cases.SAM, id)
    assert all_text(review.modal).count(CARRIED) == 2
