"""Stills that cannot be searched: said at once, with what would cure it, and nothing is searched."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as Pillow

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from tests.front import Workplace, still, text_of


def encoded(picture: Pillow.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def frames(format: str) -> bytes:
    two = [Pillow.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    return encoded(two[0], format, save_all=True, append_images=two[1:])


def of_pixels(width: int, height: int) -> bytes:
    """A small file that claims to be a large image."""
    data = bytearray(encoded(Pillow.new("1", (8, 8)), "PNG"))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def noise(size: int) -> bytes:
    return np.random.default_rng(1).bytes(size)


def crowd() -> bytes:
    """Twelve portraits in one picture."""
    files = sorted((cases.PORTRAITS / "gallery").glob("*.webp"))[:12]
    whole = Pillow.new("RGB", (4 * 220, 3 * 270), "white")
    for number, file in enumerate(files):
        with Pillow.open(file) as portrait:
            tile = portrait.convert("RGB").resize((220, 270))
        whole.paste(tile, (number % 4 * 220, number // 4 * 270))
    return encoded(whole, "PNG")


UNSUITABLE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "no_face": (lambda: still("no_face"), "PROBE_NO_FACE", "No face was found"),
    "too_small": (lambda: still("too_small"), "PROBE_TOO_SMALL", "px between the eyes"),
    "truncated": (lambda: still("mated")[:-900], "IMAGE_TRUNCATED", "incomplete"),
    "a18_gif": (lambda: frames("GIF"), "IMAGE_TYPE", "not a still image"),
    "a18_animated": (lambda: frames("WEBP"), "IMAGE_ANIMATED", "the one frame"),
    "a18_animated_png": (lambda: frames("PNG"), "IMAGE_ANIMATED", "the one frame"),
    "a18_video": (
        lambda: b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + noise(5000),
        "IMAGE_TYPE",
        "not a still image",
    ),
    "text": (lambda: b"not an image at all", "IMAGE_TYPE", "not a still image"),
    "noise": (lambda: noise(5000), "IMAGE_TYPE", "not a still image"),
    "too_many_pixels": (
        lambda: of_pixels(5100, 5000),
        "IMAGE_TOO_MANY_PIXELS",
        "25 megapixels",
    ),
    "bomb": (lambda: of_pixels(30000, 30000), "IMAGE_TOO_MANY_PIXELS", "megapixels"),
    "a16_crowd": (crowd, "P_CROWD", "crowds are not searched"),
}


@pytest.mark.parametrize("kind", UNSUITABLE)
async def test_an_unsuitable_still_ends_with_what_would_cure_it(
    workplace: Workplace, kind: str
) -> None:
    made, rule, words = UNSUITABLE[kind]
    id = await workplace.sent(image=made())
    await workplace.settle()
    assert await workplace.state(id) is State.UNSUITABLE
    assert words in text_of(workplace.acts.own_card(cases.DANA, id))
    [ended] = await workplace.events(Verb.PROBE_UNSUITABLE)
    assert ended.facts["rule"] == rule
    assert await workplace.events(Verb.SEARCH_STARTED) == []


async def test_an_image_deleted_before_it_was_fetched_is_asked_for_again(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    await workplace.acts.fill_form(person, still("mated"))
    for file in workplace.sandbox.workspace.files.values():
        file.deleted = True
    await workplace.settle()
    [ended] = await workplace.events(Verb.PROBE_UNSUITABLE)
    assert ended.facts["rule"] == "IMAGE_NOT_THERE"
    assert "Send it again" in workplace.told(cases.DANA)


async def test_every_measure_of_a_searchable_still_is_recorded(
    workplace: Workplace,
) -> None:
    await workplace.searched()
    [checked] = await workplace.events(Verb.PROBE_CHECKED)
    [face] = checked.facts["faces"]
    assert {"inter_eye_px", "sharpness", "mean_luminance", "yaw_deg"} <= set(face)
    assert "jpeg_quality" in face


async def test_requests_are_numbered_without_a_gap_whatever_becomes_of_them(
    workplace: Workplace,
) -> None:
    ids = [await workplace.sent(image=image) for image in (b"nothing", still("mated"))]
    assert ids == ["FIS-2026-000001", "FIS-2026-000002"]
