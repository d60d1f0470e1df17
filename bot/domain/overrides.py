"""Proposing somebody on a weak image takes a written reason for every warning at once (policy 3.7).

A warning stops no search and no comparison; what it stops is a possible match that nobody has said why
the image carries. Hard stops cannot be overridden at all.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.quality import Warned
from bot.errors import Refusal

OVERRIDE_MIN = 20
OVERRIDE_MAX = 1000


class NotOverridden(Refusal):
    """Somebody is proposed on an image that is warned about, and nobody has said why."""

    rule = "QUALITY_NOT_OVERRIDDEN"


@dataclass(frozen=True, slots=True)
class Override:
    """Why one examiner proposes somebody although the image is warned about."""

    examination_id: str
    warned: tuple[Warned, ...]
    reason: str
    at: datetime


def check_override(warned: tuple[Warned, ...], reason: str, *, proposes: bool) -> None:
    """Refuse a proposal on an image that is warned about without a reason of some length."""
    if not (warned and proposes):
        return
    if len(reason.strip()) < OVERRIDE_MIN:
        named = ", ".join(warned)
        raise NotOverridden(
            f"The image is warned about ({named}). Say in at least {OVERRIDE_MIN} characters why it "
            "carries what you propose all the same, or propose nobody."
        )
    if len(reason.strip()) > OVERRIDE_MAX:
        raise NotOverridden(f"Say it in at most {OVERRIDE_MAX} characters.")
