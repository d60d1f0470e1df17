"""Days and years are those of the unit: what happens at eight in the evening happens today."""

from datetime import UTC, date, datetime

import pytest

from bot.domain.audit import Verb
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.conftest import Open
from tests.front import Workplace, still

# In New York it is still the 23rd, seven and eight in the evening; in UTC the 24th has begun.
EVENING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


async def test_the_answer_names_the_day_on_which_it_was_given(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await workplace.decided(id, cases.ERIK, 0, None)
    workplace.clock.moment = EVENING
    await workplace.acts.close(cases.SAM, id)
    await workplace.acts.answered(cases.DANA, id, "as of November 23, 2026")


@pytest.mark.parametrize(
    ("moment", "rules"), [(EVENING, []), (AFTER_MIDNIGHT, ["TRAINING_EXPIRED"])]
)
async def test_a_certificate_ends_at_midnight_of_its_last_day(
    workplace: Workplace, moment: datetime, rules: list[str]
) -> None:
    workplace.in_roles(cases.TOMAS, certified_until=date(2026, 11, 23))
    id = await workplace.searched()
    ts = await workplace.card(id)
    workplace.clock.moment = moment
    await workplace.person(cases.TOMAS).click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()
    assert [rule for _, rule in await workplace.refusals()] == rules


async def test_the_last_request_of_a_year_has_the_number_of_that_year(
    workplace: Workplace,
) -> None:
    workplace.clock.moment = datetime(2027, 1, 1, 4, 59, tzinfo=UTC)
    assert await workplace.sent() == "FIS-2026-000001"
    workplace.clock.forward(minutes=1)
    assert await workplace.sent(cases.OMAR) == "FIS-2027-000001"


async def test_another_unit_has_other_days(open_workplace: Open) -> None:
    async with open_workplace(time_zone="Pacific/Auckland") as workplace:
        workplace.clock.moment = datetime(2026, 12, 31, 11, 0, tzinfo=UTC)
        assert await workplace.sent() == "FIS-2027-000001"


@pytest.mark.parametrize(
    ("on", "is_refused"), [("2026-11-23", False), ("2026-11-24", True)]
)
async def test_an_offense_of_tomorrow_is_an_error_under_its_day(
    workplace: Workplace, on: str, is_refused: bool
) -> None:
    workplace.clock.moment = EVENING
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    delivery = await workplace.acts.fill_form(
        person, still("mated"), changes={BlockId.OFFENSE_DATE: on}
    )
    await workplace.settle()
    refused = await workplace.events(Verb.REQUEST_REFUSED)
    if is_refused:
        assert delivery.errors == {BlockId.OFFENSE_DATE: "This day has not come yet."}
        assert [event.facts["rule"] for event in refused] == ["IN_THE_FUTURE"]
        assert person.modal is not None
    assert bool(refused) is is_refused
    assert (await workplace.counts())[0] == (0 if is_refused else 1)
