from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot.matching.alignment import STANDARD
from bot.matching.degradations import (
    DEGRADATIONS,
    WIDEST_PX,
    Degradation,
    face_width_px,
)
from bot.matching.engine import Face, FaceEngine
from bot.matching.images import Image, decode

Portrait = Callable[[int], Image]

each = pytest.mark.parametrize("degrade", DEGRADATIONS.values(), ids=DEGRADATIONS)
PLACE = (STANDARD * 1.4 + 20).astype(np.float32)


def picture(side: int = 200) -> Image:
    return np.random.default_rng(7).integers(0, 256, (side, side, 3), np.uint8)


def lot(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@each
def test_the_same_seed_spoils_in_the_same_way(degrade: Degradation) -> None:
    once, again = (degrade(picture(), PLACE, lot()) for _ in range(2))
    assert once.dtype == np.uint8
    assert np.array_equal(once, again)


@each
def test_the_clean_picture_stays_as_it_was(degrade: Degradation) -> None:
    clean = picture()
    assert not np.array_equal(degrade(clean, PLACE, lot()), clean)
    assert np.array_equal(clean, picture())


@pytest.mark.parametrize("name", ["motion", "noise", "mask", "rolled", "cctv"])
def test_what_is_drawn_by_lot_depends_on_the_seed(name: str) -> None:
    spoilt = {
        DEGRADATIONS[name](picture(), PLACE, lot(seed)).tobytes() for seed in range(6)
    }
    assert len(spoilt) > 1


@pytest.mark.parametrize("width_px", [16, 24, 40])
def test_a_face_is_found_as_wide_as_asked_for(
    engine: FaceEngine, portrait: Portrait, width_px: int
) -> None:
    clean = portrait(0)
    [face] = engine.faces(clean)
    small = DEGRADATIONS[f"face-{width_px}px"](clean, face.points, lot())
    [found] = engine.faces(small)
    assert found.box[2] == pytest.approx(width_px, rel=0.15)


def test_a_picture_is_never_enlarged() -> None:
    tiny = (STANDARD * 0.1).astype(np.float32)
    assert DEGRADATIONS["face-40px"](picture(30), tiny, lot()).shape == (30, 30, 3)


def test_a_large_face_is_blurred_as_much_as_a_small_one() -> None:
    large = (STANDARD * 8).astype(np.float32)
    spoilt = DEGRADATIONS["blur"](picture(900), large, lot())
    assert spoilt.shape[0] == pytest.approx(900 * WIDEST_PX / face_width_px(large), 1)


def test_a_mask_hides_the_mouth_and_glasses_hide_the_eyes() -> None:
    clean = np.full((200, 200, 3), 128, np.uint8)
    eyes, mouth = PLACE[:2].round().astype(int), PLACE[3:].round().astype(int)
    masked = DEGRADATIONS["mask"](clean, PLACE, lot())
    glasses = DEGRADATIONS["glasses"](clean, PLACE, lot())
    for x, y in eyes:
        assert (masked[y, x] == 128).all()
        assert (glasses[y, x] < 40).all()
    for x, y in mouth:
        assert (masked[y, x] != 128).any()
        assert (glasses[y, x] == 128).all()


@pytest.fixture(scope="module")
def gallery(engine: FaceEngine, portrait_files: list[Path]) -> list[Face]:
    portraits = (decode(path.read_bytes()).image for path in portrait_files[:8])
    return [engine.faces(portrait)[0] for portrait in portraits]


@each
def test_a_spoilt_portrait_still_finds_its_person(
    engine: FaceEngine, portrait: Portrait, gallery: list[Face], degrade: Degradation
) -> None:
    spoilt = degrade(portrait(2), gallery[2].points, lot())
    [probe, *_] = engine.faces(spoilt)
    scores = [float(face.template @ probe.template) for face in gallery]
    assert np.argmax(scores) == 2
