"""What was given up is told to the supervisors, and one of them can have it tried again."""

import pytest

from bot.approvals import signoffs
from bot.domain.audit import Verb
from bot.domain.examinations import Examination
from bot.domain.probes import Probe
from bot.domain.sendings import Picture, Sending, SendingKind
from bot.domain.work import ATTEMPTS_MAX
from bot.domain.workflow import IllegalStep, State
from bot.jobs.bench import Bench, ExaminationScene
from bot.jobs.worker import Worker
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.builders import REQUEST, SUPERVISOR, a_picture, a_request
from tests.front import Workplace, still
from tests.jobs.parts import Desk
from tests.jobs.test_redraw import a_board


class Blunt(Bench):
    """Searches, and cannot draw."""

    def draw_alone(self, examination: Examination, probe: Probe) -> Picture:
        raise RuntimeError("no pencil")

    def draw_examination(self, scene: ExaminationScene) -> list[Picture]:
        raise RuntimeError("no pencil")

    def draw_lead(self, request_id: str, sha256: str) -> Picture:
        raise RuntimeError("no pencil")


def cannot_draw(workplace: Workplace) -> Worker:
    """From now on the only worker is one who cannot draw; return the one who can."""
    able, bench = workplace.worker, workplace.bench
    home = bench.galleries_dir
    blunt = Blunt(bench.engine, workplace.vault, home, weak_below=0.35)
    workplace.worker = workplace.another_worker(blunt)
    return able


async def until_given_up(workplace: Workplace, able: Worker) -> None:
    for _ in range(ATTEMPTS_MAX):
        await workplace.settle()
        workplace.clock.forward(minutes=1)
    await workplace.settle()
    workplace.worker = able


async def press_try_again(workplace: Workplace, id: str) -> None:
    card = workplace.acts.supervisor_card(id, ActionId.TRY_AGAIN)
    assert card is not None
    sam = workplace.person(cases.SAM)
    await sam.click(cases.SUPERVISORS, card["ts"], ActionId.TRY_AGAIN)
    await workplace.settle()
    assert workplace.acts.supervisor_card(id, ActionId.TRY_AGAIN) is None


async def test_pictures_that_could_not_be_drawn_are_drawn_when_tried_again(
    workplace: Workplace,
) -> None:
    able = cannot_draw(workplace)
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    await workplace.acts.fill_form(person, still("mated"))
    await until_given_up(workplace, able)
    id = "FIS-2026-000001"
    assert await workplace.state(id) is State.EXAMINATION
    assert len(await workplace.events(Verb.WORK_GIVEN_UP)) == 1
    await press_try_again(workplace, id)
    assert workplace.pictures_of(cases.ERIK) != []
    assert len(await workplace.events(Verb.WORK_RETRIED)) == 1


async def test_a_lead_picture_that_could_not_be_drawn_is_drawn_when_tried_again(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    able = cannot_draw(workplace)
    await workplace.acts.release(cases.SAM, id)
    await until_given_up(workplace, able)
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    before = len(workplace.pictures_of(cases.DANA))
    await press_try_again(workplace, id)
    assert len(workplace.pictures_of(cases.DANA)) == before + 1


# --- what Slack did not take


async def pending(desk: Desk) -> dict[str, Sending]:
    """What is to be sent first in each channel, by card; all of it is marked as sent."""
    found: dict[str, Sending] = {}
    while True:
        async with desk.db.transaction() as tx:
            heads = await tx.outbox.heads(desk.clock())
            for sending in heads:
                await tx.outbox.done(sending.id)
        if not heads:
            return found
        found |= {sending.card: sending for sending in heads}


async def give_up(desk: Desk, sending: Sending) -> None:
    async with desk.db.transaction() as tx:
        await tx.outbox.give_up(sending.id, "never_heard_of")
        await tx.requests.touch(sending.request_id)


async def choosing_a_face(desk: Desk) -> None:
    async with desk.db.transaction() as tx:
        await tx.requests.save(a_request(state=State.FACE_CHOICE, version=2))
        await tx.pictures.add(a_picture(key=FACES, card=FACES))


FACES, OWN, FAILED = (f"{REQUEST}/{name}" for name in ("faces", "requester", "failed"))


@pytest.mark.parametrize("card", [FACES, OWN])
async def test_what_slack_did_not_take_is_sent_when_tried_again(
    desk: Desk, card: str
) -> None:
    await choosing_a_face(desk)
    board = a_board(desk)
    await board.refresh(REQUEST)
    sent = await pending(desk)
    assert FAILED not in sent
    await give_up(desk, sent[card])
    await board.refresh(REQUEST)
    told = await pending(desk)
    assert list(told) == [FAILED]
    assert ActionId.TRY_AGAIN in str(told[FAILED].blocks)

    await signoffs.retry(desk.db, REQUEST, actor=SUPERVISOR, now=desk.clock())
    await board.refresh(REQUEST)
    again = await pending(desk)
    assert set(again) == {card, FAILED}
    assert again[card].kind is sent[card].kind
    assert again[FAILED].kind is SendingKind.UPDATE
    assert ActionId.TRY_AGAIN not in str(again[FAILED].blocks)


async def test_an_upload_nobody_wants_any_more_is_no_failure(desk: Desk) -> None:
    await choosing_a_face(desk)
    board = a_board(desk)
    await board.refresh(REQUEST)
    sent = await pending(desk)
    await give_up(desk, sent[FACES])
    async with desk.db.transaction() as tx:
        await tx.requests.save(a_request(state=State.READY, version=3))
    await board.refresh(REQUEST)
    assert FAILED not in await pending(desk)


async def test_where_nothing_failed_there_is_nothing_to_try_again(desk: Desk) -> None:
    with pytest.raises(IllegalStep):
        await signoffs.retry(desk.db, REQUEST, actor=SUPERVISOR, now=desk.clock())
