"""The seam behind which a library finds and encodes faces."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.domain.galleries import ModelId
from bot.matching.images import Image

Points = NDArray[np.float32]
"""(5, 2): right eye, left eye, nose, right and left corner of the mouth, as the person has them."""
Template = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face of one image, in the pixels of that image."""

    box: tuple[float, float, float, float]
    points: Points
    score: float
    template: Template
    raw_length: float

    @property
    def inter_eye_px(self) -> float:
        return float(np.linalg.norm(self.points[1] - self.points[0]))

    @property
    def area(self) -> float:
        return self.box[2] * self.box[3]


class FaceEngine(Protocol):
    model: ModelId

    def faces(self, image: Image) -> list[Face]:
        """Find every face, largest first. Blocking: call it from a worker."""
        ...


def main_face(faces: list[Face], image: Image) -> Face:
    """Return the person a portrait is of: the most central of the faces that are not much smaller than the largest.

    Used where a photograph is enrolled without anyone looking. A face with less than a quarter of
    the largest one's area is a passer-by, however central.
    """
    centre = np.array([image.shape[1], image.shape[0]]) / 2
    largest = max(face.area for face in faces)
    return min(
        (face for face in faces if face.area >= largest / 4),
        key=lambda face: float(np.linalg.norm(_middle(face) - centre)),
    )


def _middle(face: Face) -> NDArray[np.float64]:
    x, y, width, height = face.box
    return np.array([x + width / 2, y + height / 2])
