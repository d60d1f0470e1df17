"""The lawfully held photographs a gallery is made of (policy 1.8)."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.galleries import ModelId

STANDARD_REPOSITORY = "arrest and parole photographs"


@dataclass(frozen=True, slots=True)
class Photograph:
    """One photograph of one subject; the file lies in the vault under its SHA-256."""

    id: str
    subject_id: str
    repository: str
    sha256: str
    arrest_number: str
    capture_date: date | None
    sex: str
    birth_date: date | None
    enrolled_at: datetime
    case_state: str = ""  # of the arrest behind it, as the manifest says: pending, convicted, dismissed


@dataclass(frozen=True, slots=True)
class Template:
    """A face as numbers: ``dim`` little-endian float32 of unit length, by one model, with the five
    points (x, y in pixels of the upright photograph) it was aligned by."""

    photo_id: str
    subject_id: str
    model: ModelId
    vector: bytes
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class GalleryVersion:
    """One state of a gallery, as searched: which templates, by which model, under which digest."""

    version: str
    repository: str
    model: ModelId
    digest: str
    size: int
    built_at: datetime
    calibration: tuple[tuple[float, float], ...] = ()
    """(share of strangers, similarity their best candidate reaches), by falling share."""
