"""The sheet of one subject: every photograph held, upright, at one scale, newest first (policy 1.8, 3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching import alignment
from bot.matching.comparison import (
    EYES_AT,
    GAP,
    MAX_ENLARGEMENT,
    PANEL,
    SURROUND,
    Side,
    caption,
)
from bot.matching.images import Image, encode_png
from bot.matching.lettering import beside, blank, under, widened, written

SHOWN_MAX = 12
"""More than this and a face is too small to be looked at where Slack shows the sheet."""
ACROSS = 4

EYES_APART = 100.0
_NARROWEST = 300  # the words of a caption need it
_FRAME = 4
_COMPARED = (24, 92, 168)

AID = (
    "Faces are turned, moved and scaled to the same distance between the eyes, otherwise unchanged; "
    f"nothing is mirrored, nothing enlarged more than {MAX_ENLARGEMENT:.0f} times."
)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One photograph; ``compared`` is the one by which the candidate was listed."""

    side: Side
    compared: bool = False


def subject_sheet(title: str, said: Sequence[str], shots: Sequence[Shot]) -> bytes:
    """Draw the photographs as PNG in the order given, ``ACROSS`` a row, the compared one framed.

    The eyes are level and the same distance apart on all of them: as large as the smallest face
    allows, which is enlarged by ``MAX_ENLARGEMENT`` at most. ``said`` is printed under the title. The
    same input gives the same bytes.
    """
    apart = min(EYES_APART, *(MAX_ENLARGEMENT * s.side.eyes_px for s in shots))
    rows = [
        _row(shots[start : start + ACROSS], apart)
        for start in range(0, len(shots), ACROSS)
    ]
    width = max(row.shape[1] for row in rows)
    parts = [written([title, *said], width, titled=True)]
    for row in rows:
        parts += [widened(row, width), blank(width, GAP)]
    parts.append(written([AID], width))
    return encode_png(under(parts))


def eyes_at(apart: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Where the right and the left eye are in every panel: (2, 2) x and y in pixels."""
    width, height = size_of(apart)
    level, half = round(height * EYES_AT), apart / 2
    return np.array([[width / 2 - half, level], [width / 2 + half, level]])


def size_of(apart: float) -> tuple[int, int]:
    """Width and height of every panel."""
    return max(round(apart * PANEL[0]), _NARROWEST), round(apart * PANEL[1])


def _row(shots: Sequence[Shot], apart: float) -> Image:
    """The faces level with each other, under captions that may be of different heights."""
    size = size_of(apart)
    affines = [alignment.similarity(s.side.points[:2], eyes_at(apart)) for s in shots]
    captions = [
        written(caption(shot.side, affine), size[0], titled=True)
        for shot, affine in zip(shots, affines, strict=True)
    ]
    faces = [
        _face(shot, affine, size) for shot, affine in zip(shots, affines, strict=True)
    ]
    return under([beside(captions, GAP), beside(faces, GAP)])


def _face(shot: Shot, affine: alignment.Affine, size: tuple[int, int]) -> Image:
    face = alignment.warp(shot.side.image, affine, size, surround=SURROUND)
    if shot.compared:
        for edge in (
            np.s_[:_FRAME, :],
            np.s_[-_FRAME:, :],
            np.s_[:, :_FRAME],
            np.s_[:, -_FRAME:],
        ):
            face[edge] = _COMPARED
    return face
