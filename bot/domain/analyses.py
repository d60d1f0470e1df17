"""The analysis of a probe alone, before any candidate is seen (policy 3.3, 6.3 step 10: linear ACE)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.components import (
    COMPONENTS,
    EXPLANATION_MIN,
    Component,
    Finding,
    Findings,
)
from bot.errors import Refusal

MARKS_MAX = 1000


class Usability(StrEnum):
    """What one examiner thinks the probe is good for.

    ``UNUSABLE`` ends nothing: the comparison goes on, and whoever reads it later knows what its
    examiner thought of the probe before seeing anybody.
    """

    GOOD = "good"
    LIMITED = "limited"
    POOR = "poor"
    UNUSABLE = "unusable"


USABILITY: dict[Usability, str] = {
    Usability.GOOD: "Good: most components can be compared in detail",
    Usability.LIMITED: "Limited: some components can be compared",
    Usability.POOR: "Poor: little more than outlines can be compared",
    Usability.UNUSABLE: "Unusable: nothing in it carries a comparison",
}


class Extent(StrEnum):
    """How the components are named that can be seen: a whole face needs one word, not eighteen."""

    ALL = "all"
    ONLY = "only"
    ALL_BUT = "all_but"


EXTENTS: dict[Extent, str] = {
    Extent.ALL: "Every component can be seen",
    Extent.ONLY: "Only those chosen below",
    Extent.ALL_BUT: "Every one but those chosen below",
}


class NothingVisible(Refusal):
    rule = "NO_COMPONENT_VISIBLE"


class MarksTooLong(Refusal):
    rule = "MARKS_TOO_LONG"


class NotInAnalysis(Refusal):
    """What could not be seen before somebody was looked for is not found in a candidate afterwards."""

    rule = "NOT_IN_ANALYSIS"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one examiner saw in the probe alone; saved once and never changed."""

    examination_id: str
    usability: Usability
    visible: frozenset[Component]
    marks: str
    at: datetime

    def facts(self) -> dict[str, object]:
        """Its content as JSON can say it, in a fixed order."""
        return {
            "usability": self.usability.value,
            "visible": [c.value for c in COMPONENTS if c in self.visible],
            "marks": self.marks,
        }


def visible_components(
    extent: Extent, chosen: Iterable[Component]
) -> frozenset[Component]:
    """The components that can be seen; refuse none at all, and an exception that names nothing."""
    named = frozenset(chosen)
    if extent is not Extent.ALL and not named:
        raise NothingVisible("Choose at least one component, or another answer above.")
    match extent:
        case Extent.ALL:
            visible = frozenset(Component)
        case Extent.ONLY:
            visible = named
        case Extent.ALL_BUT:
            visible = frozenset(Component) - named
    if not visible:
        raise NothingVisible("At least one component has to be visible.")
    return visible


def analyse(
    examination_id: str,
    usability: Usability,
    visible: Iterable[Component],
    marks: str,
    at: datetime,
) -> Analysis:
    """Refuse an analysis of nothing, and one that is too long to be shown."""
    seen, text = frozenset(visible), marks.strip()
    if not seen:
        raise NothingVisible("At least one component has to be visible.")
    if len(text) > MARKS_MAX:
        raise MarksTooLong(
            f"Describe the distinctive marks in at most {MARKS_MAX} characters."
        )
    return Analysis(examination_id, usability, seen, text, at)


def with_the_rest_similar(findings: Findings, analysis: Analysis) -> Findings:
    """The findings with every component the analysis saw, and that none was chosen for, as similar.

    A component chosen as not visible stays so: a candidate may hide what the probe shows.
    """
    rest = [c for c in COMPONENTS if c in analysis.visible and c not in findings]
    return {**findings, **dict.fromkeys(rest, Finding.SIMILAR)}


def check_analysed(findings: Findings, explanation: str, analysis: Analysis) -> None:
    """Refuse to compare, without a word on why, what the analysis could not see (policy 3.3)."""
    fresh = _not_in(findings, analysis)
    if fresh and len(explanation.strip()) < EXPLANATION_MIN:
        names = ", ".join(COMPONENTS[c].lower() for c in fresh)
        raise NotInAnalysis(
            f"Your analysis of the probe called this not visible: {names}. Explain in at least "
            f"{EXPLANATION_MIN} characters how it can be compared after all, or leave it out."
        )


def _not_in(
    findings: Mapping[Component, Finding], analysis: Analysis
) -> list[Component]:
    return [
        c
        for c in COMPONENTS
        if findings.get(c, Finding.NOT_VISIBLE) is not Finding.NOT_VISIBLE
        and c not in analysis.visible
    ]
