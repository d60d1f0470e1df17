"""From a probe's template to the list of candidates."""

from dataclasses import dataclass

import numpy as np

from bot.domain.galleries import ModelId
from bot.errors import Refusal
from bot.matching.engine import Template
from bot.matching.gallery import Gallery, GalleryDamaged
from bot.matching.scan import (
    MINOR,
    Hit,
    Kept,
    Nearest,
    best_of_each_subject,
    exact_scores,
    nearest,
)
from bot.matching.scanfiles import ScanSet

MIN_CANDIDATES, MAX_CANDIDATES = 2, 50


class OtherModel(Refusal):
    """Templates of two models say nothing about each other."""

    rule = "OTHER_MODEL"


class ListLength(Refusal):
    """One candidate would be an answer, too many would be noise."""

    rule = "LIST_LENGTH"


@dataclass(frozen=True, slots=True)
class Found:
    """The list; how many photographs the filters let through, all of them compared; and how many of
    those a second time, in full."""

    hits: list[Hit]
    scanned: int
    reranked: int


def search(
    gallery: Gallery,
    probe_template: Template,
    model: ModelId,
    n: int,
    *,
    excluded_photo_ids: frozenset[str] = frozenset(),
    with_minors: bool = False,
) -> Found:
    """Return the ``n`` nearest subjects of the whole gallery, however far they are.

    Every photograph that is not excluded is compared; those of minors only ``with_minors`` (policy
    1.8). The list is shorter than ``n`` only when fewer subjects are left.
    """
    check(gallery, model, n)
    held = gallery.held
    kept = Kept(gallery.rows_of(excluded_photo_ids, held), with_minors)
    scratch = gallery.take_scratch()
    found = nearest(held.rows, probe_template, n, kept, scratch)
    gallery.give_scratch(scratch)
    return _found(held, found, kept, gallery.minors)


def search_approximately(
    gallery: Gallery,
    probe_template: Template,
    model: ModelId,
    n: int,
    *,
    excluded_photo_ids: frozenset[str] = frozenset(),
    with_minors: bool = False,
) -> Found:
    """Return ``n`` of the nearest subjects, as far as Chroma's graph leads to them; some may be missing.

    The similarities are exact, and the filters as in ``search``. The gallery was loaded with its graph.
    """
    check(gallery, model, n)
    held, collection = gallery.held, gallery.collection
    if collection is None:
        raise GalleryDamaged(f"Gallery {gallery.version} was opened without its graph.")
    kept = Kept(gallery.rows_of(excluded_photo_ids, held), with_minors)
    probe, wanted = probe_template.astype(np.float64), 4 * n
    while True:
        wanted = min(wanted, len(held.photo_ids))
        ids = collection.neighbours(probe_template, wanted) if wanted else []
        near = [row for id in ids if (row := held.photo_ids.find(id)) is not None]
        rows = kept.of(held.rows, np.array(near, np.int64))
        scores = exact_scores(held.rows.templates, rows, probe)
        best, similarities = best_of_each_subject(held.rows.subjects, rows, scores)
        if len(best) >= n or wanted == len(held.photo_ids):
            answer = Nearest(best[:n], similarities[:n], len(rows))
            return _found(held, answer, kept, gallery.minors)
        wanted *= 4


def check(gallery: Gallery, model: ModelId, n: int) -> None:
    """Raise OtherModel or ListLength."""
    if model != gallery.model:
        raise OtherModel(
            f"The probe was encoded by {model}, gallery {gallery.version} by {gallery.model}. Encode the probe again."
        )
    if not MIN_CANDIDATES <= n <= MAX_CANDIDATES:
        raise ListLength(
            f"A candidate list has {MIN_CANDIDATES} to {MAX_CANDIDATES} subjects, not {n}."
        )


def recorded(similarity: float) -> float:
    """A similarity as it is told and kept: in 32 bits, once the order is known."""
    return float(np.float32(similarity))


def _found(held: ScanSet, nearest: Nearest, kept: Kept, minors: int) -> Found:
    pairs = zip(nearest.rows.tolist(), nearest.scores.tolist(), strict=True)
    hits = [
        Hit(
            held.subject_ids[int(held.rows.subjects[row])],
            held.photo_ids[row],
            recorded(similarity),
            rank,
        )
        for rank, (row, similarity) in enumerate(pairs, start=1)
    ]
    left_out = len(kept.excluded)
    if not kept.minors:
        excluded_minors = np.count_nonzero(held.rows.flags[kept.excluded] & MINOR)
        left_out += minors - int(excluded_minors)
    return Found(hits, len(held.photo_ids) - left_out, nearest.reranked)
