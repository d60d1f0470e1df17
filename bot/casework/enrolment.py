"""Photographs into the gallery: read from a manifest, enrolled in batches, built into a version."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from bot.casework.building import build_gallery
from bot.domain.audit import AuditEvent, Verb
from bot.domain.galleries import ModelId
from bot.domain.photographs import GalleryVersion, Photograph, Template
from bot.errors import Refusal, Unavailable
from bot.matching.pool import EnginePool, EnrolResult
from storage.database import Database, Snapshot
from storage.vault import Vault

BATCH = 32
Progress = Callable[[int, int], None]


class BadManifest(Refusal):
    rule = "MANIFEST"


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One photograph to enrol."""

    subject_id: str
    photo_id: str
    path: Path
    arrest_number: str
    capture_date: date | None
    sex: str
    birth_date: date | None


@dataclass(frozen=True, slots=True)
class EnrolmentReport:
    """What became of a manifest; every rejected photograph with its reason."""

    enrolled: int
    known_before: int
    rejected: tuple[tuple[str, str], ...]
    gallery: GalleryVersion | None


def read_manifest(manifest: Path, images: Path) -> list[ManifestRow]:
    """Read a CSV with subject_id and file (or image), and, where known, photo_id, arrest_number,
    capture_date, sex, birth_date (dates as 2026-11-23). Raise BadManifest naming the line."""
    with manifest.open(newline="", encoding="utf-8-sig") as file:
        rows = [
            _row(number, row, images)
            for number, row in enumerate(csv.DictReader(file), start=2)
        ]
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if (first := seen.setdefault(row.photo_id, number)) != number:
            raise BadManifest(
                f"Lines {first} and {number} both describe photograph {row.photo_id}. "
                "Each photograph needs a photo_id of its own."
            )
    return rows


def _row(number: int, row: dict[str, str], images: Path) -> ManifestRow:
    name = row.get("file") or row.get("image") or ""
    if not row.get("subject_id") or not name:
        raise BadManifest(
            f"Line {number} of the manifest needs the columns subject_id and file."
        )
    path = (images / name).resolve()
    if not path.is_relative_to(images.resolve()):
        raise BadManifest(f"Line {number} points outside the folder of photographs.")
    try:
        return ManifestRow(
            subject_id=row["subject_id"],
            photo_id=row.get("photo_id") or name,
            path=path,
            arrest_number=row.get("arrest_number") or "",
            capture_date=_date(row.get("capture_date")),
            sex=row.get("sex") or "",
            birth_date=_date(row.get("birth_date")),
        )
    except ValueError as bad:
        raise BadManifest(
            f"Line {number}: {bad}. A date is written 2026-11-23."
        ) from None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


async def enrol_manifest(
    db: Database,
    vault: Vault,
    root: Path,
    pool: EnginePool,
    rows: Sequence[ManifestRow],
    repository: str,
    *,
    actor: str,
    now: Callable[[], datetime],
    progress: Progress,
) -> EnrolmentReport:
    """Enrol a manifest and build the gallery version that is searched from then on."""
    enrolled, before, rejected = await enrol(
        db, vault, pool, rows, repository, actor=actor, now=now, progress=progress
    )
    gallery = None
    if enrolled or before:
        gallery = await build_gallery(
            db, root, repository, pool.model, actor=actor, now=now()
        )
    return EnrolmentReport(enrolled, before, rejected, gallery)


async def enrol(
    db: Database,
    vault: Vault,
    pool: EnginePool,
    rows: Sequence[ManifestRow],
    repository: str,
    *,
    actor: str,
    now: Callable[[], datetime],
    progress: Progress,
) -> tuple[int, int, tuple[tuple[str, str], ...]]:
    """Enrol what is not enrolled yet; return how many were, how many were known, and the rejected.

    Each batch is one transaction: killed at any moment, the next run goes on after the last batch.
    """
    async with db.snapshot() as snapshot:
        await _check_in_no_other(snapshot, rows, repository)
        known = await snapshot.photographs.known(repository)
        encoded = {
            t.photo_id for t in await snapshot.templates.all(repository, pool.model)
        }
    todo = [row for row in rows if row.photo_id not in encoded]
    rejected = [
        (row.photo_id, "the file is missing") for row in todo if not row.path.is_file()
    ]
    todo = [row for row in todo if row.path.is_file()]
    done, enrolled = len(rows) - len(todo), 0
    results = zip(todo, pool.enrol_images(row.path for row in todo), strict=True)
    while batch := list(islice(results, BATCH)):
        good = [(row, result) for row, result in batch if result.template is not None]
        rejected += [
            (r.photo_id, e.reason or "") for r, e in batch if e.template is None
        ]
        await _write(db, vault, pool.model, repository, known, good, actor, now())
        enrolled += len(good)
        done += len(batch)
        progress(done, len(rows))
    return enrolled, len(encoded & {row.photo_id for row in rows}), tuple(rejected)


async def _write(
    db: Database,
    vault: Vault,
    model: ModelId,
    repository: str,
    known: dict[str, str],
    good: Sequence[tuple[ManifestRow, EnrolResult]],
    actor: str,
    now: datetime,
) -> None:
    for row, result in good:
        if vault.put(row.path.read_bytes()) != result.sha256:
            raise Unavailable(f"{row.path.name} changed while it was being enrolled.")
    async with db.transaction() as tx:
        await _check_in_no_other(tx, [row for row, _ in good], repository)
        for row, result in good:
            if known.get(row.photo_id, result.sha256) != result.sha256:
                raise BadManifest(
                    f"Photograph {row.photo_id} is enrolled already, from another file. "
                    "Give the new photograph a photo_id of its own."
                )
            if row.photo_id not in known:
                await tx.photographs.add(_photograph(row, result, repository, now))
            await tx.templates.add(_template(row, result, model))
        facts = {
            "repository": repository,
            "model": str(model),
            "photographs": [row.photo_id for row, _ in good],
        }
        if good:
            await tx.audit.append(
                AuditEvent(now, actor, Verb.SUBJECT_ENROLLED, repository, facts)
            )


async def _check_in_no_other(
    snapshot: Snapshot, rows: Sequence[ManifestRow], repository: str
) -> None:
    """A photograph lies in one repository: a candidate names its photograph and nothing else."""
    ids = [row.photo_id for row in rows]
    for photo, other in (await snapshot.photographs.elsewhere(repository, ids)).items():
        raise BadManifest(
            f"Photograph {photo} is enrolled already, in the repository “{other}”. Give the photograph "
            f"for “{repository}” a photo_id that no other repository uses."
        )


def _photograph(
    row: ManifestRow, result: EnrolResult, repository: str, now: datetime
) -> Photograph:
    return Photograph(
        id=row.photo_id,
        subject_id=row.subject_id,
        repository=repository,
        sha256=result.sha256,
        arrest_number=row.arrest_number,
        capture_date=row.capture_date,
        sex=row.sex,
        birth_date=row.birth_date,
        enrolled_at=now,
    )


def _template(row: ManifestRow, result: EnrolResult, model: ModelId) -> Template:
    if result.template is None or result.points is None:
        raise Unavailable(f"{row.photo_id} has no template.")
    return Template(
        photo_id=row.photo_id,
        subject_id=row.subject_id,
        model=model,
        vector=result.template.astype("<f4").tobytes(),
        points=tuple((float(x), float(y)) for x, y in result.points),
    )


def lines(report: EnrolmentReport) -> Iterator[str]:
    """What to tell whoever enrolled."""
    yield f"{report.enrolled} enrolled, {report.known_before} were enrolled before, {len(report.rejected)} rejected."
    for photo, reason in report.rejected:
        yield f"  rejected {photo}: {reason}"
    if report.gallery is not None:
        built = report.gallery
        yield f"Gallery {built.version} of {built.repository}: {built.size} templates, SHA-256 {built.digest[:16]}."
