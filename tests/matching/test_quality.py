from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from bot.domain.measures import measures
from bot.domain.quality import (
    HARD_MIN_INTER_EYE_PX,
    ImageQuality,
    NoFace,
    Unsuitable,
    Warned,
    check_suitable,
)
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.degradations import DEGRADATIONS
from bot.matching.images import Decoded, Image, decode, encode_jpeg
from bot.matching.quality import measure

from .conftest import PORTRAITS

Portrait = Callable[[int], Image]

GOOD = ImageQuality(
    inter_eye_px=90,
    face_width_px=200,
    sharpness=500,
    mean_luminance=130,
    under_exposed=0,
    over_exposed=0,
    contrast=40,
    yaw_deg=0,
    pitch_deg=0,
    roll_deg=0,
    jpeg_quality=90,
    detector_score=0.93,
    template_length=12,
)


def measured(engine: DeepFaceEngine, image: Image) -> ImageQuality:
    decoded = Decoded(image, "PNG", image.shape[1], image.shape[0], None)
    return measure(decoded, engine.faces(image)[0])


def test_a_good_face_has_nothing_to_warn_of() -> None:
    assert GOOD.warnings() == []
    check_suitable(GOOD)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inter_eye_px": 59}, "59 px between the eyes"),
        ({"yaw_deg": -31}, "turned to the side"),
        ({"pitch_deg": 26}, "above or below"),
        ({"roll_deg": 36}, "tilted"),
        ({"mean_luminance": 30}, "dark"),
        ({"under_exposed": 0.5}, "dark"),
        ({"over_exposed": 0.3}, "overexposed"),
        ({"contrast": 8}, "contrast"),
        ({"sharpness": 20}, "blurred"),
        ({"jpeg_quality": 20}, "quality about 20"),
        ({"template_length": 9.5}, "covered"),
    ],
)
def test_every_warning_says_what_is_wrong_and_what_would_cure_it(
    change: dict[str, Any], words: str
) -> None:
    [warning] = replace(GOOD, **change).warnings()
    assert words in warning
    assert "Use " in warning or "Ask " in warning


def test_a_face_below_twenty_pixels_between_the_eyes_is_refused_with_its_measure() -> (
    None
):
    check_suitable(replace(GOOD, inter_eye_px=HARD_MIN_INTER_EYE_PX))
    with pytest.raises(Unsuitable, match=r"19\.9 px") as caught:
        check_suitable(replace(GOOD, inter_eye_px=19.94))
    assert caught.value.rule == "PROBE_TOO_SMALL"


def test_no_face_has_its_own_rule_and_names_the_cure() -> None:
    assert NoFace().rule == "PROBE_NO_FACE"
    assert "Send a frame" in NoFace().message


def test_blur_lowers_the_sharpness(engine: DeepFaceEngine, portrait: Portrait) -> None:
    image = portrait(0)
    blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), 5), np.uint8)
    assert measured(engine, blurred).sharpness < measured(engine, image).sharpness / 4
    assert any("blurred" in one for one in measured(engine, blurred).warnings())


def test_darkness_and_glare_are_told_apart(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    image = portrait(0)
    dark = (image * 0.15).astype(np.uint8)
    bright = (image.astype(np.float64) * 1.5 + 90).clip(0, 255).astype(np.uint8)
    assert any("dark" in one for one in measured(engine, dark).warnings())
    assert any("overexposed" in one for one in measured(engine, bright).warnings())
    assert measured(engine, dark).mean_luminance < 60


def test_a_mirrored_face_looks_the_other_way(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    yaws = [measured(engine, portrait(n)).yaw_deg for n in range(12)]
    number = int(np.argmax(np.abs(yaws)))
    mirrored = np.ascontiguousarray(portrait(number)[:, ::-1])
    assert measured(engine, mirrored).yaw_deg == pytest.approx(-yaws[number], abs=8)


def test_a_head_leaning_clockwise_has_a_positive_roll(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    image = portrait(0)
    affine = cv2.getRotationMatrix2D((128, 128), -20, 0.8)
    leaning = np.asarray(cv2.warpAffine(image, affine, (256, 256)), np.uint8)
    turned = measured(engine, leaning).roll_deg - measured(engine, image).roll_deg
    assert turned == pytest.approx(20, abs=6)


def test_the_distance_between_the_eyes_follows_the_size(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    image = portrait(0)
    half = np.asarray(
        cv2.resize(image, (128, 128), interpolation=cv2.INTER_AREA), np.uint8
    )
    whole, halved = measured(engine, image), measured(engine, half)
    assert halved.inter_eye_px == pytest.approx(whole.inter_eye_px / 2, rel=0.1)
    assert halved.face_width_px == pytest.approx(whole.face_width_px / 2, rel=0.1)


def test_the_compression_is_the_files(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    decoded = decode(encode_jpeg(portrait(0), 30))
    quality = measure(decoded, engine.faces(decoded.image)[0])
    assert quality.jpeg_quality == pytest.approx(30, abs=3)


def test_of_the_demonstrations_probes_only_the_small_one_is_too_small(
    engine: DeepFaceEngine,
) -> None:
    def quality(path: Path) -> ImageQuality:
        decoded = decode(path.read_bytes())
        return measure(decoded, engine.faces(decoded.image)[0])

    for path in sorted((PORTRAITS / "probes").glob("mated-*")):
        check_suitable(quality(path))
    with pytest.raises(Unsuitable):
        check_suitable(quality(PORTRAITS / "probes" / "too-small-1.jpg"))


# What is done to a clean face, and the measures that have to fall with it.
SPOILT = [
    ("face-24px", {"Distance between the eyes", "Size of the face", "Sharpness"}),
    ("blur", {"Sharpness"}),
    ("motion", {"Sharpness"}),
    ("dark", {"Luminance", "Contrast", "Dynamic range"}),
    ("mask", {"Mouth visible"}),
    ("glasses", {"Eyes visible", "Under-exposure"}),
    ("cctv", {"Unified quality", "Sharpness", "Contrast", "Dynamic range"}),
]


@pytest.mark.parametrize(("name", "falling"), SPOILT)
def test_what_is_spoilt_is_worth_less(
    engine: DeepFaceEngine, portrait: Portrait, name: str, falling: set[str]
) -> None:
    for number in range(4):
        image = portrait(number)
        points = engine.faces(image)[0].points
        draw = np.random.default_rng(number)
        spoilt = DEGRADATIONS[name](image, points, draw)
        before, after = valued(engine, image), valued(engine, spoilt)
        assert all(after[one] < before[one] for one in falling)


@pytest.mark.parametrize(
    ("name", "part", "least"), [("mask", "mouth", 12), ("glasses", "eyes", 10)]
)
def test_what_is_covered_is_told_from_what_is_not(
    engine: DeepFaceEngine, portrait: Portrait, name: str, part: str, least: int
) -> None:
    told = 0
    for number in range(12):
        image = portrait(number)
        points = engine.faces(image)[0].points
        covered = DEGRADATIONS[name](image, points, np.random.default_rng(number))
        assert Warned.COVERED not in measured(engine, image).warned()
        said = measured(engine, covered).warnings()
        told += any(w.startswith(f"The {part} seem") for w in said)
    assert told >= least


def test_a_bright_picture_is_worth_less_in_light_only(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    image = portrait(0)
    bright = (image.astype(np.float64) * 1.5 + 90).clip(0, 255).astype(np.uint8)
    before, after = valued(engine, image), valued(engine, bright)
    assert after["Over-exposure"] < before["Over-exposure"]
    assert after["Luminance"] < before["Luminance"]


def test_a_tilted_head_is_worth_less_in_pose(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    image = portrait(0)
    points = engine.faces(image)[0].points
    rolled = DEGRADATIONS["rolled"](image, points, np.random.default_rng(0))
    before, after = valued(engine, image), valued(engine, rolled)
    assert after["Pose, tilted"] < before["Pose, tilted"]


def test_stronger_compression_is_worth_less(
    engine: DeepFaceEngine, portrait: Portrait
) -> None:
    def compression(quality: int) -> int:
        decoded = decode(encode_jpeg(portrait(0), quality))
        found = measure(decoded, engine.faces(decoded.image)[0])
        [value] = [m.value for m in measures(found) if m.name == "Compression"]
        assert value is not None
        return value

    assert compression(20) < compression(60) < compression(95)


def valued(engine: DeepFaceEngine, image: Image) -> dict[str, int]:
    found = measures(measured(engine, image))
    return {m.name: m.value for m in found if m.value is not None}
