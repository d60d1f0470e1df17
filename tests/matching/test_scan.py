import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bot.matching.scan import best_per_subject, scan

# Few different numbers, so that ties and duplicates are common.
coordinates = st.one_of(
    st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), st.floats(-1, 1, width=32)
)


@st.composite
def galleries(
    draw: st.DrawFn,
) -> tuple[NDArray[np.float32], list[str], list[str], NDArray[np.float32]]:
    rows = draw(st.integers(0, 40))
    templates = draw(arrays(np.float32, (rows, 4), elements=coordinates))
    subjects = draw(st.lists(st.sampled_from("ABCDEFGH"), min_size=rows, max_size=rows))
    photos = draw(st.permutations([f"P{n:02}" for n in range(rows)]))
    probe = draw(arrays(np.float32, (4,), elements=coordinates))
    return templates, subjects, photos, probe


def brute_force(
    templates: NDArray[np.float32],
    subjects: Sequence[str],
    photos: Sequence[str],
    probe: NDArray[np.float32],
) -> list[tuple[str, str]]:
    """Every product of two 32-bit numbers is exact in 64; fsum rounds their sum once."""
    scores = [
        float(
            np.float32(
                math.fsum(float(a) * float(b) for a, b in zip(row, probe, strict=True))
            )
        )
        for row in templates
    ]
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], photos[row]))
    best: dict[str, str] = {}
    for row in order:
        best.setdefault(subjects[row], photos[row])
    return list(best.items())


@given(galleries(), st.integers(2, 10))
def test_the_list_is_the_one_that_exact_arithmetic_gives(
    gallery: tuple[NDArray[np.float32], list[str], list[str], NDArray[np.float32]],
    n: int,
) -> None:
    templates, subjects, photos, probe = gallery
    hits = best_per_subject(scan(templates, probe), subjects, photos, n)
    expected = brute_force(templates, subjects, photos, probe)[:n]
    assert [(hit.subject_id, hit.photo_id) for hit in hits] == expected
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_on_many_rows_the_list_is_the_one_of_brute_force() -> None:
    random = np.random.default_rng(11)
    templates = random.normal(size=(9000, 16)).astype(np.float32)
    templates[5000] = templates[17]
    subjects = [f"S{n % 3000}" for n in range(9000)]
    photos = [f"P{n:05}" for n in range(9000)]
    for probe in (*templates[:3], templates[17]):
        hits = best_per_subject(scan(templates, probe), subjects, photos, 20)
        expected = brute_force(templates, subjects, photos, probe)[:20]
        assert [(hit.subject_id, hit.photo_id) for hit in hits] == expected


def test_a_copy_of_a_photograph_has_the_same_similarity_wherever_it_stands() -> None:
    random = np.random.default_rng(2)
    templates = random.normal(size=(10_000, 128)).astype(np.float32)
    for row in (1, 4095, 4096, 8191, 9999):
        templates[row] = templates[0]
    scores = scan(templates, templates[0])
    assert len({float(scores[row]) for row in (0, 1, 4095, 4096, 8191, 9999)}) == 1


def test_a_subject_with_many_photographs_takes_one_place() -> None:
    scores = np.array([0.9] * 300 + [0.5, 0.4], np.float32)
    subjects = ["A"] * 300 + ["B", "C"]
    photos = [f"P{n:03}" for n in range(302)]
    hits = best_per_subject(scores, subjects, photos, 3)
    assert [(hit.subject_id, hit.photo_id) for hit in hits] == [
        ("A", "P000"),
        ("B", "P300"),
        ("C", "P301"),
    ]
    assert hits[1].similarity == pytest.approx(0.5)


def test_an_empty_gallery_gives_an_empty_list() -> None:
    scores = scan(np.empty((0, 4), np.float32), np.zeros(4, np.float32))
    assert best_per_subject(scores, [], [], 20) == []
