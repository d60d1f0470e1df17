"""The sheet of one subject: one scale, level eyes, nothing enlarged too far, the same bytes every time."""

import numpy as np
import pytest

from bot.matching.comparison import GAP, MAX_ENLARGEMENT
from bot.matching.images import Image, decode
from bot.matching.lettering import written
from bot.matching.subject_sheet import (
    ACROSS,
    AID,
    EYES_APART,
    SHOWN_MAX,
    Shot,
    eyes_at,
    size_of,
    subject_sheet,
)
from tests.matching.test_comparison import a_side, eyes_in


def faces(sheet: Image, apart: float, count: int) -> list[Image]:
    """The panels of a sheet of one row: they are the last but the words below."""
    width, height = size_of(apart)
    below = written([AID], sheet.shape[1]).shape[0]
    top = sheet.shape[0] - below - GAP - height
    return [
        sheet[top : top + height, n * (width + GAP) : n * (width + GAP) + width]
        for n in range(count)
    ]


@pytest.mark.parametrize("smallest", [0.2, 0.4, 2.0])
def test_every_face_is_upright_with_its_eyes_at_the_same_places(
    smallest: float,
) -> None:
    sides = [
        a_side(0, 1.0, "2026-03-01"),
        a_side(-35, 3.0, "2024-03-01"),
        a_side(170, smallest, "2019-03-01"),
    ]
    apart = min(EYES_APART, *(MAX_ENLARGEMENT * side.eyes_px for side in sides))
    drawn = decode(subject_sheet("Candidate B", (), [Shot(s) for s in sides])).image
    for panel in faces(drawn, apart, 3):
        for found, wanted in zip(eyes_in(panel), eyes_at(apart), strict=True):
            assert np.hypot(*(np.array(found) - wanted)) < 1.5


def test_a_small_face_is_not_enlarged_beyond_the_factor_and_none_is_larger() -> None:
    """A face of 10 px between the eyes: the sheet is drawn with 40 for all."""
    small, large = a_side(0, 0.2, "small"), a_side(0, 4.0, "large")
    apart = MAX_ENLARGEMENT * small.eyes_px
    assert apart < EYES_APART
    drawn = decode(subject_sheet("T", (), [Shot(large), Shot(small)])).image
    for panel in faces(drawn, apart, 2):
        left, right = eyes_in(panel)
        assert abs(right[0] - left[0] - apart) < 1.5


def test_the_same_photographs_give_the_same_bytes_and_their_order_matters() -> None:
    one, other = (
        Shot(a_side(5, 1.0, "2026-03-01")),
        Shot(a_side(-9, 2.0, "2024-03-01"), compared=True),
    )
    first = subject_sheet("Candidate B", ("2 photographs.",), [one, other])
    assert subject_sheet("Candidate B", ("2 photographs.",), [one, other]) == first
    assert subject_sheet("Candidate B", ("2 photographs.",), [other, one]) != first


def test_the_most_that_are_shown_fit_into_rows_of_one_picture() -> None:
    shots = [Shot(a_side(0, 1.0, f"{year}")) for year in range(2000, 2000 + SHOWN_MAX)]
    drawn = decode(subject_sheet("Candidate B", (), shots)).image
    width, height = size_of(EYES_APART)
    assert drawn.shape[1] == ACROSS * width + (ACROSS - 1) * GAP
    assert drawn.shape[0] > SHOWN_MAX // ACROSS * height
