"""Whether a gallery is what the record says: its rows, its files, its collection, and what it finds."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from bot.domain.audit import AuditEvent, Verb
from bot.domain.photographs import GalleryVersion
from bot.errors import Unavailable
from bot.matching import chroma, files
from bot.matching import gallery as galleries
from bot.matching.gallery import Gallery, GalleryDamaged, Progress
from bot.matching.scan import MINOR, exact_scores
from bot.matching.search import MIN_CANDIDATES, recorded, search
from storage.database import Database
from storage.photographs import EnrolledRow

SAMPLED = 1000
_NEAR = 1e-6
CURE = "Build it again: python app.py gallery rebuild"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was compared of a version, and in words every difference; none if it is as it should be."""

    version: GalleryVersion
    compared: tuple[str, ...]
    differences: tuple[str, ...]


@dataclass(slots=True)
class _Report:
    compared: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def add(self, what: str, *differences: str) -> None:
        self.compared.append(what)
        self.differences += differences


async def verify(
    db: Database,
    root: Path,
    repository: str,
    *,
    actor: str,
    now: datetime,
    progress: Progress = lambda doing, done: None,
) -> Verified:
    """Compare the version that is searched with the record, and put the result on record.

    Raises Unavailable if nothing has been built.
    """
    async with db.snapshot() as snapshot:
        version = await snapshot.galleries.current(repository)
    if version is None:
        raise Unavailable(f"No gallery of {repository} has been built.")
    report = _Report()
    try:
        gallery = await asyncio.to_thread(
            galleries.load, root, version.version, version.digest
        )
    except GalleryDamaged as damaged:
        report.add("files", str(damaged))
    else:
        await _compare_rows(db, version, gallery, report, progress)
        folder = root / version.version
        await asyncio.to_thread(_compare_chroma, folder, gallery, report, progress)
        await asyncio.to_thread(_search_sampled, gallery, report, progress)
        gallery.close()
    facts = {
        "repository": repository,
        "digest": version.digest,
        "size": version.size,
        "compared": report.compared,
        "differences": report.differences,
    }
    async with db.transaction() as tx:
        await tx.audit.append(
            AuditEvent(now, actor, Verb.GALLERY_VERIFIED, version.version, facts)
        )
    return Verified(version, tuple(report.compared), tuple(report.differences))


def lines(found: Verified) -> Iterator[str]:
    """What to tell whoever asked."""
    version = found.version
    yield f"Gallery {version.version} of {version.repository}, {version.size} templates, SHA-256 {version.digest[:16]}."
    yield from (f"Compared: {what}." for what in found.compared)
    if not found.differences:
        yield "It is what the record says."
        return
    yield from (f"DIFFERENT: {what}" for what in found.differences)
    yield CURE


async def _compare_rows(
    db: Database,
    version: GalleryVersion,
    gallery: Gallery,
    report: _Report,
    progress: Progress,
) -> None:
    counted = absent = different = 0
    async with db.snapshot() as snapshot:
        pages = snapshot.templates.pages(version.repository, version.model)
        async for page in pages:
            missing, other = await asyncio.to_thread(_differing, gallery, page)
            counted, absent, different = (
                counted + len(page),
                absent + missing,
                different + other,
            )
            progress("record", counted)
    too_many = len(gallery) - (counted - absent)
    told = (
        (absent, "of the record are not in the version"),
        (too_many, "of the version are not, or no longer, in the record"),
        (different, "have another subject, template or age in the version"),
    )
    report.add(
        f"{counted} templates of record with {len(gallery)} rows, every file by its SHA-256",
        *(f"{number} photographs {what}." for number, what in told if number),
    )


def _differing(gallery: Gallery, page: Sequence[EnrolledRow]) -> tuple[int, int]:
    """How many are not in the version, and how many are there with something else."""
    absent = different = 0
    rows, subjects = gallery.rows, gallery.subject_ids
    for one in page:
        if (row := gallery.row_of(one.photo_id)) is None:
            absent += 1
            continue
        same = (
            rows.templates[row].tobytes() == one.vector
            and subjects[row] == one.subject_id
            and bool(rows.flags[row] & MINOR) == one.is_minor
        )
        different += not same
    return absent, different


def _compare_chroma(
    folder: Path, gallery: Gallery, report: _Report, progress: Progress
) -> None:
    seen, far = np.zeros(len(gallery), np.bool_), 0
    unknown = done = 0
    with files.reading_copy(chroma.existing(folder)) as copy:
        for ids, vectors in chroma.batches(copy):
            rows = [gallery.row_of(photo) for photo in ids]
            known = np.array([row is not None for row in rows], np.bool_)
            numbers = np.array([row for row in rows if row is not None], np.int64)
            unknown += int((~known).sum())
            seen[numbers] = True
            apart = np.abs(gallery.templates[numbers] - vectors[known])
            far += int((apart > _NEAR).any(axis=1).sum())
            done += len(ids)
            progress("Chroma", done)
    told = (
        (int((~seen).sum()), "are not in Chroma's collection"),
        (unknown, "are only in Chroma's collection"),
        (far, f"have a vector in Chroma that is further off than {_NEAR:g}"),
    )
    report.add(
        f"{done} vectors in Chroma",
        *(f"{number} photographs {what}." for number, what in told if number),
    )


def _search_sampled(gallery: Gallery, report: _Report, progress: Progress) -> None:
    """A photograph has to find itself, or one as near as itself, at rank 1."""
    random = np.random.default_rng(int(gallery.digest[:16], 16))
    sample = random.permutation(len(gallery))[:SAMPLED]
    lost = 0
    for done, row in enumerate(sample.tolist(), start=1):
        probe = gallery.templates[row]
        own = exact_scores(
            gallery.templates, np.array([row]), probe.astype(np.float64)
        )[0]
        best = search(
            gallery, probe, gallery.model, MIN_CANDIDATES, with_minors=True
        ).hits[0]
        lost += best.photo_id != gallery.photo_ids[row] and best.similarity != recorded(
            own
        )
        progress("search", done)
    told = [f"{lost} photographs do not find themselves."] if lost else []
    report.add(f"{len(sample)} photographs searched with themselves", *told)
