"""A probe looked up before the write: what others store or end meanwhile counts all the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.casework import intake, probes, repeats
from bot.casework.probes import CheckedProbe
from bot.domain.prints import FacePrint
from bot.domain.work import WorkItem
from bot.domain.workflow import State
from storage.cipher import Cipher
from storage.database import Database, Transaction
from tests.builders import DETECTIVE, NOON, SFACE, a_face, a_request
from tests.casework.test_probes import LEASE

MINE, OTHER = "R-MINE", "R-OTHER"
PRINT = FacePrint(1, 2, 3, 4, (0.6, -0.8), replace(SFACE, dim=2))
Act = Callable[[], Awaitable[object]]


class Crossed(Database):
    """Somebody else writes just before the next transaction begins."""

    before: Act | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        act, self.before = self.before, None
        if act is not None:
            await act()
        async with super().transaction() as tx:
            yield tx


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Crossed]:
    db = Crossed(tmp_path / "fis.sqlite3", Cipher(bytes(32)))
    await db.migrate()
    yield db
    await db.close()


async def sent(db: Database, id: str) -> WorkItem:
    """A still of its own, just stored; whoever checks it has begun."""
    async with db.transaction() as tx:
        await tx.requests.add(a_request(id=id))
    await probes.store(db, id, id.ljust(64, "0"), 1, "still.jpg", now=NOON)
    async with db.transaction() as tx:
        item = await tx.work.claim("W-1", NOON, LEASE)
    assert item is not None
    return item


def of_one_face(made: FacePrint = PRINT) -> CheckedProbe:
    return CheckedProbe("JPEG", 640, 480, (a_face(),), prints=(made,))


def of_two_faces() -> CheckedProbe:
    far = replace(PRINT, image_hash=0, face_hash=-1, mirror_hash=-1, code=-1)
    faces = (a_face(index=0), a_face(index=1))
    return CheckedProbe("JPEG", 640, 480, faces, "ef" * 32, (far, PRINT))


async def checked(db: Database, item: WorkItem, found: CheckedProbe) -> State:
    return (await probes.record_check(db, item, found, now=NOON)).state


async def chosen(db: Database, id: str) -> State:
    asked = await probes.choose_face(db, id, 1, actor=DETECTIVE, now=NOON)
    return asked.state


async def earlier(db: Database) -> list[str]:
    async with db.snapshot() as snapshot:
        return [one.earlier_id for one in await snapshot.prints.repeats(MINE)]


async def test_a_probe_checked_between_lookup_and_write_is_found(db: Crossed) -> None:
    mine, other = await sent(db, MINE), await sent(db, OTHER)
    db.before = lambda: checked(db, other, of_one_face())
    assert await checked(db, mine, of_one_face()) is State.REPEAT_REVIEW
    assert await earlier(db) == [OTHER]


async def test_a_face_chosen_between_lookup_and_write_is_found(db: Crossed) -> None:
    """Its print was there before, and was not the one of its request until then."""
    mine, other = await sent(db, MINE), await sent(db, OTHER)
    assert await checked(db, other, of_two_faces()) is State.FACE_CHOICE
    db.before = lambda: chosen(db, OTHER)
    assert await checked(db, mine, of_one_face()) is State.REPEAT_REVIEW
    assert await earlier(db) == [OTHER]


async def test_a_choice_of_one_s_own_finds_what_came_meanwhile(db: Crossed) -> None:
    mine, other = await sent(db, MINE), await sent(db, OTHER)
    assert await checked(db, mine, of_two_faces()) is State.FACE_CHOICE
    db.before = lambda: checked(db, other, of_one_face())
    assert await chosen(db, MINE) is State.REPEAT_REVIEW


async def test_what_was_withdrawn_between_lookup_and_write_is_no_repeat(
    db: Crossed,
) -> None:
    mine, other = await sent(db, MINE), await sent(db, OTHER)
    assert await checked(db, other, of_one_face()) is State.READY
    db.before = lambda: intake.withdraw(db, OTHER, actor=DETECTIVE, now=NOON)
    assert await checked(db, mine, of_one_face()) is State.READY


async def test_a_probe_looked_up_as_another_face_is_looked_up_anew(
    db: Crossed,
) -> None:
    """The lookup was of what a check found; by then another check may have written something else."""
    mine, other = await sent(db, MINE), await sent(db, OTHER)
    await checked(db, other, of_one_face())
    stale = repeats.Looked(replace(PRINT, code=99), frozenset(), 10**6)
    async with db.transaction() as tx:
        probe = replace(await tx.probes.get(MINE), faces=(a_face(),))
        await repeats.remember(tx, MINE, (PRINT,))
        request = await tx.requests.get(mine.request_id)
        [repeat] = await repeats.find(tx, request, probe, stale)
    assert repeat.earlier_id == OTHER
