"""The database: one file, one writer at a time in any process, readers that never wait."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, StaticPool, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from bot.domain.prints import may_be_same
from bot.errors import Unavailable
from storage.analyses import Analyses
from storage.audit import Audit
from storage.authorizations import Authorizations
from storage.cards import Cards
from storage.changes import Changes
from storage.cipher import Cipher
from storage.contexts import Contexts
from storage.corroborations import Corroborations, LeadReports
from storage.deliveries import Deliveries
from storage.discards import Discards
from storage.edits import Derivatives, EditDrafts
from storage.examinations import Examinations
from storage.galleries import Galleries
from storage.leads import Leads
from storage.outbox import Outbox
from storage.overrides import Overrides
from storage.photographs import Photographs, Templates
from storage.pictures import Pictures
from storage.prints import Prints
from storage.probes import Probes
from storage.requests import Requests
from storage.rulings import Rulings
from storage.sealings import Sealings
from storage.searches import Searches
from storage.settings_seen import SettingsSeen
from storage.undivided import undivided
from storage.work import Work

_PATIENCE = 6
"""How many times longer a task waits for its turn than for another process: its turn comes for certain,
and whoever clicked has been answered. Of fifty people who all click at once none is sent away."""


class Snapshot:
    """One state of the database, to be read only: the database refuses to be written through it."""

    def __init__(self, connection: AsyncConnection, cipher: Cipher) -> None:
        self.requests = Requests(connection, cipher)
        self.probes = Probes(connection, cipher)
        self.prints = Prints(connection, cipher)
        self.derivatives = Derivatives(connection, cipher)
        self.edit_drafts = EditDrafts(connection, cipher)
        self.searches = Searches(connection, cipher)
        self.examinations = Examinations(connection, cipher)
        self.analyses = Analyses(connection, cipher)
        self.overrides = Overrides(connection, cipher)
        self.authorizations = Authorizations(connection, cipher)
        self.contexts = Contexts(connection, cipher)
        self.leads = Leads(connection, cipher)
        self.corroborations = Corroborations(connection, cipher)
        self.lead_reports = LeadReports(connection, cipher)
        self.rulings = Rulings(connection, cipher)
        self.photographs = Photographs(connection, cipher)
        self.templates = Templates(connection, cipher)
        self.galleries = Galleries(connection, cipher)
        self.sealings = Sealings(connection, cipher)
        self.changes = Changes(connection, cipher)
        self.work = Work(connection, cipher)
        self.cards = Cards(connection, cipher)
        self.pictures = Pictures(connection, cipher)
        self.discards = Discards(connection, cipher)
        self.outbox = Outbox(connection, cipher)
        self.audit = Audit(connection, cipher)
        self.deliveries = Deliveries(connection, cipher)
        self.settings_seen = SettingsSeen(connection, cipher)


class Transaction(Snapshot):
    """One unit of work: all of it is written, or nothing."""


class Database:
    """Opens transactions and snapshots; without a path, a database in memory for tests."""

    def __init__(
        self, path: Path | None, cipher: Cipher, *, busy_s: float = 10
    ) -> None:
        self._cipher, self._busy_s = cipher, busy_s
        self._writer = _engine(path, "BEGIN IMMEDIATE", busy_s)
        self._reader = (
            _engine(path, "BEGIN", busy_s, only_reading=True) if path else self._writer
        )
        # Waiting here is fair and at once; SQLite's own waiting, for other processes, is neither.
        self._writing = asyncio.Lock()
        self._writer_task: asyncio.Task[Any] | None = None

    async def migrate(self) -> None:
        """Bring the tables up to date; of several processes one does it and the others wait."""
        # Only this start needs alembic, whose import takes longer than everything else here.
        from storage.migrations import upgrade

        async with self._turn(), _begun(self._writer) as connection:
            await undivided(connection.run_sync(upgrade))

    async def is_current(self) -> bool:
        """Whether the tables are up to date; asks without changing anything."""
        from storage.migrations import is_current

        async with _opened(self._reader) as connection:
            return bool(await undivided(connection.run_sync(is_current)))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit at the end, roll back on an exception. Nobody else writes meanwhile: be quick.

        Raises Unavailable if another task or process keeps the write lock for too long.
        """
        async with self._turn(), _begun(self._writer) as connection:
            yield Transaction(connection, self._cipher)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """See one state throughout, whatever others write."""
        if self._reader is self._writer:
            async with self._turn(), _only_reading(self._writer) as connection:
                yield Snapshot(connection, self._cipher)
        else:
            async with _opened(self._reader) as connection:
                yield Snapshot(connection, self._cipher)

    async def clear_log(self) -> bool:
        """Empty the file of the last writes, in which what was deleted since can still be read; False
        if somebody is reading or writing just now."""
        async with self._turn(), _opened(self._writer) as connection:
            return await undivided(_checkpoint(connection, self._busy_s))

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if task is not None and task is self._writer_task:
            raise RuntimeError("this task is inside a transaction already")
        try:
            async with asyncio.timeout(_PATIENCE * self._busy_s):
                await self._writing.acquire()
        except TimeoutError as error:
            raise Unavailable("another task keeps the database") from error
        self._writer_task = task
        try:
            yield
        finally:
            self._writer_task = None
            self._writing.release()


def _engine(
    path: Path | None, begin: str, busy_s: float, *, only_reading: bool = False
) -> AsyncEngine:
    # An error names the statement, never the values: they would end in the operators' log.
    if path is None:
        engine = create_async_engine(
            "sqlite+aiosqlite://", poolclass=StaticPool, hide_parameters=True
        )
    else:
        _create_private(path)
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}", hide_parameters=True
        )

    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN would be a deferred one: two writers could both have read first.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_s * 1000:.0f}")
        _log_ahead(cursor, busy_s)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted here is deleted because nobody may read it any more.
        cursor.execute("PRAGMA secure_delete = ON")
        connection.create_function("may_be_same", 7, may_be_same, deterministic=True)
        if only_reading:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine


def _log_ahead(cursor: Any, busy_s: float) -> None:
    """Write to a log first. Whoever starts at the same moment may keep a new file from changing to
    it; SQLite then says "locked" at once, without its own waiting."""
    end = time.monotonic() + busy_s
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        await_only(asyncio.sleep(0.02))


def _create_private(path: Path) -> None:
    """Nobody but the bot's own account reads it; SQLite gives its side files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


@asynccontextmanager
async def _begun(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with _opened(engine) as connection:
        try:
            await undivided(_begin(connection))
        except OperationalError as error:
            raise Unavailable(f"the database cannot be written now: {error}") from error
        yield connection
        await undivided(connection.commit())


@asynccontextmanager
async def _only_reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with _opened(engine) as connection:
        try:
            await undivided(connection.exec_driver_sql("PRAGMA query_only = ON"))
            yield connection
        finally:
            await undivided(connection.exec_driver_sql("PRAGMA query_only = OFF"))


@asynccontextmanager
async def _opened(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Closing rolls back what was not committed."""
    connection = engine.connect()
    try:
        await undivided(_start(connection))
        yield connection
    finally:
        if connection.sync_connection is not None:
            await undivided(connection.close())


async def _checkpoint(connection: AsyncConnection, busy_s: float) -> bool:
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101  it was opened just now
    # Waiting for a long reader, a backup for instance, would keep every writer waiting.
    await driver.execute("PRAGMA busy_timeout = 100")
    try:
        cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        is_busy, *_ = await cursor.fetchone()
    finally:
        await driver.execute(f"PRAGMA busy_timeout = {busy_s * 1000:.0f}")
    return not is_busy


async def _start(connection: AsyncConnection) -> None:
    await connection.start()


async def _begin(connection: AsyncConnection) -> None:
    await connection.begin()
