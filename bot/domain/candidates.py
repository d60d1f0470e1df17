"""Candidates, what an examiner decides about each, and how sure that is (policy 3.4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from random import Random

from bot.domain.components import Finding, Findings, check_findings
from bot.errors import Refusal

WEAK_BELOW_DEFAULT = 0.35
LIST_LENGTH_DEFAULT = 20
LIST_LENGTH_MAX = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """One subject a search returned, by the nearest photograph; similarity is for the record only."""

    id: str
    search_id: str
    subject_id: str
    photo_id: str
    similarity: float
    rank: int


class Conclusion(IntEnum):
    """The support scale; never an identification (policy 3.4)."""

    STRONG_SUPPORT_SAME = 2
    SOME_SUPPORT_SAME = 1
    INCONCLUSIVE = 0
    SOME_SUPPORT_DIFFERENT = -1
    EXCLUDED = -2

    @property
    def is_support(self) -> bool:
        return self >= Conclusion.SOME_SUPPORT_SAME


CONCLUSIONS: dict[Conclusion, str] = {
    Conclusion.STRONG_SUPPORT_SAME: "+2  Strong support for same person",
    Conclusion.SOME_SUPPORT_SAME: "+1  Some support for same person",
    Conclusion.INCONCLUSIVE: "0  Inconclusive",
    Conclusion.SOME_SUPPORT_DIFFERENT: "-1  Some support for different persons",
    Conclusion.EXCLUDED: "-2  Different persons",
}


class Exclusion(StrEnum):
    """Why one click excluded a candidate."""

    FEATURES_DIFFER = "FEATURES_DIFFER"
    SHAPE_DIFFERS = "SHAPE_DIFFERS"
    MARKS_DIFFER = "MARKS_DIFFER"
    AGE_DIFFERS = "AGE_DIFFERS"
    PICTURE_TOO_POOR = "PICTURE_TOO_POOR"


EXCLUSIONS: dict[Exclusion, str] = {
    Exclusion.FEATURES_DIFFER: "Eyes, nose, mouth or ears differ",
    Exclusion.SHAPE_DIFFERS: "Shape of head or face differs",
    Exclusion.MARKS_DIFFER: "Scars, marks or lines differ",
    Exclusion.AGE_DIFFERS: "Apparent age cannot be reconciled",
    Exclusion.PICTURE_TOO_POOR: "Picture too poor to compare",
}

REASON_MIN = 20


@dataclass(frozen=True, slots=True)
class Disposition:
    """What one examiner decided about one candidate: an exclusion with a code, or a comparison in words."""

    candidate_id: str
    conclusion: Conclusion
    reason: str
    at: datetime
    exclusion: Exclusion | None = None
    findings: Findings = field(default_factory=dict)
    explanation: str = ""
    seconds: int | None = None  # at this candidate, as far as the record tells


def exclude(candidate_id: str, code: Exclusion, at: datetime) -> Disposition:
    """The one-click disposition. A picture too poor to compare excludes nobody: it is inconclusive."""
    poor = code is Exclusion.PICTURE_TOO_POOR
    conclusion = Conclusion.INCONCLUSIVE if poor else Conclusion.EXCLUDED
    return Disposition(candidate_id, conclusion, EXCLUSIONS[code], at, code)


def compare(
    candidate_id: str,
    conclusion: Conclusion,
    reason: str,
    at: datetime,
    findings: Findings | None = None,
    explanation: str = "",
) -> Disposition:
    """A comparison; refuse one without reasons, and support that the components do not carry."""
    if len(reason.strip()) < REASON_MIN:
        raise Refusal(
            f"Say in at least {REASON_MIN} characters which similarities and dissimilarities you saw.",
            rule="REASON_TOO_SHORT",
        )
    seen = {c: f for c, f in (findings or {}).items() if f is not Finding.NOT_VISIBLE}
    check_findings(seen, explanation, is_support=conclusion.is_support)
    return Disposition(
        candidate_id,
        conclusion,
        reason.strip(),
        at,
        findings=seen,
        explanation=explanation.strip(),
    )


def shuffled(candidate_ids: Sequence[str], seed: int) -> tuple[str, ...]:
    """The order one examiner sees, replayable from its recorded seed (policy 3.5).

    The ids are sorted first, so that the order of similarity cannot shine through.
    """
    order = sorted(candidate_ids)
    Random(seed).shuffle(order)  # noqa: S311  reproducible order, not a secret
    return tuple(order)


def label(position: int) -> str:
    """0, 1, ... 25, 26 -> A, B, ... Z, AA."""
    head, tail = divmod(position, 26)
    return (label(head - 1) if head else "") + chr(ord("A") + tail)
