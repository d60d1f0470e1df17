"""A version out of the record: streamed, kept, healed, and compared with the record again."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from bot.approvals.changes import at_start
from bot.casework.building import build_gallery, built_beside, rebuild_gallery
from bot.casework.destroying import renew_gallery
from bot.casework.verifying import CURE, Verified, lines, verify
from bot.domain.audit import AuditEvent, Verb
from bot.domain.photographs import STANDARD_REPOSITORY, GalleryVersion
from bot.errors import Unavailable
from bot.matching import chroma, files
from bot.matching import gallery as galleries
from bot.matching.names import Names
from bot.matching.scanfiles import Manifest
from bot.matching.search import search
from storage.cipher import Cipher
from storage.database import Database
from tests.builders import NOON, SFACE, a_photograph, a_template

LATER = NOON + timedelta(hours=1)
BORN = date(2000, 6, 15)


def vector(number: int) -> bytes:
    drawn = np.random.default_rng(number).normal(size=SFACE.dim)
    return (drawn / np.linalg.norm(drawn)).astype("<f4").tobytes()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def enrol(db: Database, numbers: range, captured: date | None = None) -> None:
    async with db.transaction() as tx:
        for number in numbers:
            photo = a_photograph(
                id=f"P-{number:03}",
                subject_id=f"S-{number // 2}",
                birth_date=BORN,
                capture_date=captured,
            )
            await tx.photographs.add(photo)
            await tx.templates.add(
                a_template(
                    photo_id=photo.id,
                    subject_id=photo.subject_id,
                    vector=vector(number),
                )
            )


async def build(db: Database, root: Path) -> GalleryVersion:
    return await build_gallery(
        db, root, STANDARD_REPOSITORY, SFACE, actor="administrator", now=NOON
    )


async def verified(db: Database, root: Path) -> Verified:
    return await verify(db, root, STANDARD_REPOSITORY, actor="administrator", now=LATER)


async def facts(db: Database, verb: Verb) -> list[AuditEvent]:
    async with db.snapshot() as snapshot:
        events = [entry.event for entry in await snapshot.audit.entries()]
    return [event for event in events if event.verb is verb]


async def test_the_pages_of_the_record_are_the_record_in_the_order_of_bytes(
    db: Database,
) -> None:
    await enrol(db, range(25))
    await enrol(db, range(100, 103))
    async with db.snapshot() as snapshot:
        for size in (1, 7, 28, 1000):
            pages = snapshot.templates.pages(STANDARD_REPOSITORY, SFACE, size)
            rows = [row async for page in pages for row in page]
            assert [row.photo_id for row in rows] == [
                f"P-{n:03}" for n in (*range(25), 100, 101, 102)
            ]
            assert rows[25].vector == vector(100)
        assert await snapshot.templates.count(STANDARD_REPOSITORY, SFACE) == 28


async def test_who_was_under_18_at_capture_is_flagged_in_the_version(
    db: Database, tmp_path: Path
) -> None:
    """Policy 1.8."""
    await enrol(db, range(3), captured=date(2018, 6, 14))  # 18 the day after
    await enrol(db, range(3, 5), captured=date(2018, 6, 15))
    await enrol(db, range(5, 6))
    version = await build(db, tmp_path)
    gallery = galleries.load(tmp_path, version.version, version.digest)
    assert gallery.rows.flags.tolist() == [1, 1, 1, 0, 0, 0]
    found = search(gallery, gallery.templates[1], SFACE, 50)
    assert {hit.photo_id for hit in found.hits} <= {"P-003", "P-004", "P-005"}


async def test_a_child_whose_photograph_has_no_date_is_flagged(
    db: Database, tmp_path: Path
) -> None:
    async with db.transaction() as tx:
        for id, born in (("P-1", date(2012, 1, 1)), ("P-2", date(2000, 1, 1))):
            photo = a_photograph(
                id=id, subject_id=id, birth_date=born, capture_date=None
            )
            await tx.photographs.add(photo)
            await tx.templates.add(a_template(photo_id=id, subject_id=id))
    version = await build(db, tmp_path)
    gallery = galleries.load(tmp_path, version.version, version.digest)
    assert gallery.rows.flags.tolist() == [1, 0]
    async with db.snapshot() as snapshot:
        assert await snapshot.photographs.minors(["P-1", "P-2", "P-9"]) == {"P-1"}


async def test_a_birth_date_known_of_one_photograph_holds_for_all_of_the_subject(
    db: Database, tmp_path: Path
) -> None:
    """Of two dates the one that protects counts; a subject of another repository is somebody else."""
    child, grown = date(2008, 6, 15), date(1980, 6, 15)
    rows = (
        ("P-1", "S-1", None),
        ("P-2", "S-1", child),
        ("P-3", "S-1", grown),
        ("P-4", "S-2", None),
    )
    captured = date(2024, 5, 17)
    async with db.transaction() as tx:
        for id, subject, born in rows:
            photo = a_photograph(
                id=id, subject_id=subject, birth_date=born, capture_date=captured
            )
            await tx.photographs.add(photo)
            template = a_template(
                photo_id=id, subject_id=subject, vector=vector(int(id[-1]))
            )
            await tx.templates.add(template)
        elsewhere = a_photograph(
            id="P-5",
            subject_id="S-2",
            birth_date=child,
            capture_date=captured,
            repository="another",
        )
        await tx.photographs.add(elsewhere)
    version = await build(db, tmp_path)
    gallery = galleries.load(tmp_path, version.version, version.digest)
    assert gallery.rows.flags.tolist() == [1, 1, 1, 0]
    found = await verified(db, tmp_path)
    assert found.differences == ()


async def test_a_version_of_an_earlier_release_is_replaced_by_a_new_one(
    db: Database, tmp_path: Path
) -> None:
    await enrol(db, range(6))
    earlier = GalleryVersion(
        "20250101T000000Z-00000000", STANDARD_REPOSITORY, SFACE, "0" * 64, 6, NOON
    )
    async with db.transaction() as tx:
        await tx.galleries.add(earlier)
    with files.only_one(tmp_path), files.appearing_whole(tmp_path / earlier.version):
        pass
    with pytest.raises(galleries.GalleryDamaged):
        galleries.load(tmp_path, earlier.version, earlier.digest)
    made = await build(db, tmp_path)
    assert made.version != earlier.version
    async with db.snapshot() as snapshot:
        assert await snapshot.galleries.current(STANDARD_REPOSITORY) == made
    assert len(galleries.load(tmp_path, made.version, made.digest)) == 6


async def test_where_nothing_is_enrolled_nothing_is_built(
    db: Database, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="Nothing is enrolled"):
        await build(db, tmp_path)
    assert names_in(tmp_path) == {".lock"}


async def test_a_version_is_what_the_record_says_and_that_is_recorded(
    db: Database, tmp_path: Path
) -> None:
    await enrol(db, range(40))
    version = await build(db, tmp_path)
    found = await verified(db, tmp_path)
    assert found.differences == ()
    assert "It is what the record says." in list(lines(found))
    [event] = await facts(db, Verb.GALLERY_VERIFIED)
    assert (event.subject, event.facts["differences"]) == (version.version, [])
    assert event.facts["digest"] == version.digest


def _codes(folder: Path) -> None:
    with (folder / "codes.i1").open("r+b") as file:
        file.seek(100)
        file.write(b"!")


def _everything(folder: Path) -> None:
    shutil.rmtree(folder)


def _vector_in_chroma(folder: Path) -> None:
    """Another collection, with sums to it: only its content can tell."""
    kept = _kept(folder)
    templates = np.array(kept.templates)
    templates[3, 3] += np.float32(1e-4)
    _replaced(folder, kept.photo_ids, templates)


def _photograph_in_chroma(folder: Path) -> None:
    kept = _kept(folder)
    ids = Names.of(["P-999", *kept.photo_ids[1:]])
    _replaced(folder, ids, np.array(kept.templates))


def _kept(folder: Path) -> galleries.Gallery:
    manifest = Manifest.read((folder / "scan.json").read_bytes())
    return galleries.load(folder.parent, folder.name, manifest.digest)


def _replaced(
    folder: Path, ids: Names, templates: "np.typing.NDArray[np.float32]"
) -> None:
    with files.only_one(folder.parent), files.appearing_whole(folder) as new:
        for file in folder.iterdir():
            if file.is_file() and file.name != "SHA256.json":
                shutil.copy(file, new)
        chroma.write(chroma.folder_of(new, graph=False), ids, templates, graph=False)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (_codes, "damaged"),
        (_everything, "not there"),
        (_vector_in_chroma, "1 photographs have a vector in Chroma that is further"),
        (_photograph_in_chroma, "1 photographs are only in Chroma's collection"),
    ],
)
async def test_harm_is_told_in_words_with_its_cure_which_cures_it(
    db: Database, tmp_path: Path, harm: Callable[[Path], None], told: str
) -> None:
    await enrol(db, range(40))
    version = await build(db, tmp_path)
    harm(tmp_path / version.version)
    found = await verified(db, tmp_path)
    said = "\n".join(lines(found))
    assert told in said
    assert CURE in said
    [event] = await facts(db, Verb.GALLERY_VERIFIED)
    assert event.facts["differences"] == list(found.differences)
    rebuilt = await rebuild_gallery(
        db, tmp_path, STANDARD_REPOSITORY, actor="administrator", now=LATER
    )
    assert rebuilt == version
    assert (await verified(db, tmp_path)).differences == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM templates WHERE photo_id = 'P-007'", "no longer, in the record"),
        ("UPDATE templates SET subject_id = 'S-x' WHERE photo_id = 'P-007'", "another"),
        ("UPDATE templates SET photo_id = 'P-500' WHERE photo_id = 'P-007'", "not in"),
    ],
)
async def test_a_record_that_went_on_is_noticed(
    tmp_path: Path, change: str, told: str
) -> None:
    db = Database(tmp_path / "record.sqlite3", Cipher(bytes(32)))
    await db.migrate()
    await enrol(db, range(12))
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id="P-500"))
    await build(db, tmp_path / "galleries")
    async with db.transaction() as tx:
        await tx.photographs._run(text(change))
    found = await verified(db, tmp_path / "galleries")
    assert told in "\n".join(found.differences)
    await db.close()


async def test_a_graph_can_be_asked_for_later_and_is_searched_approximately(
    db: Database, tmp_path: Path
) -> None:
    from bot.matching.search import search_approximately

    await enrol(db, range(60))
    version = await build(db, tmp_path)
    with pytest.raises(galleries.GalleryDamaged, match="no graph"):
        galleries.load(tmp_path, version.version, version.digest, graph=True)
    again = await build_gallery(
        db, tmp_path, STANDARD_REPOSITORY, SFACE, actor="a", now=LATER, graph=True
    )
    assert again == version
    gallery = galleries.load(tmp_path, version.version, version.digest, graph=True)
    out = frozenset({"P-008"})
    found = search_approximately(
        gallery, gallery.templates[8], SFACE, 20, excluded_photo_ids=out
    )
    assert len(found.hits) == 20
    assert "P-008" not in {hit.photo_id for hit in found.hits}
    exact = search(gallery, gallery.templates[9], SFACE, 2).hits[0]
    near = search_approximately(gallery, gallery.templates[9], SFACE, 2).hits[0]
    assert near == replace(exact, rank=1)
    gallery.close()
    assert names_in(tmp_path) == {".lock", version.version}
    assert (await verified(db, tmp_path)).differences == ()


async def test_an_older_version_never_takes_the_place_of_a_newer_one(
    db: Database, tmp_path: Path
) -> None:
    await enrol(db, range(6))
    async with built_beside(
        db, tmp_path, STANDARD_REPOSITORY, SFACE, now=NOON
    ) as older:
        await enrol(db, range(6, 8))
        newer = asyncio.create_task(build(db, tmp_path))
        await asyncio.wait([newer], timeout=0.3)
        async with db.transaction() as tx:
            await tx.galleries.add(older)
    assert (older.size, (await newer).size) == (6, 8)
    async with db.snapshot() as snapshot:
        assert await snapshot.galleries.current(STANDARD_REPOSITORY) == await newer


async def test_whoever_builds_keeps_others_out_until_the_version_is_recorded(
    tmp_path: Path,
) -> None:
    db, root = Database(tmp_path / "record.sqlite3", Cipher(bytes(32))), tmp_path / "g"
    await db.migrate()
    await enrol(db, range(6))
    async with db.transaction():
        building = asyncio.create_task(build(db, root))
        async with asyncio.timeout(60):
            while not list(root.glob("[!.]*")):  # noqa: ASYNC110  a thread makes it
                await asyncio.sleep(0.01)
        with pytest.raises(Unavailable), files.only_one(root, 1.0):
            pytest.fail("somebody else was let in")
    assert (await building).size == 6
    with files.only_one(root, 0.0):
        pass
    await db.close()


async def test_a_building_that_is_stopped_lets_others_in_when_its_thread_has_ended(
    db: Database, tmp_path: Path
) -> None:
    await enrol(db, range(6))
    loop, began = asyncio.get_running_loop(), asyncio.Event()
    building = asyncio.create_task(
        build_gallery(
            db,
            tmp_path,
            STANDARD_REPOSITORY,
            SFACE,
            actor="administrator",
            now=NOON,
            progress=lambda doing, done: loop.call_soon_threadsafe(began.set),
        )
    )
    await began.wait()
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert not any(name.startswith(".passing") for name in names_in(tmp_path))
    assert (await build(db, tmp_path)).size == 6


async def test_whatever_is_built_where_the_graph_is_searched_has_a_graph(
    db: Database, tmp_path: Path
) -> None:
    """Else the next search would build it again before it can begin."""
    await at_start(db, {"FIS_SEARCH": "chroma"}, NOON)
    await enrol(db, range(6))
    built = await build(db, tmp_path)
    galleries.load(tmp_path, built.version, built.digest, graph=True).close()
    await enrol(db, range(6, 8))
    await renew_gallery(db, tmp_path, STANDARD_REPOSITORY, LATER)
    async with db.snapshot() as snapshot:
        renewed = await snapshot.galleries.current(STANDARD_REPOSITORY)
    assert renewed is not None
    assert renewed.size == 8
    galleries.load(tmp_path, renewed.version, renewed.digest, graph=True).close()
