"""Enrolling: a photograph lies in one repository, and every gallery built is a version of its own."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from bot.casework.building import build_gallery
from bot.casework.enrolment import (
    BATCH,
    BadManifest,
    EnrolmentReport,
    ManifestRow,
    enrol_manifest,
)
from bot.domain.audit import AuditEvent, Verb
from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY, GalleryVersion
from bot.matching.pool import EnginePool, EnrolResult
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import FACE_POINTS, NOON, SFACE, a_photograph, a_template

DMV = "DMV photographs"


@dataclass
class Painted:
    """An engine to which any file is a face that follows from its bytes."""

    model: ModelId = SFACE

    def enrol_images(
        self, paths: Iterable[Path], *, strict: bool = False
    ) -> Iterator[EnrolResult]:
        assert strict, "a gallery takes clear photographs of one person only"
        for path in paths:
            data = path.read_bytes()
            seed = int.from_bytes(sha256(data).digest()[:4])
            drawn = np.random.default_rng(seed).normal(size=self.model.dim)
            yield EnrolResult(
                path,
                sha256(data).hexdigest(),
                1,
                (drawn / np.linalg.norm(drawn)).astype(np.float32),
                np.array(FACE_POINTS, np.float32),
            )


def photographs(folder: Path, *ids: str) -> list[ManifestRow]:
    """One file for each, of a subject with the same number."""
    folder.mkdir(exist_ok=True)
    for id in ids:
        (folder / id).write_text(f"{folder.name}/{id}")
    return [ManifestRow(f"S-{id}", id, folder / id, "", None, "", None) for id in ids]


async def enrol(
    db: Database,
    home: Path,
    rows: Sequence[ManifestRow],
    repository: str = STANDARD_REPOSITORY,
    now: datetime = NOON,
) -> EnrolmentReport:
    return await enrol_manifest(
        db,
        Vault(home / "vault", Cipher(bytes(32))),
        home / "galleries",
        cast(EnginePool, Painted()),
        rows,
        repository,
        actor="administrator",
        now=lambda: now,
        progress=lambda _done, _total: None,
    )


async def build(
    db: Database, home: Path, repository: str, now: datetime = NOON
) -> GalleryVersion:
    return await build_gallery(
        db, home / "galleries", repository, SFACE, actor="administrator", now=now
    )


async def add(db: Database, id: str, repository: str = STANDARD_REPOSITORY) -> None:
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id=id, repository=repository))
        await tx.templates.add(a_template(photo_id=id))


async def recorded(db: Database, verb: Verb) -> list[AuditEvent]:
    async with db.snapshot() as snapshot:
        events = [entry.event for entry in await snapshot.audit.entries()]
    return [event for event in events if event.verb is verb]


async def test_a_photograph_of_another_repository_stops_all_that_came_with_it(
    db: Database, tmp_path: Path
) -> None:
    await enrol(db, tmp_path, photographs(tmp_path / "arrests", "0001.jpg"))
    for folder in ("arrests", "licences"):  # the same file, and another of that name
        rows = photographs(tmp_path / folder, "0001.jpg", "0002.jpg")
        with pytest.raises(BadManifest, match=rf"0001\.jpg .*“{STANDARD_REPOSITORY}”"):
            await enrol(db, tmp_path, rows, DMV)
    async with db.snapshot() as snapshot:
        assert await snapshot.photographs.known(DMV) == {}
        assert await snapshot.photographs.count(STANDARD_REPOSITORY) == 1
        assert await snapshot.galleries.current(DMV) is None


async def test_a_photograph_of_another_repository_is_noticed_before_any_work(
    db: Database, tmp_path: Path
) -> None:
    await enrol(db, tmp_path, photographs(tmp_path / "arrests", "last.jpg"))
    ids = [f"{number}.jpg" for number in range(BATCH + 1)]
    rows = photographs(tmp_path / "licences", *ids, "last.jpg")
    with pytest.raises(BadManifest, match=r"last\.jpg"):
        await enrol(db, tmp_path, rows, DMV)
    async with db.snapshot() as snapshot:
        assert await snapshot.photographs.known(DMV) == {}


async def test_of_two_repositories_that_enrol_one_photograph_at_once_one_gets_it(
    db: Database, tmp_path: Path
) -> None:
    arrests = photographs(tmp_path / "arrests", "0001.jpg", "0002.jpg")
    licences = photographs(tmp_path / "licences", "0002.jpg", "0003.jpg")
    ends = await asyncio.gather(
        enrol(db, tmp_path, arrests),
        enrol(db, tmp_path, licences, DMV),
        return_exceptions=True,
    )
    assert {type(end) for end in ends} == {EnrolmentReport, BadManifest}
    async with db.snapshot() as snapshot:
        standard = await snapshot.photographs.known(STANDARD_REPOSITORY)
        exceptional = await snapshot.photographs.known(DMV)
    assert (sorted(standard), sorted(exceptional)) in (
        (["0001.jpg", "0002.jpg"], []),
        ([], ["0002.jpg", "0003.jpg"]),
    )


async def test_enrolment_and_gallery_name_their_repository_in_the_record(
    db: Database, tmp_path: Path
) -> None:
    report = await enrol(db, tmp_path, photographs(tmp_path / "licences", "1.jpg"), DMV)
    [enrolled] = await recorded(db, Verb.SUBJECT_ENROLLED)
    [built] = await recorded(db, Verb.GALLERY_BUILT)
    assert (enrolled.subject, enrolled.facts["repository"]) == (DMV, DMV)
    assert built.facts["repository"] == DMV
    assert report.gallery is not None
    assert built.subject == report.gallery.version


async def test_two_repositories_built_in_one_second_are_two_versions(
    db: Database, tmp_path: Path
) -> None:
    await add(db, "P-1")
    await add(db, "P-2", DMV)
    standard = await build(db, tmp_path, STANDARD_REPOSITORY)
    exceptional = await build(db, tmp_path, DMV)
    assert standard.version != exceptional.version
    async with db.snapshot() as snapshot:
        assert await snapshot.galleries.current(STANDARD_REPOSITORY) == standard
        assert await snapshot.galleries.current(DMV) == exceptional
    folders = {path.name for path in (tmp_path / "galleries").iterdir()}
    assert {standard.version, exceptional.version} <= folders


async def test_one_repository_built_twice_in_one_second_is_two_versions(
    db: Database, tmp_path: Path
) -> None:
    await add(db, "P-1")
    first = await build(db, tmp_path, STANDARD_REPOSITORY)
    await add(db, "P-2")
    second = await build(db, tmp_path, STANDARD_REPOSITORY)
    assert (first.size, second.size) == (1, 2)
    assert first.version != second.version


async def test_a_gallery_to_which_nothing_was_added_is_not_built_again(
    db: Database, tmp_path: Path
) -> None:
    await add(db, "P-1")
    first = await build(db, tmp_path, STANDARD_REPOSITORY)
    later = NOON + timedelta(days=1)
    assert await build(db, tmp_path, STANDARD_REPOSITORY, later) == first


async def test_a_later_version_comes_later_in_order_also_after_an_older_kind_of_name(
    db: Database, tmp_path: Path
) -> None:
    await add(db, "P-1")
    first = await build(db, tmp_path, STANDARD_REPOSITORY)
    await add(db, "P-2")
    later = NOON + timedelta(seconds=1)
    second = await build(db, tmp_path, STANDARD_REPOSITORY, later)
    names = [f"{NOON:%Y%m%dT%H%M%SZ}", first.version, second.version]
    assert sorted(names) == names
