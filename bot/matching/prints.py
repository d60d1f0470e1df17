"""The print of a probe: what an image that comes again is known by.

The hash is the DCT hash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions"
(2010): 32 x 32 grey pixels, smoothed, their cosine transform, and of its 8 x 8 lowest frequencies (without
the very lowest of each direction) the sign against their median. It is taken of the whole picture and of the
upright face: the second one outlasts a crop, a turn and another frame.
"""

import hashlib
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.domain.galleries import ModelId
from bot.domain.prints import FacePrint
from bot.matching import alignment
from bot.matching.engine import Face, Points, Template
from bot.matching.images import Image

_BITS = 64
_SIDE = 32
_SMOOTHED = 7  # pixels of a picture of some hundred: Zauner's mean filter
_AT_MOST = 512


def print_of(image: Image, face: Face, model: ModelId) -> FacePrint:
    """Return what one face of a picture is known by."""
    upright = face_crop(image, face.points)
    return FacePrint(
        image_hash=perceptual_hash(image),
        face_hash=perceptual_hash(upright),
        mirror_hash=perceptual_hash(upright[:, ::-1]),
        code=template_code(face.template),
        template=tuple(float(value) for value in face.template),
        model=model,
    )


def perceptual_hash(image: Image) -> int:
    """Return the 64-bit DCT hash of a picture."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    smooth = cv2.blur(_at_most(grey), (_SMOOTHED, _SMOOTHED))
    small = cv2.resize(smooth, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[1:9, 1:9].ravel()
    return _packed(low > np.median(low))


def template_code(template: Template) -> int:
    """Return on which sides of 64 planes a template lies: of two, as many bits differ as is their angle
    of a half turn (Charikar 2002)."""
    return _packed(_planes(len(template)) @ template > 0)


@cache
def _planes(dim: int) -> NDArray[np.float32]:
    """Always the same, by what a hash makes of a word: a library's chance may change with its version."""
    drawn = hashlib.shake_256(f"planes of {dim}".encode()).digest(_BITS * dim // 8)
    sides = np.unpackbits(np.frombuffer(drawn, np.uint8)).reshape(_BITS, dim)
    return np.asarray(sides, np.float32) * 2 - 1


def _packed(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits).tobytes())


def _at_most(grey: cv2.typing.MatLike) -> cv2.typing.MatLike:
    """So that the same filter means the same in a large picture and in a small one."""
    size = (_AT_MOST, _AT_MOST)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def face_crop(image: Image, points: Points) -> Image:
    """The upright face as recognisers see it, in its own frame."""
    affine = alignment.similarity(points, alignment.STANDARD)
    return alignment.warp(image, affine, (alignment.CROP, alignment.CROP))
