"""From a probe's template to the list of candidates."""

import numpy as np

from bot.domain.galleries import ModelId
from bot.errors import Refusal
from bot.matching.engine import Template
from bot.matching.gallery import Gallery
from bot.matching.scan import Hit, best_per_subject, scan

MIN_CANDIDATES, MAX_CANDIDATES = 2, 50


class OtherModel(Refusal):
    """Templates of two models say nothing about each other."""

    rule = "OTHER_MODEL"


class ListLength(Refusal):
    """One candidate would be an answer, too many would be noise."""

    rule = "LIST_LENGTH"


def search(
    gallery: Gallery,
    probe_template: Template,
    model: ModelId,
    n: int,
    excluded_photo_ids: frozenset[str] = frozenset(),
) -> list[Hit]:
    """Return the ``n`` nearest subjects of the whole gallery, however far they are.

    Every photograph that is not excluded is compared. The list is shorter than ``n`` only when the
    gallery holds fewer subjects.
    """
    if model != gallery.model:
        raise OtherModel(
            f"The probe was encoded by {model}, gallery {gallery.version} by {gallery.model}. Encode the probe again."
        )
    if not MIN_CANDIDATES <= n <= MAX_CANDIDATES:
        raise ListLength(
            f"A candidate list has {MIN_CANDIDATES} to {MAX_CANDIDATES} subjects, not {n}."
        )
    scores = scan(gallery.templates, probe_template)
    if not excluded_photo_ids:
        return best_per_subject(scores, gallery.subject_ids, gallery.photo_ids, n)
    kept = [
        row
        for row, photo in enumerate(gallery.photo_ids)
        if photo not in excluded_photo_ids
    ]
    return best_per_subject(
        scores[np.array(kept, np.intp)],
        [gallery.subject_ids[row] for row in kept],
        [gallery.photo_ids[row] for row in kept],
        n,
    )
