"""The requester may take a request back at any moment before the lead is out."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.casework import searching
from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.jobs.bench import Bench
from bot.matching.engine import Face
from bot.matching.images import Image
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.views.ids import ActionId
from storage.errors import LeaseLost
from tests.builders import SEAL_KEY, SFACE
from tests.front import Workplace, still, text_of
from tests.journeys.threats import THREAT


async def received(workplace: Workplace) -> str:
    """Sent, and the card is there, but the still has not been fetched."""
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    await workplace.acts.fill_form(person, still("mated"))
    await workplace.bot.reception.drain()
    for _ in range(3):
        await workplace.bot.outbox.step()
        await workplace.bot.outbox.drain()
    return "FIS-2026-000001"


async def checking(workplace: Workplace) -> str:
    id = await received(workplace)
    await workplace.settle(work=False)
    return id


async def face_choice(workplace: Workplace) -> str:
    id = await workplace.sent(image=still("several"))
    await workplace.settle()
    return id


async def sign_off(workplace: Workplace) -> str:
    id = await workplace.sent(changes=THREAT)
    await workplace.settle()
    return id


async def ready(workplace: Workplace) -> str:
    id = await checking(workplace)
    await workplace.worker.step()
    return id


async def running(workplace: Workplace) -> str:
    """A worker has begun the search and is not done."""
    id = await ready(workplace)
    now = workplace.clock()
    async with workplace.db.transaction() as tx:
        item = await tx.work.claim("W-2", now, timedelta(minutes=1))
        gallery = await tx.galleries.current(workplace.settings.repository)
    assert item is not None
    assert gallery is not None
    pins = searching.Pins(gallery, 3, ())
    await searching.start(workplace.db, item, pins, key=SEAL_KEY, now=now)
    return id


class _Broken:
    """An engine that fails at every image."""

    model = SFACE

    def faces(self, image: Image) -> list[Face]:
        raise RuntimeError("no memory left")


async def search_failed(workplace: Workplace) -> str:
    id = await checking(workplace)
    worker = workplace.another_worker(
        Bench(_Broken(), workplace.vault, workplace.vault_home, weak_below=0.35)
    )
    for _ in range(3):
        await worker.step()
        workplace.clock.forward(minutes=1)
    await workplace.settle()
    return id


OPEN: dict[State, Callable[[Workplace], Awaitable[str]]] = {
    State.RECEIVED: received,
    State.CHECKING: checking,
    State.FACE_CHOICE: face_choice,
    State.SIGN_OFF: sign_off,
    State.READY: ready,
    State.SEARCHING: running,
    State.SEARCH_FAILED: search_failed,
    State.EXAMINATION: Workplace.searched,
    State.PEER_REVIEW: Workplace.peered,
    State.SUPERVISOR_REVIEW: Workplace.reviewable,
}


@pytest.mark.parametrize("state", OPEN)
async def test_an_open_request_can_be_withdrawn_and_nothing_of_it_goes_on(
    workplace: Workplace, state: State
) -> None:
    id = await OPEN[state](workplace)
    assert await workplace.state(id) is state
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()

    assert await workplace.state(id) is State.WITHDRAWN
    assert "withdrew" in text_of(workplace.acts.own_card(cases.DANA, id))
    [withdrawn] = await workplace.events(Verb.REQUEST_WITHDRAWN)
    assert withdrawn.facts["from"] == state
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.work.open_for(id) == []
        pictures = (await snapshot.pictures.of(id)).values()
    assert all(p.removed_at for p in pictures if p.shared_at)
    for message in workplace.sandbox.workspace.messages:
        if message.user == "U-FISBOT":
            assert actions({"blocks": message.blocks}) == set()


async def test_a_search_that_ends_after_the_withdrawal_leaves_no_result(
    workplace: Workplace,
) -> None:
    id = await ready(workplace)
    now = workplace.clock()
    async with workplace.db.transaction() as tx:
        item = await tx.work.claim("W-2", now, timedelta(minutes=1))
        gallery = await tx.galleries.current(workplace.settings.repository)
        probe = await tx.probes.get(id)
    assert item is not None
    assert gallery is not None
    pins = searching.Pins(gallery, 3, ())
    await searching.start(workplace.db, item, pins, key=SEAL_KEY, now=now)
    run = workplace.bench.search(id, probe, pins, now)
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.bot.reception.drain()

    search, candidates = run(now)
    with pytest.raises(LeaseLost):
        await searching.finish(
            workplace.db, item, search, candidates, key=SEAL_KEY, now=now
        )
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.searches.find_latest(id) is None


async def test_a_released_lead_can_no_longer_be_withdrawn(
    workplace: Workplace,
) -> None:
    id = await workplace.released()
    assert actions(workplace.acts.own_card(cases.DANA, id)) == {ActionId.ACKNOWLEDGE}


async def test_a_failed_search_is_tried_again_by_a_supervisor(
    workplace: Workplace,
) -> None:
    id = await search_failed(workplace)
    card = workplace.acts.supervisor_card(id, ActionId.TRY_AGAIN)
    assert card is not None
    person = workplace.person(cases.SAM)
    await person.click(cases.SUPERVISORS, card["ts"], ActionId.TRY_AGAIN)
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    [given_up] = await workplace.events(Verb.SEARCH_GIVEN_UP)
    assert given_up.facts["error"] == "RuntimeError"
