"""Work is done once, by whoever holds the lease, in the order of its urgency."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.work import OF_RESULTS, WorkItem, WorkKind
from storage.database import Database
from storage.errors import LeaseLost
from storage.work import Work
from tests.builders import NOON, REQUEST, a_request
from tests.storage.processes import claim_all, end, start

MINUTE = timedelta(minutes=1)
LATER = NOON + MINUTE


async def wanted(
    db: Database,
    kind: WorkKind = WorkKind.SEARCH,
    *,
    subject: str = "",
    priority: int = 1,
) -> None:
    async with db.transaction() as tx:
        await tx.work.add(kind, REQUEST, subject, priority, now=NOON)


async def claimed(
    db: Database, worker: str = "w-1", at: timedelta = MINUTE * 0
) -> WorkItem:
    async with db.transaction() as tx:
        item = await tx.work.claim(worker, NOON + at, MINUTE)
    assert item is not None
    return item


async def nothing_to_claim(db: Database, at: timedelta = MINUTE * 0) -> bool:
    async with db.transaction() as tx:
        return await tx.work.claim("w-9", NOON + at, MINUTE) is None


async def test_what_is_claimed_is_what_was_wanted(case: Database) -> None:
    await wanted(case, WorkKind.DRAW, subject="E-1", priority=2)
    assert await claimed(case) == WorkItem(
        id=1,
        kind=WorkKind.DRAW,
        request_id=REQUEST,
        subject="E-1",
        priority=2,
        attempts=1,
        worker="w-1",
        lease_until=LATER,
    )


async def test_work_is_claimed_only_once(case: Database) -> None:
    await wanted(case)
    await claimed(case)
    assert await nothing_to_claim(case)


async def test_the_same_work_wanted_twice_is_done_once(case: Database) -> None:
    await wanted(case)
    await wanted(case)
    await claimed(case)
    await wanted(case)
    assert await nothing_to_claim(case)


async def test_work_wanted_again_after_it_was_done_is_done_again(
    case: Database,
) -> None:
    await wanted(case)
    first = await claimed(case)
    async with case.transaction() as tx:
        await tx.work.finish(first)
    await wanted(case)
    again = await claimed(case)
    assert again.id > first.id
    assert again.attempts == 1


async def test_the_most_urgent_work_is_claimed_first_and_then_the_oldest(
    case: Database,
) -> None:
    await wanted(case, subject="old", priority=1)
    await wanted(case, subject="young", priority=1)
    await wanted(case, subject="urgent", priority=0)
    assert [(await claimed(case)).subject for _ in range(3)] == [
        "urgent",
        "old",
        "young",
    ]


async def test_the_work_of_a_dead_worker_is_claimed_when_its_lease_runs_out(
    case: Database,
) -> None:
    await wanted(case)
    await claimed(case, "dead")
    assert await nothing_to_claim(case, MINUTE - timedelta(microseconds=1))
    taken_over = await claimed(case, "alive", MINUTE)
    assert (taken_over.worker, taken_over.attempts) == ("alive", 2)


async def test_an_extended_lease_keeps_others_away(case: Database) -> None:
    await wanted(case)
    item = await claimed(case)
    async with case.transaction() as tx:
        extended = await tx.work.extend(item, NOON + 3 * MINUTE)
    assert extended.lease_until == NOON + 3 * MINUTE
    assert await nothing_to_claim(case, 2 * MINUTE)


ENDINGS: dict[str, Callable[[Work, WorkItem], Awaitable[object]]] = {
    "extend": lambda work, item: work.extend(item, LATER),
    "finish": lambda work, item: work.finish(item),
    "fail": lambda work, item: work.fail(item, "boom"),
    "give_up": lambda work, item: work.give_up(item, "boom"),
}


async def ended(db: Database, how: str, item: WorkItem) -> None:
    async with db.transaction() as tx:
        await ENDINGS[how](tx.work, item)


@pytest.mark.parametrize("how", ENDINGS)
async def test_a_worker_that_was_overtaken_has_lost_its_lease(
    how: str, case: Database
) -> None:
    await wanted(case)
    late = await claimed(case, "w-1")
    await claimed(case, "w-2", MINUTE)
    with pytest.raises(LeaseLost):
        await ended(case, how, late)


@pytest.mark.parametrize("how", ENDINGS)
async def test_a_worker_that_took_its_own_work_over_has_lost_the_first_lease(
    how: str, case: Database
) -> None:
    await wanted(case)
    late = await claimed(case, "w-1")
    await claimed(case, "w-1", MINUTE)
    with pytest.raises(LeaseLost):
        await ended(case, how, late)


@pytest.mark.parametrize("how", ENDINGS)
async def test_the_lease_of_cancelled_work_is_lost(how: str, case: Database) -> None:
    await wanted(case)
    item = await claimed(case)
    async with case.transaction() as tx:
        await tx.work.cancel(REQUEST)
    with pytest.raises(LeaseLost):
        await ended(case, how, item)
    assert await nothing_to_claim(case, 9 * MINUTE)


@pytest.mark.parametrize("how", ["finish", "give_up"])
async def test_work_that_has_ended_is_never_claimed_again(
    how: str, case: Database
) -> None:
    await wanted(case)
    await ended(case, how, await claimed(case))
    assert await nothing_to_claim(case, 9 * MINUTE)


async def test_failed_work_waits_until_it_is_due_again(case: Database) -> None:
    await wanted(case)
    item = await claimed(case)
    async with case.transaction() as tx:
        await tx.work.fail(item, "no gallery", retry_at=NOON + 2 * MINUTE)
    assert await nothing_to_claim(case, MINUTE)
    assert (await claimed(case, at=2 * MINUTE)).attempts == 2


async def test_failed_work_without_a_moment_waits_for_the_end_of_its_lease(
    case: Database,
) -> None:
    await wanted(case)
    await ended(case, "fail", await claimed(case))
    assert await nothing_to_claim(case)
    assert (await claimed(case, "w-2", MINUTE)).worker == "w-2"


async def test_open_work_is_what_waits_and_what_is_being_done(case: Database) -> None:
    await wanted(case, subject="done")
    await ended(case, "finish", await claimed(case))
    await wanted(case, subject="being done")
    await claimed(case)
    await wanted(case, subject="waiting")
    async with case.snapshot() as snapshot:
        found = await snapshot.work.open_for(REQUEST)
    assert [(item.subject, item.worker) for item in found] == [
        ("being done", "w-1"),
        ("waiting", ""),
    ]


async def test_cancelling_leaves_the_work_of_others_alone(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.requests.add(a_request(id="FIS-2026-000999"))
        await tx.work.add(WorkKind.SEARCH, "FIS-2026-000999", now=NOON)
        await tx.work.cancel(REQUEST)
    assert (await claimed(case)).request_id == "FIS-2026-000999"


async def test_cancelling_some_kinds_leaves_the_other_work_of_the_request_alone(
    case: Database,
) -> None:
    async with case.transaction() as tx:
        for kind in WorkKind:
            await tx.work.add(kind, REQUEST, now=NOON)
        await tx.work.cancel(REQUEST, OF_RESULTS)
        left = {item.kind for item in await tx.work.open_for(REQUEST)}
    assert left == {
        WorkKind.FETCH,
        WorkKind.CHECK_PROBE,
        WorkKind.DRAW_PROBE,
        WorkKind.REPLAY,
    }


async def test_several_processes_do_each_piece_of_work_exactly_once(
    in_file: Database, path: Path
) -> None:
    async with in_file.transaction() as tx:
        await tx.requests.add(a_request())
        for number in range(40):
            await tx.work.add(WorkKind.DRAW, REQUEST, str(number), now=NOON)

    processes = [start(claim_all, path, f"w-{number}") for number in range(3)]
    assert [end(process) for process in processes] == [0, 0, 0]

    async with in_file.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
        assert await snapshot.work.open_for(REQUEST) == []
    assert sorted(entry.event.facts["item"] for entry in entries) == list(range(1, 41))
