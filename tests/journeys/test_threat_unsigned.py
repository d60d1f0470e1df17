"""Purpose F without its written sign-off: after a day it is held, and what was found is destroyed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.casework import searching
from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.work import WorkItem
from bot.domain.workflow import State
from bot.jobs.bench import Bench
from bot.matching.engine import Face
from bot.matching.images import Image
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.views.ids import ActionId
from storage.errors import LeaseLost
from tests.builders import SEAL_KEY, SFACE, a_search
from tests.front import NOON, Workplace, still, text_of
from tests.journeys.destroyed import DESTROYED, check_destroyed, found_by_last_search
from tests.journeys.threats import sign, started, waiting, write

DAY = NOON + timedelta(hours=24)
SECOND = timedelta(seconds=1)
MATE = "D0014"

Reach = Callable[[Workplace], Awaitable[str]]


async def at(workplace: Workplace, *, seconds: int = 0) -> None:
    """What the scheduler does a day after the search was started."""
    workplace.clock.moment = DAY + timedelta(seconds=seconds)
    await workplace.bot.ticks.end_what_is_over()
    await workplace.settle()


async def signed(workplace: Workplace, image: bytes | None = None) -> str:
    """A supervisor has started the search; no worker has begun it."""
    id = await waiting(workplace, image)
    card = workplace.acts.supervisor_card(id, ActionId.SIGN_OFF)
    assert card is not None
    await workplace.person(cases.SAM).click(
        cases.SUPERVISORS, card["ts"], ActionId.SIGN_OFF
    )
    await workplace.settle(work=False)
    assert await workplace.state(id) is State.READY
    return id


class Broken:
    """An engine that fails at every image."""

    model = SFACE

    def faces(self, image: Image) -> list[Face]:
        raise RuntimeError("no memory left")


async def failed(workplace: Workplace) -> str:
    id = await signed(workplace)
    bench = Bench(Broken(), workplace.vault, workplace.bench.galleries_dir, 0.35)
    worker = workplace.another_worker(bench)
    while await workplace.state(id) is not State.SEARCH_FAILED:
        assert await worker.step()
        workplace.clock.forward(minutes=1)
    await workplace.settle()
    return id


async def examined(workplace: Workplace) -> str:
    id = await started(workplace)
    assert await workplace.state(id) is State.EXAMINATION
    return id


async def peered(workplace: Workplace) -> str:
    id = await examined(workplace)
    await workplace.decided(id, cases.ERIK, 0, MATE)
    await workplace.settle()
    assert await workplace.state(id) is State.PEER_REVIEW
    return id


async def supported(workplace: Workplace) -> str:
    async def reach() -> str:
        id = await peered(workplace)
        await workplace.decided(id, cases.PRIYA, 1, MATE)
        await workplace.settle()
        return id

    id = await workplace.reached("supported for a threat", reach)
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    return id


async def unanswered(workplace: Workplace) -> str:
    async def reach() -> str:
        id = await signed(workplace, still("stranger"))
        await workplace.settle()
        await workplace.decided(id, cases.ERIK, 0, None)
        await workplace.settle()
        await workplace.acts.close(cases.SAM, id)
        return id

    id = await workplace.reached("unanswered for a threat", reach)
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    return id


async def released(workplace: Workplace) -> str:
    id = await supported(workplace)
    await workplace.acts.release(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED
    return id


async def acknowledged(workplace: Workplace) -> str:
    id = await released(workplace)
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    assert await workplace.state(id) is State.ACKNOWLEDGED
    return id


FOUND = [examined, peered, supported, unanswered, released, acknowledged]


@pytest.mark.parametrize("reach", FOUND)
async def test_a34_what_was_found_is_destroyed_after_a_day_and_not_before(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    before = await workplace.request(id)
    found = await found_by_last_search(workplace, id)
    await at(workplace, seconds=-1)
    assert await workplace.request(id) == before
    await at(workplace)
    await check_held(workplace, id, before.state)
    await check_destroyed(workplace, found)


@pytest.mark.parametrize("reach", [signed, failed])
async def test_a34_what_has_found_nothing_yet_never_will(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    before = await workplace.state(id)
    await at(workplace)
    await check_held(workplace, id, before)
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.searches.of(id) == []
        assert await snapshot.work.open_for(id) == []


async def test_a34_a_search_under_way_writes_nothing_any_more(
    workplace: Workplace,
) -> None:
    id = await signed(workplace)
    item = await begun(workplace)
    await at(workplace)
    await check_held(workplace, id, State.SEARCHING)
    with pytest.raises(LeaseLost):
        await searching.finish(
            workplace.db,
            item,
            a_search(request_id=id),
            (),
            key=SEAL_KEY,
            now=workplace.clock(),
        )
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.searches.of(id) == []


async def begun(workplace: Workplace) -> WorkItem:
    """What a worker holds in the middle of the search."""
    now = workplace.clock()
    async with workplace.db.transaction() as tx:
        item = await tx.work.claim("W-2", now, timedelta(days=2))
        gallery = await tx.galleries.current(workplace.settings.repository)
    assert item is not None
    assert gallery is not None
    pins = searching.Pins(gallery, 3, ())
    await searching.start(workplace.db, item, pins, key=SEAL_KEY, now=now)
    return item


async def check_held(workplace: Workplace, id: str, before: State) -> None:
    """The request is, everybody can read why, and nobody can do anything about it; but what was done with a
    lead that was opened before can be reported."""
    assert await workplace.state(id) is State.HELD
    [lapsed] = await workplace.events(Verb.SIGN_OFF_LAPSED)
    assert (lapsed.facts["from"], lapsed.facts["to"]) == (before, State.HELD)
    card = workplace.acts.own_card(cases.DANA, id)
    assert "Closed: held." in text_of(card["blocks"])
    assert "must not be used" in text_of(card["blocks"])
    was_opened = before is State.ACKNOWLEDGED
    assert actions(card) == ({ActionId.REPORT_LEAD} if was_opened else set())
    shown = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any(f"{id} is held" in text_of(m["blocks"]) for m in shown)
    assert any("*Held.* No written sign-off" in text_of(m["blocks"]) for m in shown)
    assert all(actions(message) == set() for message in shown)


async def test_a34_with_its_sign_off_nothing_happens_after_a_day(
    workplace: Workplace,
) -> None:
    id = await examined(workplace)
    await write(workplace, id, cases.RUTH)
    before = await workplace.request(id)
    found = await found_by_last_search(workplace, id)
    await at(workplace)
    await at(workplace, seconds=3600)
    assert await workplace.request(id) == before
    assert await found_by_last_search(workplace, id) == found
    assert await workplace.events(Verb.SIGN_OFF_LAPSED, Verb.RESULTS_PURGED) == []


async def test_a34_it_is_held_once_however_often_the_clock_ticks(
    workplace: Workplace,
) -> None:
    await examined(workplace)
    for minutes in range(3):
        await at(workplace, seconds=60 * minutes)
    assert len(await workplace.events(Verb.SIGN_OFF_LAPSED)) == 1
    assert len(await workplace.events(Verb.RESULTS_PURGED)) == 1


async def test_a34_a_withdrawn_request_stays_so_and_what_it_found_is_destroyed(
    workplace: Workplace,
) -> None:
    id = await peered(workplace)
    found = await found_by_last_search(workplace, id)
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    await at(workplace)
    assert await workplace.state(id) is State.WITHDRAWN
    await check_destroyed(workplace, found)
    [lapsed] = await workplace.events(Verb.SIGN_OFF_LAPSED)
    assert lapsed.facts == {"state": State.WITHDRAWN}
    shown = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any(DESTROYED in text_of(m["blocks"]) for m in shown)
    assert not any("is held" in text_of(m["blocks"]) for m in shown)
    assert not any("*Held.*" in text_of(m["blocks"]) for m in shown)


async def test_a34_a_refused_request_is_not_held(workplace: Workplace) -> None:
    id = await waiting(workplace)
    await sign(workplace, id, cases.SAM, ActionId.REFUSE)
    await at(workplace)
    assert await workplace.state(id) is State.REFUSED
    assert await workplace.events(Verb.SIGN_OFF_LAPSED) == []


async def test_a34_one_that_nobody_has_started_waits_on(workplace: Workplace) -> None:
    id = await waiting(workplace)
    await at(workplace)
    assert await workplace.state(id) is State.SIGN_OFF
    assert await workplace.events(Verb.SIGN_OFF_LAPSED) == []


# --- with another repository


async def asked(workplace: Workplace) -> str:
    id = await unanswered(workplace)
    await workplace.authorizing.ask(cases.DANA, id)
    await workplace.settle()
    return id


async def granted(workplace: Workplace) -> str:
    id = await asked(workplace)
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.settle()
    return id


async def ordered(workplace: Workplace) -> str:
    id = await granted(workplace)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle(work=False)
    return id


@pytest.mark.parametrize("reach", [asked, granted, ordered])
async def test_a34_another_repository_is_not_searched_for_what_is_held(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    standard = await found_by_last_search(workplace, id)
    await at(workplace)
    assert await workplace.state(id) is State.HELD
    await check_destroyed(workplace, standard)
    ended = await workplace.authorization(id)
    assert ended.state is AuthorizationState.WITHDRAWN
    assert await workplace.events(Verb.AUTHORIZATION_CONSUMED) == []


async def test_a34_what_another_repository_brought_is_destroyed_too(
    workplace: Workplace,
) -> None:
    id = await granted(workplace)
    standard = await found_by_last_search(workplace, id)
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    exceptional = await found_by_last_search(workplace, id)
    assert exceptional.search.authorization_id is not None
    await at(workplace)
    assert await workplace.state(id) is State.HELD
    for found in (standard, exceptional):
        await check_destroyed(workplace, found)
    assert len(await workplace.events(Verb.PURGE_FINISHED)) == 2


@pytest.mark.parametrize("reach", [released, acknowledged])
async def test_a34_whoever_may_act_on_a_held_lead_is_told_by_a_message_of_its_own(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    before = len(workplace.person(cases.DANA).dm_messages())
    await at(workplace)
    new = workplace.person(cases.DANA).dm_messages()[before:]
    assert [
        id in text_of(m) and "Do not act on anything" in text_of(m) for m in new
    ] == [True]


async def test_a34_nothing_is_released_in_the_minute_before_the_clock_looks(
    workplace: Workplace,
) -> None:
    id = await supported(workplace)
    await workplace.acts.review(cases.RUTH, id)
    workplace.clock.moment = DAY + SECOND
    person = workplace.person(cases.RUTH)
    chosen = next(
        b
        for b in (person.modal or {})["blocks"]
        if b["block_id"] == "released_candidate"
    )
    await person.fill_and_submit(
        {
            "ruling": "release",
            "released_candidate": chosen["element"]["options"][0]["value"],
            "reason": "Both examinations agree and give their reasons.",
        }
    )
    await workplace.settle()
    assert await workplace.state(id) is State.HELD
    assert ("9002", "STATE") in await workplace.refusals()


async def test_a34_no_lead_is_opened_in_the_minute_before_the_clock_looks(
    workplace: Workplace,
) -> None:
    id = await released(workplace)
    workplace.clock.moment = DAY + SECOND
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    assert await workplace.state(id) is State.HELD
    assert ("4711", "STATE") in await workplace.refusals()
