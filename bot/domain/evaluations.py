"""What an evaluation on labelled photographs found: rates with their 95 % intervals, and what they rest on."""

from dataclasses import asdict, dataclass
from typing import Any

LIST_LENGTH = 50
"""Candidates asked of every search: the longest list that an examiner can be given."""
HIT_RANKS = (1, 5, 20, 50)
FPIRS = (0.1, 0.01, 0.001)
FEW_SUBJECTS = 30
FEW_EVENTS = 10
"""With fewer in a group, or in the rest, no ratio is told: it would be chance."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``events`` of ``trials`` and the 95 % interval of their share; all None where nothing was tried."""

    events: int
    trials: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class HitRate:
    """Share of mated searches with the subject among the first ``rank`` candidates."""

    rank: int
    rate: Rate


@dataclass(frozen=True, slots=True)
class AtFpir:
    """Misses when only candidates above ``threshold`` count, chosen so that at most ``fpir`` of these
    non-mated searches has one. Without ``fnir`` there were too few of them to measure it.

    ``strangers`` are the non-mated searches above that very threshold; their interval says what it
    would let through of other strangers.
    """

    fpir: float
    threshold: float | None = None
    fnir: Rate | None = None
    strangers: Rate | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Points with the 95 % band at each."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """The mated probes after one degradation; ``detected``: in how many a face was found at all."""

    name: str
    detected: Rate
    hits: tuple[HitRate, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """A group's rate, and how many times that of all others and that of the best group it is.

    A ratio is None where either side has fewer than FEW_SUBJECTS subjects or FEW_EVENTS events.
    """

    name: str
    subjects: int
    rate: Rate
    over_rest: Ratio | None = None
    over_best: Ratio | None = None
    best: bool = False


@dataclass(frozen=True, slots=True)
class Differential:
    """One measure of every group of one column.

    ``measure`` is ``miss`` (subject not among the first ``rank``), ``fnir`` (missed above the
    threshold of ``fpir``) or ``fpir`` (a stranger above that threshold); one threshold for all.
    """

    column: str
    measure: str
    rank: int | None
    fpir: float | None
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was read: which one, and what its columns could tell of."""

    name: str
    sha256: str
    rows: int
    subjects: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class About:
    """What somebody needs to run it again and get the same numbers."""

    model: str
    weights_sha256: str
    versions: dict[str, str]
    gallery: Table
    probes: Table
    bootstrap: int
    seed: int
    command: str
    date: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    about: About
    gallery_version: str
    gallery_size: int
    gallery_subjects: int
    failures_to_enrol: int
    mated: Rate
    """Mated probes in which a face was found, of all."""
    nonmated: Rate
    hits: tuple[HitRate, ...]
    at_fpir: tuple[AtFpir, ...]
    cmc: Curve
    det: Curve | None
    degraded: tuple[Condition, ...]
    by: tuple[Differential, ...]
    seconds: float

    def hit_rate(self, rank: int) -> Rate:
        return next(hit.rate for hit in self.hits if hit.rank == rank)

    def as_dict(self) -> dict[str, Any]:
        """As one JSON object: the plain numbers at the top, as scripts have always read them."""
        lost = [rate.trials - rate.events for rate in (self.mated, self.nonmated)]
        return {
            "model": self.about.model,
            "gallery_version": self.gallery_version,
            "gallery_size": self.gallery_size,
            "gallery_subjects": self.gallery_subjects,
            "mated_probes": self.mated.trials,
            "nonmated_probes": self.nonmated.trials,
            **{f"rank{hit.rank}": hit.rate.value or 0.0 for hit in self.hits},
            "failures_to_enrol": self.failures_to_enrol,
            "failures_to_detect": sum(lost),
            "seconds": self.seconds,
            "about": asdict(self.about),
            "detected": {
                "mated": asdict(self.mated),
                "nonmated": asdict(self.nonmated),
            },
            "hit_rates": [asdict(hit) for hit in self.hits],
            "fnir_at_fpir": [asdict(one) for one in self.at_fpir],
            "cmc": asdict(self.cmc),
            "det": asdict(self.det) if self.det else None,
            "degraded": [asdict(one) for one in self.degraded],
            "by": [asdict(one) for one in self.by],
        }
