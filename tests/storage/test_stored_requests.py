"""Requests, their parts, and the marks that say which cards are out of date."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.domain.examinations import Seat
from bot.domain.rulings import RulingRecord
from bot.domain.workflow import State, Step
from storage.database import Database, Transaction
from storage.errors import ChangedMeanwhile, Unknown
from tests.builders import (
    DANA,
    ELLIS,
    LONG_AGO,
    NOON,
    PAT,
    REQUEST,
    SAM,
    a_disposition,
    a_lead,
    a_picture,
    a_probe,
    a_request,
    a_search,
    an_examination,
    parts,
)


async def test_a_request_comes_back_as_it_was_added(db: Database) -> None:
    request = a_request(reason="as wanted", closed_at=NOON, state=State.WITHDRAWN)
    async with db.transaction() as tx:
        await tx.requests.add(request)
    async with db.snapshot() as snapshot:
        assert await snapshot.requests.get(REQUEST) == request


async def test_an_unknown_request_is_refused(db: Database) -> None:
    async with db.snapshot() as snapshot:
        with pytest.raises(Unknown, match="FIS-2026-999999"):
            await snapshot.requests.get("FIS-2026-999999")
        with pytest.raises(Unknown):
            await snapshot.requests.mark("FIS-2026-999999")


async def test_numbers_count_up_within_a_year(db: Database) -> None:
    async with db.transaction() as tx:
        numbers = [await tx.requests.next_number(y) for y in (2026, 2026, 2027, 2026)]
    assert numbers == [
        "FIS-2026-000001",
        "FIS-2026-000002",
        "FIS-2027-000001",
        "FIS-2026-000003",
    ]


async def test_the_number_of_a_failed_transaction_is_given_to_the_next(
    db: Database,
) -> None:
    async def fail() -> None:
        async with db.transaction() as tx:
            await tx.requests.next_number(2026)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with db.transaction() as tx:
        assert await tx.requests.next_number(2026) == "FIS-2026-000001"


async def test_numbers_drawn_at_once_are_all_different(in_file: Database) -> None:
    async def draw() -> str:
        async with in_file.transaction() as tx:
            return await tx.requests.next_number(2026)

    numbers = await asyncio.gather(*(draw() for _ in range(20)))
    assert sorted(numbers) == [f"FIS-2026-{n:06d}" for n in range(1, 21)]


async def test_a_saved_step_is_what_stands(case: Database) -> None:
    stored = a_request().take(Step.STORE, NOON, reason="now stored")
    async with case.transaction() as tx:
        await tx.requests.save(stored)
        assert await tx.requests.get(REQUEST) == stored


async def test_of_two_saves_from_the_same_version_the_second_is_refused(
    case: Database,
) -> None:
    async with case.transaction() as tx:
        await tx.requests.save(a_request().take(Step.STORE, NOON))
    with pytest.raises(ChangedMeanwhile, match="Look at the card again"):
        async with case.transaction() as tx:
            await tx.requests.save(a_request().take(Step.WITHDRAW, NOON))
    async with case.snapshot() as snapshot:
        assert (await snapshot.requests.get(REQUEST)).state is State.CHECKING


async def test_of_two_saves_at_once_exactly_one_is_refused(in_file: Database) -> None:
    async with in_file.transaction() as tx:
        await tx.requests.add(a_request())

    async def save(step: Step) -> None:
        async with in_file.snapshot() as snapshot:
            seen = await snapshot.requests.get(REQUEST)
        await both_have_seen_it.wait()
        async with in_file.transaction() as tx:
            await tx.requests.save(seen.take(step, NOON))

    both_have_seen_it = asyncio.Barrier(2)
    results = await asyncio.gather(
        save(Step.STORE), save(Step.WITHDRAW), return_exceptions=True
    )
    assert [type(r) for r in results if r is not None] == [ChangedMeanwhile]


async def test_the_parts_are_those_of_every_round_and_of_every_ruling(
    case: Database,
) -> None:
    async with case.transaction() as tx:
        await tx.examinations.add(
            an_examination(id="E-2", seat=Seat.PEER, examiner=PAT)
        )
        await tx.examinations.add(an_examination(id="E-3", round=2, examiner=ELLIS))
        await tx.rulings.add(
            RulingRecord(REQUEST, 1, SAM, "return", "look again", NOON)
        )
        assert await tx.requests.parts(REQUEST) == parts(
            requester=DANA, examiner=ELLIS, peer=PAT, supervisor=SAM
        )


async def test_an_examination_nobody_took_gives_nobody_a_part(case: Database) -> None:
    async with case.snapshot() as snapshot:
        assert await snapshot.requests.parts(REQUEST) == parts(requester=DANA)


async def test_requests_in_some_states_come_oldest_first(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request(id="R-1", state=State.READY))
        await tx.requests.add(a_request(id="R-2", state=State.SIGN_OFF))
        await tx.requests.add(
            a_request(id="R-3", state=State.READY, submitted_at=LONG_AGO)
        )
        await tx.requests.add(a_request(id="R-4", state=State.REFUSED))
        found = await tx.requests.in_states(State.READY, State.SIGN_OFF)
    assert [request.id for request in found] == ["R-3", "R-1", "R-2"]


async def test_a_new_request_is_stale_until_it_is_drawn(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
        assert await tx.requests.stale() == [REQUEST]
        await tx.requests.drawn(REQUEST, await tx.requests.mark(REQUEST))
        assert await tx.requests.stale() == []


async def test_a_change_during_the_drawing_leaves_it_stale(case: Database) -> None:
    async with case.transaction() as tx:
        mark = await tx.requests.mark(REQUEST)
        await tx.requests.touch(REQUEST)
        await tx.requests.drawn(REQUEST, mark)
        assert await tx.requests.stale() == [REQUEST]


async def _save(tx: Transaction) -> None:
    await tx.requests.save(a_request().take(Step.STORE, NOON))


async def _take(tx: Transaction) -> None:
    await tx.examinations.save(an_examination(examiner=ELLIS, version=2))


async def _rule(tx: Transaction) -> None:
    await tx.rulings.add(RulingRecord(REQUEST, 1, SAM, "close", "as found", NOON))


CHANGES: dict[str, Callable[[Transaction], Awaitable[None]]] = {
    "save": _save,
    "touch": lambda tx: tx.requests.touch(REQUEST),
    "probe": lambda tx: tx.probes.add(a_probe()),
    "search": lambda tx: tx.searches.add(a_search(id="S-2"), ()),
    "examination": lambda tx: tx.examinations.add(an_examination(id="E-2", round=2)),
    "taken": _take,
    "disposition": lambda tx: tx.examinations.dispose("E-1", a_disposition()),
    "lead": lambda tx: tx.leads.add(a_lead()),
    "ruling": _rule,
    "picture": lambda tx: tx.pictures.add(a_picture()),
    "cancelled work": lambda tx: tx.work.cancel(REQUEST),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_every_change_of_a_request_makes_its_cards_stale(
    change: str, case: Database
) -> None:
    async with case.transaction() as tx:
        await tx.requests.drawn(REQUEST, await tx.requests.mark(REQUEST))
        await CHANGES[change](tx)
        assert await tx.requests.stale() == [REQUEST]
