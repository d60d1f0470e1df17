"""A sender's desk, and a real engine."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import a_request
from tests.jobs.parts import KEY, Desk, Hands


@pytest.fixture(scope="session")
def one_request(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one request; making the tables anew for every test takes longer than the test."""
    path = tmp_path_factory.mktemp("desk") / "fis.sqlite3"

    async def make() -> None:
        db = Database(path, Cipher(KEY))
        await db.migrate()
        async with db.transaction() as tx:
            await tx.requests.add(a_request())
        await db.close()

    # Not asyncio.run: it would leave the tests that follow without an event loop.
    loop = asyncio.new_event_loop()
    loop.run_until_complete(make())
    loop.close()
    return path


@pytest.fixture
async def desk(one_request: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    clock = Hands()
    shutil.copy(one_request, tmp_path)
    db = Database(tmp_path / one_request.name, Cipher(KEY))
    vault = Vault(tmp_path / "vault", Cipher(KEY))
    async with Sandbox(
        cases.seed(), cases.MANIFEST, retry_delays=(), now=clock.seconds
    ) as sandbox:
        yield Desk(sandbox, db, vault, clock)
    await db.close()
