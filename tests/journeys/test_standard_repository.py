"""Only the recorded standard repository is searched without a commander, whatever a setting says."""

from datetime import timedelta

import pytest

from bot.casework.alerts import Alerts
from bot.config import BadConfiguration
from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.repositories import STANDARD
from bot.domain.workflow import State
from bot.jobs.worker import Worker
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.builders import SEAL_KEY
from tests.conftest import Open
from tests.front import Workplace, still
from tests.journeys.asking import alerts, searches, tamper


def a_worker_set_up_for(repository: str, workplace: Workplace) -> Worker:
    return Worker(
        workplace.db,
        workplace.bench,
        workplace.clock,
        name="W-X",
        repository=repository,
        lease=timedelta(seconds=60),
        seal_key=SEAL_KEY,
        alerts=Alerts(workplace.settings.supervisor_channel, workplace.clock),
    )


async def test_a_worker_set_up_for_another_repository_finds_nobody_there(
    workplace: Workplace,
) -> None:
    usual = workplace.worker
    workplace.worker = a_worker_set_up_for(cases.DMV, workplace)
    id = await workplace.sent(image=still("stranger"))
    await workplace.settle()
    assert await searches(workplace, id) == []
    assert await workplace.events(Verb.SEARCH_STARTED) == []
    assert await workplace.state(id) is State.SEARCH_FAILED
    [refused] = await workplace.events(Verb.AUTHORIZATION_NOT_IN_FORCE)
    assert (refused.subject, refused.facts["rule"]) == (id, "NOT_STANDARD")
    [told] = alerts(workplace)
    assert "NOT_STANDARD" in told
    assert id in told
    workplace.worker = usual
    card = workplace.acts.supervisor_card(id, ActionId.TRY_AGAIN)
    assert card is not None
    await workplace.person(cases.SAM).click(
        cases.SUPERVISORS, card["ts"], ActionId.TRY_AGAIN
    )
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION


async def test_the_standard_repository_is_not_searched_under_an_authorization(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    tamper(workplace, "UPDATE standard_repository SET name = ?", cases.DMV)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    assert (await workplace.authorization(id)).state is AuthorizationState.REVOKED
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert len(await searches(workplace, id)) == 1
    assert "NOT_EXCEPTIONAL" in " ".join(alerts(workplace))


async def test_a_bot_does_not_start_with_another_standard_repository(
    open_workplace: Open,
) -> None:
    with pytest.raises(BadConfiguration, match=f"Set FIS_REPOSITORY to “{STANDARD.name}”"):  # fmt: skip
        async with open_workplace(repository=cases.DMV, repositories=None):
            pass


async def test_the_standard_repository_of_a_new_database_is_recorded_at_its_start(
    workplace: Workplace,
) -> None:
    tamper(workplace, "DELETE FROM standard_repository")
    for _ in range(2):
        await workplace.bot.check()
        [recorded] = await workplace.events(Verb.STANDARD_RECORDED)
        assert recorded.facts == {"repository": STANDARD.name}
