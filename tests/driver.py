"""Databases for tests, quicker to open and to ask than the bot's own, and otherwise the same.

aiosqlite hands every statement to a thread and back, and each new engine compiles every statement anew: half
of what a whole case costs. Here a statement runs where it was asked for and is compiled once for all tests.
Other tasks have their turn at every statement all the same; and what may have to wait for a lock does so in
the thread, so that its holder can go on. Tests of the storage itself, and whatever runs as a process of its
own, use the driver as it comes.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)

from storage.cipher import Cipher
from storage.database import Database

Result = TypeVar("Result")
_MAY_WAIT = ("BEGIN IMMEDIATE", "PRAGMA")
_ROWS_AT_ONCE = 64
_compiled: dict[Any, Any] = {}
_tables: list[bytes] = []
_is_quick = False


@contextmanager
def without_threads() -> Iterator[None]:
    """Every database that is opened meanwhile runs its statements on the event loop."""
    global _is_quick
    before, _is_quick = _is_quick, True
    try:
        yield
    finally:
        _is_quick = before


async def in_memory(cipher: Cipher) -> Database:
    """An empty database with its tables: the first of a process migrates, the others are copies."""
    database = Database(None, cipher)
    if not _tables:
        await database.migrate()
    async with database._writer.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, aiosqlite.Connection)
        if _tables:
            await driver._execute(driver._conn.deserialize, _tables[0])  # type: ignore[no-untyped-call]
        else:
            _tables.append(await driver._execute(driver._conn.serialize))  # type: ignore[no-untyped-call]
    return database


class _OnTheLoop(aiosqlite.Connection):
    async def _execute(
        self, fn: Callable[..., Result], *args: Any, **kwargs: Any
    ) -> Result:
        if args and isinstance(args[0], str):
            if args[0].startswith(_MAY_WAIT):
                return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-any-return, no-untyped-call]
            await asyncio.sleep(0)
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        return fn(*args, **kwargs)


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *args: Any, **kwargs: Any) -> Any:
        if _is_quick:
            kwargs["async_creator_fn"] = _open
        return super().connect(*args, **kwargs)


def _open(database: str, **given: Any) -> aiosqlite.Connection:
    # The connection is made in the thread and used outside it, never in both at once.
    given["check_same_thread"] = False
    connection = _OnTheLoop(lambda: sqlite3.connect(database, **given), _ROWS_AT_ONCE)
    connection._thread.daemon = True
    return connection


class Dialect(SQLiteDialect_aiosqlite):
    """All are equal, so that what one has compiled serves the others."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        return _Driver(aiosqlite, sqlite3)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        if _is_quick:
            engine.update_execution_options(compiled_cache=_compiled)


registry.register("sqlite.aiosqlite", __name__, "Dialect")
