"""All of a transaction or nothing; one writer; tables as the code knows them; nothing readable in the file."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError, StatementError

from bot.errors import Unavailable
from storage.cipher import Cipher
from storage.database import Database
from storage.errors import ChangedMeanwhile
from storage.tables import Base
from tests.builders import (
    NOON,
    REQUEST,
    a_request,
    an_event,
)
from tests.storage.processes import (
    PATIENCE_S,
    end,
    kill,
    migrate,
    spawning,
    start,
    stop_in_a_transaction,
)

BOTH = pytest.mark.parametrize("place", ["memory", "file"])


@pytest.fixture
def database(place: str, request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue("db" if place == "memory" else "in_file")
    return found


def how_many(path: Path, table: str) -> int:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        count = connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar_one()  # noqa: S608  a name of this file
    engine.dispose()
    return int(count)


@BOTH
async def test_a_transaction_that_fails_writes_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await tx.requests.add(a_request())
            raise ChangedMeanwhile

    with pytest.raises(ChangedMeanwhile):
        await fail()
    async with database.snapshot() as snapshot:
        assert await snapshot.requests.stale() == []


@BOTH
async def test_a_cancelled_transaction_writes_nothing_and_lets_the_next_one_in(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def wait_inside() -> None:
        async with database.transaction() as tx:
            await tx.requests.add(a_request())
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait_inside())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.transaction() as tx:
        assert await tx.requests.stale() == []
        await tx.requests.add(a_request())


async def cancel_after(turns: int, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    for _ in range(turns):
        await asyncio.sleep(0)  # one turn of the loop, no waiting
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@BOTH
async def test_wherever_a_task_is_cancelled_the_next_one_finds_the_database_in_order(
    database: Database,
) -> None:
    async def write() -> None:
        async with database.transaction() as tx:
            await tx.audit.append(an_event())
            await tx.audit.append(an_event())

    async def read() -> None:
        async with database.snapshot() as snapshot:
            await snapshot.audit.check()

    for turns in range(100):
        await cancel_after(turns, write())
        await cancel_after(turns, read())
        async with database.transaction() as tx:
            entry = await tx.audit.append(an_event())
            assert entry.sequence % 2 == (turns + 1) % 2, "half a transaction was kept"
            assert await tx.audit.check() == entry.digest


@BOTH
async def test_nothing_can_be_written_through_a_snapshot(database: Database) -> None:
    async with database.snapshot() as snapshot:
        with pytest.raises(OperationalError, match="readonly"):
            await snapshot.requests.add(a_request())
    async with database.transaction() as tx:
        await tx.requests.add(a_request())


@BOTH
async def test_transactions_of_many_tasks_come_one_after_the_other(
    database: Database,
) -> None:
    async def append(number: int) -> None:
        async with database.transaction() as tx:
            await tx.audit.append(an_event(facts={"number": number}))

    await asyncio.gather(*(append(number) for number in range(20)))
    async with database.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
        await snapshot.audit.check()
    assert {entry.event.facts["number"] for entry in entries} == set(range(20))


@BOTH
async def test_a_transaction_inside_a_transaction_is_a_mistake_and_said_so(
    database: Database,
) -> None:
    async with database.transaction():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            async with database.transaction():
                raise AssertionError("it was let in")


async def test_a_snapshot_sees_one_state_whatever_is_written_meanwhile(
    in_file: Database,
) -> None:
    async with in_file.snapshot() as snapshot:
        assert await snapshot.requests.stale() == []
        async with in_file.transaction() as tx:
            await tx.requests.add(a_request())
        assert await snapshot.requests.stale() == []
    async with in_file.snapshot() as snapshot:
        assert await snapshot.requests.stale() == [REQUEST]


async def test_what_another_process_was_writing_when_it_was_killed_is_not_there(
    in_file: Database, path: Path
) -> None:
    there = spawning.Event()
    process = start(stop_in_a_transaction, path, there)
    assert there.wait(PATIENCE_S)
    kill(process)

    async with in_file.transaction() as tx:
        assert await tx.requests.stale() == []
        assert await tx.audit.head() is None
        assert await tx.requests.next_number(2026) == "FIS-2026-000001"


async def test_a_database_another_process_keeps_is_unavailable_and_not_forever(
    in_file: Database, path: Path, cipher: Cipher
) -> None:
    impatient = Database(path, cipher, busy_s=0.05)
    there = spawning.Event()
    process = start(stop_in_a_transaction, path, there)
    assert there.wait(PATIENCE_S)
    with pytest.raises(Unavailable):
        async with impatient.transaction():
            raise AssertionError("two writers at once")
    async with impatient.snapshot() as snapshot:
        assert await snapshot.requests.stale() == []
    kill(process)
    async with impatient.transaction() as tx:
        await tx.requests.add(a_request())
    await impatient.close()


async def test_a_database_another_task_keeps_is_unavailable(
    cipher: Cipher,
) -> None:
    impatient = Database(None, cipher, busy_s=0.05)

    async def wait_for_it() -> None:
        async with impatient.transaction():
            raise AssertionError("two writers at once")

    async with impatient.transaction():
        [outcome] = await asyncio.gather(wait_for_it(), return_exceptions=True)
    assert isinstance(outcome, Unavailable)
    await impatient.close()


async def test_a_committed_transaction_is_there_after_a_restart(
    in_file: Database, path: Path, cipher: Cipher
) -> None:
    async with in_file.transaction() as tx:
        await tx.requests.add(a_request())
    await in_file.close()

    again = Database(path, cipher)
    await again.migrate()
    async with again.snapshot() as snapshot:
        assert await snapshot.requests.get(REQUEST) == a_request()
    await again.close()


async def test_the_pragmas_are_those_that_survive_a_power_cut(
    in_file: Database,
) -> None:
    async with in_file._writer.connect() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_processes_that_start_at_once_make_the_tables_once(path: Path) -> None:
    processes = [start(migrate, path) for _ in range(4)]
    assert [end(process) for process in processes] == [0, 0, 0, 0]
    assert how_many(path, "alembic_version") == 1
    assert how_many(path, "audit_log") == 0


async def test_a_start_waits_for_whoever_writes_the_new_file_first(
    path: Path, cipher: Cipher
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.2, other.rollback)
    database = Database(path, cipher)
    await database.migrate()
    assert how_many(path, "alembic_version") == 1
    await database.close()
    other.close()


async def test_a_start_gives_up_when_the_new_file_stays_locked(
    path: Path, cipher: Cipher
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database = Database(path, cipher, busy_s=0.1)
    with pytest.raises(OperationalError, match="locked"):
        await database.migrate()
    await database.close()
    other.close()


async def test_the_migrations_make_the_tables_the_code_knows(
    in_file: Database, path: Path
) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


async def test_only_the_owner_may_read_the_file(in_file: Database, path: Path) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes[path.name] == 0o600
    assert set(modes.values()) == {0o600}


async def test_a_naive_datetime_is_refused(db: Database) -> None:
    async with db.transaction() as tx:
        with pytest.raises(StatementError, match="naive"):
            await tx.deliveries.first_time("Ev-1", NOON.replace(tzinfo=None))
