import math
from dataclasses import replace

import pytest

from bot.domain.enrolling import (
    MAX_ROLL_DEG,
    MIN_FACE_PX,
    MIN_TEMPLATE_LENGTH,
    Unenrollable,
    check_enrollable,
    check_one_face,
)
from bot.domain.quality import ImageQuality

CLEAR = ImageQuality(
    inter_eye_px=90,
    face_width_px=MIN_FACE_PX,
    sharpness=300,
    mean_luminance=120,
    under_exposed=0,
    over_exposed=0,
    contrast=50,
    yaw_deg=0,
    pitch_deg=0,
    roll_deg=MAX_ROLL_DEG,
    jpeg_quality=90,
    detector_score=0.95,
    template_length=MIN_TEMPLATE_LENGTH["SFace"],
)


def test_a_face_at_every_limit_is_enrolled() -> None:
    check_enrollable(CLEAR, "SFace")
    check_enrollable(replace(CLEAR, roll_deg=-MAX_ROLL_DEG), "SFace")


@pytest.mark.parametrize(
    ("worse", "rule"),
    [
        ({"face_width_px": MIN_FACE_PX - 0.1}, "PHOTO_FACE_TOO_SMALL"),
        ({"face_width_px": math.nan}, "PHOTO_FACE_TOO_SMALL"),
        ({"roll_deg": MAX_ROLL_DEG + 0.1}, "PHOTO_SIDEWAYS"),
        ({"roll_deg": -90.0}, "PHOTO_SIDEWAYS"),
        ({"template_length": 8.4}, "PHOTO_FACE_UNCLEAR"),
        ({"template_length": math.nan}, "PHOTO_FACE_UNCLEAR"),
    ],
)
def test_a_face_beyond_a_limit_is_rejected_by_its_rule(
    worse: dict[str, float], rule: str
) -> None:
    with pytest.raises(Unenrollable) as refused:
        check_enrollable(replace(CLEAR, **worse), "SFace")  # type: ignore[arg-type]
    assert refused.value.rule == rule


def test_the_length_of_a_template_says_something_of_one_model_only() -> None:
    check_enrollable(replace(CLEAR, template_length=1.4), "Dlib")


@pytest.mark.parametrize(
    "faces",
    [
        [(100.0, 0.9)],
        [(100.0, 0.9), (24.9, 0.95)],
        [(100.0, 0.9), (90.0, 0.79)],
    ],
)
def test_a_passer_by_in_the_distance_and_a_doubtful_find_are_nobody(
    faces: list[tuple[float, float]],
) -> None:
    check_one_face(faces)


def test_two_people_are_several_faces() -> None:
    with pytest.raises(Unenrollable, match=r"\(2\)") as refused:
        check_one_face([(100.0, 0.9), (25.0, 0.8)])
    assert refused.value.rule == "PHOTO_SEVERAL_FACES"
