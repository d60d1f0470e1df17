"""One process of the other Slack for each test, and what the bot needs to be served to it."""

import faulthandler
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import a_request
from tests.front import KEY
from tests.second_opinion.emulator import Emulated, emulated, running

_MOST_S = 600


def pytest_configure() -> None:
    """Whatever hangs, a test, what comes after it or the end of the process: the run ends, and says where.

    Not by ``faulthandler.dump_traceback_later``: pytest calls that off when a test fails.
    """
    watch = threading.Timer(_MOST_S, _end, [os.dup(2)])  # its own would be caught
    watch.daemon = True
    watch.start()


def _end(told: int) -> None:
    faulthandler.dump_traceback(told)
    os._exit(1)


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[str]:
    with running(tmp_path) as url:
        yield url


@pytest.fixture
async def slack(upstream: str) -> AsyncIterator[Emulated]:
    async with emulated(upstream) as furnished:
        yield furnished


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[tuple[Database, Vault]]:
    """A database with one request, and a vault."""
    db = Database(tmp_path / "fis.sqlite3", Cipher(KEY))
    await db.migrate()
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
    yield db, Vault(tmp_path / "vault", Cipher(KEY))
    await db.close()
