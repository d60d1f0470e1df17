"""What an image is worth for a comparison: measures, plain-word warnings, and the one hard limit."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.errors import Refusal

HARD_MIN_INTER_EYE_PX = 20
"""Below this distance between the eyes a search is not run at all (policy 3.7)."""

_GOOD_INTER_EYE_PX = 60
_SHORT_TEMPLATE = 10.0
"""Raw SFace vectors: 12.2 on clean faces, 9.2 to 9.7 on faces of 16 px or with motion blur."""


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

    def warnings(self) -> list[str]:
        """Say in plain words what is wrong and what would cure it; a warning never stops anyone."""
        return [*self._size_and_pose(), *self._light_and_focus()]

    def _size_and_pose(self) -> Iterator[str]:
        if self.inter_eye_px < _GOOD_INTER_EYE_PX:
            yield (
                f"The face is small: {self.inter_eye_px:.0f} px between the eyes, {_GOOD_INTER_EYE_PX} or more "
                "is wanted. Use the original recording, a nearer frame, or a camera closer to the person."
            )
        if abs(self.yaw_deg) > 30:
            yield "The face is turned to the side by more than about 30 degrees. Use a frame nearer to a frontal view."
        if abs(self.pitch_deg) > 25:
            yield "The face is seen from above or below. Use a frame from a camera nearer to eye level."
        if abs(self.roll_deg) > 35:
            yield "The head is tilted by more than about 35 degrees. Use a frame in which it is upright, or turn the image."

    def _light_and_focus(self) -> Iterator[str]:
        if self.mean_luminance < 50 or self.under_exposed > 0.4:
            yield "The face is dark. Use a frame with more light on the face."
        if self.mean_luminance > 215 or self.over_exposed > 0.25:
            yield "The face is overexposed. Use a frame with less light on the face."
        if self.contrast < 15:
            yield "The face has little contrast. Use a frame without haze, glare or a screen between."
        if self.sharpness < 60:
            yield "The face is blurred. Use a frame in which the person stands still and is in focus."
        if self.jpeg_quality is not None and self.jpeg_quality < 40:
            yield (
                f"The image is strongly compressed (JPEG quality about {self.jpeg_quality}). "
                "Ask for an export from the recorder instead of a screenshot or a messenger's copy."
            )
        if self.template_length < _SHORT_TEMPLATE:
            yield (
                "The software makes little of this face (covered, too small or too blurred); candidates will be weak. "
                "Use another frame, or several, of the same person."
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
