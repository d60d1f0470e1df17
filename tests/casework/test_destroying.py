"""An order is finished when nothing is left of its photographs, and not before."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.casework import sealing
from bot.casework.destroying import (
    destroy_pictures,
    discard_old,
    discard_strays,
    finish,
    what_is_left,
)
from bot.domain.audit import Verb
from bot.domain.sealings import Order, Sealing
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from bot.matching import files
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import (
    NO_ALERTS,
    NOON,
    REQUEST,
    a_gallery,
    a_photograph,
    a_picture,
    a_probe,
    a_request,
    a_search,
    an_examination,
    candidates,
)

PHOTO, CARD = b"the photograph", b"a sheet drawn of it"
REPOSITORY = a_gallery().repository
NOWHERE = Path("no such folder")
LATER = NOON + timedelta(seconds=90)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault", Cipher(bytes(32)))


async def always() -> bool:
    return True


async def never() -> bool:
    return False


async def sealed(db: Database, vault: Vault) -> Sealing:
    """One photograph of a closed no-match, with a sheet that is out of Slack."""
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=State.NO_POSSIBLE_MATCH))
        await tx.probes.add(a_probe())
        await tx.galleries.add(a_gallery())
        await tx.photographs.add(a_photograph(sha256=vault.put(PHOTO)))
        await tx.searches.add(a_search(), candidates(2))
        await tx.searches.conclude(a_search().id, NOON)
        await tx.examinations.add(an_examination())
        for candidate in ("C-1", "C-2"):
            await tx.pictures.add(
                a_picture(
                    key=f"{an_examination().id}/sheet/{candidate}",
                    vault_sha256=vault.put(CARD + candidate.encode()),
                    removed_at=NOON,
                )
            )
    order = Order("K24612345", "Order 1")
    [done] = await sealing.seal(db, [order], NO_ALERTS, actor="admin", now=NOON)
    return done.sealing


async def is_over(
    db: Database, vault: Vault, order: Sealing, version: str, root: Path = NOWHERE
) -> bool:
    renewed = {(order.id, REPOSITORY): version}
    return await finish(db, vault, root, [order], LATER, always, renewed) == [order]


async def test_photograph_and_sheet_are_destroyed_and_no_other_picture(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    assert await destroy_pictures(db, vault, order, NOON)
    assert not await destroy_pictures(db, vault, order, NOON)
    async with db.snapshot() as snapshot:
        left = await snapshot.pictures.of(REQUEST)
    assert [key.split("/")[-1] for key in left] == ["C-2"]
    assert all(one.vault_sha256 in vault for one in left.values())
    assert await is_over(db, vault, order, a_gallery().version)


async def test_it_is_noted_with_the_time_that_it_took(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    await destroy_pictures(db, vault, order, NOON)
    assert await is_over(db, vault, order, a_gallery().version)
    async with db.snapshot() as snapshot:
        *_, last = await snapshot.audit.entries(order.id)
        assert await snapshot.sealings.unfinished() == []
    assert last.event.verb is Verb.SEALING_FINISHED
    assert last.event.facts == {"order": "Order 1", "photographs": 1, "seconds": 90.0}


async def test_not_before_the_photograph_is_out_of_the_vault(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    assert not await is_over(db, vault, order, a_gallery().version)


async def test_not_before_its_gallery_was_built_again(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    await destroy_pictures(db, vault, order, NOON)
    async with db.snapshot() as snapshot:
        assert await what_is_left(snapshot, vault, NOWHERE, order, {}) == [
            "a gallery that has to be built again"
        ]
    assert not await is_over(db, vault, order, "G-0")


async def test_not_if_somebody_who_began_before_it_built_another_version_since(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    await destroy_pictures(db, vault, order, NOON)
    async with db.transaction() as tx:
        late = replace(a_gallery(version="G-LATE"), digest="ef" * 32)
        await tx.galleries.add(late)
    assert not await is_over(db, vault, order, a_gallery().version)


async def test_not_before_the_log_of_the_database_is_empty(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    await destroy_pictures(db, vault, order, NOON)
    renewed = {(order.id, REPOSITORY): a_gallery().version}
    assert await finish(db, vault, NOWHERE, [order], LATER, never, renewed) == []


async def test_nothing_is_destroyed_while_somebody_draws(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    async with db.transaction() as tx:
        await tx.work.add(WorkKind.DRAW, REQUEST, now=NOON)
        await tx.work.claim("W-1", NOON, timedelta(minutes=1))
    assert not await destroy_pictures(db, vault, order, NOON)
    assert await destroy_pictures(db, vault, order, LATER)


async def test_a_photograph_that_is_a_probe_stays_as_the_probe_of_its_case(
    db: Database, vault: Vault
) -> None:
    order = await sealed(db, vault)
    sha256 = vault.put(PHOTO)
    async with db.transaction() as tx:
        await tx.requests.add(a_request(id="FIS-2026-000999"))
        await tx.probes.add(a_probe(request_id="FIS-2026-000999", sha256=sha256))
    await destroy_pictures(db, vault, order, NOON)
    assert sha256 in vault
    assert await is_over(db, vault, order, a_gallery().version)


async def test_a_version_that_no_row_names_is_destroyed_when_it_is_a_day_old(
    db: Database, tmp_path: Path
) -> None:
    root = tmp_path / "galleries"
    for name in ("young", "old", a_gallery().version):
        (root / name).mkdir(parents=True)
    for name in ("old", a_gallery().version):
        os.utime(root / name, (0, 0))
    async with db.transaction() as tx:
        await tx.galleries.add(a_gallery())
    assert await discard_strays(db, root) == ["old"]
    assert sorted(path.name for path in root.iterdir() if path.is_dir()) == [
        a_gallery().version,
        "young",
    ]


def left_beside(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob(".[!l]*"))


def a_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "data").write_bytes(b"templates")
    return path


async def test_not_before_what_a_killed_builder_or_reader_left_is_destroyed(
    db: Database, vault: Vault, tmp_path: Path
) -> None:
    order, root = await sealed(db, vault), tmp_path / "galleries"
    await destroy_pictures(db, vault, order, NOON)
    for name in (".passing-a", ".reading-b", f".reading-{REPOSITORY}-c"):
        a_folder(root / name)
        assert not await is_over(db, vault, order, a_gallery().version, root)
        async with db.snapshot() as snapshot:
            renewed = {(order.id, REPOSITORY): a_gallery().version}
            assert await what_is_left(snapshot, vault, root, order, renewed) == [
                "a copy of an earlier gallery, or one that is being built"
            ]
        assert await discard_old(db, root) == []
        assert left_beside(root) == []
    assert await is_over(db, vault, order, a_gallery().version, root)


async def test_not_while_somebody_reads_a_copy_of_an_earlier_version(
    db: Database, vault: Vault, tmp_path: Path
) -> None:
    order, root = await sealed(db, vault), tmp_path / "galleries"
    await destroy_pictures(db, vault, order, NOON)
    version = a_gallery().version
    earlier = a_folder(root / f"{version}-0" / "chroma")
    with files.reading_copy(a_folder(root / version / "chroma")):
        with files.reading_copy(earlier) as copy:
            assert await discard_old(db, root) == [f"{version}-0"]
            assert copy.is_dir()
            assert not await is_over(db, vault, order, version, root)
        assert await is_over(db, vault, order, version, root)


async def test_what_a_builder_is_filling_is_left_to_him_and_keeps_an_order_open(
    db: Database, vault: Vault, tmp_path: Path
) -> None:
    order, root = await sealed(db, vault), tmp_path / "galleries"
    await destroy_pictures(db, vault, order, NOON)
    with files.only_one(root), files.passing(root) as folder:
        files.clean(root)
        assert folder.is_dir()
        assert not await is_over(db, vault, order, a_gallery().version, root)
    assert await is_over(db, vault, order, a_gallery().version, root)
