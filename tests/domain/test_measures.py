"""Numbers from 0 to 100 that move the right way, and say so where they are only a proxy."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.measures import Measure, measures, single_face
from bot.domain.quality import ImageQuality
from tests.builders import a_quality

GOOD = a_quality()

# field, name, from worse to better
ORDERED: list[tuple[str, str, tuple[float, ...]]] = [
    ("template_length", "Unified quality", (7.0, 9.2, 10.0, 11.4, 12.2)),
    ("inter_eye_px", "Distance between the eyes", (20, 40, 60, 90, 150)),
    ("face_width_px", "Size of the face", (44, 90, 130, 200)),
    ("sharpness", "Sharpness", (10, 60, 100, 300, 900)),
    ("jpeg_quality", "Compression", (8, 20, 40, 90)),
    ("eyes_detail", "Eyes visible", (0.2, 0.5, 0.7, 1.0)),
    ("mouth_detail", "Mouth visible", (0.2, 0.5, 0.7, 1.0)),
    ("mean_luminance", "Luminance", (10, 40, 60, 125)),
    ("mean_luminance", "Luminance", (250, 220, 190, 125)),
    ("under_exposed", "Under-exposure", (0.9, 0.4, 0.1, 0.0)),
    ("over_exposed", "Over-exposure", (0.9, 0.25, 0.1, 0.0)),
    ("contrast", "Contrast", (5, 15, 20, 40)),
    ("dynamic_bits", "Dynamic range", (1, 4, 6, 7.5)),
    ("yaw_deg", "Pose, to the side", (90, -60, 30, 0)),
    ("pitch_deg", "Pose, up or down", (90, -60, 30, 0)),
    ("roll_deg", "Pose, tilted", (90, -60, 30, 0)),
]

# The last value that is not warned about, and the first that is.
WARNED: list[tuple[str, str, float]] = [
    ("template_length", "Unified quality", 9.99),
    ("inter_eye_px", "Distance between the eyes", 50.0),
    ("sharpness", "Sharpness", 59.9),
    ("jpeg_quality", "Compression", 39),
    ("eyes_detail", "Eyes visible", 0.59),
    ("mouth_detail", "Mouth visible", 0.59),
    ("under_exposed", "Under-exposure", 0.41),
    ("over_exposed", "Over-exposure", 0.26),
    ("contrast", "Contrast", 14.9),
]


def of(name: str, quality: ImageQuality) -> Measure:
    [found] = [m for m in measures(quality) if m.name == name]
    return found


def with_measure(name: str, value: float | None) -> ImageQuality:
    change: Callable[..., ImageQuality] = replace
    return change(GOOD, **{name: value})


@pytest.mark.parametrize(("field", "name", "raws"), ORDERED)
def test_a_better_image_is_never_worth_less(
    field: str, name: str, raws: tuple[float, ...]
) -> None:
    values = [of(name, with_measure(field, raw)).value for raw in raws]
    assert None not in values
    assert values == sorted(values, key=lambda v: v or 0)
    assert len(set(values)) == len(raws)


@pytest.mark.parametrize(("field", "name", "raw"), WARNED)
def test_what_is_warned_about_is_called_poor_or_worse(
    field: str, name: str, raw: float
) -> None:
    poor = with_measure(field, raw)
    assert poor.warnings()
    assert of(name, poor).means in {"poor", "very poor"}


def test_of_a_good_face_no_measure_is_poor() -> None:
    assert {m.means for m in measures(GOOD, 100)} <= {"good", "usable"}


@given(
    st.builds(
        a_quality,
        inter_eye_px=st.floats(0, 4000) | st.just(math.nan),
        sharpness=st.floats(0, 1e6),
        mean_luminance=st.floats(0, 255),
        under_exposed=st.floats(0, 1),
        over_exposed=st.floats(0, 1),
        contrast=st.floats(0, 127),
        yaw_deg=st.floats(-180, 180),
        template_length=st.floats(0, 100),
        eyes_detail=st.none() | st.floats(0, 100),
        jpeg_quality=st.none() | st.integers(1, 100),
    )
)
def test_every_number_is_between_nothing_and_a_hundred(quality: ImageQuality) -> None:
    assert all(m.value is None or 0 <= m.value <= 100 for m in measures(quality))


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("jpeg_quality", "Compression"),
        ("eyes_detail", "Eyes visible"),
        ("mouth_detail", "Mouth visible"),
        ("dynamic_bits", "Dynamic range"),
    ],
)
def test_what_cannot_be_told_has_no_number(field: str, name: str) -> None:
    unknown = of(name, with_measure(field, None))
    assert unknown.value is None
    assert unknown.means == "not known"


def test_what_is_only_read_off_something_else_is_called_a_proxy() -> None:
    assert {m.name for m in measures(GOOD) if m.is_proxy} == {
        "Unified quality",
        "Eyes visible",
        "Mouth visible",
        "Pose, to the side",
        "Pose, up or down",
        "Pose, tilted",
    }


def test_a_face_is_alone_or_the_less_so_the_larger_the_next_one_is() -> None:
    assert single_face([400.0], 0) == 100
    assert single_face([400.0, 100.0], 0) == 75
    assert single_face([400.0, 100.0], 1) == 0
    assert "Single face" in {m.name for m in measures(GOOD, 100)}
    assert "Single face" not in {m.name for m in measures(GOOD)}
