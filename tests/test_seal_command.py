"""``app.py seal``: what an administrator gives and reads, and a backup that brings photographs back."""

import asyncio
import base64
import shutil
from pathlib import Path

import pytest

from storage.cipher import Cipher
from storage.database import Database
from tests.builders import a_photograph
from tests.test_app import run, settings_of

KEY = bytes(range(32))
ARREST = ("--arrest", "k24612345", "--order", "Order 123/2026")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one photograph on record."""

    async def filled() -> None:
        db = Database(tmp_path / "data" / "fis.sqlite3", Cipher(KEY))
        await db.migrate()
        async with db.transaction() as tx:
            await tx.photographs.add(a_photograph())
        await db.close()

    asyncio.run(filled())
    return tmp_path / "data"


@pytest.fixture
def env(data: Path) -> dict[str, str]:
    key = base64.urlsafe_b64encode(KEY).decode()
    return settings_of(data, FIS_ENCRYPTION_KEY=key)


def photographs(data: Path) -> int:
    async def count() -> int:
        db = Database(data / "fis.sqlite3", Cipher(KEY))
        async with db.snapshot() as snapshot:
            counted = await snapshot.photographs.count(a_photograph().repository)
        await db.close()
        return counted

    return asyncio.run(count())


def test_an_order_is_carried_out_told_and_kept_from_coming_back_with_a_backup(
    data: Path, env: dict[str, str], tmp_path: Path
) -> None:
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(data / "fis.sqlite3", backup)
    ended = run("seal", *ARREST, env=env)
    assert ended.returncode == 0, ended.stderr
    assert "1 photograph sealed" in ended.stdout
    assert photographs(data) == 0
    for side in data.glob("fis.sqlite3*"):
        side.unlink()
    shutil.copy(backup, data / "fis.sqlite3")
    assert photographs(data) == 1
    # Any command that opens the database seals it again before it does anything else.
    assert run("audit", env=env).returncode == 0
    assert photographs(data) == 0


def test_a_list_that_was_altered_stops_every_command(
    data: Path, env: dict[str, str]
) -> None:
    (data / "sealed.json").write_text('{"version": 1, "sealings": [], "photographs": [], "tag": ""}')  # fmt: skip
    ended = run("audit", env=env)
    assert ended.returncode == 2
    assert "cannot be believed" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_number_that_is_none_is_refused_with_an_example(
    data: Path, env: dict[str, str]
) -> None:
    ended = run("seal", "--arrest", "K2461234", "--order", "Order 1", env=env)
    assert ended.returncode == 2
    assert "K26612345" in ended.stderr
    assert photographs(data) == 1


def test_where_there_is_no_database_none_is_made(tmp_path: Path) -> None:
    key = base64.urlsafe_b64encode(KEY).decode()
    env = settings_of(tmp_path, FIS_ENCRYPTION_KEY=key)
    assert run("seal", *ARREST, env=env).returncode == 2
    assert not (tmp_path / "fis.sqlite3").exists()
