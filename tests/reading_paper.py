"""Reads the words of a PDF back, as far as they are plain letters."""

import base64
import re
import zlib
from pathlib import Path

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
# A text that is shown, or the beginning of another line or block.
_SHOWN = re.compile(rb"\(((?:\\.|[^\\()])*)\) Tj|T\*|\bBT\b", re.DOTALL)
_ESCAPED = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def words_of(pdf: bytes | Path) -> str:
    """Every line that is set, in one text with single spaces."""
    data = pdf.read_bytes() if isinstance(pdf, Path) else pdf
    assert data.startswith(b"%PDF-")
    lines = [
        " " if part[1] is None else _ESCAPED.sub(_unescaped, part[1]).decode("latin-1")
        for stream in _STREAM.findall(data)
        for part in _SHOWN.finditer(_content(stream))
    ]
    return " ".join("".join(lines).split())


def _content(stream: bytes) -> bytes:
    try:
        packed = base64.a85decode(stream.strip().removesuffix(b"~>"))
        return zlib.decompress(packed)
    except (ValueError, zlib.error):
        return b""  # a font or a picture


def _unescaped(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes([int(code, 8) & 255]) if len(code) == 3 else code
