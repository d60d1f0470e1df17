"""From a probe's template to the list of candidates."""

from dataclasses import dataclass

import numpy as np

from bot.domain.galleries import ModelId
from bot.errors import Refusal
from bot.matching.engine import Template
from bot.matching.gallery import Gallery
from bot.matching.scan import MINOR, Hit, Kept, nearest

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
    held, kept = gallery.held, kept_of(gallery, excluded_photo_ids, with_minors)
    scratch = gallery.take_scratch()
    found = nearest(held.rows, probe_template, n, kept, scratch)
    gallery.give_scratch(scratch)
    hits = [
        Hit(
            held.subject_ids[int(held.rows.subjects[row])],
            held.photo_ids[int(row)],
            float(score),
            rank,
        )
        for rank, (row, score) in enumerate(
            zip(found.rows, found.scores, strict=True), start=1
        )
    ]
    return Found(hits, scanned(gallery, kept), found.reranked)


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


def kept_of(gallery: Gallery, excluded: frozenset[str], with_minors: bool) -> Kept:
    return Kept(gallery.rows_of(excluded), with_minors)


def scanned(gallery: Gallery, kept: Kept) -> int:
    """How many photographs the filters let through."""
    left_out = len(kept.excluded)
    if not kept.minors:
        excluded_minors = np.count_nonzero(gallery.rows.flags[kept.excluded] & MINOR)
        left_out += gallery.minors - int(excluded_minors)
    return len(gallery) - left_out
