"""The components of a face that are compared one by one, and what has to be seen before anybody is supported.

The list is that of FISWG's feature list v2.0 and ASTM E3149 (policy 3.2), from top to bottom, not by weight.
"""

from collections.abc import Mapping
from enum import StrEnum

from bot.errors import Refusal

VISIBLE_MIN = 3
EXPLANATION_MIN = 20


class Component(StrEnum):
    SKIN = "skin"
    OUTLINE = "outline"
    COMPOSITION = "composition"
    HAIRLINE = "hairline"
    FOREHEAD = "forehead"
    EYEBROWS = "eyebrows"
    EYES = "eyes"
    CHEEKS = "cheeks"
    NOSE = "nose"
    EARS = "ears"
    MOUTH = "mouth"
    CHIN = "chin"
    NECK = "neck"
    FACIAL_HAIR = "facial_hair"
    LINES = "lines"
    SCARS = "scars"
    MARKS = "marks"
    ALTERATIONS = "alterations"


COMPONENTS: dict[Component, str] = {
    Component.SKIN: "Skin",
    Component.OUTLINE: "Outline of face and head",
    Component.COMPOSITION: "Proportions of face and head",
    Component.HAIRLINE: "Hairline, baldness",
    Component.FOREHEAD: "Forehead",
    Component.EYEBROWS: "Eyebrows",
    Component.EYES: "Eyes",
    Component.CHEEKS: "Cheeks",
    Component.NOSE: "Nose",
    Component.EARS: "Ears",
    Component.MOUTH: "Mouth",
    Component.CHIN: "Chin and jawline",
    Component.NECK: "Neck",
    Component.FACIAL_HAIR: "Facial hair",
    Component.LINES: "Facial lines",
    Component.SCARS: "Scars",
    Component.MARKS: "Facial marks",
    Component.ALTERATIONS: "Alterations: piercing, tattoo, make-up, surgery",
}

SPECIFIC = frozenset(
    {
        Component.EARS,
        Component.NOSE,
        Component.EYES,
        Component.MOUTH,
        Component.SCARS,
        Component.MARKS,
    }
)
"""Of these at least one must be seen: the others are shared by many, or change."""


class Finding(StrEnum):
    """What the comparison of one component yields."""

    NOT_VISIBLE = "not_visible"
    SIMILAR = "similar"
    EXPLAINED = "dissimilar_explained"
    UNEXPLAINED = "dissimilar_unexplained"


FINDINGS: dict[Finding, str] = {
    Finding.NOT_VISIBLE: "Not visible, or not compared",
    Finding.SIMILAR: "Similar",
    Finding.EXPLAINED: "Dissimilar, explained",
    Finding.UNEXPLAINED: "Dissimilar, unexplained",
}

Findings = Mapping[Component, Finding]
"""Without those that are not visible."""


def without_hidden(findings: Findings) -> Findings:
    """Without what was chosen as not visible."""
    return {c: f for c, f in findings.items() if f is not Finding.NOT_VISIBLE}


class UnexplainedDissimilarity(Refusal):
    """One difference that nothing explains outweighs any number of similarities (policy 3.2, T4)."""

    rule = "UNEXPLAINED_DISSIMILARITY"


class TooFewComponents(Refusal):
    rule = "TOO_FEW_COMPONENTS"


class NotExplained(Refusal):
    rule = "EXPLANATION_MISSING"


def check_findings(findings: Findings, explanation: str, *, is_support: bool) -> None:
    """Refuse support that the compared components do not carry (policy 3.2).

    Whoever supports nobody need not fill the form, but must explain what is called explained.
    """
    explained = named(findings, Finding.EXPLAINED)
    if explained and len(explanation.strip()) < EXPLANATION_MIN:
        raise NotExplained(
            f"Explain the dissimilarity ({explained}) in at least {EXPLANATION_MIN} characters, for "
            "example by age, expression, light or angle."
        )
    if not is_support:
        return
    if unexplained := named(findings, Finding.UNEXPLAINED):
        raise UnexplainedDissimilarity(
            f"An unexplained dissimilarity ({unexplained}) rules support out. Explain it, or conclude "
            "0 or less."
        )
    if len(findings) < VISIBLE_MIN or not SPECIFIC & findings.keys():
        some = ", ".join(COMPONENTS[c].lower() for c in COMPONENTS if c in SPECIFIC)
        raise TooFewComponents(
            f"Support needs at least {VISIBLE_MIN} compared components, one of them of: {some}."
        )


def named(findings: Findings, finding: Finding) -> str:
    """The components of one finding in words, from top to bottom."""
    return ", ".join(
        COMPONENTS[c].lower() for c in COMPONENTS if findings.get(c) is finding
    )
