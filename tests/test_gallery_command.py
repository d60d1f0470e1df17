"""Galleries on the command line: compared with the record, and built again."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import app
from bot.casework.building import build_gallery
from bot.domain.photographs import STANDARD_REPOSITORY
from storage.cipher import Cipher
from storage.database import Database
from tests.builders import NOON, SFACE, a_photograph, a_template
from tests.test_app import settings_of


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return settings_of(tmp_path)


async def _enrolled(data: Path) -> Path:
    """Three photographs of record, and the folder of their gallery."""
    db = Database(data / "fis.sqlite3", Cipher(bytes(range(32))))
    await db.migrate()
    async with db.transaction() as tx:
        await tx.galleries.record_standard(STANDARD_REPOSITORY)
        for number in range(3):
            await tx.photographs.add(a_photograph(id=f"P-{number}"))
            await tx.templates.add(a_template(photo_id=f"P-{number}"))
    root = data / "galleries"
    built = await build_gallery(
        db, root, STANDARD_REPOSITORY, SFACE, actor="administrator", now=NOON
    )
    await db.close()
    return root / built.version


def asked(env: dict[str, str], what: str) -> Result:
    """The command in this process: another one takes seconds to begin."""
    return CliRunner().invoke(app.cli, ("gallery", what), env=env)


def test_a_damaged_gallery_is_told_of_with_its_cure_and_cured(
    tmp_path: Path, env: dict[str, str]
) -> None:
    folder = asyncio.run(_enrolled(tmp_path))
    (folder / "templates.f4").write_bytes(b"")
    broken = asked(env, "verify")
    assert broken.exit_code == 2
    assert "DIFFERENT" in broken.stdout
    assert "python app.py gallery rebuild" in broken.stdout
    rebuilt = asked(env, "rebuild")
    assert (rebuilt.exit_code, folder.name in rebuilt.stdout) == (0, True)
    whole = asked(env, "verify")
    assert whole.exit_code == 0, whole.output
    assert "It is what the record says." in whole.stdout
