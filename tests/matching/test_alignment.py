import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.matching import alignment
from bot.matching.alignment import STANDARD


@given(
    st.floats(-179, 179),
    st.floats(0.05, 20),
    st.floats(-500, 500),
    st.floats(-500, 500),
)
def test_a_turned_scaled_and_shifted_face_is_put_back_exactly(
    degrees: float, scale: float, x: float, y: float
) -> None:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = STANDARD @ turn.T * scale + (x, y)
    back = alignment.similarity(points, STANDARD)
    assert np.allclose(alignment.apply(back, points), STANDARD, atol=1e-5)
    assert alignment.scale_of(back) == pytest.approx(1 / scale)
    assert alignment.roll_of(points) == pytest.approx(degrees, abs=1e-4)


@given(st.lists(st.tuples(st.floats(0, 99), st.floats(0, 99)), min_size=5, max_size=5))
def test_no_face_is_ever_mirrored(points: list[tuple[float, float]]) -> None:
    source = np.array(points)
    assume(np.ptp(source) > 1)
    affine = alignment.similarity(source, STANDARD)
    assert np.linalg.det(affine[:, :2]) >= 0


def test_five_points_in_one_place_do_not_divide_by_zero() -> None:
    assert np.isfinite(alignment.similarity(np.ones((5, 2)), STANDARD)).all()


@pytest.mark.parametrize("factor", [1, 2, 3, 8])
def test_shrinking_keeps_every_point_in_its_place(factor: int) -> None:
    # One bright spot: its centre of mass must land where the affine says.
    image = np.zeros((400, 400, 3), np.uint8)
    image[196:205, 120:129] = 255
    affine = np.array([[1 / factor, 0, 3.0], [0, 1 / factor, 5.0]])
    small = alignment.warp(image, affine, (420, 420)).sum(axis=2)
    rows, columns = np.indices(small.shape)
    found = np.array([(columns * small).sum(), (rows * small).sum()]) / small.sum()
    expected = alignment.apply(affine, np.array([[124.0, 200.0]]))[0]
    assert np.abs(found - expected).max() < 0.1


def test_fine_noise_is_averaged_away_and_does_not_fold_in() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (800, 800, 3), np.uint8)
    affine = np.array([[0.125, 0, 0], [0, 0.125, 0]])
    assert alignment.warp(noise, affine, (100, 100))[5:95, 5:95].std() < 15


def test_what_lies_outside_the_picture_has_the_colour_asked_for() -> None:
    image = np.full((20, 20, 3), 255, np.uint8)
    aside = np.array([[1.0, 0, 100], [0, 1.0, 100]])
    assert (alignment.warp(image, aside, (50, 50), surround=77) == 77).all()
