"""What an image is worth for a comparison: measures, plain-word warnings, and the one hard limit."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import Refusal

HARD_MIN_INTER_EYE_PX = 20
"""Below this distance between the eyes a search is not run at all (policy 3.7)."""

_GOOD_INTER_EYE_PX = 60
_SHORT_TEMPLATE = 10.0
"""Raw SFace vectors: 12.2 on clean faces, 9.2 to 9.7 on faces of 16 px or with motion blur."""


_COVERED = 0.6
"""Detail around eyes or mouth, against that of the face: of 100 faces this warns of every cloth and of 88 pairs of
dark glasses, of none uncovered (also dark or from a poor camera), and of 3 that are 16 px wide."""


class Warned(StrEnum):
    """What kind of thing is warned about."""

    SIZE = "size"
    POSE = "pose"
    LIGHT = "light"
    FOCUS = "focus"
    COMPRESSION = "compression"
    COVERED = "covered"
    SEARCHABLE = "searchable"


class Unsuitable(Refusal):
    """This image cannot be searched as it is; the message says what would cure it."""

    rule = "PROBE_UNSUITABLE"


class NoFace(Unsuitable):
    """Nobody was found in the image."""

    rule = "PROBE_NO_FACE"

    def __init__(self) -> None:
        super().__init__(
            "No face was found in this image. Send a frame in which the face is turned to the camera, "
            "at least 20 px between the eyes, not covered, and neither cropped nor rotated."
        )


@dataclass(frozen=True, slots=True)
class ImageQuality:
    """Measures of one face in one image.

    The three angles are rough: they are read off five points, not off a head model, and are good
    enough to say "turned away", not to state an angle in a report. Positive yaw is a face turned to
    the right of the picture, positive pitch looks up, positive roll leans clockwise.
    """

    inter_eye_px: float
    face_width_px: float
    sharpness: float
    """Variance of the Laplacian on the face scaled to 64 px; noise and compression raise it."""
    mean_luminance: float
    """0 to 255, of the face."""
    under_exposed: float
    """Share of the face's pixels darker than 25 of 255."""
    over_exposed: float
    """Share of the face's pixels brighter than 247 of 255."""
    contrast: float
    """Standard deviation of the face's luminance, 0 to 127."""
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    jpeg_quality: int | None
    """Estimated from the quantization table; nothing is known of earlier compressions."""
    detector_score: float
    template_length: float
    """Length of the raw template: of all measures the best sign of a searchable face."""
    dynamic_bits: float | None = None
    """Entropy of the face's greys, 0 to 8 bits; None of a face measured before there was any."""
    eyes_detail: float | None = None
    mouth_detail: float | None = None
    """How much the picture changes there from pixel to pixel, against the face as a whole: a proxy for
    what is covered. A patterned cloth is not seen by it."""

    def warnings(self) -> list[str]:
        """Say in plain words what is wrong and what would cure it; a warning never stops a search."""
        return [said for _, said in self._warned()]

    def warned(self) -> tuple[Warned, ...]:
        """What has to be overridden with a reason before anybody is proposed on this face (policy 3.7)."""
        return tuple(dict.fromkeys(kind for kind, _ in self._warned()))

    def _warned(self) -> Iterator[tuple[Warned, str]]:
        yield from self._size_and_pose()
        yield from self._light_and_focus()
        yield from self._covered()

    def _size_and_pose(self) -> Iterator[tuple[Warned, str]]:
        if self.inter_eye_px < _GOOD_INTER_EYE_PX:
            yield (
                Warned.SIZE,
                f"The face is small: {self.inter_eye_px:.0f} px between the eyes, {_GOOD_INTER_EYE_PX} or more "
                "is wanted. Use the original recording, a nearer frame, or a camera closer to the person.",
            )
        if abs(self.yaw_deg) > 30:
            yield (
                Warned.POSE,
                "The face is turned to the side by more than about 30 degrees. Use a frame nearer to a frontal view.",
            )
        if abs(self.pitch_deg) > 25:
            yield (
                Warned.POSE,
                "The face is seen from above or below. Use a frame from a camera nearer to eye level.",
            )
        if abs(self.roll_deg) > 35:
            yield (
                Warned.POSE,
                "The head is tilted by more than about 35 degrees. Use a frame in which it is upright, or turn the image.",
            )

    def _light_and_focus(self) -> Iterator[tuple[Warned, str]]:
        if self.mean_luminance < 50 or self.under_exposed > 0.4:
            yield (
                Warned.LIGHT,
                "The face is dark. Use a frame with more light on the face.",
            )
        if self.mean_luminance > 215 or self.over_exposed > 0.25:
            yield (
                Warned.LIGHT,
                "The face is overexposed. Use a frame with less light on the face.",
            )
        if self.contrast < 15:
            yield (
                Warned.LIGHT,
                "The face has little contrast. Use a frame without haze, glare or a screen between.",
            )
        if self.sharpness < 60:
            yield (
                Warned.FOCUS,
                "The face is blurred. Use a frame in which the person stands still and is in focus.",
            )
        if self.jpeg_quality is not None and self.jpeg_quality < 40:
            yield (
                Warned.COMPRESSION,
                f"The image is strongly compressed (JPEG quality about {self.jpeg_quality}). "
                "Ask for an export from the recorder instead of a screenshot or a messenger's copy.",
            )
        if self.template_length < _SHORT_TEMPLATE:
            yield (
                Warned.SEARCHABLE,
                "The software makes little of this face (covered, too small or too blurred); candidates will be weak. "
                "Use another frame, or several, of the same person.",
            )

    def _covered(self) -> Iterator[tuple[Warned, str]]:
        if self.eyes_detail is not None and self.eyes_detail < _COVERED:
            yield (
                Warned.COVERED,
                "The eyes seem to be covered. Use a frame without dark glasses or a shadow over them.",
            )
        if self.mouth_detail is not None and self.mouth_detail < _COVERED:
            yield (
                Warned.COVERED,
                "The mouth seems to be covered. Use a frame without mask, scarf or hand before it.",
            )


def check_suitable(quality: ImageQuality) -> None:
    """Refuse a face that is too small to be searched."""
    # "Not at least" rather than "less than": what could not be measured (NaN) is refused, too.
    if not quality.inter_eye_px >= HARD_MIN_INTER_EYE_PX:
        shown = min(quality.inter_eye_px, HARD_MIN_INTER_EYE_PX - 0.1)  # never "20.0"
        raise Unsuitable(
            f"The face is too small: {shown:.1f} px between the eyes, at least {HARD_MIN_INTER_EYE_PX} are "
            "needed. Send the original recording or a frame in which the person is nearer; enlarging this one does not help.",
            rule="PROBE_TOO_SMALL",
        )
