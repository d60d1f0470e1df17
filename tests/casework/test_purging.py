"""Results nobody may keep: gone from the record at once, and their pictures when they are out of Slack."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.casework.purging import discard, purge, sweep
from bot.domain.audit import Verb
from bot.domain.examinations import Seat
from bot.domain.sendings import Picture, SendingKind
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from storage.cipher import Cipher
from storage.database import Database, Transaction
from storage.vault import Vault
from tests.approvals.cases import a_case, examination_id
from tests.builders import (
    NOON,
    REQUEST,
    a_candidate,
    a_picture,
    a_probe,
    a_request,
    a_search,
    a_sending,
)
from tests.jobs.parts import KEY

LEASE = timedelta(seconds=15)
WHY = "AU-1 revoked"
ID = "FIS-2026-000001"
Use = Callable[[Transaction, str], Awaitable[None]]
SHEET = f"{examination_id(1, Seat.FIRST)}/sheet/C-1/1"
SHOWN = {
    f"{examination_id(1, seat)}/{name}"
    for seat in (Seat.FIRST, Seat.PEER)
    for name in ("probe", "sheet/C-1/1", "sheet/C-2/1", "sheet/C-3/1")
}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, Cipher(KEY))


@pytest.fixture
async def purged(db: Database, vault: Vault) -> Database:
    """A request both of whose examiners were done; its sheets are still in Slack."""
    await a_case(db, State.SUPERVISOR_REVIEW)
    await put_sheets(db, vault)
    async with db.transaction() as tx:
        await purge(tx, await tx.searches.of(ID), WHY, NOON)
    return db


async def put_sheets(db: Database, vault: Vault) -> None:
    async with db.transaction() as tx:
        for key, picture in (await tx.pictures.of(ID)).items():
            sha256 = vault.put(key.encode())
            await tx.pictures.save(replace(picture, vault_sha256=sha256))


async def pictures(db: Database) -> dict[str, Picture]:
    async with db.snapshot() as snapshot:
        return await snapshot.pictures.of(ID)


async def out_of_slack(db: Database, *keys: str) -> None:
    async with db.transaction() as tx:
        for key, picture in (await tx.pictures.of(ID)).items():
            if not keys or key in keys:
                await tx.pictures.save(replace(picture, removed_at=NOON))


async def swept(db: Database) -> bool:
    async with db.snapshot() as snapshot:
        [search] = await snapshot.searches.of(ID)
    return search.swept_at is not None


async def finishes(db: Database) -> int:
    async with db.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
    return sum(e.event.verb is Verb.PURGE_FINISHED for e in entries)


async def test_whom_a_search_found_is_gone_at_once_and_that_it_was_made_is_not(
    purged: Database,
) -> None:
    async with purged.snapshot() as snapshot:
        [search] = await snapshot.searches.of(ID)
        assert search.purged_at == NOON
        assert await snapshot.searches.candidates(search.id) == ()
        assert await snapshot.searches.find_latest(ID) is None
        for examination in await snapshot.examinations.of(ID):
            assert examination.order == ()
            assert examination.examiner is not None
            assert await snapshot.examinations.dispositions(examination.id) == {}


async def test_a_search_is_purged_once(purged: Database) -> None:
    async with purged.transaction() as tx:
        await purge(tx, await tx.searches.of(ID), WHY, NOON)
        entries = await tx.audit.entries()
    assert [e.event.verb for e in entries].count(Verb.RESULTS_PURGED) == 1


async def test_a_lead_goes_with_whom_it_names(db: Database) -> None:
    await a_case(db, State.RELEASED)
    async with db.transaction() as tx:
        await purge(tx, await tx.searches.of(ID), WHY, NOON)
        assert await tx.leads.find(ID) is None


async def test_a_lead_from_another_search_stays(db: Database) -> None:
    await a_case(db, State.RELEASED)
    async with db.transaction() as tx:
        lead = await tx.leads.find(ID)
        assert lead is not None
        other = a_candidate(id="C-9/9", search_id="S-9", photo_id="P-1")
        await tx.searches.add(a_search(id="S-9", request_id=ID), [other])
        await tx.leads.remove(ID)
        await tx.leads.add(replace(lead, candidate_id=other.id))
        await purge(tx, [await tx.searches.get("S-1")], WHY, NOON)
        assert await tx.leads.find(ID) is not None


async def test_a_picture_stays_until_it_is_out_of_slack(
    purged: Database, vault: Vault
) -> None:
    assert not await sweep(purged, vault, NOON)
    assert {*await pictures(purged)} == SHOWN
    await out_of_slack(purged, SHEET)
    assert await sweep(purged, vault, NOON)
    left = await pictures(purged)
    assert {*left} == SHOWN - {SHEET}
    assert all(p.vault_sha256 in vault for p in left.values())
    assert not await swept(purged)


async def test_when_all_are_out_of_slack_nothing_is_left(
    purged: Database, vault: Vault
) -> None:
    files = [p.vault_sha256 for p in (await pictures(purged)).values()]
    await out_of_slack(purged)
    while await sweep(purged, vault, NOON):
        continue
    assert await pictures(purged) == {}
    assert [sha256 for sha256 in files if sha256 in vault] == []
    assert await swept(purged)
    assert await finishes(purged) == 1


async def test_a_sweep_that_was_stopped_after_a_file_goes_on_with_its_row(
    purged: Database, vault: Vault
) -> None:
    await out_of_slack(purged)
    vault.remove((await pictures(purged))[SHEET].vault_sha256)
    await sweep(purged, vault, NOON)
    assert await pictures(purged) == {}
    assert await finishes(purged) == 1


async def of_another_picture(tx: Transaction, sha256: str) -> None:
    await tx.requests.add(a_request())
    await tx.pictures.add(a_picture(vault_sha256=sha256))


async def of_a_probe(tx: Transaction, sha256: str) -> None:
    await tx.requests.add(a_request())
    await tx.probes.add(a_probe(request_id=REQUEST, sha256=sha256))


@pytest.mark.parametrize("use", [of_another_picture, of_a_probe])
async def test_a_file_that_something_else_is_made_of_stays(
    purged: Database, vault: Vault, use: Use
) -> None:
    sha256 = (await pictures(purged))[SHEET].vault_sha256
    async with purged.transaction() as tx:
        await use(tx, sha256)
    await out_of_slack(purged)
    await sweep(purged, vault, NOON)
    assert await pictures(purged) == {}
    assert sha256 in vault


async def test_a_picture_somebody_may_be_uploading_stays(
    purged: Database, vault: Vault
) -> None:
    await out_of_slack(purged)
    async with purged.transaction() as tx:
        upload = a_sending(
            request_id=ID, kind=SendingKind.UPLOAD, pictures=(SHEET,), key="up"
        )
        sending = await tx.outbox.add(upload)
    await sweep(purged, vault, NOON)
    assert list(await pictures(purged)) == [SHEET]
    assert not await swept(purged)
    async with purged.transaction() as tx:
        await tx.outbox.drop(sending)
    await sweep(purged, vault, NOON)
    assert await swept(purged)


async def drawing(db: Database) -> None:
    """A worker has claimed pictures of another request; it may be making the very same file."""
    async with db.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.work.add(WorkKind.DRAW, REQUEST, "E-1", now=NOON)
        assert await tx.work.claim("W-1", NOON, LEASE) is not None


async def test_no_file_is_destroyed_while_a_worker_draws(
    purged: Database, vault: Vault
) -> None:
    await out_of_slack(purged)
    await drawing(purged)
    await sweep(purged, vault, NOON)
    assert {*await pictures(purged)} == SHOWN
    await sweep(purged, vault, NOON + LEASE)  # it is dead
    assert await pictures(purged) == {}


async def test_what_was_drawn_for_nothing_is_destroyed(
    db: Database, vault: Vault
) -> None:
    await a_case(db, State.WITHDRAWN)
    await put_sheets(db, vault)
    known = (await pictures(db))[SHEET]
    drawn = replace(known, key="new", vault_sha256=vault.put(b"drawn"))
    await discard(db, vault, [drawn, known], NOON)
    assert drawn.vault_sha256 not in vault
    assert known.vault_sha256 in vault


async def test_what_was_drawn_for_nothing_stays_while_another_may_draw_the_same(
    db: Database, vault: Vault
) -> None:
    await drawing(db)
    drawn = a_picture(vault_sha256=vault.put(b"drawn"))
    await discard(db, vault, [drawn], NOON)
    assert drawn.vault_sha256 in vault


async def test_a_purge_is_finished_only_when_the_log_of_the_last_writes_is_empty(
    tmp_path: Path, vault: Vault
) -> None:
    """What was deleted can still be read there; somebody who reads it keeps it."""
    db = Database(tmp_path / "fis.sqlite3", Cipher(KEY))
    await db.migrate()
    await a_case(db, State.SUPERVISOR_REVIEW)
    await out_of_slack(db)
    log = tmp_path / "fis.sqlite3-wal"
    async with db.snapshot() as reader:
        await reader.searches.of(ID)
        async with db.transaction() as tx:
            await purge(tx, await tx.searches.of(ID), WHY, NOON)
        await sweep(db, vault, NOON)
        assert not await swept(db)
        assert b"SUBJ-C-1" in log.read_bytes()
    await sweep(db, vault, NOON)
    assert await swept(db)
    assert b"SUBJ-C-1" not in log.read_bytes()
    assert b"S-1SUBJ-C-1" not in (tmp_path / "fis.sqlite3").read_bytes()
    await db.close()
