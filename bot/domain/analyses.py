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
from bot.domain.purposes import ProhibitedUse
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


class Depiction(StrEnum):
    """What an examiner takes the probe for. Nothing but a photograph may be searched (policy 1.6; 7, A19)."""

    PHOTOGRAPH = "photograph"
    SKETCH = "sketch"
    LOOKALIKE = "lookalike"
    SYNTHETIC = "synthetic"
    SCREEN = "screen"


IS_PHOTOGRAPH = "an unmanipulated photograph of a real person"
NO_PHOTOGRAPH: dict[Depiction, str] = {
    Depiction.SKETCH: "a sketch or composite",
    Depiction.LOOKALIKE: "a celebrity or other look-alike",
    Depiction.SYNTHETIC: "generated, face-swapped, mirrored or with pasted features",
    Depiction.SCREEN: "a game, a film or a drawn character",
}
_RULES = {
    Depiction.SKETCH: "P_SKETCH",
    Depiction.LOOKALIKE: "P_LOOKALIKE",
    Depiction.SYNTHETIC: "P_SYNTH",
    Depiction.SCREEN: "P_SYNTH",
}
OBJECTION_MIN, OBJECTION_MAX = 20, 1000


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


class NoObjection(Refusal):
    rule = "OBJECTION_MISSING"


class NotInAnalysis(Refusal):
    """What could not be seen before somebody was looked for is not found in a candidate afterwards."""

    rule = "NOT_IN_ANALYSIS"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one examiner saw in the probe alone; saved once and never changed.

    ``depiction`` is None where it was saved before anybody was asked; ``objection`` is what shows that
    it is no photograph.
    """

    examination_id: str
    usability: Usability
    visible: frozenset[Component]
    marks: str
    at: datetime
    depiction: Depiction | None = None
    objection: str = ""

    def facts(self) -> dict[str, object]:
        """Its content as JSON can say it, in a fixed order."""
        return {
            "usability": self.usability.value,
            "visible": [c.value for c in COMPONENTS if c in self.visible],
            "marks": self.marks,
            "depiction": self.depiction.value if self.depiction else None,
            "objection": self.objection,
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
    *,
    depiction: Depiction = Depiction.PHOTOGRAPH,
    objection: str = "",
) -> Analysis:
    """Refuse an analysis of nothing, one that is too long to be shown, and one that calls the probe
    something else than a photograph without a word on why."""
    seen, text = frozenset(visible), marks.strip()
    if not seen:
        raise NothingVisible("At least one component has to be visible.")
    if len(text) > MARKS_MAX:
        raise MarksTooLong(
            f"Describe the distinctive marks in at most {MARKS_MAX} characters."
        )
    check_objection(depiction, objection)
    return Analysis(
        examination_id, usability, seen, text, at, depiction, objection.strip()
    )


def check_objection(depiction: Depiction, objection: str) -> None:
    """Whoever ends a request says why; whoever does not has no reason to."""
    said = len(objection.strip())
    if depiction is Depiction.PHOTOGRAPH:
        if said:
            raise NoObjection(
                "Above you call it a photograph. Choose there what it is, or leave this empty."
            )
    elif not OBJECTION_MIN <= said <= OBJECTION_MAX:
        raise NoObjection(
            f"Say in {OBJECTION_MIN} to {OBJECTION_MAX} characters what shows it."
        )


def refused_as(depiction: Depiction | None) -> ProhibitedUse | None:
    """The refusal that ends a request on such an image, in words for its requester; None for a photograph."""
    if depiction is None or depiction is Depiction.PHOTOGRAPH:
        return None
    rule = _RULES[depiction]
    return ProhibitedUse(
        f"This image was found to be {NO_PHOTOGRAPH[depiction]}: facial recognition may not be used with "
        f"it (rule {rule}). Send the original still. If you think this is wrong, ask the FIS supervisor.",
        rule=rule,
    )


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
