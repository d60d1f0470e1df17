"""The purge is proved by reading the files: every one of the data folder, and of shared memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bot.domain.photographs import Photograph
from bot.domain.workflow import State
from bot.matching import gallery as galleries
from bot.matching import shared
from tests.front import Enrolled, Resting, Workplace
from tests.jobs.parts import eventually
from tests.journeys.sealed import (
    MATE,
    Traces,
    own_house,
    photographs_of,
    seal,
    where,
)
from tests.journeys.test_abuse_sealing import carried_out

# The tombstone, the encrypted log and the list beside the database tell that there was one.
MAY_NAME = frozenset({"fis.sqlite3", "fis.sqlite3-wal", "sealed.json"})


@pytest.fixture
async def house(enrolled: Enrolled, home: Path) -> AsyncIterator[Workplace]:
    async with own_house(home, enrolled) as workplace:
        yield workplace


async def traces_of(workplace: Workplace, photograph: Photograph) -> Traces:
    """What the photograph is in each kind of file; its sealed file as it lies in the vault."""
    async with workplace.db.snapshot() as snapshot:
        version = await snapshot.galleries.current(workplace.settings.repository)
        assert version is not None
        template = await snapshot.templates.get(photograph.id, version.model)
    gallery = galleries.load(
        workplace.bench.galleries_dir, version.version, version.digest
    )
    row = gallery.row_of(photograph.id)
    assert row is not None
    codes = np.array(gallery.rows.codes[row]).tobytes()
    gallery.close()
    return Traces(
        photo_id=photograph.id.encode(),
        picture=in_vault(workplace, photograph.sha256).read_bytes(),
        vector=template.vector,
        codes=codes,
    )


def in_vault(workplace: Workplace, sha256: str) -> Path:
    return workplace.vault_home / sha256[:2] / sha256[2:4] / sha256


def folders(workplace: Workplace) -> tuple[Path, Path]:
    return workplace.settings.data_dir, shared.place(workplace.bench.galleries_dir)


async def test_t15_after_the_order_no_file_holds_anything_of_the_photograph(
    house: Workplace,
) -> None:
    """One of several enrolled, listed by a search, compared by two and released as a lead."""
    id = await house.released()
    [photograph, *others] = await photographs_of(house, MATE)
    assert others == []
    traces = await traces_of(house, photograph)
    before = where(traces, *folders(house), may_name=MAY_NAME)
    kinds = {found.split(":")[0] for found in before}
    assert kinds == {"the picture", "the template", "the codes", "the id"}
    assert any(photograph.sha256 in found for found in before)
    await seal(house)
    await carried_out(house)
    assert where(traces, *folders(house), may_name=MAY_NAME) == []
    assert await house.state(id) is State.RECALLED


async def test_t15_the_other_photographs_stay_as_they_were(house: Workplace) -> None:
    async with house.db.snapshot() as snapshot:
        known = await snapshot.photographs.known(house.settings.repository)
    sealed = {p.id for p in await photographs_of(house, MATE)}
    await seal(house)
    await carried_out(house)
    async with house.db.snapshot() as snapshot:
        left = await snapshot.photographs.known(house.settings.repository)
        version = await snapshot.galleries.current(house.settings.repository)
    assert left.keys() == known.keys() - sealed
    assert all(sha256 in house.vault for sha256 in left.values())
    assert version is not None
    gallery = galleries.load(house.bench.galleries_dir, version.version, version.digest)
    assert set(gallery.photo_ids) == left.keys()
    gallery.close()


async def test_t15_the_search_through_the_files_would_find_a_piece_that_is_left(
    house: Workplace,
) -> None:
    [photograph, *_] = await photographs_of(house, MATE)
    traces = await traces_of(house, photograph)
    await seal(house)
    await carried_out(house)
    data = house.settings.data_dir
    (data / "left").write_bytes(b"abc" + traces.vector[64:128] + b"xyz")
    found = where(traces, *folders(house), may_name=MAY_NAME)
    assert found == ["the template: left"]


async def test_t15_a_version_that_somebody_left_is_destroyed_with_the_others(
    house: Workplace,
) -> None:
    """Built before the order, and never recorded: its builder was killed."""
    async with house.db.snapshot() as snapshot:
        version = await snapshot.galleries.current(house.settings.repository)
    assert version is not None
    root = house.bench.galleries_dir
    stray = root / "20260101T000000Z-stray"
    stray.mkdir()
    (stray / "codes").write_bytes(b"left")
    await seal(house)
    await carried_out(house)
    assert not stray.exists()
    assert not (root / version.version).exists()


async def test_t15_an_idle_worker_lets_go_of_the_old_version(house: Workplace) -> None:
    """What is mapped stays in memory although its file is gone."""
    await house.sent()
    await house.settle()
    worker = house.another_worker()
    house.worker = Resting(house.worker)
    await seal(house)
    await carried_out(house)
    assert held_although_gone(house) != []
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await eventually(lambda: held_although_gone(house) == [], seconds=2)
    stop.set()
    await running


def held_although_gone(workplace: Workplace) -> list[str]:
    """The files of galleries that are deleted and still in the memory of this process."""
    places = [str(place) for place in folders(workplace)]
    lines = Path("/proc/self/maps").read_text().splitlines()
    return [
        line
        for line in lines
        if line.endswith("(deleted)") and any(place in line for place in places)
    ]
