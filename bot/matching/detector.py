"""Find faces and their five points: at every size, upright or not."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.matching import alignment
from bot.matching.alignment import Affine
from bot.matching.images import Image
from bot.matching.yunet import Yunet

_MIN_SCORE = 0.6
_SMALL = 640
"""Pictures up to this side are tried again enlarged; YuNet itself is made for faces of 10 to 300 px."""
_SMALLEST_LEVEL = 320
_HUGE = 8_000_000
"""Pixels from which on the full size is left out: 25 megapixels cost 2 GB and 5 s there, and a face
that half of it is too small for has less than the 20 px between the eyes that a search needs."""
_WINDOW = 224
_MOST = 100
"""Faces taken from one picture: at 50 ms each, a stadium would otherwise hold a worker for minutes."""
_SURE = 0.9
"""On 60 portraits upright faces scored 0.91 and more, faces at any other turn 0.90 at most."""
_CLEARLY = 0.03
_LOOKS = 5
_LEVEL_DEG = 1.0
_UPRIGHT_DEG = 12.0
"""A face that leans by less and looks as it was expected to is not looked at a second time."""
_FURTHER = 1.6
"""The net draws its points towards the upright: they show five eighths of a lean."""
_MIRROR: Affine = np.array([[-1.0, 0.0, _WINDOW - 1], [0.0, 1.0, 0.0]])
_OTHER_SIDE = [1, 0, 2, 4, 3]
_TURNS = (90.0, -90.0, 180.0, 45.0, -45.0)
_ZOOMS = (0.4, 0.5, 0.6, 0.7)
"""Of the usual window: on poor faces the net places its points best where they are about 30 to 55 px wide."""
_EYES_PX = 17.0
_GRAIN_SIGMA = 1.5
_SOFT = 0.8
"""Sigma of the softening, in pixels of a face with so much between its eyes."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A face in the pixels of the picture it was asked for; the box is upright and may reach over the edge."""

    box: tuple[float, float, float, float]
    points: NDArray[np.float64]
    score: float

    def mapped(self, affine: Affine) -> "Found":
        """Return the same face where ``affine`` puts it."""
        x, y, width, height = self.box
        scale = alignment.scale_of(affine)
        middle = alignment.apply(affine, np.array([[x + width / 2, y + height / 2]]))[0]
        width, height = width * scale, height * scale
        box = (
            float(middle[0] - width / 2),
            float(middle[1] - height / 2),
            width,
            height,
        )
        return Found(box, alignment.apply(affine, self.points), self.score)


class Detector:
    """One YuNet, and where to look with it."""

    def __init__(self, graph: Path, threads: int = 1) -> None:
        self._net = Yunet(graph, _MIN_SCORE, threads)

    def find(self, image: Image) -> list[Found]:
        """Return every face once, best score first; of a crowd only the clearest."""
        first = (
            self._at_every_size(image)
            or self._enlarged(image)
            or self._enlarged(_legible(image, _GRAIN_SIGMA))
        )
        found = (first or self._turned(image))[:_MOST]
        return distinct([self._upright(image, face) for face in found])

    def steadied(self, image: Image, face: Found) -> Found:
        """Look again and again at a poor face, softened and stretched in contrast, and take the mean of its points.

        Only where the points are comes from this: what is encoded is the picture as it is. On the camera mixture
        the points come from 5.9 to 4.8 percent of the distance between the eyes away from where they should be.
        """
        left, top, right, bottom = _around(face, image)
        shift = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]])
        eyes_px = float(np.linalg.norm(face.points[1] - face.points[0]))
        sigma = _SOFT * max(eyes_px / _EYES_PX, 1.0)
        view = _legible(image[top:bottom, left:right], sigma)
        here = face.mapped(shift)
        seen = [p for zoom in _ZOOMS for p in self._both_ways(view, here, zoom)]
        if not seen:
            return face
        return replace(face, points=np.mean(seen, axis=0) + np.array([left, top]))

    def _both_ways(
        self, image: Image, face: Found, zoom: float
    ) -> list[NDArray[np.float64]]:
        """Return the points seen straight and in a mirror, of those that are seen."""
        window = _zoomed(zoom) @ _square(_window(face))
        straight = self._seen_through(image, face, window)
        mirrored = self._seen_through(image, face, _MIRROR @ _square(window))
        points = [straight.points] if straight else []
        return points + ([mirrored.points[_OTHER_SIDE]] if mirrored else [])

    def _at_every_size(self, image: Image) -> list[Found]:
        """Look at full size for the small faces, and at halves of it for those too large for YuNet."""
        first = 0 if image.shape[0] * image.shape[1] <= _HUGE else 1
        last = int(np.log2(max(image.shape[:2]) / _SMALLEST_LEVEL))
        levels = range(first, max(last, first) + 1)
        return distinct([one for n in levels for one in self._scaled(image, 0.5**n)])

    def _enlarged(self, image: Image) -> list[Found]:
        if max(image.shape[:2]) > _SMALL:
            return []
        return self._scaled(image, 2.0) or self._scaled(image, 3.0)

    def _turned(self, image: Image) -> list[Found]:
        """Try a picture that was photographed or scanned sideways; keep the best of the turns."""
        tries = (self._through(image, *_turn(image, angle)) for angle in _TURNS)
        return max(tries, key=lambda found: max((f.score for f in found), default=0.0))

    def _upright(self, image: Image, face: Found) -> Found:
        """Look again at the face turned upright: on a leaning head the first points are off.

        On one that lies or hangs they are upright points on the wrong features, with a poor score:
        then the other turns are tried, and what stands out clearly is looked at once more.
        """
        lean = alignment.roll_of(face.points)
        again = self._settled(image, face, lean * _FURTHER)
        if again.score >= _SURE:
            return again
        turned = max(
            (self._closer(image, face, angle) for angle in _TURNS),
            key=lambda one: one.score,
        )
        if turned.score < again.score + _CLEARLY:
            return again
        return self._settled(image, turned, alignment.roll_of(turned.points))

    def _settled(self, image: Image, face: Found, angle: float) -> Found:
        """Look at the face as if it leant by ``angle``, and again by what was still left, until nothing is."""
        for look in range(_LOOKS):
            face = self._balanced(image, face, angle - alignment.roll_of(face.points))
            left = (alignment.roll_of(face.points) - angle + 180) % 360 - 180
            if abs(left) < _LEVEL_DEG and (look or abs(angle) < _UPRIGHT_DEG):
                break
            angle += left * _FURTHER
        return face

    def _balanced(self, image: Image, face: Found, degrees: float = 0.0) -> Found:
        """Take the mean of the points seen straight and in a mirror: what the net prefers to one side cancels out.

        With the looks above this costs 5 ms a face; on lfw-dev it takes rank-1 from 0.985 to 0.988, and
        on portraits leaning by 30 degrees what is left of the lean from 3 degrees to less than half of one.
        """
        window = _window(face, degrees)
        straight = self._seen_through(image, face, window)
        mirrored = self._seen_through(image, face, _MIRROR @ _square(window))
        if straight is None or mirrored is None:
            return straight or face
        points = (straight.points + mirrored.points[_OTHER_SIDE]) / 2
        return replace(straight, points=points)

    def _closer(self, image: Image, face: Found, degrees: float) -> Found:
        """Detect in a window around the face, which its points and a further turn make upright."""
        found = self._seen_through(image, face, _window(face, degrees))
        return found or replace(face, score=0.0)

    def _seen_through(self, image: Image, face: Found, window: Affine) -> Found | None:
        """Return the same face as it is found in a window of the picture, if it is."""
        found = self._through(image, window, (_WINDOW, _WINDOW))
        return max(
            (one for one in found if _overlap(one.box, face.box) > 0.3),
            key=lambda one: _overlap(one.box, face.box) + one.score,
            default=None,
        )

    def _scaled(self, image: Image, scale: float) -> list[Found]:
        height, width = image.shape[:2]
        if scale == 1:
            return self._detect(image)
        side = (max(round(width * scale), 1), max(round(height * scale), 1))
        affine = np.array([[scale, 0, 0], [0, scale, 0]], np.float64)
        return self._through(image, affine, side)

    def _through(
        self, image: Image, affine: Affine, side: tuple[int, int]
    ) -> list[Found]:
        back = alignment.invert(affine)
        seen = alignment.warp(image, affine, side)
        return [face.mapped(back) for face in self._detect(seen)]

    def _detect(self, image: Image) -> list[Found]:
        return [_found(row) for row in self._net.detect(image)]


def distinct(faces: list[Found]) -> list[Found]:
    """Keep the best-scored of every group of overlapping finds."""
    kept: list[Found] = []
    for face in sorted(faces, key=lambda one: -one.score):
        if all(_overlap(face.box, other.box) < 0.3 for other in kept):
            kept.append(face)
    return kept


def _found(row: NDArray[np.float32]) -> Found:
    x, y, width, height = (float(v) for v in row[:4])
    points = row[4:14].reshape(5, 2).astype(np.float64)
    return Found((x, y, width, height), points, float(row[14]))


def _window(face: Found, degrees: float = 0.0) -> Affine:
    """Return the map that puts the face upright, or turned by ``degrees``, into the middle of the window."""
    centred = alignment.STANDARD - alignment.CROP / 2
    target = alignment.apply(_rotation(degrees), centred) + _WINDOW / 2
    return alignment.similarity(face.points, target)


def _zoomed(zoom: float) -> Affine:
    middle = (_WINDOW - 1) / 2
    return np.asarray(cv2.getRotationMatrix2D((middle, middle), 0, zoom), np.float64)


def _around(face: Found, image: Image) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the face with its own width of surroundings on each side."""
    x, y, width, height = face.box
    left, top = max(int(x - width), 0), max(int(y - height), 0)
    right = min(int(x + 2 * width) + 1, image.shape[1])
    bottom = min(int(y + 2 * height) + 1, image.shape[0])
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _legible(part: Image, sigma: float) -> Image:
    """Soften the grain and spread the darkest to the brightest hundredth over all levels."""
    soft = np.asarray(cv2.GaussianBlur(part, (0, 0), sigma), np.float32)
    low, high = np.percentile(soft, (1, 99))
    spread = (soft - low) * (255 / max(float(high - low), 1.0))
    return np.asarray(spread.clip(0, 255), np.uint8)


def _square(affine: Affine) -> Affine:
    return np.vstack([affine, [0.0, 0.0, 1.0]])


def _rotation(degrees: float) -> Affine:
    return np.asarray(cv2.getRotationMatrix2D((0, 0), degrees, 1.0), np.float64)


def _turn(image: Image, degrees: float) -> tuple[Affine, tuple[int, int]]:
    """Return the turn about the middle of the picture into a frame that holds all of it."""
    height, width = image.shape[:2]
    affine = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(affine[0, 0]), abs(affine[0, 1])
    side = (round(width * cos + height * sin), round(width * sin + height * cos))
    affine[:, 2] += (side[0] - width) / 2, (side[1] - height) / 2
    return np.asarray(affine, np.float64), side


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return the shared area as a part of the smaller box: a face found at two sizes nests."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / max(min(a[2] * a[3], b[2] * b[3]), 1e-9)
