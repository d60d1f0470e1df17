"""The measures of an image as numbers from 0 to 100, with what was measured and what it means (policy 3.7).

The names, and that 100 is best, are those of ISO/IEC 29794-5; so are the forms of the curves: a logistic
one for sizes and light, the square of the cosine for the head's pose, eight bits of entropy for the range
of greys. Their constants are this project's own, and lie so that a measure falls to about 50 where it
begins to matter and below 40 where it is warned about. The numbers compare with nothing but each other.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.quality import ImageQuality

GOOD, USABLE, POOR = 70, 40, 20

# Middle and width of each logistic curve.
_SEARCHABLE = (10.85, 0.614)
"""Length of the raw template: 20 of 100 at 10.0, where it is warned about, 90 at the median of clean faces."""
_INTER_EYE_PX = (60.0, 15.0)
_FACE_PX = (130.0, 32.0)
"""The face is about 2.2 times as wide as its eyes stand apart."""
_SHARPNESS_BITS = (math.log2(100), 0.8)
"""Binary logarithm of the variance of the Laplacian: 500 on clean portraits, 90 at 24 px or out of focus."""
_LUMINANCE = ((0.2, 0.05), (0.8, 0.05))
_CONTRAST = (20.0, 5.0)
_SEEN = (0.75, 0.1)
"""Detail in the region against that of the face: 0.9 to 1.9 uncovered, 0 to 0.7 under a cloth or dark glasses."""
_DARK_FALLS, _BRIGHT_FALLS = 0.25, 0.155
"""A share so large takes the measure to a third."""
_BITS = 8.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: ``value`` 0 to 100, higher is better, None if it cannot be told; ``raw`` as it was measured."""

    name: str
    value: int | None
    raw: str
    is_proxy: bool = False

    @property
    def means(self) -> str:
        if self.value is None:
            return "not known"
        for least, word in ((GOOD, "good"), (USABLE, "usable"), (POOR, "poor")):
            if self.value >= least:
                return word
        return "very poor"


def measures(quality: ImageQuality, single: int | None = None) -> tuple[Measure, ...]:
    """Everything that is measured of one face; ``single`` is what ``single_face`` says of its image.

    Not measured, because nothing that is shipped can tell: expression, head coverings, natural colour,
    an open mouth, closed eyes, the background.
    """
    return (*_whole(quality, single), *_light(quality), *_pose(quality))


def single_face(areas: Sequence[float], chosen: int) -> int:
    """100 for a face that is alone; less, the larger another one beside it is."""
    others = [area for place, area in enumerate(areas) if place != chosen]
    largest = max(others, default=0.0) / max(areas[chosen], 1.0)
    return _hundred(1 - min(largest, 1.0))


def _whole(quality: ImageQuality, single: int | None) -> Iterator[Measure]:
    yield Measure(
        "Unified quality",
        _logistic(quality.template_length, _SEARCHABLE),
        f"template length {quality.template_length:.1f}",
        is_proxy=True,
    )
    yield Measure(
        "Distance between the eyes",
        _logistic(quality.inter_eye_px, _INTER_EYE_PX),
        f"{quality.inter_eye_px:.0f} px",
    )
    yield Measure(
        "Size of the face",
        _logistic(quality.face_width_px, _FACE_PX),
        f"{quality.face_width_px:.0f} px wide",
    )
    yield Measure(
        "Sharpness",
        _logistic(math.log2(max(quality.sharpness, 1.0)), _SHARPNESS_BITS),
        f"{quality.sharpness:.0f}",
    )
    yield Measure(
        "Compression", quality.jpeg_quality, _compression(quality.jpeg_quality)
    )
    yield _seen("Eyes visible", quality.eyes_detail)
    yield _seen("Mouth visible", quality.mouth_detail)
    if single is not None:
        yield Measure("Single face", single, "alone" if single == 100 else "not alone")


def _light(quality: ImageQuality) -> Iterator[Measure]:
    mean = quality.mean_luminance
    enough, not_too_much = _LUMINANCE
    lit = _curve(mean / 255, enough) * (1 - _curve(mean / 255, not_too_much))
    yield Measure("Luminance", _hundred(lit), f"mean {mean:.0f} of 255")
    yield Measure(
        "Under-exposure",
        _hundred(math.exp(-quality.under_exposed / _DARK_FALLS)),
        f"{quality.under_exposed:.0%} too dark",
    )
    yield Measure(
        "Over-exposure",
        _hundred(math.exp(-quality.over_exposed / _BRIGHT_FALLS)),
        f"{quality.over_exposed:.0%} too bright",
    )
    yield Measure(
        "Contrast",
        _logistic(quality.contrast, _CONTRAST),
        f"spread {quality.contrast:.0f}",
    )
    bits = quality.dynamic_bits
    yield Measure(
        "Dynamic range",
        None if bits is None else _hundred(bits / _BITS),
        "not measured" if bits is None else f"{bits:.1f} of 8 bits",
    )


def _pose(quality: ImageQuality) -> Iterator[Measure]:
    for name, degrees in (
        ("Pose, to the side", quality.yaw_deg),
        ("Pose, up or down", quality.pitch_deg),
        ("Pose, tilted", quality.roll_deg),
    ):
        straight = max(math.cos(math.radians(degrees)), 0.0) ** 2
        yield Measure(
            name, _hundred(straight), f"about {degrees:+.0f} degrees", is_proxy=True
        )


def _seen(name: str, detail: float | None) -> Measure:
    if detail is None:
        return Measure(name, None, "not measured", is_proxy=True)
    said = f"detail {detail:.2f} of the face's"
    return Measure(name, _logistic(detail, _SEEN), said, is_proxy=True)


def _compression(quality: int | None) -> str:
    return "no JPEG" if quality is None else f"JPEG quality about {quality}"


def _logistic(raw: float, curve: tuple[float, float]) -> int:
    return _hundred(_curve(raw, curve))


def _curve(raw: float, curve: tuple[float, float]) -> float:
    middle, width = curve
    steep = min(max((raw - middle) / width, -60.0), 60.0)
    return 1 / (1 + math.exp(-steep))


def _hundred(share: float) -> int:
    # What could not be measured (NaN) is worth nothing.
    return 0 if math.isnan(share) else round(100 * min(max(share, 0.0), 1.0))
