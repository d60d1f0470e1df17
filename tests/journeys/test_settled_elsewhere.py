"""What became of a question in one request is nothing that another requester learns of."""

import pytest

from bot.sandbox import cases
from bot.sandbox.authorizing import QUESTION
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still
from tests.journeys.asking import FUTILE, NEW_FACTS, alerts

NEUTRAL = "This cannot be asked with this image. Talk to your supervisor."


async def asked_by_omar(workplace: Workplace) -> str:
    """The same still in a case of his own, and the question for the same repository."""
    changes = {BlockId.CASE_NUMBER: "2026-099-000777"}
    own = await workplace.sent(cases.OMAR, image=still("stranger"), changes=changes)
    await workplace.settle()
    await workplace.repeating.allow(cases.RUTH, own)
    await workplace.settle()
    person = await workplace.authorizing.open_question(cases.OMAR, own)
    form = person.modal or {}
    fields = {str(b["block_id"]): b for b in form["blocks"] if "label" in b}
    assert fields[BlockId.NEW_FACTS]["optional"] is True
    told: dict[str, object] = {BlockId.FUTILE: FUTILE, BlockId.NEW_FACTS: NEW_FACTS}
    delivery = await person.fill_and_submit(dict(QUESTION) | told)
    assert delivery.errors == {}
    await workplace.settle()
    return own


async def check_told_nothing(workplace: Workplace, own: str, rule: str) -> None:
    said = workplace.told(cases.OMAR)
    assert NEUTRAL in said
    for word in ("denied", "revoked", "searched with this image"):
        assert word not in said
    assert await workplace.refusals() == [("4822", rule)]
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.authorizations.of(own) == []


async def test_a_denial_stays_with_its_request_and_is_told_to_the_supervisors(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    await workplace.authorizing.decide(cases.MARA, id, "deny")
    await workplace.settle()
    own = await asked_by_omar(workplace)
    await check_told_nothing(workplace, own, "DENIED_ELSEWHERE")
    [alert] = alerts(workplace)
    assert own in alert
    assert f"with the image of {id}" in alert


async def test_a_search_stays_with_its_request(workplace: Workplace) -> None:
    await workplace.authorized()
    own = await asked_by_omar(workplace)
    await check_told_nothing(workplace, own, "ALREADY_SEARCHED_ELSEWHERE")


@pytest.mark.parametrize("end", ["withdrawn", "lapsed"])
async def test_after_a_denial_a_question_that_came_to_nothing_was_the_last(
    workplace: Workplace, end: str
) -> None:
    id = await workplace.asked()
    await workplace.authorizing.decide(cases.MARA, id, "deny")
    await workplace.settle()
    facts: dict[str, object] = {BlockId.NEW_FACTS: NEW_FACTS}
    await workplace.authorizing.ask(cases.DANA, id, facts)
    await workplace.settle()
    if end == "withdrawn":
        withdraw = ActionId.WITHDRAW_AUTHORIZATION
        await workplace.acts.press_own(cases.DANA, id, withdraw)
    else:
        workplace.clock.moment = (await workplace.authorization(id)).expires_at
        await workplace.bot.ticks.end_what_is_over()
    await workplace.settle()
    third = await workplace.authorizing.ask(cases.DANA, id, facts)
    assert "cannot be asked for again" in third.errors[BlockId.REPOSITORY]
    assert await workplace.refusals() == [("4711", "DENIED_FOR_GOOD")]
