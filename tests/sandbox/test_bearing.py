"""The real bot bears every bad day: nothing is lost, nothing is done twice. By HTTP and by Socket Mode."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.errors import NotAcknowledged
from bot.sandbox.faults import Fault
from bot.views.ids import ActionId, CommandName
from tests import front
from tests.front import Enrolled, Workplace, still
from tests.sandbox import over_a_socket

CASE = "2026-075-001234"
RETRY_S = 301  # the outbox tries again after five minutes at the latest


@pytest.fixture(params=["http", "socket"])
async def workplace(
    request: pytest.FixtureRequest, home: Path, enrolled: Enrolled
) -> AsyncIterator[Workplace]:
    shutil.copy(enrolled.database, home / "fis.sqlite3")
    door = front.opened if request.param == "http" else over_a_socket.opened
    async with door(home, enrolled) as running:
        yield running
        assert running.sandbox.web_api.ignored == set()


def only_these_failed(workplace: Workplace, *kinds: str) -> None:
    """Nothing but what was spoiled failed; the check at the end need not hear of it."""
    journal = workplace.sandbox.courier.journal
    failed = [delivery for delivery in journal if not delivery.acknowledged]
    assert [delivery.kind for delivery in failed] == list(kinds)
    journal[:] = [delivery for delivery in journal if delivery.acknowledged]


async def submitted(workplace: Workplace) -> str:
    """A request that was recorded a moment ago: nothing that follows from it has happened."""
    person = await workplace.acts.open_form(cases.DANA, CASE)
    assert not (await workplace.acts.fill_form(person, still("mated"))).errors
    await workplace.bot.reception.drain()
    return "FIS-2026-000001"


# --- an answer that never reaches Slack


async def test_a_form_whose_answer_was_lost_is_sent_again_and_is_one_request(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, CASE)
    await workplace.sandbox.cause(Fault.LOST_ACK, "view_submission")
    with pytest.raises(NotAcknowledged, match="operation_timeout"):
        await workplace.acts.fill_form(person, still("mated"))
    assert person.modal is not None
    await person.submit()
    await workplace.settle()
    assert person.modal is None
    assert len(await workplace.events(Verb.REQUEST_SUBMITTED)) == 1
    only_these_failed(workplace, "view_submission")


async def test_a_click_whose_answer_was_lost_is_pressed_again_and_counts_once(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts, erik = await workplace.card(id), workplace.person(cases.ERIK)
    await workplace.sandbox.cause(Fault.LOST_ACK, "block_actions")
    with pytest.raises(NotAcknowledged):
        await erik.click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.deliver(
        workplace.press(cases.ERIK, cases.EXAMINERS, ts, ActionId.TAKE)
    )
    assert len(await workplace.events(Verb.EXAMINATION_TAKEN)) == 1
    only_these_failed(workplace, "block_actions")


async def test_an_event_whose_answer_was_lost_comes_again_and_does_no_harm(
    workplace: Workplace,
) -> None:
    await workplace.sandbox.cause(Fault.LOST_ACK, "event", times=2)
    assert (await workplace.sandbox.share_outside(cases.REQUESTS)).acknowledged
    await workplace.person(cases.DANA).command(cases.REQUESTS, CommandName.FIS_REQUEST)
    await workplace.settle()
    assert await workplace.refusals() == [("4711", "UNSAFE_CHANNEL")]
    only_these_failed(workplace, "event", "event")


# --- the same thing twice


async def test_everything_delivered_twice_is_done_once(workplace: Workplace) -> None:
    cause = workplace.sandbox.cause
    await cause(Fault.DUPLICATED, "view_submission", times=99)
    await cause(Fault.DUPLICATED, "block_actions", times=999)
    id = await workplace.sent()
    await workplace.examined(id, cases.ERIK, 0, "D0014")
    await workplace.examined(id, cases.PRIYA, 1, "D0014")
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED
    for verb, times in (
        (Verb.REQUEST_SUBMITTED, 1),
        (Verb.EXAMINATION_TAKEN, 2),
        (Verb.EXAMINATION_SUBMITTED, 2),
        (Verb.LEAD_RELEASED, 1),
    ):
        assert len(await workplace.events(verb)) == times, verb
    assert await workplace.refusals() == []
    assert len(workplace.sandbox.workspace.in_channel(cases.EXAMINERS)) == 2


async def test_a_command_delivered_twice_opens_one_form(workplace: Workplace) -> None:
    await workplace.sandbox.cause(Fault.DUPLICATED, "command")
    person = await workplace.acts.open_form(cases.DANA)
    await workplace.settle()
    assert person.modal is not None
    assert workplace.told(cases.DANA) == ""


async def test_an_event_delivered_twice_shows_one_home(workplace: Workplace) -> None:
    await workplace.sandbox.cause(Fault.DUPLICATED, "event")
    dana = workplace.person(cases.DANA)
    await dana.open_home()
    await workplace.sandbox.workspace.until(
        lambda: workplace.sandbox.workspace.modals.homes.get(cases.DANA)
    )


# --- the later thing first


async def test_an_end_of_sharing_reported_before_its_beginning_is_believed_to_slack(
    workplace: Workplace,
) -> None:
    """The bot asks Slack how things are; it never goes by the order of the reports."""
    sandbox = workplace.sandbox
    await sandbox.cause(Fault.REORDERED, "event", seconds=5)
    await asyncio.gather(
        sandbox.share_outside(cases.EXAMINERS), sandbox.stop_sharing(cases.EXAMINERS)
    )
    id = await workplace.searched()
    await workplace.examined(id, cases.ERIK, 0, "D0014")
    assert await workplace.state(id) is State.PEER_REVIEW


# --- a revoked token


async def test_with_its_token_revoked_the_bot_says_so_and_later_sends_everything(
    workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    id = await submitted(workplace)
    await workplace.sandbox.cause(Fault.TOKEN_REVOKED)
    await workplace.settle()
    assert workplace.sandbox.workspace.messages == []
    assert "token_revoked" in capsys.readouterr().out
    health = await workplace.bot.health()
    assert health["outbox_pending"]
    assert health["outbox_failed"] == 0

    await workplace.sandbox.cure(Fault.TOKEN_REVOKED)
    workplace.clock.forward(seconds=RETRY_S)
    await workplace.acts.examination(id)
    assert (await workplace.bot.health())["outbox_pending"] == 0
    cards = workplace.acts.examination_cards(id)
    assert len(cards) == 1


async def test_a_click_while_the_token_is_revoked_changes_nothing_and_counts_later(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await workplace.card(id)
    await workplace.sandbox.cause(Fault.TOKEN_REVOKED)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()
    assert await workplace.events(Verb.EXAMINATION_TAKEN) == []
    await workplace.sandbox.cure(Fault.TOKEN_REVOKED)
    await erik.click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()
    assert len(await workplace.events(Verb.EXAMINATION_TAKEN)) == 1


# --- a channel that is shared outside


async def test_nothing_is_posted_where_others_listen_and_everything_afterwards(
    workplace: Workplace,
) -> None:
    id = await submitted(workplace)
    await workplace.sandbox.cause(Fault.CHANNEL_SHARED, cases.EXAMINERS)
    await workplace.settle()
    assert workplace.sandbox.workspace.in_channel(cases.EXAMINERS) == []
    await workplace.sandbox.cure(Fault.CHANNEL_SHARED, cases.EXAMINERS)
    workplace.clock.forward(seconds=RETRY_S)
    await workplace.acts.examination(id)
    assert len(workplace.acts.examination_cards(id)) == 1


# --- a file that is not processed


async def test_candidates_wait_for_a_file_that_is_stuck_and_are_shown_once(
    workplace: Workplace,
) -> None:
    where = "files.completeUploadExternal"
    await workplace.sandbox.cause(Fault.FILE_STUCK, where, seconds=0.4)
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await workplace.acts.take(cases.ERIK, card)
    shown = workplace.acts.candidates(cases.ERIK, card)
    assert len(shown) == len({c.slack_file for c in shown}) == front.LIST_LENGTH
    files = workplace.sandbox.workspace.files.values()
    assert all(len(file.shares) <= 1 for file in files)


async def test_a_still_that_is_stuck_is_fetched_when_it_is_released(
    workplace: Workplace,
) -> None:
    await workplace.sandbox.cause(Fault.FILE_STUCK, "upload", seconds=float("inf"))
    id = await submitted(workplace)
    await workplace.settle()
    assert await workplace.events(Verb.PROBE_STORED) == []
    await workplace.sandbox.cure(Fault.FILE_STUCK)
    workplace.clock.forward(seconds=RETRY_S)
    await workplace.acts.examination(id)
    assert len(await workplace.events(Verb.PROBE_STORED)) == 1
