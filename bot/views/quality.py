"""What is measured of a probe, for examiners and supervisors: short enough to be read (policy 3.7)."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.measures import Measure
from bot.domain.origins import Sign, words
from bot.domain.overrides import OVERRIDE_MAX, OVERRIDE_MIN
from bot.views.blocks import Json, context, field, long_text_input, section
from bot.views.ids import BlockId
from bot.views.text import fitted

_WARNINGS_MAX = 12
_WARNING_MAX = 200
_SIGN_MAX = 300


@dataclass(frozen=True, slots=True)
class ProbeQuality:
    """Measures of the face that was searched for, what is warned about, in words, and what the file
    tells of its origin."""

    measures: tuple[Measure, ...]
    warnings: tuple[str, ...] = ()
    signs: tuple[Sign, ...] | None = None


def origin(signs: tuple[Sign, ...] | None) -> Iterator[Json]:
    """What the file tells of its origin; nothing where nobody has looked."""
    if signs is None:
        return
    said = "\n".join(f"• {fitted(words(sign), _SIGN_MAX)}" for sign in signs)
    yield section(
        f"*What the file says of itself*\n{said or 'Nothing that stands out.'}"
    )
    yield context(
        "Marks are easily removed or forged: none of them proves anything, and their absence does not "
        "either. Look at the picture."
    )


def measured(quality: ProbeQuality) -> Iterator[Json]:
    """Warnings in words, then every number on a few lines."""
    yield section("*Quality of the image*\n" + _warned(quality.warnings))
    lines = " · ".join(map(_line, quality.measures))
    yield context(
        f"0 to 100, 100 is best, on a scale of this program's own: {lines}. "
        "“≈” is read off something else and is rough."
    )
    yield from origin(quality.signs)


def override_fields(warnings: tuple[str, ...]) -> Iterator[Json]:
    """What has to be said once before somebody is proposed on a poor image."""
    yield section("*The image is warned about*\n" + _warned(warnings))
    yield field(
        BlockId.OVERRIDE,
        "Why the image carries what you propose",
        long_text_input(least=OVERRIDE_MIN, most=OVERRIDE_MAX),
        hint=f"One reason for all of it, in at least {OVERRIDE_MIN} characters. The supervisor reads it.",
    )


def _warned(warnings: tuple[str, ...]) -> str:
    if not warnings:
        return "Nothing is warned about."
    return "\n".join(f"• {fitted(w, _WARNING_MAX)}" for w in warnings[:_WARNINGS_MAX])


def _line(measure: Measure) -> str:
    proxy = "≈" if measure.is_proxy else ""
    if measure.value is None:
        return f"{measure.name} not known ({measure.raw})"
    return f"{measure.name} {proxy}{measure.value}, {measure.means} ({measure.raw})"
