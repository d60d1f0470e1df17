"""The blink: two faces in turn at the same place, the same bytes every time."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as Pillow

from bot.matching.blink import SHOWN_MS, blink
from bot.matching.comparison import EYES_APART, MAX_ENLARGEMENT, Side, eye_places
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.images import Image

from .test_comparison import a_side

Portrait = Callable[[int], Image]
Grey = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def frames(gif: bytes) -> list[Grey]:
    with Pillow.open(io.BytesIO(gif)) as picture:
        assert picture.info["loop"] == 0
        found = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            assert picture.info["duration"] == SHOWN_MS
            found.append(np.array(picture.convert("L"), np.float64))
        return found


def face_of(frame: Grey, apart: float) -> Grey:
    """Without its caption, which is white or nearly."""
    height = round(max(apart * 4.1, max(round(apart * 3.3), 400) * 4.1 / 3.3))
    return frame[-height:]


def off_place(face: Grey, place: Grey) -> float:
    """How far the middle of the bright spot near a place is from it, in pixels."""
    reach = 30
    left, top = (round(v) - reach for v in place)
    part = face[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    light = np.where(part > 50, part - 40, 0)
    rows, columns = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
    x, y = ((axis * light).sum() / light.sum() for axis in (columns, rows))
    return float(np.hypot(x + left - place[0], y + top - place[1]))


@pytest.mark.parametrize(("degrees", "scale"), [(0.0, 1.0), (30.0, 2.0), (-20.0, 3.0)])
def test_the_eyes_of_both_faces_are_at_the_same_places_within_a_pixel(
    degrees: float, scale: float
) -> None:
    probe = a_side(degrees, scale, "Probe")
    candidate = a_side(0, 1.0, "Candidate B")
    apart = min(EYES_APART, MAX_ENLARGEMENT * min(probe.eyes_px, candidate.eyes_px))
    one, other = frames(blink(probe, candidate))
    for frame in (one, other):
        face = face_of(frame, apart)
        assert all(off_place(face, place) < 1 for place in eye_places(apart))


def test_both_faces_are_there_and_none_has_other_greys_than_its_own(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    one, other = (
        Side(portrait(n), engine.faces(portrait(n))[0].points, f"Face {n}")
        for n in (0, 7)
    )
    first, second = frames(blink(one, other))
    swapped_second, swapped_first = frames(blink(other, one))
    assert (first == swapped_first).all()
    assert (second == swapped_second).all()
    assert np.abs(first - second).mean() > 5


def test_the_same_faces_give_the_same_bytes(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    one, other = (
        Side(portrait(n), engine.faces(portrait(n))[0].points, f"Face {n}")
        for n in (0, 7)
    )
    assert blink(one, other) == blink(one, other)
    assert blink(one, other) != blink(other, one)
