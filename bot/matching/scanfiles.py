"""What a gallery is searched by, as files: written chunk by chunk, mapped and not read in."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bot.domain.galleries import ModelId
from bot.matching.codes import Limits, Loose, encode, peaks, scale_for
from bot.matching.names import Names
from bot.matching.scan import MINOR, Rows

MANIFEST = "scan.json"
CODES = "codes.i1"
_FORMAT = 1
_FILES: Mapping[str, DTypeLike] = {
    "templates.f4": "<f4",
    CODES: "i1",
    "flags.u1": "u1",
    "subjects.i4": "<i4",
    "photo-ids.utf8": "u1",
    "photo-ids.i8": "<i8",
    "subject-ids.utf8": "u1",
    "subject-ids.i8": "<i8",
    "loose-rows.i8": "<i8",
    "loose-lengths.f8": "<f8",
    "loose-errors.f8": "<f8",
}


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some photographs of a gallery; the chunks of one follow each other by the bytes of the photograph ids."""

    photo_ids: Sequence[str]
    subject_ids: Sequence[str]
    templates: NDArray[np.float32]
    minors: Sequence[bool] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ScanSet:
    """Rows with their names; ``subject_ids`` by the numbers that ``rows.subjects`` has."""

    rows: Rows
    photo_ids: Names
    subject_ids: Names


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is known of a set of files; its digest covers every byte of them."""

    version: str
    model: ModelId
    rows: int
    minors: int
    limits: Limits
    files: Mapping[str, str]  # SHA-256 by name
    format: int = _FORMAT

    def text(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text()).hexdigest()

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        told: dict[str, Any] = json.loads(text)
        if told["format"] != _FORMAT:
            raise ValueError(f"format {told['format']} is not known here")
        told |= {"model": ModelId(**told["model"]), "limits": Limits(**told["limits"])}
        return cls(**told)


def arrays(held: ScanSet) -> dict[str, NDArray[Any]]:
    """Return the arrays by the names of their files."""
    rows = held.rows
    every = (
        rows.templates,
        rows.codes,
        rows.flags,
        rows.subjects,
        held.photo_ids.blob,
        held.photo_ids.offsets,
        held.subject_ids.blob,
        held.subject_ids.offsets,
        rows.loose.rows,
        rows.loose.lengths,
        rows.loose.errors,
    )
    return dict(zip(_FILES, every, strict=True))


def manifest_of(version: str, model: ModelId, held: ScanSet) -> Manifest:
    """Describe a set that is in memory as its files would be."""
    files = {
        name: hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
        for name, array in arrays(held).items()
    }
    return _manifest(version, model, held.rows, files)


def write(folder: Path, version: str, model: ModelId, held: ScanSet) -> None:
    """Write a set that is in memory."""
    for name, array in arrays(held).items():
        np.ascontiguousarray(array).tofile(folder / name)
    sign(folder, manifest_of(version, model, held))


def sign(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_bytes(manifest.text())


def spool(
    folder: Path,
    model: ModelId,
    chunks: Iterable[Chunk],
    told: Callable[[int], object] = lambda done: None,
) -> tuple[Manifest, ScanSet]:
    """Write the files of a gallery whose templates come chunk by chunk, but for the manifest, which
    is returned without a version, beside the set as mapped.

    Raises ValueError for chunks that are not in order, or whose parts do not fit each other.
    """
    largest = _spool_rows(folder, model, chunks, told)
    templates = _mapped(folder, "templates.f4", (len(largest), model.dim))
    coded = (len(largest), model.dim)
    codes: NDArray[np.int8]
    if templates.size:
        codes = np.memmap(folder / CODES, np.int8, "w+", shape=coded)
    else:
        (folder / CODES).touch()
        codes = np.empty(coded, np.int8)
    limits, loose = encode(templates, scale_for(largest), codes)
    if isinstance(codes, np.memmap):
        codes.flush()
    loose.rows.tofile(folder / "loose-rows.i8")
    loose.lengths.tofile(folder / "loose-lengths.f8")
    loose.errors.tofile(folder / "loose-errors.f8")
    held = mapped(folder, len(largest), model.dim, limits)
    files = {name: _sha256(folder / name) for name in _FILES}
    return _manifest("", model, held.rows, files), held


def mapped(folder: Path, rows: int, dim: int, limits: Limits) -> ScanSet:
    """Map the files of a set; nothing is read before it is used."""
    flat = {name: _mapped(folder, name) for name in _FILES}
    kept = Rows(
        flat["templates.f4"].reshape(rows, dim),
        flat[CODES].reshape(rows, dim),
        flat["subjects.i4"],
        flat["flags.u1"],
        limits,
        Loose(flat["loose-rows.i8"], flat["loose-lengths.f8"], flat["loose-errors.f8"]),
    )
    return ScanSet(
        kept,
        Names(flat["photo-ids.utf8"], flat["photo-ids.i8"]),
        Names(flat["subject-ids.utf8"], flat["subject-ids.i8"]),
    )


def in_memory(dim: int, chunk: Chunk) -> ScanSet:
    """The same set as ``spool`` writes, of a few rows in memory, in any order."""
    ids = [photo.encode() for photo in chunk.photo_ids]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    templates = np.ascontiguousarray(chunk.templates[order].reshape(-1, dim))
    numbers: dict[str, int] = {}
    subjects = _numbered([chunk.subject_ids[row] for row in order], numbers)
    codes = np.empty(templates.shape, np.int8)
    limits, loose = encode(templates, scale_for(peaks(templates)), codes)
    flags = np.asarray(chunk.minors, np.bool_)[order].astype(np.uint8) * MINOR
    rows = Rows(templates, codes, subjects, flags, limits, loose)
    return ScanSet(
        rows, Names.of(chunk.photo_ids[row] for row in order), Names.of(numbers)
    )


def _spool_rows(
    folder: Path,
    model: ModelId,
    chunks: Iterable[Chunk],
    told: Callable[[int], object],
) -> NDArray[np.float32]:
    """Write everything but the codes; return the largest number of each template."""
    numbers: dict[str, int] = {}
    largest, done = [np.empty(0, np.float32)], 0
    with ExitStack() as opened:
        file = {
            name: opened.enter_context((folder / name).open("wb")) for name in _FILES
        }
        file["photo-ids.i8"].write(_bytes(np.zeros(1, "<i8")))
        ended = 0
        for chunk in _in_order(chunks, model.dim):
            ids = Names.of(chunk.photo_ids)
            file["photo-ids.utf8"].write(_bytes(ids.blob))
            file["photo-ids.i8"].write(_bytes(ids.offsets[1:] + ended))
            ended += int(ids.offsets[-1])
            file["templates.f4"].write(_bytes(chunk.templates))
            file["subjects.i4"].write(_bytes(_numbered(chunk.subject_ids, numbers)))
            minors = np.asarray(chunk.minors, np.bool_).astype(np.uint8) * MINOR
            file["flags.u1"].write(_bytes(minors))
            largest.append(peaks(chunk.templates))
            done += len(ids)
            told(done)
        names = Names.of(numbers)
        file["subject-ids.utf8"].write(_bytes(names.blob))
        file["subject-ids.i8"].write(_bytes(names.offsets))
    return np.concatenate(largest)


def _bytes(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).data


def _in_order(chunks: Iterable[Chunk], dim: int) -> Iterator[Chunk]:
    last = b""
    for chunk in chunks:
        check(chunk, dim)
        for photo in chunk.photo_ids:
            if (this := photo.encode()) <= last:
                raise ValueError(f"photograph {photo!r} comes twice, or out of order")
            last = this
        yield chunk


def check(chunk: Chunk, dim: int) -> None:
    """Raise ValueError unless ids, templates and flags fit each other."""
    rows = len(chunk.photo_ids)
    if not rows == len(chunk.subject_ids) == len(chunk.minors):
        raise ValueError("ids and flags do not fit each other")
    if chunk.templates.shape != (rows, dim):
        raise ValueError("ids and templates do not fit each other")
    if chunk.templates.dtype != np.float32 or not np.isfinite(chunk.templates).all():
        raise ValueError("templates must be finite 32-bit numbers")


def _numbered(subjects: Sequence[str], numbers: dict[str, int]) -> NDArray[np.int32]:
    """Number the subjects in the order in which they first occur."""
    given = [numbers.setdefault(subject, len(numbers)) for subject in subjects]
    return np.array(given, "<i4")


def _manifest(
    version: str, model: ModelId, rows: Rows, files: Mapping[str, str]
) -> Manifest:
    minors = int(np.count_nonzero(rows.flags & MINOR))
    return Manifest(version, model, len(rows.flags), minors, rows.limits, files)


def _mapped(
    folder: Path, name: str, shape: tuple[int, ...] | None = None
) -> NDArray[Any]:
    path, kind = folder / name, np.dtype(_FILES[name])
    if not path.stat().st_size:  # nothing cannot be mapped
        return np.empty(0, kind).reshape(shape if shape is not None else (0,))
    array = np.memmap(path, kind, "r")
    return np.asarray(array if shape is None else array.reshape(shape))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        return hashlib.file_digest(file, "sha256").hexdigest()
