"""Whatever is enrolled where: a search of one repository never returns a photograph of another."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.casework.building import build_gallery
from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.matching import gallery as galleries
from bot.matching.gallery import Gallery
from bot.matching.scan import Hit
from bot.matching.search import search
from storage.cipher import Cipher
from storage.database import Database
from tests.builders import NOON, a_photograph, a_template

MODEL = ModelId("SFace", "5f" * 32, 8)
NAMES = (STANDARD_REPOSITORY, "DMV photographs", "Harbor photographs", "Passports")
LONGEST = 50


@dataclass(frozen=True)
class Enrolled:
    repository: str
    photo_id: str
    subject_id: str
    template: NDArray[np.float32]


@st.composite
def collections(draw: st.DrawFn) -> list[Enrolled]:
    """Photographs of two to four repositories that share subject numbers, and now and then a face."""
    count = draw(st.integers(2, 4))
    # Every repository gets one, so that none is empty.
    more = draw(st.lists(st.integers(0, count - 1), max_size=12))
    owners = draw(st.permutations([*range(count), *more]))
    ids = draw(st.lists(st.text("ABC123", min_size=1, max_size=6), min_size=len(owners), max_size=len(owners), unique=True))  # fmt: skip
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    faces = random.normal(size=(max(2, len(owners) // 2), MODEL.dim))
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    return [
        Enrolled(
            NAMES[owner],
            id,
            draw(st.sampled_from(["S-1", "S-2", "S-3"])),
            faces[random.integers(len(faces))].astype(np.float32),
        )
        for owner, id in zip(owners, ids, strict=True)
    ]


async def built(everything: Sequence[Enrolled], home: Path) -> dict[str, Gallery]:
    """The gallery of each repository as a worker reads it, from the record of all of them."""
    db = Database(None, Cipher(bytes(32)))
    await db.migrate()
    async with db.transaction() as tx:
        for one in everything:
            await tx.photographs.add(
                a_photograph(
                    id=one.photo_id,
                    subject_id=one.subject_id,
                    repository=one.repository,
                )
            )
            await tx.templates.add(
                a_template(
                    photo_id=one.photo_id,
                    subject_id=one.subject_id,
                    model=MODEL,
                    vector=one.template.astype("<f4").tobytes(),
                )
            )
    repositories = sorted({one.repository for one in everything})
    for hour, repository in enumerate(repositories):
        now = NOON + timedelta(hours=hour)
        await build_gallery(db, home, repository, MODEL, actor="test", now=now)
    read = {}
    async with db.snapshot() as snapshot:
        for repository in repositories:
            current = await snapshot.galleries.current(repository)
            assert current is not None
            read[repository] = galleries.load(home, current.version, current.digest)
    await db.close()
    return read


def galleries_of(everything: Sequence[Enrolled]) -> dict[str, Gallery]:
    # In memory where there is any: most of the time goes into waiting for the disk.
    memory = Path("/dev/shm")  # noqa: S108  every folder in it is made anew
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as home:
        return asyncio.run(built(everything, Path(home)))


def photos(found: Sequence[Hit]) -> set[str]:
    return {each.photo_id for each in found}


@settings(max_examples=25)
@given(collections())
def test_a_search_of_one_repository_never_returns_a_photograph_of_another(
    everything: list[Enrolled],
) -> None:
    searched = galleries_of(everything)
    for repository, gallery in searched.items():
        own = {one.photo_id for one in everything if one.repository == repository}
        assert set(gallery.photo_ids) == own
        # Every face of every repository, so that the nearest one often lies in another.
        for probe in everything:
            found = search(gallery, probe.template, MODEL, LONGEST).hits
            assert found
            assert photos(found) <= own


@settings(max_examples=10)
@given(collections())
def test_nobody_who_shares_a_number_with_somebody_elsewhere_is_missed(
    everything: list[Enrolled],
) -> None:
    searched = galleries_of(everything)
    for one in everything:
        subjects = {
            each.subject_id for each in everything if each.repository == one.repository
        }
        found = search(searched[one.repository], one.template, MODEL, LONGEST).hits
        assert {each.subject_id for each in found} == subjects
        assert found[0].similarity > 1 - 1e-5
