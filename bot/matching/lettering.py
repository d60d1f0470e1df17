"""Words and blank paper for drawn sheets, and how their parts are put together."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from bot.matching.images import Image

BACKGROUND = 245
INK = (20, 20, 20)

_TITLE, _PLAIN = 18, 13
_REMEMBERED = 64
"""Most words are the same on every sheet: drawing them took a tenth of its time."""


def written(lines: Sequence[str], width: int, *, titled: bool = False) -> Image:
    """Draw lines of text; the first one larger if ``titled``. Lines too long for ``width`` are continued below."""
    return _written(tuple(lines), width, titled)


@lru_cache(_REMEMBERED)
def _written(lines: tuple[str, ...], width: int, titled: bool) -> Image:
    fitted = [
        (part, _TITLE if titled and number == 0 else _PLAIN)
        for number, line in enumerate(lines)
        for part in _broken(line, width, _TITLE if titled and number == 0 else _PLAIN)
    ]
    height = sum(_below(size) for _, size in fitted)
    picture = Pillow.fromarray(blank(width, height + 8))
    draw, top = ImageDraw.Draw(picture), 3
    for line, size in fitted:
        draw.text((8, top), line, fill=INK, font=_font(size))
        top += _below(size)
    drawn: Image = np.array(picture)
    drawn.flags.writeable = False
    return drawn


def _below(size: int) -> int:
    """From the top of one line to that of the next, in pixels."""
    return round(size * 1.45)


def _broken(line: str, width: int, size: int) -> list[str]:
    """Break between words where the width is used up."""
    parts = [""]
    for word in line.split(" "):
        longer = f"{parts[-1]} {word}".strip()
        if parts[-1] and _font(size).getlength(longer) > width - 12:
            parts.append(word)
        else:
            parts[-1] = longer
    return parts


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101  Pillow is installed with FreeType
    return font


def blank(width: int, height: int) -> Image:
    return np.full((height, width, 3), BACKGROUND, np.uint8)


def widened(part: Image, width: int) -> Image:
    """Add blank paper to the right."""
    return np.hstack([part, blank(width - part.shape[1], part.shape[0])])


def beside(parts: Sequence[Image], gap: int) -> Image:
    """Put the parts side by side, their tops level."""
    height = max(part.shape[0] for part in parts)
    row: list[Image] = []
    for part in parts:
        if row:
            row.append(blank(gap, height))
        row.append(np.vstack([part, blank(part.shape[1], height - part.shape[0])]))
    return np.hstack(row)


def under(parts: Sequence[Image]) -> Image:
    return np.vstack(parts)
