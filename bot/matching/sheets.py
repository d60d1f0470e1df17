"""Pictures for people: two faces side by side, a group with numbers, a photograph without its metadata."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from bot.matching import alignment
from bot.matching.engine import Points
from bot.matching.images import Image, encode_png

MAX_ENLARGEMENT = 4.0
"""Beyond this an examiner would look at what the interpolation made up."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """An edit of the probe; ``done`` says in words what was done to it, edit by edit, and ``origin``
    takes a point of the original to where it is now."""

    image: Image
    points: Points
    title: str
    done: tuple[str, ...] = ()
    origin: alignment.Affine = field(
        default_factory=lambda: np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    )


_EYES_APART = 140
_NARROWEST = 340
_LINE = 22
_BACKGROUND = 245
_SURROUND = 120
_INK = (20, 20, 20)
_FRAME = (255, 200, 0)
_OVERVIEW = 1280
_CROP_HEIGHT = 160


def side_by_side(
    probe_image: Image,
    probe_points: Points,
    candidate_image: Image,
    candidate_points: Points,
    label: str,
    edited: Edited | None = None,
) -> bytes:
    """Draw both faces upright as PNG: eyes level, at the same places, the same distance apart.

    Nothing else is changed: no sharpening, no brightening, no mirror. ``label`` is the candidate's
    letter. ``edited`` is shown beside the probe it was made of, if the search was on it.
    """
    pairs = ((probe_image, probe_points), (candidate_image, candidate_points))
    apart = min(
        _EYES_APART, *(MAX_ENLARGEMENT * _eye_distance(points) for _, points in pairs)
    )
    titles = ("Probe", f"Candidate {label}")
    panels = [
        _captioned(image, points, apart, title)
        for (image, points), title in zip(pairs, titles, strict=True)
    ]
    if edited is not None:
        enlarged = alignment.most_enlarged(edited.origin)
        # What the edits made larger is not what the camera saw.
        nearest = MAX_ENLARGEMENT * _eye_distance(edited.points) / enlarged
        panel = _captioned(
            edited.image,
            edited.points,
            min(apart, nearest),
            edited.title,
            panels[0].shape[1],
            edited.origin,
        )
        panels.insert(0, panel)
    gap = _blank(6, panels[0].shape[0])
    sheet = np.hstack([part for panel in panels for part in (gap, panel)][1:])
    footer = _text(
        ["Aid only: compare on the originals. Scaled and turned, otherwise unchanged."],
        sheet.shape[1],
    )
    words = edited.done if edited is not None else ()
    told = [_text([word], sheet.shape[1]) for word in words]
    return encode_png(np.vstack([sheet, *told, footer]))


def numbered_faces(image: Image, boxes: Sequence[Box]) -> bytes:
    """Draw a numbered frame round every face, and below it every face by itself, as PNG."""
    overview = _overview(image, boxes)
    crops = [_crop(image, box, number) for number, box in enumerate(boxes, start=1)]
    rows = list(_rows(crops, overview.shape[1]))
    width = max(part.shape[1] for part in (overview, *rows))
    return encode_png(np.vstack([_widened(part, width) for part in (overview, *rows)]))


def photo_card(image: Image, max_side: int = 1024) -> bytes:
    """Encode a photograph as PNG without metadata, made smaller if need be, never larger."""
    return encode_png(_within(image, max_side))


def _captioned(
    image: Image,
    points: Points,
    apart: float,
    title: str,
    width: int = 0,
    origin: alignment.Affine | None = None,
) -> Image:
    width = width or max(round(apart * 3.4), _NARROWEST)
    height = round(width * 1.25)
    level, half = height * 0.42, apart / 2
    eyes = np.array([[width / 2 - half, level], [width / 2 + half, level]])
    affine = alignment.similarity(points[:2], eyes)
    face = alignment.warp(image, affine, (width, height), surround=_SURROUND)
    lines = [title, *captions(image, points, affine, origin)]
    return np.vstack([_text(lines, width), face])


def captions(
    image: Image,
    points: Points,
    affine: alignment.Affine,
    origin: alignment.Affine | None = None,
) -> list[str]:
    """How large a picture is and how it is shown; of an edit, what became of the original by ``origin``
    and by ``affine`` together."""
    height, width = image.shape[:2]
    if origin is None:
        return [
            f"original {width} x {height} px, {_eye_distance(points):.0f} px between the eyes",
            f"shown at {alignment.scale_of(affine):.2f} times its size, turned by {_turned(affine):+.0f} degrees",
        ]
    eyes = alignment.apply(alignment.invert(origin), points[:2].astype(np.float64))
    shown = alignment.after(origin, affine)
    return [
        f"edited {width} x {height} px; of the original {_eye_distance(eyes):.0f} px between the eyes",
        f"the original at {alignment.most_enlarged(shown):.2f} times its size, turned by {_turned(shown):+.0f}",
    ]


def _eye_distance(points: NDArray[np.floating]) -> float:
    return max(float(np.linalg.norm(points[1] - points[0])), 1.0)


def _turned(affine: alignment.Affine) -> float:
    # Adding zero makes of "minus nothing" plain nothing.
    return round(float(np.degrees(np.arctan2(affine[1, 0], affine[0, 0])))) + 0.0


def _overview(image: Image, boxes: Sequence[Box]) -> Image:
    small = _within(image, _OVERVIEW)
    scale = small.shape[1] / image.shape[1]
    picture = Pillow.fromarray(small)
    draw = ImageDraw.Draw(picture)
    for number, (x, y, width, height) in enumerate(boxes, start=1):
        corners = [v * scale for v in (x, y, x + width, y + height)]
        draw.rectangle(corners, outline=_FRAME, width=3)
        _tag(draw, (max(corners[0], 0), max(corners[1], 0)), number)
    return np.array(picture)


def _crop(image: Image, box: Box, number: int) -> Image:
    x, y, width, height = box
    margin = 0.3 * max(width, height)
    left, top = (max(int(v - margin), 0) for v in (x, y))
    right, bottom = int(x + width + margin), int(y + height + margin)
    seen = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    size = (
        max(round(_CROP_HEIGHT * seen.shape[1] / seen.shape[0]), 1),
        _CROP_HEIGHT,
    )
    picture = Pillow.fromarray(_resized(seen, size))
    _tag(ImageDraw.Draw(picture), (0, 0), number)
    return np.array(picture)


def _rows(crops: list[Image], width: int) -> Iterator[Image]:
    """Put the crops side by side, a new row where the width is used up."""
    row: list[Image] = []
    for crop in crops:
        if row and sum(one.shape[1] for one in row) + crop.shape[1] > width:
            yield np.hstack(row)
            row = []
        row.append(crop)
    if row:
        yield np.hstack(row)


def _tag(draw: ImageDraw.ImageDraw, at: tuple[float, float], number: int) -> None:
    font = ImageFont.load_default(18)
    box = draw.textbbox(at, str(number), font=font)
    draw.rectangle((at[0], at[1], box[2] + 6, box[3] + 5), fill=_FRAME)
    draw.text((at[0] + 3, at[1] + 1), str(number), fill=_INK, font=font)


def _text(lines: list[str], width: int) -> Image:
    picture = Pillow.fromarray(_blank(width, _LINE * len(lines) + 8))
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        size = 17 if number == 0 and len(lines) > 1 else 12
        at = (8, 4 + number * _LINE)
        draw.text(at, line, fill=_INK, font=ImageFont.load_default(size))
    return np.array(picture)


def _within(image: Image, max_side: int) -> Image:
    factor = max_side / max(image.shape[:2])
    if factor >= 1:
        return image
    height, width = image.shape[:2]
    return _resized(
        image, (max(round(width * factor), 1), max(round(height * factor), 1))
    )


def _resized(image: Image, size: tuple[int, int]) -> Image:
    smaller = size[0] < image.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def _widened(part: Image, width: int) -> Image:
    return np.hstack([part, _blank(width - part.shape[1], part.shape[0])])


def _blank(width: int, height: int) -> Image:
    return np.full((height, width, 3), _BACKGROUND, np.uint8)
