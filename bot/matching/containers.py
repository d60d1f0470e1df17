"""What a file is by its first bytes, and what its header promises, before any decoder sees it."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MAX_JPEG_SCANS = 100
_EOI = 0xD9
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])", re.DOTALL)
_HUFFMAN = re.compile(rb"\xff[\xc0-\xc2]")
"""Arithmetic coding reads on behind its end."""
_PROGRESSIVE, _SCAN = 0xC2, 0xDA


def _more(step: int) -> bytes:
    noise = bytes((number * step + 41) % 255 for number in range(96))
    # Where a picture was cut off between two restart marks, its decoder waits for the next of them.
    return noise + b"".join(bytes((0xFF, 0xD0 + n)) + noise for n in range(8))


_MORE = tuple(map(_more, (73, 29, 151)))
_PNG_END = b"IEND\xae\x42\x60\x82"
_STILL_HEIF = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_MOVING_HEIF = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1", b"avis"}


@dataclass(frozen=True, slots=True)
class Container:
    """``format`` is None for what is not accepted; ``size`` only where it is cheap to know.

    Not ``complete``: the mark that ends such a file is missing. ``ends_at`` is where that of a JPEG's first
    picture is, if what lies before it can be checked with ``overlong``.
    """

    format: str | None
    description: str = ""
    animated: bool = False
    size: tuple[int, int] | None = None
    complete: bool = True
    ends_at: int | None = None


def inspect(data: bytes) -> Container:
    """Tell the type by content; the file's name and what its sender calls it are never asked."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data[4:8] == b"ftyp":
        return _boxes(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _gif(data)
    return Container(None, _describe(data))


def _jpeg(data: bytes) -> Container:
    # A scan repeats work over the whole picture: thousands of them in a small file are an attack.
    if data.count(b"\xff\xda") > _MAX_JPEG_SCANS:
        return Container(None, "a JPEG with an absurd number of scans")
    end = _jpeg_end(data)
    return Container(
        "JPEG", complete=end is not None, ends_at=end if _HUFFMAN.search(data) else None
    )


def _jpeg_end(data: bytes) -> int | None:
    """Where the first picture ends; None if it does not, or if a progressive one ends before its last
    scan. Not anywhere: a thumbnail in the header has an end mark, too."""
    at, lacking = 2, set[tuple[int, int]]()
    while (found := _MARKER.search(data, at)) is not None:
        at, marker = found.end(), found[1][0]
        if marker == _EOI:
            return None if lacking else found.start()
        # What follows the header of a scan is data, in which only another marker counts.
        length = int.from_bytes(data[at : at + 2])
        header = data[at + 2 : at + length]
        if marker == _PROGRESSIVE:
            lacking = {
                (component, place) for component in header[6::3] for place in range(64)
            }
        elif marker == _SCAN and lacking:
            lacking -= _refined(header)
        at += length
    return None


def _refined(header: bytes) -> set[tuple[int, int]]:
    """Of which components a scan brings which coefficients to their last bit."""
    if len(header) < 4:
        return set()
    first, last, bits = header[-3:]
    if bits & 15:
        return set()
    return {(c, place) for c in header[1:-3:2] for place in range(first, last + 1)}


def overlong(data: bytes, ends_at: int) -> Iterator[bytes]:
    """The same JPEG with more data than it needs before its end.

    A whole picture stays what it is: its decoder needs no more. One that was cut off and given an end mark
    is decoded from what is added, instead of being filled up with grey. In a progressive one that may by
    chance mean "nothing more here": it is tried in several ways.
    """
    for more in _MORE if bytes((0xFF, _PROGRESSIVE)) in data else _MORE[:1]:
        yield data[:ends_at] + more + data[ends_at:]


def _png(data: bytes) -> Container:
    size = struct.unpack(">II", data[16:24]) if len(data) >= 24 else None
    moving = b"acTL" in data[: data.find(b"IDAT")]
    return Container("PNG", size=size, animated=moving, complete=_PNG_END in data)


def _webp(data: bytes) -> Container:
    """Read the canvas here: Pillow allocates it while opening."""
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return Container("WEBP")
    if kind == b"VP8X":
        size = (_uint24(body[4:7]) + 1, _uint24(body[7:10]) + 1)
        return Container("WEBP", size=size, animated=bool(body[0] & 0x02))
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return Container("WEBP", size=((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
    width, height = struct.unpack("<HH", body[6:10])
    return Container("WEBP", size=(width & 0x3FFF, height & 0x3FFF))


def _boxes(data: bytes) -> Container:
    brand = data[8:12]
    if brand in _STILL_HEIF:
        return Container("HEIF")
    if brand in _MOVING_HEIF:
        return Container("HEIF", animated=True)
    return Container(None, "an AVIF image" if brand == b"avif" else "a video")


def _gif(data: bytes) -> Container:
    frames = data.count(b"\x21\xf9\x04")
    moving = frames > 1 or b"NETSCAPE2.0" in data
    return Container("GIF" if moving else None, "a GIF", animated=moving)


def _describe(data: bytes) -> str:
    known = {
        b"%PDF": "a PDF",
        b"PK\x03\x04": "an archive or office document",
        b"\x1a\x45\xdf\xa3": "a video",
        b"RIFF": "a video or sound",
        b"BM": "a BMP image",
        b"II*\x00": "a TIFF or raw image",
        b"MM\x00*": "a TIFF or raw image",
        b"<svg": "a drawing",
    }
    named = (name for start, name in known.items() if data.startswith(start))
    return next(named, "an unknown kind of file" if data else "an empty file")


def _uint24(data: bytes) -> int:
    return int.from_bytes(data, "little")
