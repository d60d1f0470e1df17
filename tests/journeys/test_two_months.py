"""A question of one month that is granted in the next is in both summaries, each deed in its own."""

from datetime import UTC, datetime

from bot.domain.audit import Verb
from bot.sandbox import cases
from tests.front import Workplace, text_of

LAST_EVENING = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
FIRST_MORNING = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 2, 12, 0, tzinfo=UTC)


async def test_a_grant_of_december_for_a_question_of_november_is_told_in_december(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    workplace.clock.moment = LAST_EVENING
    await workplace.authorizing.ask(cases.DANA, id)
    await workplace.settle()
    workplace.clock.moment = FIRST_MORNING
    await workplace.bot.ticks.send_summaries()
    await workplace.settle()
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.settle()
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    workplace.clock.moment = NEW_YEAR
    await workplace.bot.ticks.send_summaries()
    await workplace.settle()
    november, december = [
        event.facts["total"]
        for event in await workplace.events(Verb.AUTHORIZATIONS_SUMMARIZED)
    ]
    assert (november["asked"], november["granted"], november["open"]) == (1, 0, 1)
    assert (december["asked"], december["granted"], december["consumed"]) == (0, 1, 1)
    told = [text_of(m) for m in workplace.person(cases.ADA).dm_messages()]
    assert "1 granted, 1 searched" in told[-1]
