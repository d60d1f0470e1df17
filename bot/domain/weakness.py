"""How high a similarity is for a stranger in a gallery of this size: a band in words, never a certainty (policy 3.5).

The best of many strangers is nearer than any one of them, so the similarity at which a candidate means
little grows with the gallery. It is measured for every gallery version; nothing here says how likely it
is that a candidate is the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Calibration = Sequence[tuple[float, float]]
"""(share of searches for strangers, similarity that their best candidate reaches), by falling share."""


class Band(StrEnum):
    """From what a stranger reaches in every second search to what nearly none reaches."""

    COMMON = "common"
    USUAL = "usual"
    ONE_IN_10 = "one_in_10"
    ONE_IN_20 = "one_in_20"
    ONE_IN_100 = "one_in_100"


BAND_WORDS: dict[Band, str] = {
    Band.COMMON: "no higher than the best stranger of every second search",
    Band.USUAL: "as high as the best of 1 in 2 strangers",
    Band.ONE_IN_10: "as high as the best of 1 in 10 strangers",
    Band.ONE_IN_20: "as high as the best of 1 in 20 strangers",
    Band.ONE_IN_100: "as high as the best of 1 in 100 strangers",
}
NOT_CALIBRATED = "this gallery is too small to tell how near strangers come"

_BANDS = {
    0.5: Band.USUAL,
    0.1: Band.ONE_IN_10,
    0.05: Band.ONE_IN_20,
    0.01: Band.ONE_IN_100,
}
SHARES = tuple(_BANDS)
SUBJECTS_MIN = 50
_REACHED_MIN = 5
"""Of the sampled searches so many must lie above a limit, or it says more about them than about strangers."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """The band of one candidate, and whether a rarer one could have been told at all.

    ``rarest`` is the rarest band of the gallery: of a small one nothing rarer is known.
    """

    band: Band
    rarest: Band

    @property
    def words(self) -> str:
        more = " or fewer" if self.band is self.rarest is not Band.COMMON else ""
        return BAND_WORDS[self.band] + more


def shares_for(searches: int) -> tuple[float, ...]:
    """The shares that so many searches can tell; none of a gallery that is too small."""
    if searches < SUBJECTS_MIN:
        return ()
    return tuple(share for share in SHARES if searches * share >= _REACHED_MIN)


def weakness(similarity: float, calibration: Calibration) -> Weakness | None:
    """Return the band of a similarity; None where the gallery was not calibrated."""
    if not calibration:
        return None
    reached = [_BANDS[share] for share, limit in calibration if similarity >= limit]
    rarest = _BANDS[calibration[-1][0]]
    return Weakness(reached[-1] if reached else Band.COMMON, rarest)


def in_words(similarity: float, calibration: Calibration) -> str:
    """What is told and recorded of a candidate."""
    found = weakness(similarity, calibration)
    return NOT_CALIBRATED if found is None else found.words
