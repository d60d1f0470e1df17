"""The allowed edits: the same bytes every time and everywhere, and points that move with the picture."""

import subprocess
import sys
from hashlib import sha256

import cv2
import numpy as np
import pytest

from bot.domain.edits import Edit, Operation
from bot.errors import Refusal
from bot.matching import edits, sheets
from bot.matching.images import Image, encode_jpeg, encode_png

EVERY = (
    Edit(
        Operation.CROP,
        {
            "left_percent": 10,
            "top_percent": 5,
            "right_percent": 0,
            "bottom_percent": 20,
        },
    ),
    Edit(Operation.ROTATE, {"degrees": -12.5}),
    Edit(Operation.RESIZE, {"factor": 1.5}),
    Edit(Operation.RESIZE, {"factor": 0.5}),
    Edit(Operation.EXPOSURE, {"stops": 1.25}),
    Edit(Operation.CONTRAST, {"factor": 1.3}),
    Edit(Operation.GAMMA, {"gamma": 1.8}),
    Edit(Operation.WHITE_BALANCE, {"red": 1.1, "blue": 0.8}),
    Edit(Operation.DENOISE, {"radius": 1}),
    Edit(Operation.DEINTERLACE, {"field": 1}),
    Edit(Operation.ASPECT, {"factor": 1.33}),
)


def noise(width: int = 160, height: int = 120) -> Image:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def test_every_operation_is_applied_here() -> None:
    assert {edit.operation for edit in EVERY} == set(Operation)


@pytest.mark.parametrize("edit", EVERY, ids=lambda e: e.words)
def test_an_edit_changes_the_picture_and_never_the_one_passed_in(edit: Edit) -> None:
    image = noise()
    before = image.copy()
    after = edits.apply_all(image, [edit]).image
    assert np.array_equal(image, before)
    assert after.shape != image.shape or not np.array_equal(after, image)
    assert after.dtype == np.uint8


def test_another_process_makes_the_same_bytes_of_the_same_original() -> None:
    original = encode_jpeg(noise())
    here = sha256(edits.replay(original, EVERY)).hexdigest()
    program = (
        "import sys; from hashlib import sha256; from bot.matching import edits;"
        "from tests.matching.test_edits import EVERY;"
        "print(sha256(edits.replay(sys.stdin.buffer.read(), EVERY)).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", program], input=original, capture_output=True, check=True
    )
    assert there.stdout.decode().strip() == here


def test_the_number_of_threads_makes_no_difference() -> None:
    original = encode_png(noise(900, 700))
    usual = cv2.getNumThreads()
    try:
        made = set()
        for count in (1, 4):
            cv2.setNumThreads(count)
            made.add(edits.replay(original, EVERY))
    finally:
        cv2.setNumThreads(usual)
    assert len(made) == 1


def test_a_chain_is_its_edits_one_after_the_other() -> None:
    whole = edits.apply_all(noise(), EVERY).image
    step = noise()
    for edit in EVERY:
        step = edits.from_png(encode_png(edits.apply_all(step, [edit]).image))
    assert np.array_equal(whole, step)


@pytest.mark.parametrize(
    "edit",
    [e for e in EVERY if e.operation not in edits._IN_PLACE],
    ids=lambda e: e.words,
)
def test_a_point_is_found_again_where_it_is_said_to_be(edit: Edit) -> None:
    image = np.zeros((400, 500, 3), np.uint8)
    cv2.circle(image, (230, 170), 9, (255, 255, 255), -1)
    edited = edits.apply_all(image, [edit])
    [told] = edits.moved(edited.affine, [(230.0, 170.0)])
    seen = edited.image[:, :, 0].astype(float)
    down, across = np.indices(seen.shape)
    middle = [(across * seen).sum() / seen.sum(), (down * seen).sum() / seen.sum()]
    assert np.allclose(told, middle, atol=0.3)


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_quarter_turn_changes_no_pixel(degrees: float) -> None:
    turned = edits.apply_all(noise(), [Edit(Operation.ROTATE, {"degrees": degrees})])
    back = edits.apply_all(
        turned.image, [Edit(Operation.ROTATE, {"degrees": -degrees})]
    )
    assert np.array_equal(back.image, noise())
    [corner] = edits.moved(turned.affine, [(0.0, 0.0)])
    x, y = (int(v) for v in np.rint(corner))
    assert np.array_equal(turned.image[y, x], noise()[0, 0])


def test_nothing_is_enlarged_beyond_what_is_decoded() -> None:
    large = np.zeros((4000, 3000, 3), np.uint8)
    with pytest.raises(Refusal, match="at most 25 megapixels") as refused:
        edits.apply_all(large, [Edit(Operation.RESIZE, {"factor": 4})])
    assert refused.value.rule == "EDIT_TOO_LARGE"


def test_nothing_is_cut_down_to_a_speck() -> None:
    with pytest.raises(Refusal, match="at least 32") as refused:
        edits.apply_all(noise(), [Edit(Operation.RESIZE, {"factor": 0.25})])
    assert refused.value.rule == "EDIT_TOO_SMALL"


def test_deinterlacing_keeps_one_field_as_it_was() -> None:
    for field in (0, 1):
        made = edits.apply_all(noise(), [Edit(Operation.DEINTERLACE, {"field": field})])
        assert np.array_equal(made.image[field::2], noise()[field::2])


def test_beside_an_edit_the_original_and_the_candidate_are_drawn_as_without_it() -> (
    None
):
    points = np.array(
        [[60, 50], [100, 50], [80, 70], [65, 90], [95, 90]], dtype=np.float32
    )
    faces = (noise(), points, noise(), points, "A")
    without = edits.from_png(sheets.side_by_side(*faces))
    small = np.zeros((60, 80, 3), np.uint8)
    edited = sheets.Edited(
        small, points / np.float32(2), "Edited probe", ("edit 1: Crop",)
    )
    with_it = edits.from_png(sheets.side_by_side(*faces, edited))
    # Below the faces the words go on in other lines.
    high, wide = without.shape[0] - 30, without.shape[1]
    assert with_it.shape[1] > wide
    assert np.array_equal(with_it[:high, -wide:], without[:high])
