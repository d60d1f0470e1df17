"""The list beside the database: what it names does not come back with a backup."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.casework import sealed_list, sealing
from bot.casework.sealed_list import BadList, reapply, write_list
from bot.domain.audit import Verb
from bot.domain.sealings import Order
from bot.domain.workflow import State
from storage.cipher import Cipher
from storage.database import Database, Transaction
from tests.builders import (
    NO_ALERTS,
    NOON,
    REQUEST,
    a_gallery,
    a_photograph,
    a_probe,
    a_request,
    a_search,
    a_template,
    candidates,
)

ARREST = "K24612345"
ORDER = Order(ARREST, "Order 123/2026")
SEALED = "PHOTO-C-1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / sealed_list.NAME


def read(path: Path) -> str:
    return path.read_text()


def write(path: Path, text: str) -> None:
    path.write_text(text)


def parts_beside(path: Path) -> list[Path]:
    return list(path.parent.glob("*.part"))


def is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o077 == 0


async def filled(db: Database, state: State = State.EXAMINATION) -> Database:
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=state))
        await tx.probes.add(a_probe())
        await tx.galleries.add(a_gallery())
        await tx.photographs.add(a_photograph(id=SEALED))
        await tx.templates.add(a_template(photo_id=SEALED))
        await tx.searches.add(a_search(), candidates(2))
    return db


@pytest.fixture
async def restored() -> Database:
    """The same unit's database as it was before the order came."""
    database = Database(None, Cipher(bytes(32)))
    await database.migrate()
    return await filled(database)


async def sealed(db: Database, path: Path) -> str:
    [done] = await sealing.seal(db, [ORDER], NO_ALERTS, actor="admin", now=NOON)
    await write_list(db, path)
    return done.sealing.id


async def test_what_a_restored_backup_brings_back_is_sealed_again(
    db: Database, restored: Database, path: Path
) -> None:
    id = await sealed(await filled(db), path)
    [done] = await reapply(restored, path, NO_ALERTS, NOON)
    assert done.sealing.id == id
    assert done.taken_back == (REQUEST,)
    async with restored.snapshot() as snapshot:
        assert await snapshot.photographs.find(SEALED) is None
        assert (await snapshot.requests.get(REQUEST)).state is State.READY
        [unfinished] = await snapshot.sealings.unfinished()
        entries = await snapshot.audit.entries(id)
    assert (unfinished.order_reference, unfinished.actor) == (ORDER.reference, "admin")
    [event] = [e.event for e in entries if e.event.verb is Verb.SEALING_RECEIVED]
    assert event.facts["restored"] is True
    await restored.close()


async def test_a_photograph_of_the_arrest_that_the_list_does_not_name_is_sealed_too(
    db: Database, restored: Database, path: Path
) -> None:
    """It was enrolled in a backup only, under another id, from another file."""
    await sealed(await filled(db), path)
    other = a_photograph(id="ANOTHER", sha256="b" * 64, arrest_number="k24612345")
    async with restored.transaction() as tx:
        await tx.photographs.add(other)
    [done] = await reapply(restored, path, NO_ALERTS, NOON)
    assert set(done.photographs) == {SEALED, "ANOTHER"}
    await restored.close()


async def test_the_arrest_stays_forbidden_in_a_restored_database(
    db: Database, restored: Database, path: Path
) -> None:
    await sealed(await filled(db), path)
    await reapply(restored, path, NO_ALERTS, NOON)
    async with restored.snapshot() as snapshot:
        found = await snapshot.sealings.forbidden((), (), [ARREST])
    assert found.covers("NEW", "c" * 64, ARREST)
    await restored.close()


async def test_it_is_done_once(db: Database, restored: Database, path: Path) -> None:
    await sealed(await filled(db), path)
    assert await reapply(restored, path, NO_ALERTS, NOON)
    assert await reapply(restored, path, NO_ALERTS, NOON) == []
    await restored.close()


async def test_the_database_that_wrote_the_list_has_nothing_to_do(
    db: Database, path: Path
) -> None:
    await sealed(await filled(db), path)
    assert await reapply(db, path, NO_ALERTS, NOON) == []


async def test_a_photograph_that_came_back_by_another_way_is_sealed_again(
    db: Database, path: Path
) -> None:
    id = await sealed(await filled(db), path)
    async with db.transaction() as tx:
        await tx.sealings.finish(id, NOON)
        await tx.photographs.add(a_photograph(id=SEALED))
        await tx.photographs.add(a_photograph(id="SAME-BYTES"))
    [done] = await reapply(db, path, NO_ALERTS, NOON)
    assert set(done.photographs) == {SEALED, "SAME-BYTES"}
    async with db.snapshot() as snapshot:
        assert await snapshot.photographs.find(SEALED) is None
        [again] = await snapshot.sealings.unfinished()
    assert again.order_reference == ORDER.reference
    assert again.id != id


async def test_without_a_list_nothing_is_sealed(db: Database, path: Path) -> None:
    await filled(db)
    assert await reapply(db, path, NO_ALERTS, NOON) == []


async def test_a_list_that_somebody_shortened_stops_the_start(
    db: Database, path: Path
) -> None:
    await sealed(await filled(db), path)
    content = json.loads(read(path))
    write(path, json.dumps({**content, "photographs": []}))
    with pytest.raises(BadList, match="altered"):
        await reapply(db, path, NO_ALERTS, NOON)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tag": 1', "\x00"])
async def test_a_torn_list_stops_the_start(db: Database, path: Path, text: str) -> None:
    write(path, text)
    with pytest.raises(BadList, match="cannot be believed"):
        await reapply(db, path, NO_ALERTS, NOON)


async def test_the_list_of_another_key_stops_the_start(
    db: Database, path: Path
) -> None:
    await sealed(await filled(db), path)
    other = Database(None, Cipher(bytes(range(32))))
    await other.migrate()
    with pytest.raises(BadList, match="another key"):
        await reapply(other, path, NO_ALERTS, NOON)
    await other.close()


async def test_the_list_names_no_arrest_and_no_subject(
    db: Database, path: Path
) -> None:
    await sealed(await filled(db), path)
    text = read(path)
    assert SEALED in text
    assert ORDER.reference in text
    assert ARREST not in text
    assert "SUBJ-C-1" not in text
    assert is_private(path)


async def test_the_list_grows_with_every_order(db: Database, path: Path) -> None:
    await sealed(await filled(db), path)
    other = replace(ORDER, arrest_number="K24699999")
    await sealing.seal(db, [other], NO_ALERTS, actor="admin", now=NOON)
    await write_list(db, path)
    assert len(json.loads(read(path))["sealings"]) == 2


class Slower(Database):
    """Another process does the same between what this one reads and what it writes."""

    other: Database
    path: Path
    is_first = True

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        if self.is_first:
            self.is_first = False
            assert await reapply(self.other, self.path, NO_ALERTS, NOON)
        async with super().transaction() as tx:
            yield tx


async def test_what_another_process_has_sealed_again_meanwhile_is_sealed_once(
    db: Database, home: Path
) -> None:
    path = home / sealed_list.NAME
    id = await sealed(await filled(db), path)
    slower = Slower(home / "fis.sqlite3", Cipher(bytes(32)))
    slower.is_first = False
    await slower.migrate()
    await filled(slower)
    slower.other = Database(home / "fis.sqlite3", Cipher(bytes(32)))
    slower.path, slower.is_first = path, True
    assert await reapply(slower, path, NO_ALERTS, NOON) == []
    async with slower.snapshot() as snapshot:
        assert [one.id for one in await snapshot.sealings.all()] == [id]
        entries = await snapshot.audit.entries(id)
    assert [e.event.verb for e in entries].count(Verb.SEALING_RECEIVED) == 1
    await slower.other.close()
    await slower.close()


async def test_an_order_that_a_restored_database_has_forgotten_stays_on_the_list(
    db: Database, restored: Database, path: Path
) -> None:
    """A backup was put in its place, and somebody seals before it has read the list."""
    await sealed(await filled(db), path)
    before = json.loads(read(path))
    other = replace(ORDER, arrest_number="K24699999")
    await sealing.seal(restored, [other], NO_ALERTS, actor="admin", now=NOON)
    await write_list(restored, path)
    after = json.loads(read(path))
    assert len(after["sealings"]) == 2
    assert before["sealings"][0] in after["sealings"]
    assert after["photographs"] == before["photographs"]
    assert await reapply(restored, path, NO_ALERTS, NOON)
    await restored.close()


async def test_a_list_that_somebody_altered_is_not_replaced_by_another(
    db: Database, path: Path
) -> None:
    await sealed(await filled(db), path)
    write(path, altered := read(path).replace(SEALED, "OTHER"))
    with pytest.raises(BadList, match="altered"):
        await write_list(db, path)
    assert read(path) == altered


async def test_what_a_killed_writer_left_is_removed(db: Database, path: Path) -> None:
    for name in ("sealed.part", "sealed.abcd1234.part"):
        write(path.with_name(name), "{")
    await sealed(await filled(db), path)
    assert parts_beside(path) == []


AGAIN_AND_AGAIN = """
import asyncio, sys
from pathlib import Path
from bot.casework.sealed_list import write_list
from bot.casework.sealing import seal
from bot.domain.sealings import Order
from storage.cipher import Cipher
from storage.database import Database
from tests.builders import NO_ALERTS, NOON

async def main(database: Path, path: Path, name: str) -> None:
    db = Database(database, Cipher(bytes(32)))
    for number in range(40):
        order = Order(f"{name}{number:07d}", f"Order {name}{number}")
        await seal(db, [order], NO_ALERTS, actor=name, now=NOON)
        for _ in range(5):
            await write_list(db, path)
    await db.close()

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
"""


async def test_two_processes_that_write_at_the_same_time_lose_no_order_of_either(
    home: Path, path: Path
) -> None:
    file = home / "fis.sqlite3"
    database = Database(file, Cipher(bytes(32)))
    await database.migrate()
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            AGAIN_AND_AGAIN,
            str(file),
            str(path),
            name,
            stderr=asyncio.subprocess.PIPE,
        )
        for name in ("KA", "KB")
    ]
    said = await asyncio.gather(*(writer.communicate() for writer in writers))
    assert [writer.returncode for writer in writers] == [0, 0], said
    assert len(json.loads(read(path))["sealings"]) == 80
    assert await reapply(database, path, NO_ALERTS, NOON) == []
    await database.close()
