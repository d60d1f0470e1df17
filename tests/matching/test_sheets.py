import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from bot.matching import alignment
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import Points
from bot.matching.images import Image, decode
from bot.matching.sheets import numbered_faces, photo_card, side_by_side

Portrait = Callable[[int], Image]


def resized(image: Image, side: int) -> Image:
    return np.asarray(cv2.resize(image, (side, side)), np.uint8)


def a_sheet(engine: DeepFaceEngine, probe: Image, candidate: Image) -> Image:
    [one], [other] = engine.faces(probe), engine.faces(candidate)
    data = side_by_side(probe, one.points, candidate, other.points, "B")
    return decode(data).image


def with_red_eyes(image: Image, points: Points) -> Image:
    marked = image.copy()
    size = max(image.shape[1] // 100, 2)
    for x, y in points[:2].round().astype(int):
        around = slice(y - size, y + size + 1), slice(x - size, x + size + 1)
        marked[around] = (255, 0, 0)
    return marked


def red_spots(panel: Image) -> list[list[float]]:
    """Return (x, y) of what is red in the left and in the right half."""
    red = (panel[:, :, 0] > 200) & (panel[:, :, 1] < 70) & (panel[:, :, 2] < 70)
    rows, columns = np.nonzero(red)
    left = columns < panel.shape[1] / 2
    return [[columns[side].mean(), rows[side].mean()] for side in (left, ~left)]


@pytest.mark.parametrize(
    ("degrees", "side"), [(0, 256), (-40, 180), (25, 900), (180, 500)]
)
def test_both_faces_have_their_eyes_level_and_at_the_same_places(
    degrees: float, side: int
) -> None:
    eyes = np.array([[100, 120], [150, 120], [125, 150], [105, 175], [145, 175]])
    affine = cv2.getRotationMatrix2D((128, 128), degrees, 1.0) * (side / 256)
    placed = alignment.apply(np.asarray(affine, np.float64), eyes)
    points = placed.round().astype(np.float32)
    leaning = with_red_eyes(np.full((side, side, 3), 30, np.uint8), points)
    straight = np.full((256, 256, 3), 30, np.uint8)
    straight = with_red_eyes(straight, eyes.astype(np.float32))
    sheet = decode(
        side_by_side(leaning, points, straight, eyes.astype(np.float32), "B")
    ).image
    half = (sheet.shape[1] - 6) // 2
    left, right = red_spots(sheet[:, :half]), red_spots(sheet[:, half + 6 :])
    assert np.abs(np.array(left) - np.array(right)).max() < 2
    assert left[0][1] == pytest.approx(left[1][1], abs=2)


def test_a_small_face_is_not_enlarged_more_than_four_times(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    small = resized(portrait(3), 90)
    [face] = engine.faces(small)
    sheet = a_sheet(engine, small, portrait(4))
    for shown in engine.faces(sheet):
        assert shown.inter_eye_px == pytest.approx(4 * face.inter_eye_px, rel=0.1)


def test_nothing_is_mirrored(engine: DeepFaceEngine, portrait: Portrait) -> None:
    marked = portrait(5).copy()
    marked[:, :20] = (255, 0, 0)
    sheet = a_sheet(engine, marked, marked).astype(int)
    red = (sheet[:, :, 0] > 200) & (sheet[:, :, 1] < 60)
    columns = np.flatnonzero(red[: sheet.shape[0], : sheet.shape[1] // 2].any(axis=0))
    assert columns.mean() < sheet.shape[1] / 4


def test_the_same_input_gives_the_same_bytes(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    [face] = engine.faces(portrait(0))
    arguments = (portrait(0), face.points, portrait(0), face.points, "A")
    assert side_by_side(*arguments) == side_by_side(*arguments)
    boxes = [face.box]
    assert numbered_faces(portrait(0), boxes) == numbered_faces(portrait(0), boxes)
    assert photo_card(portrait(0)) == photo_card(portrait(0))


def test_the_letter_is_on_the_sheet(engine: DeepFaceEngine, portrait: Portrait) -> None:
    [face] = engine.faces(portrait(0))
    one, other = (
        side_by_side(portrait(0), face.points, portrait(0), face.points, label)
        for label in ("A", "B")
    )
    differing = (decode(one).image != decode(other).image).any(axis=2)
    rows = np.flatnonzero(differing.any(axis=1))
    assert rows.size
    assert rows.max() < 40, "only the title may differ"


def test_every_face_of_a_group_gets_a_frame_and_a_crop(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    group = np.hstack([portrait(n) for n in range(3)])
    boxes = [face.box for face in engine.faces(group)]
    picture = decode(numbered_faces(group, boxes)).image
    assert picture.shape[0] >= group.shape[0] + 160
    yellow = (picture == (255, 200, 0)).all(axis=2)
    assert yellow[:256].sum() > 3 * 500
    assert len(engine.faces(np.ascontiguousarray(picture[256:]))) == 3


@pytest.mark.parametrize(
    "box",
    [(-40.0, -40.0, 100.0, 100.0), (200.0, 220.0, 90.0, 90.0), (5.0, 5.0, 1.0, 1.0)],
)
def test_a_face_that_reaches_over_the_edge_can_be_drawn(
    portrait: Portrait, box: tuple[float, float, float, float]
) -> None:
    assert decode(numbered_faces(portrait(0), [box])).height > 256


def test_many_faces_in_a_narrow_picture_take_more_rows(portrait: Portrait) -> None:
    boxes = [(60.0, 60.0, 120.0, 140.0)] * 7
    assert decode(numbered_faces(portrait(0), boxes)).height > 256 + 6 * 160


def test_a_card_is_made_smaller_but_never_larger(portrait: Portrait) -> None:
    large = resized(portrait(0), 2000)
    assert decode(photo_card(large)).width == 1024
    assert np.array_equal(decode(photo_card(portrait(0))).image, portrait(0))


def test_no_picture_carries_metadata(portrait: Portrait) -> None:
    for data in (photo_card(portrait(0)), numbered_faces(portrait(0), [])):
        assert Pillow.open(io.BytesIO(data)).info == {}
