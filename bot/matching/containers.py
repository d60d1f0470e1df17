"""What a file is by its first bytes, and what its header promises, before any decoder sees it."""

import struct
from dataclasses import dataclass

_MAX_JPEG_SCANS = 100
_PNG_END = b"IEND\xae\x42\x60\x82"
_STILL_HEIF = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_MOVING_HEIF = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1", b"avis"}


@dataclass(frozen=True, slots=True)
class Container:
    """``format`` is None for what is not accepted; ``size`` only where it is cheap to know.

    Not ``complete``: the mark that ends such a file is nowhere in it.
    """

    format: str | None
    description: str = ""
    animated: bool = False
    size: tuple[int, int] | None = None
    complete: bool = True


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
    return Container("JPEG", complete=b"\xff\xd9" in data)


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
