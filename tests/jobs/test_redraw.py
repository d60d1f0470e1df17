"""One request that cannot be drawn keeps no other from being drawn."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.board import Board
from bot.domain.repositories import STANDARD, Repositories
from bot.sandbox import cases
from bot.scenes import Outlook, Rooms, Scenery
from storage.errors import VaultDamaged
from tests.builders import REQUEST, a_request
from tests.jobs.parts import Desk

NEWER = "FIS-2026-000999"


def a_board(desk: Desk) -> Board:
    rooms = Rooms(cases.EXAMINERS, cases.SUPERVISORS)
    known = Repositories(STANDARD, {})
    scenery = Scenery(Outlook(rooms, lambda _: None, "America/New_York", known, 24))
    return Board(desk.db, scenery, desk.clock, timedelta(hours=72))


async def pending(desk: Desk, id: str) -> int:
    async with desk.db.snapshot() as snapshot:
        return await snapshot.outbox.pending(id)


async def test_a_damaged_request_holds_up_no_other_and_is_not_hidden(
    desk: Desk, tmp_path: Path
) -> None:
    async with desk.db.transaction() as tx:
        await tx.requests.add(a_request(id=NEWER))
    with closing(sqlite3.connect(tmp_path / "fis.sqlite3")) as connection, connection:
        connection.execute(
            "UPDATE requests SET reason = x'00' WHERE id = ?", (REQUEST,)
        )
    board = a_board(desk)
    with pytest.raises(VaultDamaged):
        await board.refresh_stale()
    assert await pending(desk, NEWER) > 0
    assert await pending(desk, REQUEST) == 0
    assert await board.refresh_stale() == 0  # not looked at again so soon
    desk.clock.forward(61)
    with pytest.raises(VaultDamaged):
        await board.refresh_stale()
