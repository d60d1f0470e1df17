"""The allowed edits of a still: pure functions from pixels to pixels, the same every time (policy 1.7).

Light and colour go through tables of 256 entries, noise through a median, geometry through OpenCV's
fixed-point resampling: nothing depends on the order of threads or on chance.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bot.domain.edits import Edit, Operation
from bot.errors import Refusal
from bot.matching import alignment
from bot.matching.alignment import Affine
from bot.matching.images import MAX_PIXELS, Image, decode, encode_png

TOOL = "bot.matching.edits"
TOOL_VERSION = f"1 (OpenCV {cv2.__version__})"

SMALLEST = 32
_DISPLAY_GAMMA = 2.2
_MIDDLE = 128
_UNMOVED: Affine = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """The picture after some edits; ``affine`` takes a point of the original to where it is now."""

    image: Image
    affine: Affine


def replay(original: bytes, chain: Sequence[Edit]) -> bytes:
    """Make a derivative again, as PNG, from the file of the original; raise BadImage if that is none."""
    return encode_png(apply_all(decode(original).image, chain).image)


def apply_all(image: Image, chain: Sequence[Edit]) -> Edited:
    """Apply edits one after the other. Raises Refusal where a picture would become too large or small."""
    edited = Edited(image, _UNMOVED)
    for edit in chain:
        edited = apply(edited, edit)
    return edited


def apply(before: Edited, edit: Edit) -> Edited:
    """Apply one edit; the picture that is passed in stays as it is."""
    if edit.operation in _IN_PLACE:
        image = _IN_PLACE[edit.operation](before.image, edit.parameters)
        return Edited(image, before.affine)
    image, moved = _MOVING[edit.operation](before.image, edit.parameters)
    return Edited(np.ascontiguousarray(image), alignment.after(before.affine, moved))


def from_png(png: bytes) -> Image:
    """Read back what ``encode_png`` wrote. Only for our own files: of others ``decode`` is the reader."""
    bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise Refusal(
            "A derivative cannot be read (rule EDIT_CHAIN_BROKEN).",
            rule="EDIT_CHAIN_BROKEN",
        )
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _check_size(width: int, height: int) -> None:
    if min(width, height) < SMALLEST:
        raise Refusal(
            f"The result would have {width} x {height} pixels; at least {SMALLEST} each way are needed.",
            rule="EDIT_TOO_SMALL",
        )
    if width * height > MAX_PIXELS:
        raise Refusal(
            f"The result would have {width} x {height} pixels; at most 25 megapixels are made. Crop first.",
            rule="EDIT_TOO_LARGE",
        )


def _crop(image: Image, given: Mapping[str, float]) -> tuple[Image, Affine]:
    height, width = image.shape[:2]
    left, right = (
        int(width * given[f"{side}_percent"]) // 100 for side in ("left", "right")
    )
    top, bottom = (
        int(height * given[f"{side}_percent"]) // 100 for side in ("top", "bottom")
    )
    _check_size(width - left - right, height - top - bottom)
    kept = image[top : height - bottom, left : width - right]
    return kept, np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]])


def _rotate(image: Image, given: Mapping[str, float]) -> tuple[Image, Affine]:
    """Turn clockwise on a canvas on which nothing is lost; quarter turns move pixels and change none."""
    height, width = image.shape[:2]
    degrees = given["degrees"]
    turn = math.radians(degrees)
    # Of a quarter turn the cosine is not quite 0, and a pixel column would be made up.
    cos, sin = round(math.cos(turn), 12), round(math.sin(turn), 12)
    wide = math.ceil(abs(cos) * width + abs(sin) * height - 1e-6)
    high = math.ceil(abs(sin) * width + abs(cos) * height - 1e-6)
    _check_size(wide, high)
    across, down = (width - 1) / 2, (height - 1) / 2
    affine = np.array(
        [
            [cos, -sin, (wide - 1) / 2 - cos * across + sin * down],
            [sin, cos, (high - 1) / 2 - sin * across - cos * down],
        ]
    )
    if degrees % 90 == 0:
        return np.asarray(np.rot90(image, -int(degrees // 90))), affine
    turned = cv2.warpAffine(image, affine, (wide, high), flags=cv2.INTER_LINEAR)
    return np.asarray(turned, np.uint8), affine


def _resize(image: Image, given: Mapping[str, float]) -> tuple[Image, Affine]:
    return _scaled(image, given["factor"], given["factor"])


def _aspect(image: Image, given: Mapping[str, float]) -> tuple[Image, Affine]:
    return _scaled(image, given["factor"], 1.0)


def _scaled(image: Image, across: float, down: float) -> tuple[Image, Affine]:
    height, width = image.shape[:2]
    size = (math.floor(width * across + 0.5), math.floor(height * down + 0.5))
    _check_size(*size)
    smaller = across < 1 or down < 1
    # Averaging when pixels are put together, linear in between: nothing is sharpened or made up.
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR_EXACT
    sx, sy = size[0] / width, size[1] / height
    affine = np.array([[sx, 0.0, (sx - 1) / 2], [0.0, sy, (sy - 1) / 2]])
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8), affine


def _through(image: Image, *curves: Callable[[float], float]) -> Image:
    """Send red, green and blue through a table each, or all through one; levels run from 0 to 255."""
    tables = np.array(
        [
            [min(max(math.floor(curve(level) + 0.5), 0), 255) for level in range(256)]
            for curve in curves
        ],
        np.uint8,
    )
    if len(curves) == 1:
        return np.asarray(tables[0][image], np.uint8)
    return np.dstack([tables[c][image[:, :, c]] for c in range(3)])


def _exposure(image: Image, given: Mapping[str, float]) -> Image:
    """As another exposure time would have: what the display curve hides is undone for it."""
    factor = 2.0 ** (given["stops"] / _DISPLAY_GAMMA)
    return _through(image, lambda level: level * factor)


def _contrast(image: Image, given: Mapping[str, float]) -> Image:
    return _through(image, lambda level: _MIDDLE + (level - _MIDDLE) * given["factor"])


def _gamma(image: Image, given: Mapping[str, float]) -> Image:
    power = 1.0 / given["gamma"]
    return _through(image, lambda level: 255.0 * (level / 255.0) ** power)


def _white_balance(image: Image, given: Mapping[str, float]) -> Image:
    return _through(
        image,
        lambda level: level * given["red"],
        lambda level: level,
        lambda level: level * given["blue"],
    )


def _denoise(image: Image, given: Mapping[str, float]) -> Image:
    return np.asarray(cv2.medianBlur(image, 2 * int(given["radius"]) + 1), np.uint8)


def _deinterlace(image: Image, given: Mapping[str, float]) -> Image:
    """Keep every second line; each line between becomes the mean of its neighbours."""
    kept = int(given["field"])
    lines = image[kept::2].astype(np.uint16)
    below = np.vstack([lines[1:], lines[-1:]])
    between = ((lines + below + 1) // 2).astype(np.uint8)
    out = image.copy()
    filled = out[kept + 1 :: 2]
    filled[:] = between[: len(filled)]
    if kept:
        out[0] = image[1]
    return out


_Moving = Callable[[Image, Mapping[str, float]], tuple[Image, Affine]]
_MOVING: Mapping[Operation, _Moving] = {
    Operation.CROP: _crop,
    Operation.ROTATE: _rotate,
    Operation.RESIZE: _resize,
    Operation.ASPECT: _aspect,
}
_IN_PLACE: Mapping[Operation, Callable[[Image, Mapping[str, float]], Image]] = {
    Operation.EXPOSURE: _exposure,
    Operation.CONTRAST: _contrast,
    Operation.GAMMA: _gamma,
    Operation.WHITE_BALANCE: _white_balance,
    Operation.DENOISE: _denoise,
    Operation.DEINTERLACE: _deinterlace,
}


def moved(
    affine: Affine, points: Sequence[tuple[float, float]]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Where points of the original are after the edits: (n, 2)."""
    return alignment.apply(affine, np.array(points, np.float64))
