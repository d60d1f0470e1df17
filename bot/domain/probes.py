"""The still being searched for: its bytes by hash, its faces, its quality."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.audit import fingerprint
from bot.domain.origins import Sign
from bot.domain.quality import ImageQuality


@dataclass(frozen=True, slots=True)
class ProbeFace:
    """One face found in a probe: frame and five points in pixels of the upright image.

    Points: right eye, left eye, nose, right and left corner of the mouth.
    """

    index: int
    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...]
    score: float
    quality: ImageQuality

    @property
    def place(self) -> str:
        """SHA-256 of where on the image it is: two faces could change their numbers."""
        return fingerprint([self.index, list(self.box), [list(p) for p in self.points]])


@dataclass(frozen=True, slots=True)
class Probe:
    """The original, immutable under its SHA-256, and what was found in it."""

    request_id: str
    sha256: str
    size: int
    file_name: str
    stored_at: datetime
    format: str = ""
    width: int = 0
    height: int = 0
    faces: tuple[ProbeFace, ...] = ()
    chosen: int | None = None
    signs: tuple[Sign, ...] | None = None
    """What its file tells of its origin; None where nobody has looked."""

    @property
    def face(self) -> ProbeFace | None:
        """The face to search with, once there is no doubt which one."""
        if self.chosen is not None:
            return self.faces[self.chosen]
        return self.faces[0] if len(self.faces) == 1 else None
