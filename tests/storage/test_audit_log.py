"""The audit log is one chain, and it only grows."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from bot.domain.audit import GENESIS, ChainBroken
from bot.domain.workflow import State
from storage.database import Database
from storage.errors import VaultDamaged
from tests.builders import NOON, REQUEST, a_chain, an_event
from tests.storage.processes import append, end, start


@pytest.fixture
async def log(in_file: Database) -> Database:
    """Three entries."""
    async with in_file.transaction() as tx:
        for number in range(3):
            await tx.audit.append(an_event(facts={"number": number}))
    return in_file


@pytest.fixture
def raw(log: Database, path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


async def test_entries_form_the_chain_of_their_events(db: Database) -> None:
    events = [an_event(actor=f"B-{n}", facts={"n": n / 7}) for n in range(5)]
    async with db.transaction() as tx:
        appended = [await tx.audit.append(event) for event in events]
        assert appended == a_chain(events)
        assert await tx.audit.entries() == appended
        assert await tx.audit.head() == appended[-1]
        assert await tx.audit.check() == appended[-1].digest


async def test_an_empty_log_has_no_head_and_fits_together(db: Database) -> None:
    async with db.snapshot() as snapshot:
        assert await snapshot.audit.head() is None
        assert await snapshot.audit.check() == GENESIS


async def test_entries_are_chosen_by_subject_place_and_number(db: Database) -> None:
    async with db.transaction() as tx:
        for subject in ("A", "B", "A", "A"):
            await tx.audit.append(an_event(subject=subject))
        found = await tx.audit.entries("A", after=1, limit=1)
        every = await tx.audit.entries(after=2)
    assert [entry.sequence for entry in found] == [3]
    assert [entry.sequence for entry in every] == [3, 4]


async def test_an_event_from_another_zone_fits_when_it_is_read_again(
    db: Database,
) -> None:
    new_york = NOON.astimezone(timezone(timedelta(hours=-5)))
    async with db.transaction() as tx:
        entry = await tx.audit.append(an_event(at=new_york))
        assert await tx.audit.check() == entry.digest
        assert await tx.audit.head() == entry


async def test_facts_of_any_shape_fit_when_they_are_read_again(db: Database) -> None:
    facts = {"order": ("C-2", "C-1"), "state": State.READY, "nested": {1: None}}
    async with db.transaction() as tx:
        entry = await tx.audit.append(an_event(facts=facts))
        assert await tx.audit.check() == entry.digest


async def test_a_naive_moment_is_refused(db: Database) -> None:
    async with db.transaction() as tx:
        with pytest.raises(ValueError, match="naive"):
            await tx.audit.append(an_event(at=NOON.replace(tzinfo=None)))


async def test_a_long_chain_is_checked_across_its_pages(db: Database) -> None:
    async with db.transaction() as tx:
        for _ in range(1100):
            last = await tx.audit.append(an_event())
        assert await tx.audit.check() == last.digest


async def test_an_event_of_a_failed_act_is_not_in_the_log(log: Database) -> None:
    async def fail() -> None:
        async with log.transaction() as tx:
            await tx.audit.append(an_event())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with log.snapshot() as snapshot:
        assert len(await snapshot.audit.entries()) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody' WHERE sequence = 2",
        "UPDATE audit_log SET sequence = 9 WHERE sequence = 3",
        "DELETE FROM audit_log WHERE sequence = 3",
        "DELETE FROM audit_log",
        "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE sequence = 2",
        "INSERT INTO audit_log SELECT 9, at, actor, verb, subject, facts, previous, digest FROM audit_log WHERE sequence = 3",
        "INSERT INTO audit_log SELECT 0, at, actor, verb, subject, facts, previous, digest FROM audit_log WHERE sequence = 3",
    ],
)
async def test_the_database_itself_refuses_whatever_is_no_next_entry(
    statement: str, log: Database, raw: sqlite3.Connection
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(statement)
    async with log.snapshot() as snapshot:
        assert len(await snapshot.audit.entries()) == 3
        await snapshot.audit.check()


def _without_triggers(raw: sqlite3.Connection, statement: str) -> None:
    for name in ("update", "delete", "insert"):
        raw.execute(f"DROP TRIGGER audit_log_refuses_{name}")
    raw.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody' WHERE sequence = 2",
        "UPDATE audit_log SET at = '2026-11-23 12:00:00.000001' WHERE sequence = 3",
        "DELETE FROM audit_log WHERE sequence = 1",
        "DELETE FROM audit_log WHERE sequence = 2",
    ],
)
async def test_whoever_gets_around_the_triggers_breaks_the_chain(
    statement: str, log: Database, raw: sqlite3.Connection
) -> None:
    _without_triggers(raw, statement)
    async with log.snapshot() as snapshot:
        with pytest.raises(ChainBroken):
            await snapshot.audit.check()


async def test_facts_moved_to_another_entry_do_not_open(
    log: Database, raw: sqlite3.Connection
) -> None:
    _without_triggers(
        raw,
        "UPDATE audit_log SET facts = (SELECT facts FROM audit_log WHERE sequence = 1)",
    )
    async with log.snapshot() as snapshot:
        with pytest.raises(VaultDamaged):
            await snapshot.audit.check()


async def test_processes_that_append_at_once_write_one_chain(
    in_file: Database, path: Path
) -> None:
    names = ["p-1", "p-2", "p-3", "p-4"]
    processes = [start(append, path, name, 5) for name in names]
    assert [end(process) for process in processes] == [0, 0, 0, 0]

    async with in_file.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
        assert await snapshot.audit.check() == entries[-1].digest
    written = {(entry.event.actor, entry.event.facts["number"]) for entry in entries}
    assert [entry.sequence for entry in entries] == list(range(1, 21))
    assert written == {(name, number) for name in names for number in range(5)}


async def test_the_subject_of_an_entry_is_what_the_act_was_about(log: Database) -> None:
    async with log.snapshot() as snapshot:
        assert len(await snapshot.audit.entries(REQUEST)) == 3
        assert await snapshot.audit.entries("FIS-2026-000999") == []
