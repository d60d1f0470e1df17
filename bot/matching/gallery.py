"""The enrolled templates as they are searched: a version, its digest, and where it lives."""

import errno
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from bot.domain.galleries import ModelId
from bot.errors import Unavailable
from bot.matching import chroma, files, packed, scanfiles, shared
from bot.matching.chroma_writing import write_beside
from bot.matching.kernel import Scratch
from bot.matching.names import Names, OfRows
from bot.matching.scan import Numbers, Rows
from bot.matching.scanfiles import CODES, MANIFEST, Chunk, Manifest, ScanSet

Progress = Callable[[str, int], object]
"""What is being done, and how many photographs are done."""

BUILDING_S = 3600.0  # another builder of millions may take this long


class GalleryDamaged(Unavailable):
    """The gallery on disk is missing or not the one that was recorded; it is built again from the record."""


class GalleryClosed(Unavailable):
    """Its files are no longer mapped; it has to be loaded again."""


class Gallery:
    """A version to be searched, its rows in the order of the bytes of their photograph ids.

    Made from a few photographs in memory, in any order, or by ``load`` from files that are mapped.
    """

    def __init__(
        self,
        version: str,
        model: ModelId,
        photo_ids: Sequence[str],
        subject_ids: Sequence[str],
        templates: NDArray[np.float32],
        minors: Sequence[bool] | None = None,
    ) -> None:
        _check_version(version)
        chunk = Chunk(
            photo_ids,
            subject_ids,
            templates,
            [False] * len(photo_ids) if minors is None else minors,
        )
        try:
            scanfiles.check(chunk, model.dim)
        except ValueError as wrong:
            raise ValueError(f"gallery {version}: {wrong}") from None
        if len(set(photo_ids)) != len(photo_ids):
            raise ValueError(f"gallery {version}: a photograph occurs twice")
        held = scanfiles.in_memory(model.dim, chunk)
        self._set_up(scanfiles.manifest_of(version, model, held), held)

    @classmethod
    def of(cls, manifest: Manifest, held: ScanSet) -> "Gallery":
        """A gallery whose files are mapped."""
        made = cls.__new__(cls)
        made._set_up(manifest, held)
        return made

    def _set_up(self, manifest: Manifest, held: ScanSet) -> None:
        self._manifest = manifest
        self._held: ScanSet | None = held
        self._scratch: list[Scratch] = []
        self._excluded: tuple[frozenset[str], Numbers] = (
            frozenset(),
            np.empty(0, np.int64),
        )
        self.collection: chroma.Collection | None = None

    @property
    def version(self) -> str:
        return self._manifest.version

    @property
    def model(self) -> ModelId:
        return self._manifest.model

    @property
    def digest(self) -> str:
        return self._manifest.digest

    @property
    def minors(self) -> int:
        """How many photographs show somebody under 18."""
        return self._manifest.minors

    @property
    def held(self) -> ScanSet:
        if self._held is None:
            raise GalleryClosed(f"Gallery {self.version} was closed.")
        return self._held

    @property
    def rows(self) -> Rows:
        return self.held.rows

    @property
    def templates(self) -> NDArray[np.float32]:
        return self.rows.templates

    @property
    def photo_ids(self) -> Names:
        return self.held.photo_ids

    @property
    def subject_ids(self) -> Sequence[str]:
        """The subject of each row; makes a text of each only when asked for."""
        return OfRows(self.held.subject_ids, self.rows.subjects)

    def __len__(self) -> int:
        return self._manifest.rows

    def subject_of(self, row: int) -> str:
        return self.subject_ids[row]

    def row_of(self, photo_id: str) -> int | None:
        """Return the row of a photograph; None if it is not in this version."""
        return self.held.photo_ids.find(photo_id)

    def rows_of(self, photo_ids: frozenset[str], held: ScanSet) -> Numbers:
        """Return the rows of those that are in this version, by rising number; remembers the last answer."""
        known, numbers = self._excluded
        if known != photo_ids:
            found = (held.photo_ids.find(photo) for photo in photo_ids)
            rows = sorted(row for row in found if row is not None)
            numbers = np.array(rows, np.int64)
            self._excluded = (photo_ids, numbers)
        return numbers

    def take_scratch(self) -> Scratch:
        """Room for one search; to be given back."""
        try:
            return self._scratch.pop()
        except IndexError:
            return Scratch(len(self))

    def give_scratch(self, scratch: Scratch) -> None:
        self._scratch.append(scratch)

    def close(self) -> None:
        """Let go of the files; a search that is running keeps what it needs to its end."""
        self._held = None
        self._scratch.clear()
        if self.collection is not None:
            self.collection.close()
            self.collection = None


@dataclass(frozen=True, slots=True)
class Built:
    """A version as it stands in its folder."""

    version: str
    digest: str
    size: int
    minors: int


def digest(gallery: Gallery) -> str:
    """Return the SHA-256 that covers the version, the model and every byte of the scan files."""
    return gallery.digest


def build(root: Path, gallery: Gallery, *, graph: bool = False) -> str:
    """Write a version and return its digest; afterwards it is there whole, or not at all.

    What already stands there is kept when it is the same, and replaced when it is damaged. A second
    builder waits. May be killed at any moment.
    """
    with files.only_one(root, BUILDING_S):
        if not _is_intact(root, gallery.version, gallery.digest, graph=graph):
            with files.appearing_whole(root / gallery.version) as folder:
                scanfiles.write(folder, gallery.version, gallery.model, gallery.held)
                write_beside(folder, graph=graph)
    return gallery.digest


def assemble(
    root: Path,
    model: ModelId,
    chunks: Iterable[Chunk],
    name: Callable[[str], str],
    *,
    current: tuple[str, str] | None = None,
    graph: bool = False,
    anew: bool = False,
    is_alone: bool = False,
    progress: Progress = lambda doing, done: None,
) -> Built:
    """Write a version of templates that come chunk by chunk; memory does not grow with their number.

    ``name`` makes the version out of the digest of the content. If the content is that of ``current``
    (version and digest), that one is made whole again, or left alone if it is, unless ``anew``.
    A second builder waits, unless the caller holds the lock already and says so.
    """
    holding = nullcontext() if is_alone else files.only_one(root, BUILDING_S)
    with holding, files.passing(root) as folder:
        nameless, _ = scanfiles.spool(
            folder, model, chunks, lambda done: progress("templates", done)
        )
        manifest = _same(nameless, current)
        if manifest is None:
            manifest = replace(nameless, version=name(nameless.digest))
            _check_version(manifest.version)
        version, recorded = manifest.version, manifest.digest
        if anew or not _is_intact(root, version, recorded, graph=graph):
            scanfiles.sign(folder, manifest)
            write_beside(
                folder, graph=graph, told=lambda done: progress("Chroma", done)
            )
            files.put(folder, root / version)
    return Built(version, recorded, manifest.rows, manifest.minors)


def load(
    root: Path, version: str, expected_digest: str, *, graph: bool = False
) -> Gallery:
    """Map a version; refuse it unless every byte is as recorded.

    With ``graph`` its Chroma collection is opened, too, to be searched. Raises Unavailable, not
    GalleryDamaged, where it does not fit: built again it would not either.
    """
    folder = root / version
    if not folder.is_dir():
        raise GalleryDamaged(
            f"Gallery {version} is not there. It has to be built again from the record."
        )
    try:
        manifest = _checked(folder, expected_digest, graph=graph)
        held = scanfiles.mapped(
            folder, manifest.rows, manifest.model.dim, manifest.limits
        )
        rows = _in_memory_once(root, folder, manifest, held.rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise Unavailable(
                f"There is not enough memory for gallery {version}."
            ) from error
        raise _damaged(version, str(error)) from error
    gallery = Gallery.of(manifest, replace(held, rows=rows))
    if graph:
        gallery.collection = chroma.Collection(chroma.folder_of(folder, graph=True))
    return gallery


def check(root: Path, version: str, expected_digest: str) -> None:
    """Raise GalleryDamaged unless every file of a version is as recorded; nothing is opened."""
    try:
        _checked(root / version, expected_digest, graph=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(version, str(error)) from error


def discard(root: Path, version: str) -> None:
    """Remove a version from the disk and from shared memory; who searches it may finish."""
    _check_version(version)
    files.discard(root / version)
    shared.forget(root, version)


def _in_memory_once(root: Path, folder: Path, manifest: Manifest, rows: Rows) -> Rows:
    """The codes from shared memory: packed where that can be done and gains anything."""
    sha256, (count, dim) = manifest.files[CODES], rows.codes.shape
    if (how := packed.layout(count, dim)) is not None:
        name, size, block = how

        def as_packed(blob: NDArray[np.int8]) -> packed.Packed:
            return packed.Packed(blob.view(np.uint8), count, dim, block)

        def fill(file: BinaryIO) -> None:
            into = np.memmap(file, np.uint8, "r+", shape=(size,))
            packed.pack(rows.codes, into, block)

        blob = shared.made(
            root,
            manifest.version,
            f"{sha256}-{name}",
            size,
            fill,
            lambda blob: packed.is_of(as_packed(blob), rows.codes),
        )
        if blob is not None:
            return replace(rows, packed=as_packed(blob))
    codes = shared.mapped(root, manifest.version, folder / CODES, sha256)
    return replace(rows, codes=codes.reshape(count, dim))


def _checked(folder: Path, expected: str, *, graph: bool) -> Manifest:
    text = (folder / MANIFEST).read_bytes()
    manifest = Manifest.read(text)
    if manifest.digest != expected or manifest.text() != text:
        raise ValueError(f"digest {manifest.digest}, recorded {expected}")
    sums = files.check(folder)
    if any(sums[name] != told for name, told in manifest.files.items()):
        raise ValueError("files are not the recorded ones")
    if graph and not chroma.folder_of(folder, graph=True).is_dir():
        raise ValueError("its Chroma collection has no graph to search")
    return manifest


def _is_intact(root: Path, version: str, expected: str, *, graph: bool) -> bool:
    try:
        _checked(root / version, expected, graph=graph)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _same(nameless: Manifest, current: tuple[str, str] | None) -> Manifest | None:
    if current is None:
        return None
    version, recorded = current
    named = replace(nameless, version=version)
    return named if named.digest == recorded else None


def _check_version(version: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", version):
        raise ValueError(f"{version!r} is no gallery version: it names a directory")


def _damaged(version: str, why: str) -> GalleryDamaged:
    return GalleryDamaged(
        f"Gallery {version} is damaged ({why}). It has to be built again from the record."
    )
