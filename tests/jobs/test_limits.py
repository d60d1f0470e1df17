"""A hostile image costs attempts, never a worker for good, the machine's memory or another's face."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.casework import probes
from bot.domain.work import WorkItem
from bot.domain.workflow import State
from bot.errors import Unavailable
from bot.jobs.bench import Bench, same_face
from bot.jobs.worker import STUCK, Worker
from bot.matching.engine import Face
from bot.matching.images import Image
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import (
    NO_ALERTS,
    NOON,
    REQUEST,
    SEAL_KEY,
    SFACE,
    a_face,
    a_quality,
    a_request,
)
from tests.front import still
from tests.jobs.parts import KEY, Hands, eventually

LEASE = timedelta(seconds=15)


@dataclass
class Caught:
    """An engine that an image holds for as long as the test wants."""

    free: threading.Event = field(default_factory=threading.Event)
    model = SFACE

    def faces(self, image: Image) -> list[Face]:
        assert self.free.wait(20)
        return []


@asynccontextmanager
async def a_still_to_check(home: Path) -> AsyncIterator[tuple[Database, Vault]]:
    db, vault = Database(home / "fis.sqlite3", Cipher(KEY)), Vault(home, Cipher(KEY))
    await db.migrate()
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
    data = still("mated")
    await probes.store(db, REQUEST, vault.put(data), len(data), "still.jpg", now=NOON)
    try:
        yield db, vault
    finally:
        await db.close()


async def test_a_worker_whose_engine_does_not_come_back_ends_its_process(
    tmp_path: Path,
) -> None:
    engine, codes = Caught(), list[int]()
    async with a_still_to_check(tmp_path) as (db, vault):
        worker = Worker(
            db,
            Bench(engine, vault, tmp_path, weak_below=0.35),
            Hands(),
            name="W-1",
            repository="photographs",
            lease=LEASE,
            seal_key=SEAL_KEY,
            alerts=NO_ALERTS,
            deadline_s=0.2,
            end_process=codes.append,
        )
        working = asyncio.create_task(worker.step())
        await eventually(lambda: codes)
        engine.free.set()
        await working
    assert codes == [STUCK]


async def test_a_worker_that_comes_back_in_time_goes_on(tmp_path: Path) -> None:
    engine, codes = Caught(), list[int]()
    engine.free.set()
    async with a_still_to_check(tmp_path) as (db, vault):
        worker = Worker(
            db,
            Bench(engine, vault, tmp_path, weak_below=0.35),
            Hands(),
            name="W-1",
            repository="photographs",
            lease=LEASE,
            seal_key=SEAL_KEY,
            alerts=NO_ALERTS,
            end_process=codes.append,
        )
        assert await worker.step()
        async with db.snapshot() as snapshot:
            request = await snapshot.requests.get(REQUEST)
    assert request.state is State.UNSUITABLE
    assert codes == []


LIFE = """
import asyncio, sys, threading
from datetime import timedelta
from pathlib import Path
from bot.jobs.bench import Bench
from bot.jobs.worker import Worker
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import NO_ALERTS, NOON, SEAL_KEY, SFACE

class Caught:
    model = SFACE
    def faces(self, image):
        threading.Event().wait()

async def life(home):
    db, vault = Database(home / "fis.sqlite3", Cipher(bytes(range(32)))), None
    bench = Bench(Caught(), Vault(home, Cipher(bytes(range(32)))), home, weak_below=0.3)
    await Worker(db, bench, lambda: NOON, name="W", repository="photographs",
                 lease=timedelta(seconds=15),
                 seal_key=SEAL_KEY,
                 alerts=NO_ALERTS, deadline_s=0.2).step()

asyncio.run(life(Path(sys.argv[1])))
"""


async def test_a_worker_really_ends_however_deep_its_thread_is_stuck(
    tmp_path: Path,
) -> None:
    async with a_still_to_check(tmp_path) as (db, _):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", LIFE, str(tmp_path)),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())},
        )
        async with asyncio.timeout(60):
            assert await process.wait() == STUCK
        item = await _left(db)
    assert item.attempts == 1


async def _left(db: Database) -> WorkItem:
    async with db.snapshot() as snapshot:
        [item] = await snapshot.work.open_for(REQUEST)
    return item


HUNGRY = """
import sys
from bot.jobs.limits import limit_memory
limit_memory(256 * 1024**2)
bytearray(int(sys.argv[1]) * 1024**2)
"""


@pytest.mark.parametrize(("megabytes", "code"), [(64, 0), (1024, 1)])
def test_a_worker_grows_by_what_it_may_and_no_further(
    megabytes: int, code: int
) -> None:
    ended = subprocess.run(
        (sys.executable, "-c", HUNGRY, str(megabytes)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stderr
    assert ("MemoryError" in ended.stderr) == bool(code)


MAPPING = """
import mmap, sys
from bot.jobs.limits import limit_memory
limit_memory(64 * 1024**2)
with open(sys.argv[1], "rb") as file:
    assert mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[0] == 0
"""


def test_a_gallery_may_be_larger_than_what_a_worker_may_take(tmp_path: Path) -> None:
    """Its files are mapped, and shared by all workers."""
    sparse = tmp_path / "templates.f4"
    with sparse.open("wb") as file:
        file.truncate(1024**3)
    ended = subprocess.run(
        (sys.executable, "-c", MAPPING, str(sparse)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def _seen_at(x: float, y: float) -> Face:
    points = [[x - 20, y], [x + 20, y], [x, y], [x - 10, y], [x + 10, y]]
    template = np.zeros(128, np.float32)
    return Face((x, y, 1, 1), np.array(points, np.float32), 0.9, template, 1.0)


def test_the_face_that_was_measured_is_found_again_in_its_place_only() -> None:
    wanted = a_face(
        points=tuple((float(x), float(y)) for x, y in _seen_at(100, 100).points),
        quality=a_quality(inter_eye_px=40.0),
    )
    near, far = _seen_at(110, 100), _seen_at(121, 100)
    assert same_face([far, near], wanted) is near
    for faces in ([far], []):
        with pytest.raises(Unavailable, match="not found again"):
            same_face(faces, wanted)
