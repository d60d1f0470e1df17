"""A row that does not open hides no other."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.workflow import State
from storage.database import Database
from storage.errors import VaultDamaged
from tests.builders import NOON, REQUEST, a_request, a_sending

OTHER = "FIS-2026-000999"


async def _damaged(db: Database, path: Path, statement: str) -> None:
    async with db.transaction() as tx:
        for id in (REQUEST, OTHER):
            await tx.requests.add(a_request(id=id))
            await tx.outbox.add(a_sending(key=id, channel=id))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, (REQUEST,))


async def test_requests_are_listed_without_the_damaged_one(
    in_file: Database, path: Path
) -> None:
    await _damaged(in_file, path, "UPDATE requests SET reason = x'00' WHERE id = ?")
    async with in_file.snapshot() as snapshot:
        [listed] = await snapshot.requests.in_states(*State)
        assert listed.id == OTHER
        with pytest.raises(VaultDamaged):
            await snapshot.requests.get(REQUEST)


async def test_sendings_are_read_with_the_damaged_one_marked(
    in_file: Database, path: Path
) -> None:
    await _damaged(in_file, path, "UPDATE outbox SET content = x'00' WHERE key = ?")
    async with in_file.snapshot() as snapshot:
        heads = await snapshot.outbox.heads(NOON)
    assert {sending.key: sending.damaged for sending in heads} == {
        REQUEST: True,
        OTHER: False,
    }
