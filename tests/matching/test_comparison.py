"""The comparison sheet: eyes where they belong, nothing enlarged too far, the same bytes every time."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.edits import Operation, edit_of
from bot.matching import alignment, edits
from bot.matching.comparison import (
    COMPONENTS,
    EYES_AT,
    GAP,
    MAX_ENLARGEMENT,
    PANEL,
    Side,
    caption,
    comparison_sheet,
    eye_places,
    scales,
)
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import Points
from bot.matching.images import Image, decode
from bot.matching.lettering import blank, written
from bot.matching.sheets import captions

Portrait = Callable[[int], Image]

UPRIGHT = np.array([[100, 120], [150, 120], [125, 150], [105, 175], [145, 175]], float)


def a_side(degrees: float, scale: float, title: str) -> Side:
    """A grey picture with a soft red spot in each eye, turned and scaled about its middle."""
    turn = np.asarray(cv2.getRotationMatrix2D((128, 128), degrees, scale), np.float64)
    turn[:, 2] += 128 * scale - 128
    points = alignment.apply(turn, UPRIGHT)
    side = round(256 * scale)
    rows, columns = np.mgrid[0:side, 0:side]
    image = np.full((side, side, 3), 40.0)
    for x, y in points[:2]:
        spot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (2 * scale) ** 2))
        image[:, :, 0] += 200 * spot
    return Side(image.astype(np.uint8), points.astype(np.float32), title)


def centre(
    red: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> tuple[float, float]:
    rows, columns = np.mgrid[0 : red.shape[0], 0 : red.shape[1]]
    total = red.sum()
    return float((columns * red).sum() / total), float((rows * red).sum() / total)


def eyes_in(panel: Image) -> list[tuple[float, float]]:
    """The middle of the redness in the left and in the right half."""
    red = panel[:, :, 0].astype(np.float64) - panel[:, :, 1]
    red[red < 20] = 0
    half = panel.shape[1] // 2
    left, right = centre(red[:, :half]), centre(red[:, half:])
    return [left, (right[0] + half, right[1])]


def panels(sheet: Image, apart: float, caption: int) -> list[Image]:
    """The two large faces of a sheet."""
    width = max(round(apart * PANEL[0]), 400)
    height = round(max(apart * PANEL[1], width * PANEL[1] / PANEL[0]))
    rows = slice(caption, caption + height)
    return [sheet[rows, :width], sheet[rows, width + GAP : 2 * width + GAP]]


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.5])
@pytest.mark.parametrize("degrees", [0.0, -40.0, 25.0, 180.0])
def test_the_eyes_of_both_are_at_the_same_places_within_a_pixel(
    degrees: float, scale: float
) -> None:
    probe, candidate = a_side(degrees, scale, "Probe"), a_side(0, 1.0, "Candidate B")
    apart = min(150.0, MAX_ENLARGEMENT * min(probe.eyes_px, candidate.eyes_px))
    sheet = decode(comparison_sheet(probe, candidate)).image
    caption = written(["T", "a", "b"], 400, titled=True).shape[0]
    places = eye_places(apart)
    for panel in panels(sheet, apart, caption):
        assert np.abs(np.array(eyes_in(panel)) - places).max() < 1
    assert places[0][1] == places[1][1]
    assert places[1][0] - places[0][0] == pytest.approx(apart)


def test_captions_of_different_heights_do_not_move_a_face() -> None:
    probe, candidate = a_side(0, 1, "Probe"), a_side(10, 1, "Candidate B")
    dated = Side(
        candidate.image, candidate.points, candidate.title, ("one", "two", "three")
    )
    sheet = decode(comparison_sheet(probe, dated)).image
    caption = written(["T", *"abcde"], 400, titled=True).shape[0]
    left, right = (eyes_in(panel) for panel in panels(sheet, 150, caption))
    assert np.abs(np.array(left) - np.array(right)).max() < 1


@settings(max_examples=10, deadline=None)
@given(st.floats(0.06, 4.0), st.floats(0.06, 4.0))
def test_no_face_is_enlarged_more_than_is_said(one: float, other: float) -> None:
    probe, candidate = a_side(0, one, "Probe"), a_side(0, other, "Candidate B")
    sheet = decode(comparison_sheet(probe, candidate)).image
    smaller = min(probe.eyes_px, candidate.eyes_px)
    apart = min(150.0, MAX_ENLARGEMENT * smaller)
    widest = max(round(apart * PANEL[0]), 400)
    parts = max(c.right - c.left for c in COMPONENTS)
    assert sheet.shape[1] <= max(
        2 * widest + GAP,
        2 * parts * MAX_ENLARGEMENT * smaller,
        4 * (apart * PANEL[0] / 2 + GAP) + GAP,
    )


def test_the_same_faces_give_the_same_bytes(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    one, other = (a_portrait(engine, portrait(n), f"Face {n}") for n in (0, 7))
    first = comparison_sheet(one, other)
    assert first == comparison_sheet(one, other)
    assert first != comparison_sheet(other, one)


def a_portrait(engine: DeepFaceEngine, image: Image, title: str) -> Side:
    return Side(image, points_of(engine, image), title)


def points_of(engine: DeepFaceEngine, image: Image) -> Points:
    return engine.faces(image)[0].points


def test_a_component_is_cut_out_where_the_face_has_it() -> None:
    """Of the five points of a face each lies in the component that bears its name."""
    standard = alignment.STANDARD
    unit = float(np.linalg.norm(standard[1] - standard[0]))
    placed = (standard - standard[:2].mean(axis=0)) / unit
    named = {c.name: c for c in COMPONENTS}
    for name, points in (
        ("Eyes and eyebrows", placed[:2]),
        ("Nose", placed[2:3]),
        ("Mouth", placed[3:]),
    ):
        part = named[name]
        assert (points > (part.left, part.top)).all()
        assert (points < (part.right, part.bottom)).all()


def test_long_lines_go_on_below() -> None:
    words = ["eleven words of text that do not fit into one line"]
    assert written(words, 120).shape[0] > written(words, 900).shape[0]
    assert written(words, 120).shape[1] == 120
    assert blank(3, 2).shape == (2, 3, 3)


def test_the_eyes_are_at_a_stated_height() -> None:
    height = round(150 * PANEL[1])
    assert eye_places(150)[0][1] == round(height * EYES_AT)


def test_an_edit_is_told_by_what_the_camera_saw_and_enlarged_no_further() -> None:
    original = a_side(0, 0.4, "Probe")
    larger = edit_of(Operation.RESIZE, {"factor": "4"})
    made = edits.apply_all(original.image, [larger])
    points = edits.moved(made.affine, original.points.tolist()).astype(np.float32)
    side = Side(made.image, points, "Edited probe", ("edit 1",), origin=made.affine)
    assert side.nearest(150) == pytest.approx(4 * original.eyes_px, rel=1e-5)
    apart = np.array([[0.0, 0.0], [side.nearest(150), 0.0]])
    said = caption(side, alignment.similarity(points[:2], apart))
    assert said[1:3] == [
        "edited 408 x 408 px; on the original 20 px between the eyes",
        "the original is shown at 4.00 times its size, turned by +0 degrees",
    ]
    assert not any("source" in line for line in said)
    assert captions(made.image, points, np.eye(2, 3), made.affine) == [
        "edited 408 x 408 px; of the original 20 px between the eyes",
        "the original at 4.00 times its size, turned by +0",
    ]


def test_a_stretched_edit_is_held_to_the_direction_it_was_stretched_in() -> None:
    original = a_side(90, 1.0, "Probe")
    wide = edit_of(Operation.ASPECT, {"factor": "2"})
    made = edits.apply_all(original.image, [wide])
    points = edits.moved(made.affine, original.points.tolist()).astype(np.float32)
    side = Side(made.image, points, "Edited probe", origin=made.affine)
    # The eyes lie one above the other: their distance tells nothing of how wide the face became.
    assert side.eyes_px == pytest.approx(original.eyes_px, rel=0.01)
    assert side.nearest(1000) == pytest.approx(2 * original.eyes_px, rel=0.01)


def test_the_scale_of_the_parts_is_that_of_each_face() -> None:
    probe, candidate = a_side(0, 1, "Probe"), a_side(0, 2, "Candidate B")
    assert scales(probe, candidate, 75) == (
        "the probe at 1.50, the candidate at 0.75 times its size"
    )
