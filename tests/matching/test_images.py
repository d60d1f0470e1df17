import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from bot.matching.images import (
    MAX_BYTES,
    BadImage,
    Decoded,
    decode,
    encode_jpeg,
    encode_png,
)

DATA = Path(__file__).parent / "data"
HEIC = (DATA / "still.heic").read_bytes()


def a_picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Pillow.Image:
    """Dark, with a white corner at the top left: which way is up can be seen."""
    picture = Pillow.new("RGB", (width, height), (40, 90, 140))
    picture.paste((250, 250, 250), (0, 0, width // 4, height // 4))
    return picture.convert(mode)


def saved(format: str, picture: Pillow.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (picture or a_picture()).save(out, format, **options)
    return out.getvalue()


def moving(format: str) -> bytes:
    frames = [Pillow.new("RGB", (20, 20), (n, 0, 0)) for n in (0, 90, 180)]
    return saved(format, frames[0], save_all=True, append_images=frames[1:])


def refused(data: bytes) -> str:
    with pytest.raises(BadImage) as caught:
        decode(data)
    assert "Send" in caught.value.message or "Cut out" in caught.value.message
    return caught.value.rule


def chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def a_png_of(width: int, height: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(pixels, 9))
        + chunk(b"IEND", b"")
    )


VALID = {
    "JPEG": saved("JPEG"),
    "PNG": saved("PNG"),
    "WEBP": saved("WEBP"),
    "HEIF": HEIC,
}


@pytest.mark.parametrize("format", VALID)
def test_every_accepted_format_becomes_upright_rgb(format: str) -> None:
    decoded = decode(VALID[format])
    assert (decoded.format, decoded.width, decoded.height) == (format, 64, 48)
    assert decoded.image.shape == (48, 64, 3)
    assert decoded.image.dtype == np.uint8
    assert decoded.image[4, 4].min() > 220
    assert decoded.image[40, 4].min() < 120


def test_a_png_comes_back_pixel_by_pixel() -> None:
    image = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8)
    assert np.array_equal(decode(encode_png(image)).image, image)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_phone_is_applied(orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    transposed = {
        1: None,
        2: Pillow.Transpose.FLIP_LEFT_RIGHT,
        3: Pillow.Transpose.ROTATE_180,
        4: Pillow.Transpose.FLIP_TOP_BOTTOM,
        5: Pillow.Transpose.TRANSPOSE,
        6: Pillow.Transpose.ROTATE_90,
        7: Pillow.Transpose.TRANSVERSE,
        8: Pillow.Transpose.ROTATE_270,
    }[orientation]
    stored = a_picture() if transposed is None else a_picture().transpose(transposed)
    image = decode(saved("PNG", stored, exif=exif)).image
    assert np.array_equal(image, np.asarray(a_picture()))


def test_a_turned_heic_is_turned_once() -> None:
    image = decode((DATA / "turned.heic").read_bytes()).image
    assert image.shape == (64, 48, 3)
    assert image[4, -4].min() > 220


def test_no_metadata_survives() -> None:
    exif = Pillow.Exif()
    exif[0x010E] = "taken at 1 Police Plaza"
    exif[0x8825] = {1: "N", 2: (40.0, 42.0, 0.0)}
    decoded = decode(saved("JPEG", exif=exif, comment=b"secret"))
    for again in (encode_png(decoded.image), encode_jpeg(decoded.image)):
        assert b"Police" not in again
        assert b"Exif" not in again
        assert b"secret" not in again


def test_broken_metadata_does_not_cost_the_picture() -> None:
    exif = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + b"\xff" * 40
    assert decode(saved("JPEG", exif=exif)).width == 64


def test_the_same_pixels_give_the_same_bytes() -> None:
    image = decode(VALID["PNG"]).image
    assert encode_png(image) == encode_png(image.copy())
    assert encode_jpeg(image, 80) == encode_jpeg(image.copy(), 80)


@pytest.mark.parametrize("quality", [10, 40, 60, 75, 90, 98])
def test_the_quality_of_a_jpeg_is_estimated_within_three(quality: int) -> None:
    estimate = decode(saved("JPEG", quality=quality)).jpeg_quality
    assert estimate is not None
    assert abs(estimate - quality) <= (5 if quality < 20 else 3)


def test_other_formats_have_no_jpeg_quality() -> None:
    assert decode(VALID["PNG"]).jpeg_quality is None


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK"])
def test_every_colour_model_becomes_rgb(mode: str) -> None:
    format = "JPEG" if mode == "CMYK" else "PNG"
    image = decode(saved(format, a_picture(mode=mode))).image
    assert image.shape == (48, 64, 3)
    assert image[4, 4].min() > 220
    assert image[20:].mean() < 160


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    levels = np.full((10, 10), 0x8000, np.uint16)
    image = decode(saved("PNG", Pillow.fromarray(levels))).image
    assert (image == 0x80).all()


def test_what_was_transparent_stays_unseen() -> None:
    picture = Pillow.new("RGBA", (20, 20), (10, 20, 30, 0))
    assert (decode(saved("PNG", picture)).image == 255).all()


# Abuse: what a file says it is, and what it really is.


def test_the_type_is_told_by_content_alone() -> None:
    # decode() is given no name at all; a wrong extension cannot matter.
    assert decode(VALID["WEBP"]).format == "WEBP"
    assert refused(b"GIF89a" + VALID["JPEG"]) == "IMAGE_TYPE"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"just text",
        b"%PDF-1.7 ...",
        b"PK\x03\x04 ...",
        b"BM" + bytes(60),
        b"II*\x00" + bytes(60),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x00\x00\x00\x18ftypmp42" + bytes(40),
        b"\x00\x00\x00\x18ftypqt  " + bytes(40),
        b"\x00\x00\x00\x18ftypavif" + bytes(40),
        b"\x1a\x45\xdf\xa3" + bytes(40),
        b"RIFF\x00\x00\x00\x00AVI LIST",
    ],
)
def test_anything_but_the_four_formats_is_refused_by_type(data: bytes) -> None:
    assert refused(data) == "IMAGE_TYPE"


def test_a_video_is_called_one() -> None:
    with pytest.raises(BadImage, match="video"):
        decode(b"\x00\x00\x00\x18ftypisom" + bytes(40))


def test_one_byte_more_than_ten_megabytes_is_refused() -> None:
    filled = VALID["JPEG"] + bytes(MAX_BYTES - len(VALID["JPEG"]))
    assert decode(filled).width == 64
    assert refused(filled + b"\x00") == "IMAGE_TOO_LARGE"


def test_a_bomb_is_refused_by_its_header() -> None:
    # 20,000 x 20,000 pixels of black, 1.2 GB decoded: the pixels are not even there.
    assert refused(a_png_of(20_000, 20_000, bytes(1000))) == "IMAGE_TOO_MANY_PIXELS"
    assert refused(a_png_of(60_000, 60_000, b"")) == "IMAGE_TOO_MANY_PIXELS"


def test_the_limit_is_twenty_five_megapixels() -> None:
    assert (
        decode(saved("PNG", Pillow.new("RGB", (5000, 5000)))).image.size == 75_000_000
    )
    assert refused(a_png_of(5000, 5001, b"")) == "IMAGE_TOO_MANY_PIXELS"


def test_a_webp_bomb_is_refused_before_its_canvas_is_allocated() -> None:
    body = b"\x00" * 4 + (16382).to_bytes(3, "little") * 2
    data = b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + body
    assert refused(data) == "IMAGE_TOO_MANY_PIXELS"


def test_a_jpeg_with_thousands_of_scans_is_refused() -> None:
    scans = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 5000
    assert refused(VALID["JPEG"][:-2] + scans + b"\xff\xd9") == "IMAGE_TYPE"


@pytest.mark.parametrize("format", VALID)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95, 0.99])
def test_a_truncated_file_is_refused(format: str, share: float) -> None:
    data = VALID[format]
    assert refused(data[: int(len(data) * share)]) == "IMAGE_TRUNCATED"


WAYS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restart marks": {"restart_marker_blocks": 7},
    "a mark for each row": {"restart_marker_rows": 1},
    "full colour": {"subsampling": 0},
    "coarse": {"quality": 20, "optimize": True},
}


def a_still() -> Pillow.Image:
    """Shapes and grain between black bars, as a recorder exports it."""
    grain = np.random.default_rng(3).integers(0, 60, (120, 200, 3)).astype(np.uint8)
    across = np.linspace(0, 190, 200).astype(np.uint8)[None, :, None]
    still = Pillow.new("RGB", (200, 180))
    still.paste(Pillow.fromarray(grain + across), (0, 30))
    return still


@pytest.mark.parametrize("way", WAYS)
def test_a_jpeg_that_was_cut_off_and_given_an_end_mark_is_refused(way: str) -> None:
    """libjpeg fills it up with grey, below half a face, and says nothing."""
    whole = saved("JPEG", a_still(), **WAYS[way])
    assert decode(whole).image.shape == (180, 200, 3)
    start = whole.find(b"\xff\xda") + 20
    for cut in range(start, int(start + 0.9 * (len(whole) - start)), 211):
        assert refused(whole[:cut].removesuffix(b"\xff") + b"\xff\xd9") == (
            "IMAGE_TRUNCATED"
        )


def test_a_progressive_jpeg_without_its_last_scans_is_refused() -> None:
    whole = saved("JPEG", a_still(), progressive=True)
    last = whole.rfind(b"\xff\xc4", 0, whole.rfind(b"\xff\xda"))
    assert refused(whole[:last] + b"\xff\xd9") == "IMAGE_TRUNCATED"


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture() -> None:
    thumbnail = b"\xff\xe1" + struct.pack(">H", 2 + len(VALID["JPEG"])) + VALID["JPEG"]
    whole = saved("JPEG", a_still())
    with_it = whole[:2] + thumbnail + whole[2:]
    assert np.array_equal(decode(with_it).image, decode(whole).image)
    assert refused(with_it[:-2]) == "IMAGE_TRUNCATED"


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_an_animation_is_refused(format: str) -> None:
    assert refused(moving(format)) == "IMAGE_ANIMATED"


def test_a_file_of_several_heic_images_is_refused() -> None:
    assert refused((DATA / "two_stills.heic").read_bytes()) == "IMAGE_ANIMATED"
    assert refused(HEIC[:8] + b"msf1" + HEIC[12:]) == "IMAGE_ANIMATED"


def test_of_a_jpeg_with_a_second_picture_inside_the_first_is_taken() -> None:
    other = Pillow.new("RGB", (64, 48), "red")
    data = saved("MPO", a_picture(), save_all=True, append_images=[other])
    decoded = decode(data)
    assert decoded.format == "JPEG"
    assert decoded.image[4, 4].min() > 220


@given(st.sampled_from(sorted(VALID)), st.data())
def test_no_damage_to_a_file_can_raise_anything_else(
    format: str, data: st.DataObject
) -> None:
    damaged = bytearray(VALID[format])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(
            st.integers(0, 255)
        )
    assert _decodes_or_refuses(bytes(damaged))


@given(
    st.binary(max_size=200), st.sampled_from([b"", *(d[:30] for d in VALID.values())])
)
def test_no_bytes_at_all_can_raise_anything_else(tail: bytes, head: bytes) -> None:
    assert _decodes_or_refuses(head + tail)


def _decodes_or_refuses(data: bytes) -> bool:
    try:
        return isinstance(decode(data), Decoded)
    except BadImage as refusal:
        return refusal.rule.startswith("IMAGE_")
