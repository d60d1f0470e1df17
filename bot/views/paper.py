"""Pages to print: headings, facts, tables and pictures as PDF, the same bytes for the same content.

Set in DejaVu Sans, which comes with matplotlib and holds Latin, Greek, Cyrillic, Arabic, Hebrew and more. What
it does not hold, and what cannot be seen on paper, is written as its code point.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Image,
    KeepTogether,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)

from bot.views.text import is_unseen

PLAIN, BOLD = "FisPlain", "FisBold"
_MARGIN = 18 * mm
WIDTH = letter[0] - 2 * _MARGIN
_INK, _GREY, _RULE = HexColor("#141414"), HexColor("#555555"), HexColor("#bbbbbb")
CODE_POINTS = (
    "What this typeface does not hold, and what cannot be seen on paper, is written as its code point, [U+4E00] for "
    "instance. Writing from right to left stands in the order in which it was typed."
)


class Paper:
    """Collects what stands on the pages; ``content`` sets them. ``at`` is the time that the file itself tells."""

    def __init__(self, title: str, foot: str, at: datetime) -> None:
        _fonts()
        self._title, self._foot = title, foot
        self._made = f"D:{at.astimezone(UTC):%Y%m%d%H%M%SZ}"
        self._story: list[Any] = [Paragraph(_marked(title), _TITLE)]

    def heading(self, text: str, level: int = 1) -> None:
        self._story.append(Paragraph(_marked(text), _HEADS[level - 1]))

    def text(self, text: str, *, small: bool = False, strong: bool = False) -> None:
        style = _SMALL if small else _STRONG if strong else _TEXT
        self._story += [Paragraph(_marked(part), style) for part in text.split("\n\n")]

    def points(self, texts: Iterable[str]) -> None:
        self._story += [
            Paragraph(_marked(text), _POINT, bulletText="•") for text in texts
        ]

    def facts(self, known: Iterable[tuple[str, str]]) -> None:
        """Name and value, one pair below the other; empty values are left out."""
        rows = [[name, value] for name, value in known if value != ""]
        if rows:
            self._grid(rows, (0.28, 0.72), head=False)

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        shares: Sequence[float],
    ) -> None:
        """``shares`` are those of the columns in the width of the page."""
        self._grid([list(head), *map(list, rows)], shares, head=True)

    def picture(
        self,
        jpeg: bytes,
        caption: str,
        *,
        width: float = 60 * mm,
        height: float = 70 * mm,
    ) -> None:
        """As large as it fits into ``width`` and ``height``, never larger than 72 pixels an inch make it."""
        across, down = ImageReader(io.BytesIO(jpeg)).getSize()
        scale = min(width / across, height / down, 1.0)
        drawn = Image(io.BytesIO(jpeg), across * scale, down * scale, hAlign="LEFT")
        below = Paragraph(_marked(caption), _SMALL)
        self._story.append(KeepTogether([Spacer(1, 4), drawn, below, Spacer(1, 6)]))

    def page(self) -> None:
        self._story.append(PageBreak())

    def content(self) -> bytes:
        file = io.BytesIO()
        SimpleDocTemplate(
            file,
            pagesize=letter,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=16 * mm,
            bottomMargin=18 * mm,
            title=printable(self._title),
            author="FIS Bot",
            invariant=1,  # no moment of its making, no random number: the same bytes every time
            lang="en-US",
        ).build(self._story, onFirstPage=self._first, onLaterPages=self._below)
        return file.getvalue()

    def _grid(
        self, rows: list[list[str]], shares: Sequence[float], *, head: bool
    ) -> None:
        cells = [
            [
                Paragraph(
                    _marked(text),
                    _NAME if (head and not row) or (not head and not column) else _CELL,
                )
                for column, text in enumerate(texts)
            ]
            for row, texts in enumerate(rows)
        ]
        self._story.append(
            LongTable(
                cells,
                colWidths=[share * WIDTH for share in shares],
                repeatRows=1 if head else 0,
                splitInRow=1,  # nothing that somebody wrote is too long for a page
                style=_GRID,
                hAlign="LEFT",
            )
        )
        self._story.append(Spacer(1, 6))

    def _first(self, canvas: Any, document: Any) -> None:
        canvas.setDateFormatter(lambda *_: self._made)
        self._below(canvas, document)

    def _below(self, canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(_GREY)
        canvas.drawString(_MARGIN, 10 * mm, printable(self._foot)[:150])
        canvas.drawRightString(letter[0] - _MARGIN, 10 * mm, f"Page {document.page}")
        canvas.restoreState()


def printable(text: str) -> str:
    """What can be set: the text with the code point in the place of what the typeface does not hold."""
    held = _fonts()
    return "".join(
        character
        if character == "\n" or (ord(character) in held and not is_unseen(character))
        else f"[U+{ord(character):04X}]"
        for character in text.replace("\r\n", "\n").replace("\t", "    ")
    )


def _marked(text: str) -> str:
    """Text of anybody, in which no markup of ours is found."""
    return escape(printable(text)).replace("\n", "<br/>")


@cache
def _fonts() -> frozenset[int]:
    """Register the typeface, once a process; return the code points it holds."""
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None  # noqa: S101, PT018  a package of the lock
    folder = Path(found.origin).parent / "mpl-data/fonts/ttf"
    pdfmetrics.registerFont(TTFont(PLAIN, str(folder / "DejaVuSans.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(folder / "DejaVuSans-Bold.ttf")))
    held = [set(pdfmetrics.getFont(name).face.charToGlyph) for name in (PLAIN, BOLD)]
    return frozenset(set.intersection(*held))


def _style(name: str, size: float, font: str = PLAIN, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=size * 1.35, textColor=_INK, **more
    )


_TITLE = _style("title", 15, BOLD, spaceAfter=6)
_HEADS = (
    _style("first", 12, BOLD, spaceBefore=10, spaceAfter=4, keepWithNext=1),
    _style("second", 9.5, BOLD, spaceBefore=8, spaceAfter=3, keepWithNext=1),
)
_TEXT = _style("text", 8.5, spaceAfter=4)
_STRONG = _style("strong", 9, BOLD, spaceAfter=5)
_SMALL = _style("small", 7, spaceAfter=3)
_POINT = _style("point", 8.5, leftIndent=10, bulletIndent=1, spaceAfter=2)
_CELL, _NAME = _style("cell", 7.5), _style("name", 7.5, BOLD)
_GRID = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, _RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)
