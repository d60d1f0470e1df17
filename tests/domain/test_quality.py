"""One hard limit, and warnings that say what would cure them."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.quality import (
    HARD_MIN_INTER_EYE_PX,
    ImageQuality,
    NoFace,
    Unsuitable,
    Warned,
    check_suitable,
)
from bot.errors import Refusal
from tests.builders import a_quality

GOOD = a_quality()

# measure, last value without a warning, first value with one, a word of the warning
EDGES: list[tuple[str, float, float, str]] = [
    ("inter_eye_px", 60, 59.9, "small"),
    ("yaw_deg", 30, 30.1, "turned to the side"),
    ("yaw_deg", -30, -30.1, "turned to the side"),
    ("pitch_deg", 25, 25.1, "above or below"),
    ("pitch_deg", -25, -25.1, "above or below"),
    ("roll_deg", 35, 35.1, "tilted"),
    ("roll_deg", -35, -35.1, "tilted"),
    ("mean_luminance", 50, 49.9, "dark"),
    ("under_exposed", 0.4, 0.41, "dark"),
    ("mean_luminance", 215, 215.1, "overexposed"),
    ("over_exposed", 0.25, 0.26, "overexposed"),
    ("contrast", 15, 14.9, "contrast"),
    ("sharpness", 60, 59.9, "blurred"),
    ("jpeg_quality", 40, 39, "compressed"),
    ("template_length", 10.0, 9.99, "makes little of this face"),
    ("eyes_detail", 0.6, 0.59, "eyes seem to be covered"),
    ("mouth_detail", 0.6, 0.59, "mouth seems to be covered"),
]


def with_measure(name: str, value: float) -> ImageQuality:
    change: Callable[..., ImageQuality] = replace
    return change(GOOD, **{name: value})


def test_nobody_has_anything_to_say_against_a_good_face() -> None:
    assert GOOD.warnings() == []


@pytest.mark.parametrize(("name", "fine", "bad", "word"), EDGES)
def test_a_measure_is_warned_about_from_its_edge_on(
    name: str, fine: float, bad: float, word: str
) -> None:
    assert with_measure(name, fine).warnings() == []
    [warning] = with_measure(name, bad).warnings()
    assert word in warning


@pytest.mark.parametrize(("name", "bad"), [(name, bad) for name, _, bad, _ in EDGES])
def test_every_warning_says_what_would_cure_it(name: str, bad: float) -> None:
    [warning] = with_measure(name, bad).warnings()
    assert "Use " in warning or "Ask for " in warning


def test_what_is_warned_of_is_named_once_each() -> None:
    many = a_quality(yaw_deg=40, pitch_deg=30, jpeg_quality=10)
    assert many.warned() == (Warned.POSE, Warned.COMPRESSION)
    assert GOOD.warned() == ()


def test_a_face_that_was_measured_by_an_earlier_release_is_not_called_covered() -> None:
    before = a_quality(eyes_detail=None, mouth_detail=None, dynamic_bits=None)
    assert before.warnings() == []


def test_an_image_without_known_compression_is_not_warned_about_it() -> None:
    assert a_quality(jpeg_quality=None).warnings() == []


def test_a_face_with_many_faults_is_told_all_of_them() -> None:
    worst = a_quality(inter_eye_px=25, yaw_deg=50, mean_luminance=30, sharpness=10)
    assert len(worst.warnings()) == 4


def test_a_face_of_exactly_the_least_distance_between_the_eyes_is_searched() -> None:
    at_the_edge = a_quality(inter_eye_px=HARD_MIN_INTER_EYE_PX)
    assert check_suitable(at_the_edge) is None  # type: ignore[func-returns-value]


@given(st.floats(0, HARD_MIN_INTER_EYE_PX, exclude_max=True))
def test_a_smaller_face_is_refused_with_a_measure_that_is_smaller_too(
    distance: float,
) -> None:
    with pytest.raises(Unsuitable, match="too small") as refused:
        check_suitable(a_quality(inter_eye_px=distance))
    told = float(refused.value.message.split(": ")[1].split(" px")[0])
    assert told < HARD_MIN_INTER_EYE_PX
    assert math.isclose(told, distance, abs_tol=0.1)
    assert refused.value.rule == "PROBE_TOO_SMALL"


def test_a_face_that_could_not_be_measured_is_refused() -> None:
    with pytest.raises(Unsuitable):
        check_suitable(a_quality(inter_eye_px=math.nan))


@given(st.floats(HARD_MIN_INTER_EYE_PX, 500), st.floats(-90, 90), st.floats(0, 255))
def test_a_warning_never_stops_a_search(
    distance: float, yaw: float, light: float
) -> None:
    poor = a_quality(inter_eye_px=distance, yaw_deg=yaw, mean_luminance=light)
    assert check_suitable(poor) is None  # type: ignore[func-returns-value]


def test_an_image_without_a_face_is_refused_with_a_cure() -> None:
    nobody = NoFace()
    assert isinstance(nobody, Refusal)
    assert nobody.rule == "PROBE_NO_FACE"
    assert f"at least {HARD_MIN_INTER_EYE_PX} px" in nobody.message
