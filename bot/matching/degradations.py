"""Spoil a clean picture the way cameras and people do, the same way every time; for measuring, never for a probe.

Each takes the picture, the five points of its face and a seeded generator. Pixel measures (blur, motion,
noise, the blocks of JPEG) mean a face of about 100 px: where it is wider than ``WIDEST_PX``, the picture is
shrunk to that first, so that a passport photograph is spoilt as much as a small one.
"""

from collections.abc import Callable, Mapping
from functools import partial, reduce
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.matching import alignment, images
from bot.matching.engine import Points
from bot.matching.images import Image

Degradation = Callable[[Image, Points, np.random.Generator], Image]

WIDEST_PX = 120.0
_BOX_WIDTH = 78.5
"""The detector's box around a face that fills the standard crop (median of 120 portraits)."""
_GREY = (96, 96, 96)
_CLOTH = ((205, 214, 222), (70, 120, 170), (40, 42, 46))
_GLASS = (24, 24, 28)

# In the standard crop of 112 px, where the eyes stand 35 px apart.
_MASK = np.array([[17, 66], [56, 60], [95, 66], [92, 92], [76, 114], [56, 121], [36, 114], [20, 92]])  # fmt: skip
_LENSES = ((38.0, 52.5), (74.0, 52.5))
_LENS_AXES = (16, 12)
_BRIDGE = ((52, 49), (60, 49))
_SIDES = (((22, 49), (6, 46)), ((90, 49), (106, 46)))
_FINE = 8
"""Painting is done on a canvas so many times the standard crop, and shrunk into the picture."""


def face_width_px(points: Points) -> float:
    """Return about how wide the detector's box around this face is."""
    return _BOX_WIDTH * alignment.scale_of(
        alignment.similarity(alignment.STANDARD, points)
    )


def resized_to(
    width_px: float, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    """Shrink the whole picture until the face is so wide; one that is narrower already stays."""
    return _scaled(image, width_px / face_width_px(points))


def _scaled(image: Image, factor: float) -> Image:
    if factor >= 1:
        return image
    height, width = image.shape[:2]
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def blurred(
    sigma_px: float, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)


def moved(
    length_px: int, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    """Smear along a straight line in a direction drawn by lot."""
    kernel = np.zeros((length_px, length_px), np.float32)
    kernel[length_px // 2, :] = 1
    middle = ((length_px - 1) / 2, (length_px - 1) / 2)
    turn = cv2.getRotationMatrix2D(middle, float(rng.uniform(0, 180)), 1.0)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, kernel.shape), np.float32)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def noisy(
    sigma: float, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    """Add noise of ``sigma`` of 255 levels, of its own in every pixel and colour."""
    noise = rng.normal(0, sigma, image.shape)
    return (image + noise).round().clip(0, 255).astype(np.uint8)


def compressed(
    quality: int, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    return images.decode(images.encode_jpeg(image, quality)).image


def grayscale(image: Image, points: Points, rng: np.random.Generator) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def darkened(
    factor: float, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    return (image * factor).round().astype(np.uint8)


def masked(image: Image, points: Points, rng: np.random.Generator) -> Image:
    """Paint a cloth from the bridge of the nose to below the chin, in a colour drawn by lot."""
    colour = _CLOTH[int(rng.integers(len(_CLOTH)))]

    def cloth(canvas: NDArray[np.uint8]) -> None:
        cv2.fillPoly(canvas, [_MASK.astype(np.int32) * _FINE], (255,))

    return _painted(image, points, cloth, colour)


def dark_glasses(image: Image, points: Points, rng: np.random.Generator) -> Image:
    return _painted(image, points, _glasses, _GLASS)


def _glasses(canvas: NDArray[np.uint8]) -> None:
    axes = (_LENS_AXES[0] * _FINE, _LENS_AXES[1] * _FINE)
    for x, y in _LENSES:
        middle = (round(x * _FINE), round(y * _FINE))
        cv2.ellipse(canvas, middle, axes, 0, 0, 360, (255,), -1)
    for (left, top), (right, bottom) in (_BRIDGE, *_SIDES):
        ends = (left * _FINE, top * _FINE), (right * _FINE, bottom * _FINE)
        cv2.line(canvas, *ends, (255,), 3 * _FINE)


def _painted(
    image: Image,
    points: Points,
    draw: Callable[[NDArray[np.uint8]], None],
    colour: tuple[int, int, int],
) -> Image:
    """Lay what ``draw`` draws on the standard crop over the face, with soft edges."""
    margin = alignment.CROP // 8
    side = (alignment.CROP + margin) * _FINE
    canvas = np.zeros((side, side), np.uint8)
    draw(canvas)
    place = alignment.similarity(alignment.STANDARD * _FINE, points)
    seen = alignment.warp(
        np.repeat(canvas[:, :, None], 3, axis=2),
        place,
        (image.shape[1], image.shape[0]),
    )
    share = seen.astype(np.float32) / 255
    return (image * (1 - share) + share * colour).round().astype(np.uint8)


def rolled(
    degrees: float, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    """Turn to a side drawn by lot, into a frame that holds all of the picture, on grey."""
    height, width = image.shape[:2]
    angle = degrees * float(rng.choice((-1, 1)))
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    side = (round(width * cos + height * sin), round(width * sin + height * cos))
    turn[:, 2] += (side[0] - width) / 2, (side[1] - height) / 2
    return np.asarray(cv2.warpAffine(image, turn, side, borderValue=_GREY), np.uint8)


def _of_a_common_size(
    degrade: Degradation, image: Image, points: Points, rng: np.random.Generator
) -> Image:
    return degrade(resized_to(WIDEST_PX, image, points, rng), points, rng)


def _in_turn(
    steps: tuple[Degradation, ...],
    image: Image,
    points: Points,
    rng: np.random.Generator,
) -> Image:
    """Apply steps one after the other; only the first may move the points."""
    return reduce(lambda seen, step: step(seen, points, rng), steps, image)


_CCTV: tuple[Degradation, ...] = (
    partial(resized_to, 36.0),
    grayscale,
    partial(darkened, 0.4),
    partial(noisy, 10.0),
    partial(compressed, 35),
)

DEGRADATIONS: Mapping[str, Degradation] = MappingProxyType(
    {
        "face-40px": partial(resized_to, 40.0),
        "face-24px": partial(resized_to, 24.0),
        "face-16px": partial(resized_to, 16.0),
        "blur": partial(_of_a_common_size, partial(blurred, 2.0)),
        "motion": partial(_of_a_common_size, partial(moved, 11)),
        "noise": partial(_of_a_common_size, partial(noisy, 25.0)),
        "jpeg-20": partial(_of_a_common_size, partial(compressed, 20)),
        "jpeg-8": partial(_of_a_common_size, partial(compressed, 8)),
        "grayscale": grayscale,
        "dark": partial(darkened, 0.3),
        "mask": masked,
        "glasses": dark_glasses,
        "rolled": partial(rolled, 25.0),
        "cctv": partial(_in_turn, _CCTV),
    }
)
"""By name, as the report and the command line say it; "cctv" is 36 px, gray, dark, noise, JPEG 35."""
