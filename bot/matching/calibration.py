"""How near the best stranger comes in one gallery: measured with its own photographs as probes."""

import numpy as np
from numpy.typing import NDArray

from bot.domain.weakness import shares_for
from bot.matching.gallery import Gallery
from bot.matching.scan import MINOR
from bot.matching.search import MIN_CANDIDATES, search

SAMPLED_MAX = 500


def calibrate(gallery: Gallery, digest: str) -> tuple[tuple[float, float], ...]:
    """Return (share of searches, similarity that the best stranger reaches in them), by falling share.

    Up to 500 subjects are drawn, the same ones for the same digest. Each is searched by one photograph
    of record among everybody else: its own photographs do not count. Good photographs are nearer to
    their mates than stills are and no nearer to strangers, so the limits hold for good probes; what a
    weak still does to strangers has to be measured with weak stills.
    """
    rows = _drawn(gallery, digest)
    shares = shares_for(len(rows))
    if not shares:
        return ()
    best = np.array([_best_stranger(gallery, int(row)) for row in rows])
    limits = np.quantile(best, [1 - share for share in shares], method="higher")
    return tuple(
        (share, round(float(limit), 6))
        for share, limit in zip(shares, limits, strict=True)
    )


def _drawn(gallery: Gallery, digest: str) -> NDArray[np.intp]:
    """One row of each of the drawn subjects; minors are in no list, and so no strangers either."""
    listed = np.flatnonzero(gallery.rows.flags & MINOR == 0)
    _, first = np.unique(gallery.rows.subjects[listed], return_index=True)
    random = np.random.default_rng(int(digest[:16], 16))
    drawn: NDArray[np.intp] = listed[random.permutation(first)[:SAMPLED_MAX]]
    return drawn


def _best_stranger(gallery: Gallery, row: int) -> float:
    """The similarity of the nearest other subject. Two are asked for: the nearest of all is the subject itself."""
    own = gallery.subject_ids[row]
    found = search(gallery, gallery.templates[row], gallery.model, MIN_CANDIDATES)
    return next(hit.similarity for hit in found.hits if hit.subject_id != own)
