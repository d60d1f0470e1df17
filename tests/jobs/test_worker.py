"""A worker writes its result once or not at all, and what fails is never lost."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.audit import Verb
from bot.domain.galleries import ModelId
from bot.domain.work import ATTEMPTS_MAX
from bot.domain.workflow import State
from bot.jobs.bench import Bench
from bot.jobs.worker import Worker
from bot.matching.engine import Face, FaceEngine
from bot.matching.images import Image
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.views.ids import ActionId
from tests.builders import NO_ALERTS, SEAL_KEY
from tests.front import Enrolled, Resting, Workplace
from tests.jobs.parts import eventually

LEASE_S = 60


class Stopping:
    """A real engine that waits in the middle of its work, until it is told to go on."""

    def __init__(self, engine: FaceEngine) -> None:
        self.engine, self.model = engine, engine.model
        self.entered, self.go_on = threading.Event(), threading.Event()

    def faces(self, image: Image) -> list[Face]:
        self.entered.set()
        assert self.go_on.wait(20)
        return self.engine.faces(image)


@dataclass
class Failing:
    """An engine that does not work."""

    model: ModelId

    def faces(self, image: Image) -> list[Face]:
        raise RuntimeError("the library crashed")


def a_worker(
    workplace: Workplace, bench: Bench, name: str, *, lease_s: float = LEASE_S
) -> Worker:
    return Worker(
        workplace.db,
        bench,
        workplace.clock,
        name=name,
        repository=workplace.settings.repository,
        lease=timedelta(seconds=lease_s),
        seal_key=SEAL_KEY,
        alerts=NO_ALERTS,
    )


def with_engine(enrolled: Enrolled, engine: FaceEngine) -> Bench:
    bench = enrolled.bench
    return Bench(engine, enrolled.vault, bench.galleries_dir, weak_below=0.35)


async def ready_to_search(workplace: Workplace) -> str:
    """A request whose still has been checked and whose search nobody has begun."""
    worker = workplace.worker
    workplace.worker = Resting(worker)
    id = await workplace.sent()
    await workplace.settle()
    workplace.worker = worker
    assert await worker.step()
    assert await workplace.state(id) is State.READY
    return id


async def examinations(workplace: Workplace, id: str) -> int:
    async with workplace.db.snapshot() as snapshot:
        return len(await snapshot.examinations.of(id))


@pytest.fixture
def stopping(enrolled: Enrolled) -> Iterator[tuple[Stopping, Bench]]:
    engine = Stopping(enrolled.bench.engine)
    yield engine, with_engine(enrolled, engine)
    engine.go_on.set()


async def test_a_worker_whose_lease_ran_out_in_the_middle_writes_nothing(
    workplace: Workplace, stopping: tuple[Stopping, Bench]
) -> None:
    engine, bench = stopping
    id = await ready_to_search(workplace)
    slow = asyncio.create_task(a_worker(workplace, bench, "W-slow").step())
    await eventually(engine.entered.is_set)
    workplace.clock.forward(seconds=LEASE_S + 1)
    assert await workplace.worker.step()
    first = await workplace.listed(id)
    engine.go_on.set()
    assert await slow
    assert await workplace.listed(id) == first
    assert len(await workplace.events(Verb.SEARCH_FINISHED)) == 1
    assert await examinations(workplace, id) == 1


async def test_a_lease_is_kept_for_as_long_as_the_work_takes(
    workplace: Workplace, stopping: tuple[Stopping, Bench]
) -> None:
    engine, bench = stopping
    id = await ready_to_search(workplace)
    slow = asyncio.create_task(a_worker(workplace, bench, "W-slow", lease_s=0.3).step())
    await eventually(engine.entered.is_set)
    for _ in range(5):
        until = await lease_of(workplace, id)
        workplace.clock.forward(seconds=0.2)
        await until_extended(workplace, id, until)
        assert not await workplace.worker.step()
    engine.go_on.set()
    await slow
    assert await workplace.state(id) is State.EXAMINATION


async def lease_of(workplace: Workplace, id: str) -> object:
    async with workplace.db.snapshot() as snapshot:
        [item] = await snapshot.work.open_for(id)
    return item.lease_until


async def until_extended(workplace: Workplace, id: str, before: object) -> None:
    async with asyncio.timeout(10):
        while await lease_of(workplace, id) == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_of_two_workers_one_does_the_search(
    workplace: Workplace, enrolled: Enrolled
) -> None:
    id = await ready_to_search(workplace)
    other = a_worker(workplace, with_engine(enrolled, enrolled.bench.engine), "W-2")
    did = await asyncio.gather(workplace.worker.step(), other.step())
    # The other one may find what follows from it, the drawing, but never the same search.
    assert any(did)
    assert len(await workplace.events(Verb.SEARCH_STARTED)) == 1
    assert len(await workplace.events(Verb.SEARCH_FINISHED)) == 1
    assert await examinations(workplace, id) == 1


async def given_up(workplace: Workplace, bench: Bench) -> str:
    """A request whose search failed as often as it may."""
    id = await ready_to_search(workplace)
    failing = a_worker(workplace, bench, "W-failing")
    for attempt in range(1, ATTEMPTS_MAX + 1):
        assert await failing.step(), f"attempt {attempt} was not due"
        assert not await failing.step(), "a failed attempt is not repeated at once"
        workplace.clock.forward(seconds=LEASE_S)
    await workplace.settle(work=False)
    return id


async def test_after_the_last_attempt_a_supervisor_is_told_and_can_try_again(
    workplace: Workplace, enrolled: Enrolled
) -> None:
    bench = with_engine(enrolled, Failing(enrolled.bench.engine.model))
    id = await given_up(workplace, bench)
    assert await workplace.state(id) is State.SEARCH_FAILED
    card = workplace.acts.supervisor_card(id, ActionId.TRY_AGAIN)
    assert card is not None
    await workplace.person(cases.SAM).click(
        cases.SUPERVISORS, card["ts"], ActionId.TRY_AGAIN
    )
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    assert workplace.acts.supervisor_card(id, ActionId.TRY_AGAIN) is None
    assert len(await workplace.events(Verb.SEARCH_FINISHED)) == 1


async def test_the_requester_reads_of_a_delay_and_of_no_error(
    workplace: Workplace, enrolled: Enrolled
) -> None:
    id = await given_up(
        workplace, with_engine(enrolled, Failing(enrolled.bench.engine.model))
    )
    text = all_text(workplace.acts.own_card(cases.DANA, id))
    assert "Delayed by" in text
    assert "RuntimeError" not in text
    assert "crashed" not in text


async def test_work_whose_worker_died_every_time_is_given_up_without_another_try(
    workplace: Workplace, enrolled: Enrolled
) -> None:
    id = await ready_to_search(workplace)
    for _ in range(ATTEMPTS_MAX):
        async with workplace.db.transaction() as tx:
            await tx.work.claim("W-dead", workplace.clock(), timedelta(seconds=1))
        workplace.clock.forward(seconds=2)
    assert await workplace.worker.step()
    # Nobody had got as far as starting the search: it waits, with everything that is known of it.
    assert len(await workplace.events(Verb.SEARCH_GIVEN_UP)) == 1
    assert await workplace.events(Verb.SEARCH_STARTED) == []
    assert await workplace.state(id) is State.SEARCH_FAILED


async def test_a_search_withdrawn_while_it_runs_leaves_no_list(
    workplace: Workplace, stopping: tuple[Stopping, Bench]
) -> None:
    engine, bench = stopping
    id = await ready_to_search(workplace)
    running = asyncio.create_task(a_worker(workplace, bench, "W-slow").step())
    await eventually(engine.entered.is_set)
    await workplace.settle(work=False)
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle(work=False)
    engine.go_on.set()
    await running
    assert await workplace.state(id) is State.WITHDRAWN
    assert await examinations(workplace, id) == 0
    assert await workplace.events(Verb.SEARCH_FINISHED) == []


# --- a gallery's directory is only a copy


def _removed(version: Path) -> None:
    shutil.rmtree(version)


def _overwritten(version: Path) -> None:
    [database] = version.rglob("chroma.sqlite3")
    database.write_bytes(b"not a database")


def _emptied(version: Path) -> None:
    shutil.rmtree(version)
    version.mkdir()


@pytest.mark.parametrize("damage", [_removed, _overwritten, _emptied])
async def test_a_damaged_gallery_is_rebuilt_from_the_record_and_searched(
    workplace: Workplace,
    enrolled: Enrolled,
    tmp_path: Path,
    damage: Callable[[Path], None],
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(enrolled.bench.galleries_dir, root)
    id = await ready_to_search(workplace)
    async with workplace.db.snapshot() as snapshot:
        before = await snapshot.galleries.current(workplace.settings.repository)
    assert before is not None
    damage(root / before.version)
    bench = Bench(enrolled.bench.engine, enrolled.vault, root, weak_below=0.35)
    assert await a_worker(workplace, bench, "W-1").step()
    assert await workplace.state(id) is State.EXAMINATION
    async with workplace.db.snapshot() as snapshot:
        search = await snapshot.searches.find_latest(id)
        after = await snapshot.galleries.current(workplace.settings.repository)
    assert after == before
    assert search is not None
    assert search.gallery_digest == before.digest
    assert (await workplace.listed(id))[0].subject_id == "D0014"


async def test_a_search_without_any_gallery_is_tried_again_later(
    workplace: Workplace, enrolled: Enrolled
) -> None:
    id = await ready_to_search(workplace)
    nowhere = Worker(
        workplace.db,
        enrolled.bench,
        workplace.clock,
        name="W-1",
        repository="a repository nobody enrolled",
        lease=timedelta(seconds=LEASE_S),
        seal_key=SEAL_KEY,
        alerts=NO_ALERTS,
    )
    assert await nowhere.step()
    assert await workplace.state(id) is State.READY
    workplace.clock.forward(seconds=LEASE_S)
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
