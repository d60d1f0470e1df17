"""Reads what a still's own file tells of its origin, and measures whether it is drawn on white.

This is no detector of forgeries: whoever forges removes the marks. What is generated or swapped without a
mark is not seen by it, nor is a shaded drawing.
"""

import io
import re
import warnings
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from PIL import ExifTags
from PIL import Image as Pillow

from bot.domain.origins import FOUND_MAX, Mark, Sign
from bot.matching.engine import Face
from bot.matching.images import Decoded, Image

_GENERATORS = re.compile(
    r"stable.?diffusion|midjourney|dall[\-·. ]?e\b|openai|adobe firefly|novelai|comfyui|automatic1111|invokeai"
    r"|leonardo\.ai|bing image creator|made with google ai|stylegan|deepfacelab|facefusion|faceswap|reface"
    r"|(?:composite(?:with)?)?trainedalgorithmicmedia",
    re.IGNORECASE,
)
_EDITORS = re.compile(
    r"photoshop|lightroom|\bgimp\b|snapseed|facetune|faceapp|\bremini\b|picsart|pixelmator|affinity photo"
    r"|paint\.net|paint ?shop|\bcanva\b|topaz|photoroom|\bmeitu\b|youcam|beautyplus|luminar|\bkrita\b|pixlr|\bfotor\b",
    re.IGNORECASE,
)
# PNG texts in which generators keep what they were asked for: the key alone says it.
_RECIPES = {"parameters", "prompt", "workflow", "sd-metadata", "invokeai_metadata"}
# Long enough not to occur by chance in compressed pixels.
_MADE_BY_ALGORITHM = b"rainedAlgorithmicMedia"
# Of XMP only what says how it was made: its names of names hold "photoshop" in the files of cameras, too.
_XMP = re.compile(
    r"(?:CreatorTool|softwareAgent|DigitalSourceType|Credit)(?:=\"|>)([^\"<]{1,300})"
)
_XMP_SHOT = re.compile(r"UserComment.{0,200}?Screenshot", re.DOTALL)
_READ_MAX = 100_000
_CAMERA = (ExifTags.Base.Make, ExifTags.Base.Model)
_TOLD = (
    *(ExifTags.Base.Software, ExifTags.Base.ProcessingSoftware),
    *(ExifTags.Base.ImageDescription, ExifTags.Base.Artist),
)
# Of telephones and laptops; sizes that video has as well are left out.
_SCREENS = frozenset(
    {
        *((750, 1334), (828, 1792), (1125, 2436), (1170, 2532), (1179, 2556)),
        *((1206, 2622), (1242, 2688), (1284, 2778), (1290, 2796), (1320, 2868)),
        *((1080, 2316), (1080, 2340), (1080, 2400), (1080, 2408), (1440, 3088)),
        *((1440, 3120), (1440, 3200), (1600, 2560), (1664, 2560), (1800, 2880)),
        (1964, 3024),
    }
)
DRAWN_FROM = 0.5
"""Share of the face that is white as paper. Measured: docs/decisions/0030."""
_SIDE = 96
_WHITE, _COLOURLESS = 217, 10  # of L and of chroma in 8-bit L*a*b*


def signs_of(data: bytes, decoded: Decoded, faces: Sequence[Face]) -> tuple[Sign, ...]:
    """What the bytes of a still tell; ``decoded`` is what they were found to be. Never raises for them."""
    texts, has_camera, is_shot = _read(data, decoded.format)
    signs = [*_by_program(texts, data)]
    if b"c2pa" in data and b"jumb" in data:
        signs.append(Sign(Mark.CREDENTIALS))
    size = (
        min(decoded.width, decoded.height),
        max(decoded.width, decoded.height),
    )
    if is_shot or (size in _SCREENS and not has_camera):
        why = "the file says so" if is_shot else f"{size[0]} x {size[1]} pixels"
        signs.append(Sign(Mark.SCREENSHOT, why))
    if faces:
        white = white_share(decoded.image, max(faces, key=lambda f: f.box[2]).box)
        if white >= DRAWN_FROM:
            signs.append(Sign(Mark.DRAWN, f"{white:.0%}"))
    if not has_camera:
        signs.append(Sign(Mark.NO_CAMERA))
    return tuple(signs)


def white_share(image: Image, box: tuple[float, float, float, float]) -> float:
    """How much of a face is white without any colour, 0 to 1."""
    left, top, width, height = (round(part) for part in box)
    left, top = max(left, 0), max(top, 0)
    face = image[top : top + max(height, 1), left : left + max(width, 1)]
    small = cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    chroma = np.hypot(lab[..., 1] - 128, lab[..., 2] - 128)
    return float(((lab[..., 0] > _WHITE) & (chroma < _COLOURLESS)).mean())


def _by_program(texts: Sequence[tuple[str, str]], data: bytes) -> Iterator[Sign]:
    """At most one of a generator and one of an editor: that it was named is enough."""
    made = next((key for key, _ in texts if key in _RECIPES), None)
    named = next((m[0] for _, t in texts if (m := _GENERATORS.search(t))), None)
    if made is not None or named is not None or _MADE_BY_ALGORITHM in data:
        found = named or made or "digital source type"
        yield Sign(Mark.GENERATOR, found[:FOUND_MAX])
    edited = next((m[0] for _, t in texts if (m := _EDITORS.search(t))), None)
    if edited is not None:
        yield Sign(Mark.EDITOR, edited[:FOUND_MAX])


def _read(data: bytes, format: str) -> tuple[list[tuple[str, str]], bool, bool]:
    """Texts by key, whether a camera is named, and whether it is said to be a screenshot; of metadata
    that is broken, as much as could be read."""
    texts: list[tuple[str, str]] = []
    has_camera = is_shot = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pillow.open(io.BytesIO(data), formats=[format]) as picture:
                texts.extend(_texts(picture))
                exif = picture.getexif()
                has_camera = any(str(exif.get(tag, "")).strip() for tag in _CAMERA)
                texts.extend(("exif", _text(exif.get(tag, ""))) for tag in _TOLD)
                comment = exif.get_ifd(ExifTags.IFD.Exif).get(
                    ExifTags.Base.UserComment, ""
                )
                texts.append(("comment", _text(comment)))
    except Exception:  # noqa: BLE001, S110 - metadata may be broken in any way; the pixels are still good
        pass
    is_shot = any("screenshot" in text.lower() for _, text in texts)
    return texts, has_camera, is_shot


def _texts(picture: Pillow.Image) -> Iterator[tuple[str, str]]:
    for key, value in picture.info.items():
        if isinstance(value, str | bytes) and key not in ("exif", "icc_profile"):
            yield from _text_of(str(key).lower(), _text(value))


def _text_of(key: str, text: str) -> Iterator[tuple[str, str]]:
    if "xmp" not in key:
        yield key, text
        return
    for said in _XMP.findall(text):
        yield key, said
    if _XMP_SHOT.search(text):
        yield key, "Screenshot"


def _text(value: object) -> str:
    if isinstance(value, bytes):
        # Both ways: in UTF-16 a zero stands behind every letter.
        return value[:_READ_MAX].replace(b"\0", b"").decode("utf-8", "replace")
    return str(value)[:_READ_MAX]
