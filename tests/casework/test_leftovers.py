"""Faces no row tells of, or Slack will not delete: destroyed all the same, and nothing is kept busy."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.casework.purging import discard, purge, sweep, sweep_orphans
from bot.domain.audit import Verb
from bot.domain.sendings import Picture, removal
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from bot.jobs.sweeper import Sweeper
from storage.cipher import Cipher
from storage.database import Database, Transaction
from storage.vault import Vault
from tests.approvals.cases import a_case
from tests.builders import NOON, REQUEST, a_picture, a_request
from tests.jobs.parts import KEY

LEASE = timedelta(seconds=15)
ID = "FIS-2026-000001"


class Counting(Database):
    """Knows how often somebody wanted to write."""

    begun = 0
    cleared = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        self.begun += 1
        async with super().transaction() as tx:
            yield tx

    async def clear_log(self) -> bool:
        self.cleared += 1
        return await super().clear_log()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(root: Path) -> Vault:
    return Vault(root, Cipher(KEY))


@pytest.fixture
async def purged(tmp_path: Path, vault: Vault) -> AsyncIterator[Counting]:
    """A request whose search was purged; its pictures are still in Slack."""
    db = Counting(tmp_path / "fis.sqlite3", Cipher(KEY))
    await db.migrate()
    await a_case(db, State.SUPERVISOR_REVIEW)
    async with db.transaction() as tx:
        for key, picture in (await tx.pictures.of(ID)).items():
            sha256 = vault.put(key.encode())
            shown = replace(picture, vault_sha256=sha256, slack_file=f"F-{key}")
            await tx.pictures.save(replace(shown, shared_at=NOON))
        await purge(tx, await tx.searches.of(ID), "AU-1 revoked", NOON)
    db.begun = 0
    yield db
    await db.close()


async def pictures(db: Database) -> list[Picture]:
    async with db.snapshot() as snapshot:
        return list((await snapshot.pictures.of(ID)).values())


async def finishes(db: Database) -> int:
    async with db.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
    return sum(e.event.verb is Verb.PURGE_FINISHED for e in entries)


async def out_of_slack(db: Database) -> None:
    async with db.transaction() as tx:
        for picture in (await tx.pictures.of(ID)).values():
            await tx.pictures.save(replace(picture, removed_at=NOON))


async def slack_will_not_delete(db: Database) -> None:
    async with db.transaction() as tx:
        for picture in (await tx.pictures.of(ID)).values():
            id = await tx.outbox.add(removal(picture, "C-1", NOON))
            await tx.outbox.give_up(id, "cant_delete_file")


async def drawing(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.work.add(WorkKind.DRAW, REQUEST, "E-1", now=NOON)
        assert await tx.work.claim("W-1", NOON, LEASE) is not None


def forgotten(root: Path, sha256: str) -> None:
    """Nobody has put the file for two days."""
    [file] = root.glob(f"??/??/{sha256}")
    two_days_ago = file.stat().st_mtime - 2 * 86_400
    os.utime(file, (two_days_ago, two_days_ago))


# --- drawn for nothing while somebody else draws


async def test_what_was_drawn_for_nothing_is_destroyed_when_the_others_have_drawn(
    purged: Counting, vault: Vault
) -> None:
    await drawing(purged)
    drawn = a_picture(vault_sha256=vault.put(b"drawn"))
    await discard(purged, vault, [drawn, drawn], NOON)
    assert not await sweep(purged, vault, NOON)
    assert drawn.vault_sha256 in vault
    assert await sweep(purged, vault, NOON + LEASE)
    assert drawn.vault_sha256 not in vault
    assert not await sweep(purged, vault, NOON + LEASE)


async def test_what_another_has_drawn_as_well_stays(
    purged: Counting, vault: Vault
) -> None:
    await drawing(purged)
    drawn = a_picture(vault_sha256=vault.put(b"drawn"))
    await discard(purged, vault, [drawn], NOON)
    async with purged.transaction() as tx:
        await tx.pictures.add(drawn)
    await sweep(purged, vault, NOON + LEASE)
    assert drawn.vault_sha256 in vault
    async with purged.snapshot() as snapshot:
        assert await snapshot.discards.all() == []


async def test_no_purge_is_finished_before_what_was_drawn_for_nothing_is_destroyed(
    purged: Counting, vault: Vault
) -> None:
    await out_of_slack(purged)
    await sweep_pictures_only(purged, vault)
    assert await pictures(purged) == []
    await drawing(purged)
    await discard(purged, vault, [a_picture(vault_sha256=vault.put(b"x"))], NOON)
    await sweep(purged, vault, NOON)
    assert await finishes(purged) == 0
    await sweep(purged, vault, NOON + LEASE)
    assert await finishes(purged) == 1


async def sweep_pictures_only(db: Database, vault: Vault) -> None:
    async def busy() -> bool:
        return False

    await sweep(db, vault, NOON, busy)


# --- killed before it told of what it drew


async def test_a_file_that_no_row_has_named_for_a_day_is_destroyed(
    purged: Counting, vault: Vault, root: Path
) -> None:
    left = vault.put(b"left by a worker that was killed")
    forgotten(root, left)
    assert await sweep_orphans(purged, vault) == [left]
    assert left not in vault
    assert await sweep_orphans(purged, vault) == []


async def test_a_file_that_a_row_names_stays_however_old(
    purged: Counting, vault: Vault, root: Path
) -> None:
    named = [picture.vault_sha256 for picture in await pictures(purged)]
    for sha256 in named:
        forgotten(root, sha256)
    assert await sweep_orphans(purged, vault) == []
    assert all(sha256 in vault for sha256 in named)


async def test_a_file_put_again_today_stays_although_no_row_names_it(
    purged: Counting, vault: Vault, root: Path
) -> None:
    again = vault.put(b"put again")
    forgotten(root, again)
    vault.put(b"put again")
    assert await sweep_orphans(purged, vault) == []
    assert again in vault


async def test_a_file_put_again_during_the_sweep_stays(
    vault: Vault, root: Path
) -> None:
    again = vault.put(b"put again")
    forgotten(root, again)
    assert vault.left_alone() == [again]
    vault.put(b"put again")
    assert not vault.remove_left_alone(again)
    assert again in vault


async def test_beside_an_empty_database_no_file_is_destroyed(
    db: Database, vault: Vault, root: Path
) -> None:
    """A wrong data directory, or a database that was lost: the images may be all that is left."""
    left = vault.put(b"left")
    forgotten(root, left)
    assert await sweep_orphans(db, vault) == []
    assert left in vault


# --- Slack will not delete it


async def test_what_slack_will_not_delete_is_destroyed_in_the_vault(
    purged: Counting, vault: Vault
) -> None:
    files = [picture.vault_sha256 for picture in await pictures(purged)]
    await slack_will_not_delete(purged)
    assert await sweep(purged, vault, NOON)
    assert [sha256 for sha256 in files if sha256 in vault] == []
    assert len(await pictures(purged)) == len(files)
    assert await finishes(purged) == 0


async def test_the_purge_is_finished_when_somebody_has_deleted_it_in_slack(
    purged: Counting, vault: Vault
) -> None:
    await slack_will_not_delete(purged)
    await sweep(purged, vault, NOON)
    await out_of_slack(purged)
    assert await sweep(purged, vault, NOON)
    assert await pictures(purged) == []
    assert await finishes(purged) == 1


async def test_a_sweep_that_can_do_nothing_writes_nothing(
    purged: Counting, vault: Vault
) -> None:
    for _ in range(3):
        assert not await sweep(purged, vault, NOON)
    assert (purged.begun, purged.cleared) == (0, 0)
    await slack_will_not_delete(purged)
    await sweep(purged, vault, NOON)
    purged.begun = 0
    for _ in range(3):
        assert not await sweep(purged, vault, NOON)
    assert (purged.begun, purged.cleared) == (0, 0)


async def test_a_long_reader_is_asked_less_and_less_often(
    purged: Counting, vault: Vault
) -> None:
    await out_of_slack(purged)
    seconds = 0.0
    sweeper = Sweeper(purged, vault, lambda: NOON, seconds=lambda: seconds)
    async with purged.snapshot() as reader:
        await reader.searches.of(ID)
        await out_of_slack(purged)
        for second in range(60):
            seconds = float(second)
            await sweeper.step()
    assert purged.cleared < 10
    seconds += 60
    await sweeper.step()
    assert await finishes(purged) == 1
