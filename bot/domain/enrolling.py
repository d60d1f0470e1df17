"""What a photograph has to show before its face is searched for years (policy 3.7)."""

from bot.domain.quality import ImageQuality
from bot.errors import Refusal

MIN_FACE_PX = 80
"""Of the box. The crop that the model sees spans a box of 80 px: a smaller face would be enlarged
for it. Of news photographs of 250 px, which are worse than mugshots, 1 % have a smaller one."""

MAX_ROLL_DEG = 45
"""A leaning head is put upright before it is encoded; one beyond this lies on its side, and that is
how an examiner would have to look at it."""

MIN_TEMPLATE_LENGTH = {"SFace": 8.5, "SFace+Dlib": 8.5}
"""Of the raw template, by model. Of 516 clear faces none was below 9.0, and faces that are blurred
beyond use have about 9: what is below is hardly a face, and is like everybody a little."""

_SIZABLE = 0.25
"""Part of the largest face's area from which on another face may be the one that is meant."""
_SURE_FACE = 0.8
"""Score of the detector below which a find may be a hand, an ear or a pattern."""


class Unenrollable(Refusal):
    """This photograph does not go into a gallery; the message says why."""

    rule = "PHOTO_UNSUITABLE"


class NoFaceShown(Unenrollable):
    rule = "PHOTO_NO_FACE"

    def __init__(self) -> None:
        super().__init__("no face was found in it")


def check_one_face(faces: list[tuple[float, float]]) -> None:
    """Refuse a photograph that shows several people; each face is its area and the detector's score."""
    largest = max(area for area, _ in faces)
    sizable = sum(
        area >= largest * _SIZABLE and score >= _SURE_FACE for area, score in faces
    )
    if sizable > 1:
        raise Unenrollable(
            f"it shows several faces ({sizable}); cut out the person it is of",
            rule="PHOTO_SEVERAL_FACES",
        )


def check_enrollable(quality: ImageQuality, model: str) -> None:
    """Refuse a face from which no good template can be made."""
    # "Not at least" rather than "less than": what could not be measured (NaN) is refused, too.
    if not quality.face_width_px >= MIN_FACE_PX:
        raise Unenrollable(
            f"the face is too small: {quality.face_width_px:.0f} px wide, at least {MIN_FACE_PX} are needed",
            rule="PHOTO_FACE_TOO_SMALL",
        )
    if not abs(quality.roll_deg) <= MAX_ROLL_DEG:
        raise Unenrollable(
            f"the head lies on its side ({abs(quality.roll_deg):.0f} degrees); turn the photograph upright",
            rule="PHOTO_SIDEWAYS",
        )
    if not quality.template_length >= MIN_TEMPLATE_LENGTH.get(model, 0.0):
        raise Unenrollable(
            "the software makes too little of the face: it is covered, blurred or too dark",
            rule="PHOTO_FACE_UNCLEAR",
        )
