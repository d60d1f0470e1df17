"""How near strangers come in a gallery: measured against the plainest way to measure it."""

import numpy as np
import pytest

from bot.domain.galleries import ModelId
from bot.matching.calibration import SAMPLED_MAX, calibrate
from bot.matching.gallery import Gallery

MODEL = ModelId("SFace", "ab" * 32, 16)
DIGEST, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4


def a_gallery(subjects: int, photographs: int = 1) -> Gallery:
    random = np.random.default_rng(3)
    people = random.normal(size=(subjects, MODEL.dim))
    rows = np.repeat(people, photographs, axis=0)
    rows += 0.1 * random.normal(size=rows.shape)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Gallery(
        "v1",
        MODEL,
        tuple(f"P{n:05}" for n in range(len(rows))),
        tuple(f"S{n // photographs:05}" for n in range(len(rows))),
        rows.astype(np.float32),
    )


def best_strangers(gallery: Gallery, row: int) -> float:
    """Every row of every other subject, compared one by one."""
    others = [n for n, s in enumerate(gallery.subject_ids) if s != gallery.subject_ids[row]]  # fmt: skip
    scores = gallery.templates.astype(np.float64) @ gallery.templates[row].astype(np.float64)  # fmt: skip
    return float(scores[others].max())


def test_the_limits_are_those_of_the_best_strangers_of_all_when_all_are_drawn() -> None:
    gallery = a_gallery(200, photographs=2)
    first = range(0, 400, 2)
    best = sorted(best_strangers(gallery, row) for row in first)
    found = dict(calibrate(gallery, DIGEST))
    assert found.keys() == {0.5, 0.1, 0.05}
    for share, limit in found.items():
        reached = sum(one >= limit - 1e-6 for one in best)
        assert reached == pytest.approx(200 * share, abs=1)


def test_a_subjects_own_photographs_are_no_strangers() -> None:
    """They are all but the same here: counted, every limit would be near 1."""
    limits = [limit for _, limit in calibrate(a_gallery(60, photographs=3), DIGEST)]
    assert limits
    assert max(limits) < 0.95


def test_limits_rise_as_the_share_falls() -> None:
    found = calibrate(a_gallery(600), DIGEST)
    assert [share for share, _ in found] == [0.5, 0.1, 0.05, 0.01]
    limits = [limit for _, limit in found]
    assert limits == sorted(limits)


def test_the_same_gallery_is_drawn_from_in_the_same_way() -> None:
    gallery = a_gallery(SAMPLED_MAX + 200)
    assert calibrate(gallery, DIGEST) == calibrate(gallery, DIGEST)
    assert calibrate(gallery, DIGEST) != calibrate(gallery, OTHER)


def test_strangers_come_nearer_in_a_larger_gallery() -> None:
    small, large = (calibrate(a_gallery(n), DIGEST) for n in (100, 800))
    assert large[0][1] > small[0][1]
    assert large[1][1] > small[1][1]


def test_minors_are_neither_drawn_nor_strangers() -> None:
    """The twin of each subject would be the best stranger; it is a minor's photograph."""
    adults = a_gallery(60)
    whole = Gallery(
        "v2",
        MODEL,
        [*adults.photo_ids, *(f"M{n:05}" for n in range(60))],
        [*adults.subject_ids, *(f"T{n:05}" for n in range(60))],
        np.concatenate([adults.templates, adults.templates]),
        [False] * 60 + [True] * 60,
    )
    assert calibrate(whole, DIGEST) == calibrate(adults, DIGEST)


@pytest.mark.parametrize("subjects", [0, 1, 2, 49])
def test_a_gallery_of_fewer_than_fifty_tells_nothing(subjects: int) -> None:
    assert calibrate(a_gallery(subjects, photographs=2), DIGEST) == ()
