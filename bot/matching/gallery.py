"""The enrolled templates as they are searched: a version, its digest, and where it lives."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain.galleries import ModelId
from bot.errors import Unavailable
from bot.matching import chroma, files


class GalleryDamaged(Unavailable):
    """The gallery on disk is missing or not the one that was recorded; it is built again from the record."""


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Row i: photograph ``photo_ids[i]`` of subject ``subject_ids[i]``; templates have unit length."""

    version: str
    model: ModelId
    photo_ids: tuple[str, ...]
    subject_ids: tuple[str, ...]
    templates: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", self.version):
            raise ValueError(
                f"{self.version!r} is no gallery version: it names a directory"
            )
        rows = len(self.photo_ids)
        if self.templates.shape != (rows, self.model.dim) or rows != len(
            self.subject_ids
        ):
            raise ValueError(
                f"gallery {self.version}: ids and templates do not fit each other"
            )
        if self.templates.dtype != np.float32 or not np.isfinite(self.templates).all():
            raise ValueError(
                f"gallery {self.version}: templates must be finite 32-bit numbers"
            )
        if len(set(self.photo_ids)) != rows:
            raise ValueError(f"gallery {self.version}: a photograph occurs twice")


def digest(gallery: Gallery) -> str:
    """Return the SHA-256 over the model and every row's ids and numbers, in order."""
    total = hashlib.sha256()
    for text in (gallery.version, *_model_fields(gallery.model)):
        total.update(_framed(text))
    for photo, subject, template in zip(
        gallery.photo_ids, gallery.subject_ids, gallery.templates, strict=True
    ):
        total.update(_framed(photo) + _framed(subject))
        total.update(template.astype("<f4").tobytes())
    return total.hexdigest()


def build(root: Path, gallery: Gallery) -> str:
    """Write a version and return its digest; afterwards it is there whole, or not at all.

    What already stands there is kept when it is the same, and replaced when it is damaged. A second
    builder waits. May be killed at any moment.
    """
    expected = digest(gallery)
    with files.only_one(root):
        if not _is_intact(root, gallery.version, expected):
            _write(root, gallery)
    return expected


def load(root: Path, version: str, expected_digest: str) -> Gallery:
    """Read a version into memory; refuse it unless every id and number is as recorded."""
    with files.only_one(root):
        return _read(root, version, expected_digest)


def _is_intact(root: Path, version: str, expected: str) -> bool:
    try:
        _read(root, version, expected)
    except GalleryDamaged:
        return False
    return True


def _write(root: Path, gallery: Gallery) -> None:
    rows = list(
        zip(gallery.photo_ids, gallery.subject_ids, gallery.templates, strict=True)
    )
    with files.appearing_whole(root / gallery.version) as folder:
        chroma.write(folder, rows, _model_fields(gallery.model))


def _read(root: Path, version: str, expected: str) -> Gallery:
    if not (root / version).is_dir():
        raise GalleryDamaged(
            f"Gallery {version} is not there. It has to be built again from the record."
        )
    try:
        # Opening a Chroma directory writes to it: what was built is only ever read through a copy.
        with files.checked_copy(root / version) as folder:
            rows, model = chroma.read(folder)
        gallery = _assembled(version, rows, model)
    except Exception as error:  # Whatever Chroma, SQLite or NumPy make of a broken file, it means this.
        raise _damaged(version, str(error)) from error
    if (found := digest(gallery)) != expected:
        raise _damaged(version, f"digest {found}, recorded {expected}")
    return gallery


def _assembled(version: str, rows: list[chroma.Row], model: list[str]) -> Gallery:
    name, weights, dim = model
    templates = (
        np.stack([template for _, _, template in rows])
        if rows
        else np.empty((0, int(dim)), np.float32)
    )
    return Gallery(
        version,
        ModelId(name, weights, int(dim)),
        tuple(photo for photo, _, _ in rows),
        tuple(subject for _, subject, _ in rows),
        templates,
    )


def _damaged(version: str, why: str) -> GalleryDamaged:
    return GalleryDamaged(
        f"Gallery {version} is damaged ({why}). It has to be built again from the record."
    )


def _model_fields(model: ModelId) -> list[str]:
    return [model.name, model.weights_sha256, str(model.dim)]


def _framed(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "big") + data
