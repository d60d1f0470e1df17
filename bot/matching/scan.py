"""Exact search: every template is compared, none is estimated."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Hit:
    """A subject by its nearest photograph; rank 1 is the nearest of all."""

    subject_id: str
    photo_id: str
    similarity: float
    rank: int


def scan(templates: NDArray[np.float32], probe: NDArray[np.float32]) -> Scores:
    """Return the cosine similarity of every row.

    Summed in 64 bits and rounded once, so that two copies of a photograph get the same number
    wherever they stand in the gallery, and the order does not depend on the machine.
    """
    wide = probe.astype(np.float64)
    scores = np.empty(len(templates), np.float32)
    for start in range(0, len(templates), _ROWS):
        rows = templates[start : start + _ROWS].astype(np.float64)
        scores[start : start + _ROWS] = rows @ wide
    return scores


def best_per_subject(
    scores: Scores, subject_ids: Sequence[str], photo_ids: Sequence[str], n: int
) -> list[Hit]:
    """Return the ``n`` nearest subjects, each once, with the nearest photograph; ties by photograph id."""
    wanted = min(4 * n, len(scores))
    while True:
        nearest = _nearest_subjects(scores, subject_ids, photo_ids, wanted)
        if len(nearest) >= n or wanted >= len(scores):
            break
        wanted = min(4 * wanted, len(scores))
    return [
        Hit(subject_ids[row], photo_ids[row], float(scores[row]), rank)
        for rank, row in enumerate(islice(nearest, n), start=1)
    ]


def _nearest_subjects(
    scores: Scores, subject_ids: Sequence[str], photo_ids: Sequence[str], wanted: int
) -> list[int]:
    """Return the best row of every subject among the ``wanted`` best rows and all that tie with the last."""
    first: dict[str, int] = {}
    for row in sorted(
        _rows_at_least(scores, wanted), key=lambda row: (-scores[row], photo_ids[row])
    ):
        first.setdefault(subject_ids[row], row)
    return list(first.values())


def _rows_at_least(scores: Scores, wanted: int) -> list[int]:
    if wanted >= len(scores):
        return list(range(len(scores)))
    cut = np.partition(scores, len(scores) - wanted)[len(scores) - wanted]
    return [int(row) for row in np.flatnonzero(scores >= cut)]
