"""95 % intervals: the subjects are drawn again, with all of their searches, many times over."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.evaluations import Rate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Statistic = Callable[[Floats, Floats], Floats]
"""From the weights of the mated and of the non-mated searches, a row for each sample, to a row of numbers for each."""

_NUMBERS_AT_ONCE = 4_000_000
_LEVEL = 0.95
_Z = 1.959964
_FEW = 30


@dataclass(frozen=True, slots=True, eq=False)
class Resampling:
    """Which subject each search is of, and how often the subjects are drawn again.

    Searches of one person are alike, so persons are drawn, not searches. The mated and the
    non-mated are two samples of different people: each is drawn by itself. The gallery stays.
    """

    mated: Ints
    nonmated: Ints
    times: int
    seed: int

    def once(self, statistic: Statistic) -> Floats:
        """Return the numbers of the sample itself: every search counts once."""
        ones = np.ones((1, len(self.mated))), np.ones((1, len(self.nonmated)))
        found: Floats = statistic(*ones)[0]
        return found

    def again(self, statistic: Statistic) -> Floats:
        """Return a row for each of ``times`` samples; the samples are the same for every statistic."""
        return np.concatenate(
            [statistic(mated, other) for mated, other in self._samples()]
        )

    def interval(self, statistic: Statistic) -> tuple[Floats, Floats]:
        return percentiles(self.again(statistic))

    def _samples(self) -> Iterator[tuple[Floats, Floats]]:
        random = np.random.default_rng(self.seed)
        step = max(1, _NUMBERS_AT_ONCE // max(1, len(self.mated) + len(self.nonmated)))
        for start in range(0, self.times, step):
            rows = min(step, self.times - start)
            yield (
                _weights(self.mated, rows, random),
                _weights(self.nonmated, rows, random),
            )


def percentiles(samples: Floats) -> tuple[Floats, Floats]:
    """Return the two ends of the middle 95 % of each column, rounded outwards to values that occurred."""
    tail = (1 - _LEVEL) / 2
    low = np.nanquantile(samples, tail, axis=0, method="lower")
    high = np.nanquantile(samples, 1 - tail, axis=0, method="higher")
    return low, high


def rate(
    events: int, trials: int, subjects: int, low: float = 0.0, high: float = 1.0
) -> Rate:
    """Return a share with its bootstrap interval, widened to Wilson's where few events or few others were seen.

    Drawing again from no misses at all yields none: the bootstrap would claim certainty, and with a
    handful it is too narrow still (4 expected misses: 91 % of the intervals hold the truth). Wilson's
    is taken for as many trials as there were subjects.
    """
    if not trials:
        return Rate(0, 0)
    value = events / trials
    if min(events, trials - events) < _FEW:
        lower, upper = wilson(value, min(subjects, trials))
        low, high = min(low, lower), max(high, upper)
    return Rate(events, trials, value, low, high)


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of independent trials."""
    spread = _Z**2 / trials
    middle = (share + spread / 2) / (1 + spread)
    half = np.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def numbered(names: Sequence[str]) -> Ints:
    """Return for each name the number of the subject it stands for."""
    if not len(names):
        return np.empty(0, np.int64)
    return np.unique(np.array(list(names)), return_inverse=True)[1].astype(np.int64)


def _weights(subjects: Ints, rows: int, random: np.random.Generator) -> Floats:
    """How often each search is in each sample."""
    if not len(subjects):
        return np.empty((rows, 0))
    count = int(subjects.max()) + 1
    drawn = random.integers(count, size=(rows, count))
    drawn += np.arange(rows)[:, None] * count
    times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
    return times[:, subjects].astype(np.float64)
