"""Bytes from outside become an upright picture here or nowhere: the only decoder."""

import io
import warnings
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pi_heif import register_heif_opener
from PIL import Image as Pillow
from PIL import ImageOps

from bot.errors import Refusal, Unavailable
from bot.matching.containers import Container, inspect, overlong

Image = NDArray[np.uint8]
"""(height, width, 3), RGB, upright."""

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000

# On a comparison sheet of 6 MB: 50 ms and 1.6 MB; run-length encoding alone takes 55 ms for 2.0 MB.
_QUICK = (
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
)

register_heif_opener(thumbnails=False)

_CURE = "Send one still as JPEG, PNG, WebP or HEIC."
# Of the luminance table that libjpeg scales by quality; only its mean is needed.
_STANDARD_TABLE_MEAN = 57.625


class BadImage(Refusal):
    """These bytes are not an image this program will decode."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture as people see it, without any of the metadata it came with."""

    image: Image
    format: str
    width: int
    height: int
    jpeg_quality: int | None


def decode(data: bytes) -> Decoded:
    """Decode one still of at most 10 MB and 25 megapixels; raise ``BadImage`` for anything else.

    Type and size are read from the content and checked before a pixel is decoded. Blocking, and the
    bytes are hostile until proved otherwise: call it in a worker process.
    """
    if len(data) > MAX_BYTES:
        raise BadImage(
            f"The file has {len(data) / 2**20:.1f} MB; at most 10 MB are accepted. {_CURE}",
            rule="IMAGE_TOO_LARGE",
        )
    container = inspect(data)
    _check_container(container)
    return _decode(data, container)


def encode_png(image: Image) -> bytes:
    """Encode without loss and without metadata; the same pixels give the same bytes."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    is_done, png = cv2.imencode(".png", bgr, _QUICK)
    if not is_done:
        raise Unavailable("A picture could not be encoded as PNG.")
    return png.tobytes()


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """Encode without metadata; the same pixels and quality give the same bytes."""
    return _encoded(image, "JPEG", quality=quality)


def _encoded(image: Image, format: str, **options: int) -> bytes:
    out = io.BytesIO()
    Pillow.fromarray(image).save(out, format, **options)
    return out.getvalue()


def _check_container(container: Container) -> None:
    if container.format is None:
        raise BadImage(
            f"This is {container.description}, not a still image. {_CURE}",
            rule="IMAGE_TYPE",
        )
    if container.animated:
        raise _animated()
    if container.size is not None:
        _check_pixels(*container.size)
    if not container.complete:
        raise _damaged()


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"The image has {width} x {height} pixels ({width * height / 1e6:.1f} megapixels); at most 25 megapixels are "
            "accepted. Cut out the part with the person; do not scale it down.",
            rule="IMAGE_TOO_MANY_PIXELS",
        )


def _animated() -> BadImage:
    return BadImage(
        f"The file holds several images or an animation. Choose the one frame to search with. {_CURE}",
        rule="IMAGE_ANIMATED",
    )


def _damaged() -> BadImage:
    return BadImage(
        f"The file is damaged or incomplete. Export or send it again. {_CURE}",
        rule="IMAGE_TRUNCATED",
    )


def _decode(data: bytes, container: Container) -> Decoded:
    try:
        with warnings.catch_warnings():
            # Pillow warns of what is refused here by name.
            warnings.simplefilter("ignore")
            decoded = _load(data, str(container.format))
            if container.ends_at is not None:
                _check_whole(data, container.ends_at, decoded)
            return decoded
    except Pillow.DecompressionBombError:
        raise BadImage(
            "The image has far more than 25 megapixels. Cut out the part with the person.",
            rule="IMAGE_TOO_MANY_PIXELS",
        ) from None
    except Refusal:
        raise
    except Exception as error:  # A hostile file may raise anything inside a decoder, and it all means this:
        raise _damaged() from error


def _load(data: bytes, format: str) -> Decoded:
    with Pillow.open(io.BytesIO(data), formats=[format]) as picture:
        _check_pixels(*picture.size)
        # A JPEG may carry further pictures for the phone (depth, gain map): only its first is read.
        if format != "JPEG" and getattr(picture, "n_frames", 1) > 1:
            raise _animated()
        quality = _jpeg_quality(picture)
        picture.load()
        _check_pixels(*picture.size)
        image = _rgb(_upright(picture))
    return Decoded(image, format, image.shape[1], image.shape[0], quality)


def _check_whole(data: bytes, ends_at: int, decoded: Decoded) -> None:
    """Refuse a JPEG that was cut off: libjpeg fills it up and says so to nobody."""
    for longer in overlong(data, ends_at):
        again = _load(longer, decoded.format)
        if not np.array_equal(again.image, decoded.image):
            raise _damaged()


def _upright(picture: Pillow.Image) -> Pillow.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - metadata may be broken in any way; the pixels are still good
        return picture


def _rgb(picture: Pillow.Image) -> Image:
    if picture.mode.startswith("I"):
        return _from_16_bit(np.asarray(picture))
    if picture.has_transparency_data:
        # What lies under transparent pixels was never visible to anyone.
        white = Pillow.new("RGBA", picture.size, "white")
        picture = Pillow.alpha_composite(white, picture.convert("RGBA"))
    return np.array(picture.convert("RGB"), dtype=np.uint8)


def _from_16_bit(levels: NDArray[np.generic]) -> Image:
    grey = (levels.astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _jpeg_quality(picture: Pillow.Image) -> int | None:
    """Estimate libjpeg's quality from how coarse the luminance table is."""
    tables = getattr(picture, "quantization", None)
    if not tables or 0 not in tables:
        return None
    scale = 100 * float(np.mean(tables[0])) / _STANDARD_TABLE_MEAN
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return int(np.clip(round(quality), 1, 100))
