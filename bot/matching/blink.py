"""The blink: probe and candidate in turn at the same place, as an aid beside the comparison (policy 3.1, 3.6)."""

import io

import cv2
import numpy as np
from PIL import Image as Pillow

from bot.matching import alignment
from bot.matching.comparison import (
    EYES_APART,
    MAX_ENLARGEMENT,
    SURROUND,
    Side,
    eye_places,
    panel_size,
)
from bot.matching.images import Image
from bot.matching.lettering import under, written

SHOWN_MS = 800
"""How long each face is shown: a quick flicker tires, and the eye follows a change of a second."""

_AID = "Blink, aid only: compare on the originals. In grey; turned, moved and scaled, otherwise unchanged."


def blink(probe: Side, candidate: Side) -> bytes:
    """Draw both faces in turn as GIF without end: eyes level, at the same places, the same distance apart.

    Slack moves GIF and nothing else. A GIF holds 256 colours: as greys they are the picture's own, as
    colours most of them would be made up. The same input gives the same bytes.
    """
    apart = min(EYES_APART, *(MAX_ENLARGEMENT * s.eyes_px for s in (probe, candidate)))
    first, second = (_frame(side, apart) for side in (probe, candidate))
    out = io.BytesIO()
    first.save(
        out,
        "GIF",
        save_all=True,
        append_images=[second],
        duration=SHOWN_MS,
        loop=0,
        optimize=False,
    )
    return out.getvalue()


def _frame(side: Side, apart: float) -> Pillow.Image:
    size = panel_size(apart)
    affine = alignment.similarity(side.points[:2], eye_places(apart))
    face = alignment.warp(side.image, affine, size, surround=SURROUND)
    words = [side.title, _AID]
    return Pillow.fromarray(_grey(under([written(words, size[0], titled=True), face])))


def _grey(drawn: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY), np.uint8)
