"""One process of the other Slack for each test, and what the bot needs to be served to it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import a_request
from tests.front import KEY
from tests.second_opinion.emulator import Emulated, emulated, running


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
