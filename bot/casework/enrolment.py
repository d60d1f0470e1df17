"""Photographs into the gallery: enrolled in batches, built into a version."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from bot.casework.alerts import Alerts
from bot.casework.building import build_gallery
from bot.casework.enrolment_report import (
    EnrolmentReport,
    Histograms,
    Rejection,
    lines,
)
from bot.casework.manifest import BadManifest, Manifest, ManifestRow, read_manifest
from bot.casework.purging import remove_file
from bot.casework.sealing import seal_late
from bot.domain.audit import AuditEvent, Verb
from bot.domain.galleries import ModelId
from bot.domain.photographs import Photograph, Template
from bot.domain.sealings import Forbidden, normal_arrest
from bot.errors import Unavailable
from bot.matching.pool import EnginePool, EnrolResult
from storage.database import Database, Snapshot, Transaction
from storage.vault import Vault

__all__ = [
    "BATCH",
    "BadManifest",
    "EnrolmentReport",
    "ManifestRow",
    "enrol_manifest",
    "lines",
    "read_manifest",
]

BATCH = 32
"""Photographs in one transaction."""
_BLOCK = 512
"""Rows about which the database is asked together."""
_AT_ONCE = 8
"""Files written to the vault at a time."""
_MISSING = "the file is missing"
_TAKEN = "a photograph of this id is enrolled already, from another file"
_SUBJECT = "it is enrolled as a photograph of another subject"
_CORRECTED = ("arrest_number", "capture_date", "sex", "birth_date", "case_state")
"""What a later manifest may say anew of a photograph."""
_SEALED = "it is sealed by order (CPL 160.50) and must not come back"
Progress = Callable[[int, int], None]
Taken = tuple[ManifestRow, EnrolResult]
T = TypeVar("T")


class Rows(Protocol):
    """A list of rows, or a manifest that reads them anew each time."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[ManifestRow]: ...


class _Objection(NamedTuple):
    rule: str
    reason: str


_FILE_MISSING = _Objection("FILE_MISSING", _MISSING)
_PHOTO_ID_TAKEN = _Objection("PHOTO_ID_TAKEN", _TAKEN)
_PHOTO_SUBJECT = _Objection("PHOTO_SUBJECT", _SUBJECT)
_IS_SEALED = _Objection("SEALED", _SEALED)


async def enrol_all(
    db: Database,
    vault: Vault | None,
    root: Path,
    pool: EnginePool,
    manifest: Manifest,
    *,
    actor: str,
    now: Callable[[], datetime],
    progress: Callable[[str, int, int], None],
    stop: asyncio.Event,
    alerts: Alerts | None = None,
) -> list[EnrolmentReport]:
    """Enrol a manifest that may name several repositories, each into its own gallery: as ``enrol_manifest``.

    What lies in another repository is noticed before anything is enrolled into any.
    """
    for repository in manifest.sizes:
        await _check_in_no_other(db, manifest.only(repository), repository)
    reports = []
    for repository in manifest.sizes:
        report = await enrol_manifest(
            db,
            vault,
            root,
            pool,
            manifest.only(repository),
            repository,
            actor=actor,
            now=now,
            progress=partial(progress, repository),
            stop=stop,
            alerts=alerts,
        )
        reports.append(report)
        if stop.is_set():
            break
    return reports


async def enrol_manifest(
    db: Database,
    vault: Vault | None,
    root: Path,
    pool: EnginePool,
    rows: Rows,
    repository: str,
    *,
    actor: str,
    now: Callable[[], datetime],
    progress: Progress,
    stop: asyncio.Event | None = None,
    alerts: Alerts | None = None,
) -> EnrolmentReport:
    """Enrol a manifest and build the gallery version that is searched from then on.

    Enrols what is not enrolled yet, and corrects what the manifest says otherwise of what is. What
    turns out to be of a sealed arrest is sealed, and supervisors are told through ``alerts``. Each batch
    is one transaction: killed at any moment, the next run goes on after the last batch. Once ``stop`` is
    set it ends after the batches under way, without building. Without a vault nothing is written
    anywhere, and the report says what would be.
    """
    run = _Enrolment(
        db,
        vault,
        pool,
        repository,
        actor,
        now,
        stop or asyncio.Event(),
        progress,
        alerts or Alerts(None, now),
    )
    await _check_in_no_other(db, rows, repository)
    await run.enrol(rows)
    gallery, is_stopped = None, run.stop.is_set()
    if (
        vault is not None
        and not is_stopped
        and (run.enrolled or run.before or run.sealed)
    ):
        gallery = await build_gallery(
            db, root, repository, pool.model, actor=actor, now=now()
        )
    return EnrolmentReport(
        enrolled=run.enrolled,
        known_before=run.before,
        rejected=tuple(run.rejected),
        gallery=gallery,
        repository=repository,
        quality=run.quality,
        is_dry=vault is None,
        is_stopped=is_stopped,
        corrected=run.corrected,
        sealed=run.sealed,
    )


@dataclass
class _Enrolment:
    """One run, and what has become of its photographs so far."""

    db: Database
    vault: Vault | None
    pool: EnginePool
    repository: str
    actor: str
    now: Callable[[], datetime]
    stop: asyncio.Event
    progress: Progress
    alerts: Alerts
    enrolled: int = 0
    before: int = 0
    corrected: int = 0
    sealed: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    quality: Histograms = field(default_factory=Histograms)
    first_of: dict[str, str] = field(default_factory=dict)
    """By SHA-256, the photographs that no transaction has written yet."""

    async def enrol(self, rows: Rows) -> None:
        for block in _in_blocks(rows, _BLOCK):
            if not self.stop.is_set():
                await self._enrol_block(block, len(rows))

    async def _enrol_block(self, block: Sequence[ManifestRow], total: int) -> None:
        """Engines work on the next batches while one is written."""
        todo = await self._to_encode(block)
        images = self.pool.enrol_images((row.path for row in todo), strict=True)
        results = zip(todo, images, strict=True)
        writing: asyncio.Task[None] | None = None
        try:
            while batch := await self._next(results):
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._take(batch, total))
        finally:
            if writing is not None:
                await writing
        self._tell(total)

    async def _next(self, results: Iterator[Taken]) -> list[Taken]:
        """Wait for a batch in a thread: whoever writes the one before must not wait for it."""
        if self.stop.is_set():
            return []
        try:
            return await asyncio.to_thread(list, islice(results, BATCH))
        except Unavailable:
            # Told to stop, the processes with the engines may have been, too.
            if self.stop.is_set():
                return []
            raise

    async def _to_encode(self, block: Sequence[ManifestRow]) -> list[ManifestRow]:
        ids = [row.photo_id for row in block]
        async with self.db.snapshot() as snapshot:
            held = await snapshot.photographs.some(ids)
            encoded = await snapshot.photographs.encoded(ids, self.pool.model)
            forbidden = await _forbidden(snapshot, block)
        hashes = await self._hashes([row for row in block if row.photo_id in held])
        todo, known = [], []
        for row in block:
            photograph, sha256 = held.get(row.photo_id), hashes.get(row.photo_id)
            objection = _objection(row, photograph, sha256, forbidden)
            if objection is not None:
                self._reject(row, objection)
            elif row.photo_id in encoded:
                self.before += 1
            else:
                todo.append(row)
            if photograph is None:
                continue
            # Of a sealed arrest also where the file is gone: what is held is what the row tells of.
            if objection is None or (
                objection is _IS_SEALED and sha256 in ("", photograph.sha256)
            ):
                known.append(row)
        await self._say_anew(known, held, forbidden)
        return todo

    async def _hashes(self, rows: Sequence[ManifestRow]) -> dict[str, str]:
        """By photograph the SHA-256 of the file that is there now, several read at a time."""

        def read() -> dict[str, str]:
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                hashes = threads.map(_sha256, [row.path for row in rows])
                return dict(zip([row.photo_id for row in rows], hashes, strict=True))

        return await asyncio.to_thread(read) if rows else {}

    async def _say_anew(
        self,
        rows: Sequence[ManifestRow],
        held: Mapping[str, Photograph],
        forbidden: Forbidden,
    ) -> None:
        """Take over what is said anew of known photographs: a wrong birth date must not stay for ever,
        and a photograph whose arrest was sealed not at all."""
        sealed = [row for row in rows if _is_sealed(row, forbidden)]
        anew = [
            row
            for row in rows
            if _said_anew(row, held) and not _is_sealed(row, forbidden)
        ]
        if self.vault is None:
            self.corrected += len(anew)
            return
        for some in _in_blocks(sealed + anew, BATCH):
            await self._describe(some)

    async def _describe(self, rows: Sequence[ManifestRow]) -> None:
        async with self.db.transaction() as tx:
            # One may have been sealed in between, or its arrest.
            held = await tx.photographs.some([row.photo_id for row in rows])
            forbidden = await _forbidden(tx, rows)
            changed = {
                row.photo_id: said for row in rows if (said := _said_anew(row, held))
            }
            for id, said in changed.items():
                await tx.photographs.describe(replace(held[id], **said))
            # Which, not what: the log keeps no birth date that an order could not destroy.
            facts = {"photographs": {id: sorted(said) for id, said in changed.items()}}
            if changed:
                await tx.audit.append(
                    AuditEvent(
                        self.now(),
                        self.actor,
                        Verb.PHOTOGRAPHS_CORRECTED,
                        self.repository,
                        facts,
                    )
                )
            arrests = {
                normal_arrest(row.arrest_number)
                for row in rows
                if row.photo_id in held and _is_sealed(row, forbidden)
            }
            gone = 0
            for arrest in sorted(arrests):
                gone += await seal_late(
                    tx, arrest, self.alerts, actor=self.actor, now=self.now()
                )
        self.sealed += gone
        self.corrected += sum(
            row.photo_id in changed and not _is_sealed(row, forbidden) for row in rows
        )

    async def _take(self, batch: Sequence[Taken], total: int) -> None:
        good = []
        for row, result in batch:
            if result.quality is not None:
                self.quality.add(result.quality)
            if result.template is None:
                self._reject(row, _Objection(result.rule or "", result.reason or ""))
            else:
                good.append((row, result))
        async with self.db.snapshot() as snapshot:
            good = await self._without_objection(snapshot, good)
        if self.vault is None:
            self.enrolled += len(good)
        elif good:
            await asyncio.to_thread(_keep, self.vault, good)
            await self._write(self.vault, good)
            self.first_of.clear()
        self._tell(total)

    async def _write(self, vault: Vault, good: list[Taken]) -> None:
        model, now = self.pool.model, self.now()
        async with self.db.transaction() as tx:
            await _check_block(tx, [row for row, _ in good], self.repository)
            # Another enrolment, or a sealing, may have come first.
            new = await self._without_objection(tx, await self._not_encoded(tx, good))
            known = await tx.photographs.hashes([row.photo_id for row, _ in new])
            await tx.photographs.add_all(
                [
                    _photograph(row, result, self.repository, now)
                    for row, result in new
                    if row.photo_id not in known
                ]
            )
            await tx.templates.add_all([_template(*one, model) for one in new])
            facts = {
                "repository": self.repository,
                "model": str(model),
                "photographs": [row.photo_id for row, _ in new],
            }
            if new:
                await tx.audit.append(
                    AuditEvent(
                        now, self.actor, Verb.SUBJECT_ENROLLED, self.repository, facts
                    )
                )
            hashes = {result.sha256 for _, result in good}
            held = await tx.photographs.of_bytes(sorted(hashes))
            for sha256 in sorted(hashes - held.keys()):
                await remove_file(tx, vault, sha256)
        self.enrolled += len(new)

    async def _not_encoded(self, tx: Transaction, good: list[Taken]) -> list[Taken]:
        ids = [row.photo_id for row, _ in good]
        encoded = await tx.photographs.encoded(ids, self.pool.model)
        self.before += len(encoded)
        return [one for one in good if one[0].photo_id not in encoded]

    async def _without_objection(
        self, snapshot: Snapshot, good: list[Taken]
    ) -> list[Taken]:
        """Reject what is sealed, known as something else, or a second copy; return the rest."""
        ids = [row.photo_id for row, _ in good]
        hashes = sorted({result.sha256 for _, result in good})
        known = await snapshot.photographs.hashes(ids)
        held = await snapshot.photographs.of_bytes(hashes, self.repository)
        forbidden = await snapshot.sealings.forbidden(
            ids, hashes, [row.arrest_number for row, _ in good]
        )
        fine = []
        for row, result in good:
            id, sha256 = row.photo_id, result.sha256
            first = held.get(sha256) or self.first_of.setdefault(sha256, id)
            if forbidden.covers(id, sha256, row.arrest_number):
                self._reject(row, _IS_SEALED)
            elif known.get(id, sha256) != sha256:
                self._reject(row, _PHOTO_ID_TAKEN)
            elif id not in known and first != id:
                why = f"the same file is enrolled as photograph {first}"
                self._reject(row, _Objection("PHOTO_DUPLICATE", why))
            else:
                fine.append((row, result))
        return fine

    def _reject(self, row: ManifestRow, objection: _Objection) -> None:
        self.rejected.append(Rejection(row.photo_id, row.subject_id, *objection))

    def _tell(self, total: int) -> None:
        self.progress(self.enrolled + self.before + len(self.rejected), total)


async def _check_in_no_other(
    db: Database, rows: Iterable[ManifestRow], repository: str
) -> None:
    """A photograph lies in one repository: a candidate names its photograph and nothing else."""
    for block in _in_blocks(rows, _BLOCK):
        async with db.snapshot() as snapshot:
            await _check_block(snapshot, block, repository)


async def _check_block(
    snapshot: Snapshot, rows: Sequence[ManifestRow], repository: str
) -> None:
    ids = [row.photo_id for row in rows]
    found = await snapshot.photographs.elsewhere(repository, ids)
    for photo, other in found.items():
        raise BadManifest(
            f"Photograph {photo} is enrolled already, in the repository “{other}”. Give the photograph "
            f"for “{repository}” a photo_id that no other repository uses."
        )


async def _forbidden(snapshot: Snapshot, rows: Sequence[ManifestRow]) -> Forbidden:
    ids = [row.photo_id for row in rows]
    return await snapshot.sealings.forbidden(
        ids, (), [row.arrest_number for row in rows]
    )


def _is_sealed(row: ManifestRow, forbidden: Forbidden) -> bool:
    return forbidden.covers(row.photo_id, "", row.arrest_number)


def _objection(
    row: ManifestRow,
    photograph: Photograph | None,
    sha256: str | None,
    forbidden: Forbidden,
) -> _Objection | None:
    """Why a row is neither encoded nor known; ``sha256`` is that of the file now, of a known one only."""
    if _is_sealed(row, forbidden):
        return _IS_SEALED
    if photograph is None:
        return None if row.path.is_file() else _FILE_MISSING
    if not sha256:
        return _FILE_MISSING
    if sha256 != photograph.sha256:
        return _PHOTO_ID_TAKEN
    return None if row.subject_id == photograph.subject_id else _PHOTO_SUBJECT


def _said_anew(row: ManifestRow, held: Mapping[str, Photograph]) -> dict[str, Any]:
    """What a row says otherwise than the record. Where it says nothing the record stays: a manifest
    without birth dates must not make minors of age."""
    if (photograph := held.get(row.photo_id)) is None:
        return {}
    said = {name: getattr(row, name) for name in _CORRECTED}
    return {
        name: value
        for name, value in said.items()
        if value and value != getattr(photograph, name)
    }


def _sha256(file: Path) -> str:
    """Empty if the file cannot be read."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def _in_blocks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(rows)
    while block := list(islice(rest, size)):
        yield block


def _keep(vault: Vault, good: Sequence[Taken]) -> None:
    # Of each file the vault waits for the disk, and many waits at once are hardly longer than one.
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for _ in threads.map(partial(_keep_one, vault), good):
            pass


def _keep_one(vault: Vault, taken: Taken) -> None:
    row, result = taken
    if vault.put(row.path.read_bytes()) != result.sha256:
        raise Unavailable(f"{row.path.name} changed while it was being enrolled.")


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
        case_state=row.case_state,
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
