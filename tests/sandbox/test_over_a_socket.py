"""The real bot in Socket Mode: a whole case, and what a disconnect in the middle of it costs."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.errors import NotAcknowledged
from bot.views.ids import ActionId, BlockId, CommandName, detailed
from tests.front import Enrolled, Workplace, still
from tests.sandbox.over_a_socket import is_connected, opened

CASE = "2026-075-001234"


@pytest.fixture
async def workplace(home: Path, enrolled: Enrolled) -> AsyncIterator[Workplace]:
    shutil.copy(enrolled.database, home / "fis.sqlite3")
    async with opened(home, enrolled) as running:
        yield running


async def test_a_whole_case_ends_with_a_lead_without_one_signed_request(
    workplace: Workplace,
) -> None:
    acts, id = workplace.acts, await workplace.searched()
    for place, examiner in enumerate((cases.ERIK, cases.PRIYA)):
        await workplace.examined(id, examiner, place, "D0014")
    await acts.release(cases.SAM, id)
    await acts.answered(cases.DANA, id, "INVESTIGATIVE LEAD ONLY")
    await acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    assert len(await workplace.events(Verb.LEAD_ACKNOWLEDGED)) == 1
    assert workplace.sandbox.courier.bot_url is None
    assert workplace.sandbox.web_api.ignored == set()


async def test_words_under_a_field_arrive_with_the_acknowledgement(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, CASE)
    block = detailed(BlockId.PARTICULAR, "complaint_number")
    delivery = await workplace.acts.fill_form(
        person, still("mated"), changes={block: "nonsense"}
    )
    assert set(delivery.errors) == {block}
    assert person.modal is not None


async def test_a_case_goes_on_where_it_was_after_a_disconnect(
    workplace: Workplace,
) -> None:
    id = await workplace.sent()
    await workplace.sandbox.sockets.disconnect()
    await is_connected(workplace.sandbox)
    await workplace.acts.examination(id)
    await workplace.sandbox.sockets.disconnect("link_disabled", seconds=0)
    await is_connected(workplace.sandbox)
    await workplace.examined(id, cases.ERIK, 0, "D0014")
    assert await workplace.state(id) is State.PEER_REVIEW


async def test_a_click_while_nobody_is_connected_fails_in_sight_and_counts_when_repeated(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts, erik = await workplace.card(id), workplace.person(cases.ERIK)
    connections, workplace.sandbox.sockets._open = workplace.sandbox.sockets._open, []
    with pytest.raises(NotAcknowledged, match="dispatch_failed"):
        await erik.click(cases.EXAMINERS, ts, ActionId.TAKE)
    workplace.sandbox.sockets._open = connections
    await erik.click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()
    assert len(await workplace.events(Verb.EXAMINATION_TAKEN)) == 1
    failed = [d for d in workplace.sandbox.courier.journal if not d.acknowledged]
    assert [d.kind for d in failed] == ["block_actions"]
    workplace.sandbox.courier.journal.remove(failed[0])


async def test_a_report_during_a_disconnect_is_delivered_to_the_next_connection(
    workplace: Workplace,
) -> None:
    """Slack repeats an event; the bot asks Slack anew as soon as it hears of it."""
    sandbox = workplace.sandbox
    await sandbox.sockets.disconnect("link_disabled", seconds=0)
    await is_connected(workplace.sandbox)
    assert (await sandbox.share_outside(cases.REQUESTS)).acknowledged
    await workplace.person(cases.DANA).command(cases.REQUESTS, CommandName.FIS_REQUEST)
    await workplace.settle()
    assert workplace.person(cases.DANA).modal is None
    assert await workplace.refusals() == [("4711", "UNSAFE_CHANNEL")]
