"""From five points to the upright crop that recognisers were trained on."""

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.matching.images import Image

CROP = 112

# Where the ArcFace family of training sets has the eyes, the nose and the corners of the mouth.
STANDARD: NDArray[np.float64] = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)

Affine = NDArray[np.float64]
"""(2, 3)"""


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> Affine:
    """Return the turn, scale and shift that takes ``source`` nearest to ``target`` (least squares)."""
    a = _complex(source)
    b = _complex(target)
    centred = a - a.mean()
    # A turn with scale is one complex factor: no reflection can come out.
    spread = float(np.vdot(centred, centred).real)
    factor = np.vdot(centred, b - b.mean()) / max(spread, 1e-9)
    shift = b.mean() - factor * a.mean()
    return np.array(
        [
            [factor.real, -factor.imag, shift.real],
            [factor.imag, factor.real, shift.imag],
        ]
    )


def apply(affine: Affine, points: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(points, np.float64) @ affine[:, :2].T + affine[:, 2]


def invert(affine: Affine) -> Affine:
    return np.asarray(cv2.invertAffineTransform(affine), np.float64)


def scale_of(affine: Affine) -> float:
    return float(np.hypot(affine[0, 0], affine[1, 0]))


def most_enlarged(affine: Affine) -> float:
    """How many times larger a line becomes in the direction in which it becomes largest."""
    return float(np.linalg.svd(affine[:, :2], compute_uv=False)[0])


def after(first: Affine, then: Affine) -> Affine:
    """What both do, one after the other."""
    return np.asarray(then @ np.vstack([first, [0.0, 0.0, 1.0]]), np.float64)


def roll_of(points: NDArray[np.floating]) -> float:
    """Return how far the face leans, clockwise, in degrees (-180 to 180)."""
    turn = similarity(STANDARD, points)
    return float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))


def warp(
    image: Image, affine: Affine, side: tuple[int, int], *, surround: int = 0
) -> Image:
    """Draw ``image`` through ``affine`` into (width, height).

    Shrinks first where bilinear sampling would skip pixels. Recognisers were measured with a black
    ``surround``.
    """
    halvings = int(np.floor(-np.log2(max(scale_of(affine), 1e-6))))
    if halvings >= 1:
        image, affine = _shrunk(image, affine, side, 2**halvings)
    out: Image = np.asarray(
        cv2.warpAffine(
            image, affine, side, flags=cv2.INTER_LINEAR, borderValue=(surround,) * 3
        )
    )
    return out


def _shrunk(
    image: Image, affine: Affine, side: tuple[int, int], by: int
) -> tuple[Image, Affine]:
    """Cut out what will be seen and average ``by`` x ``by`` pixels into one."""
    left, top, right, bottom = _seen(image, affine, side)
    size = (max((right - left) // by, 1), max((bottom - top) // by, 1))
    seen = image[top:bottom, left:right]
    small: Image = np.asarray(
        cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.uint8
    )
    # Pixel centres, not corners, are what warpAffine calls whole numbers.
    sx, sy = (right - left) / size[0], (bottom - top) / size[1]
    back = np.array(
        [[sx, 0, (sx - 1) / 2 + left], [0, sy, (sy - 1) / 2 + top], [0, 0, 1]]
    )
    return small, np.asarray(affine @ back, np.float64)


def _seen(
    image: Image, affine: Affine, side: tuple[int, int]
) -> tuple[int, int, int, int]:
    width, height = side
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float)
    source = apply(invert(affine), corners)
    low = np.floor(source.min(axis=0)).astype(int) - 2
    high = np.ceil(source.max(axis=0)).astype(int) + 2
    bounds = np.array([image.shape[1], image.shape[0]])
    left, top = np.clip(low, 0, bounds - 1)
    right, bottom = np.maximum(np.clip(high, 0, bounds), (left + 1, top + 1))
    return int(left), int(top), int(right), int(bottom)


def _complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1], np.complex128)
