"""Orders from another system: carried out line by line, moved when committed, harmless to repeat."""

import os
from pathlib import Path

import pytest

from bot.casework import sealing_feed
from bot.casework.alerts import Alerts
from bot.casework.sealing import Done
from bot.casework.sealing_feed import read_feed
from bot.domain.audit import Verb
from bot.domain.identifiers import Identifiers
from storage.database import Database
from tests.builders import NOON, a_photograph

HEAD = "arrest_number,order_reference\n"
GOOD = "K24612345,Order 1/2026\n"
ALERTS = Alerts("C-SUPERVISORS", lambda: NOON)


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    folder = tmp_path / "feed"
    folder.mkdir()
    return folder


def leave(feed: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    path = feed / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def read(db: Database, feed: Path) -> list[Done]:
    return await read_feed(db, feed, Identifiers(), ALERTS, NOON)


async def told(db: Database) -> list[str]:
    """All that is to be posted, in its order."""
    said: list[str] = []
    async with db.transaction() as tx:
        while heads := await tx.outbox.heads(NOON):
            for one in heads:
                said.append(str(one.blocks))
                await tx.outbox.done(one.id)
    return said


async def sealings(db: Database) -> int:
    async with db.snapshot() as snapshot:
        return len(await snapshot.sealings.all())


async def test_a_file_is_carried_out_and_moved(db: Database, feed: Path) -> None:
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id="P-1"))
    leave(feed, f"\ufeff{HEAD}{GOOD}".replace("\n", "\r\n"))
    [done] = await read(db, feed)
    assert done.photographs == ("P-1",)
    assert names(feed / "done") == ["orders.csv"]
    assert await told(db) == []
    async with db.snapshot() as snapshot:
        [event] = [e.event for e in await snapshot.audit.entries(done.sealing.id)]
    assert (event.verb, event.actor) == (Verb.SEALING_RECEIVED, sealing_feed.ACTOR)


async def test_bad_lines_are_told_of_and_the_others_carried_out(
    db: Database, feed: Path
) -> None:
    leave(feed, f"{HEAD}{GOOD}nonsense,Order 2\nK24612346,\n")
    await read(db, feed)
    assert await sealings(db) == 1
    assert names(feed / "failed") == ["orders.csv"]
    [said] = await told(db)
    assert "Line 3: This is not a valid arrest number" in said
    assert "Line 4: Give the reference" in said
    assert "nonsense" not in said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"arrest,order\nK24612345,Order 1\n",
        b"\xff\xfe\x00",
        HEAD.encode() + b"K2461\x002345,Order 1\n",
        HEAD.encode() + b'"K24612345,Order 1\n',
        HEAD.encode() + b'K24612345,"' + b"x" * 200_000 + b'"\n',
    ],
)
async def test_a_file_that_is_no_list_of_orders_seals_nothing(
    db: Database, feed: Path, content: bytes
) -> None:
    leave(feed, content)
    assert await read(db, feed) == []
    assert await sealings(db) == 0
    assert names(feed / "failed") == ["orders.csv"]
    assert len(await told(db)) == 1


async def test_the_same_file_twice_seals_once_and_is_told_of_once(
    db: Database, feed: Path
) -> None:
    for _ in range(2):
        leave(feed, f"{HEAD}{GOOD}nonsense,Order 2\n")
        await read(db, feed)
    assert await sealings(db) == 1
    assert len(await told(db)) == 1
    assert names(feed) == ["orders.csv"]


async def test_killed_after_the_commit_the_file_is_found_done_already(
    db: Database, feed: Path
) -> None:
    """It had not been moved yet."""
    leave(feed, HEAD + GOOD)
    await read(db, feed)
    (feed / "done" / "orders.csv").rename(feed / "orders.csv")
    [again] = await read(db, feed)
    assert not again.is_new
    assert await sealings(db) == 1


async def test_another_file_of_the_same_name_does_not_replace_the_first(
    db: Database, feed: Path
) -> None:
    for content in (HEAD + GOOD, f"{HEAD}K24612346,Order 2\n"):
        leave(feed, content)
        await read(db, feed)
    first, second = names(feed / "done")
    assert {first, second} > {"orders.csv"}
    assert (feed / "done" / "orders.csv").read_text() == HEAD + GOOD


async def test_a_file_that_is_still_being_written_or_leads_elsewhere_is_left_alone(
    db: Database, feed: Path, tmp_path: Path
) -> None:
    leave(feed, HEAD + GOOD, "orders.csv.part")
    outside = leave(tmp_path, HEAD + GOOD, "outside.csv")
    (feed / "link.csv").symlink_to(outside)
    assert await read(db, feed) == []
    assert outside.exists()


async def test_many_orders_are_read_in_batches(db: Database, feed: Path) -> None:
    lines = "".join(f"K{number:08d},Order {number}\n" for number in range(120))
    leave(feed, HEAD + lines)
    assert len(await read(db, feed)) == 120
    assert await sealings(db) == 120


async def test_a_file_that_cannot_be_moved_keeps_no_later_one_from_being_carried_out(
    db: Database, feed: Path
) -> None:
    leave(feed, "nonsense", "a.csv")
    leave(feed, HEAD + GOOD, "b.csv")
    leave(feed, "in the place of a folder", "failed")
    for _ in range(2):
        await read(db, feed)
    assert await sealings(db) == 1
    assert names(feed / "done") == ["b.csv"]
    assert names(feed) == ["a.csv", "b.csv", "failed"]
    [said] = [text for text in await told(db) if "stays where it is" in text]
    assert "a.csv" in said
    assert "FileExistsError" in said


async def test_a_file_whose_name_is_no_text_is_told_of_and_keeps_no_later_one_waiting(
    db: Database, feed: Path
) -> None:
    leave(feed, "nonsense", os.fsdecode(b"a\xe9.csv"))
    leave(feed, HEAD + GOOD, "b.csv")
    await read(db, feed)
    assert await sealings(db) == 1
    [said] = await told(db)
    assert "a\ufffd.csv" in said


async def test_a_file_that_comes_back_unreadable_is_told_of_again(
    db: Database, feed: Path
) -> None:
    leave(feed, "in the place of a folder", "failed")
    for at in (1, 2):
        os.utime(leave(feed, "nonsense"), (at, at))
        await read(db, feed)
    assert len([text for text in await told(db) if "stays where it is" in text]) == 2
