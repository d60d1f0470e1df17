"""A database in memory, one in a file, and a case to hang things on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.cipher import Cipher
from storage.database import Database
from tests.builders import a_request, a_search, an_examination, candidates
from tests.driver import in_memory

KEY = bytes(range(32))


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(KEY)


@pytest.fixture
async def db(cipher: Cipher) -> AsyncIterator[Database]:
    database = await in_memory(cipher)
    yield database
    await database.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fis.db"


@pytest.fixture
async def in_file(path: Path, cipher: Cipher) -> AsyncIterator[Database]:
    database = Database(path, cipher)
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def case(db: Database) -> Database:
    """One request, its search with three candidates, and its first examination."""
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.searches.add(a_search(), candidates(3))
        await tx.examinations.add(an_examination())
    return db
