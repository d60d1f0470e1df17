"""What a file says of where it comes from; that nothing in it can stop the reading."""

import io
from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from bot.domain.origins import Mark, Sign, words
from bot.matching.images import Image, decode
from bot.matching.origins import signs_of, white_share
from bot.sandbox import cases

STILL = cases.stills("mated")[0].path.read_bytes()
XMP = """<?xpacket begin="" id="W5M0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:DateCreated="2026" {}/></rdf:RDF></x:xmpmeta>"""
FROM_A_CAMERA = {271: "Apple", 272: "iPhone 15"}


def picture(size: tuple[int, int] = (320, 240)) -> Pillow.Image:
    noise = np.random.default_rng(5).integers(0, 255, (*size[::-1], 3), np.uint8)
    return Pillow.fromarray(noise)


def jpeg(
    exif: dict[int, str] | None = None,
    xmp: str = "",
    size: tuple[int, int] = (320, 240),
) -> bytes:
    tags, out = Pillow.Exif(), io.BytesIO()
    for tag, value in (exif or {}).items():
        tags[tag] = value
    picture(size).save(out, "JPEG", exif=tags, **({"xmp": xmp.encode()} if xmp else {}))
    return out.getvalue()


def png(texts: Iterable[tuple[str, str]]) -> bytes:
    info, out = PngInfo(), io.BytesIO()
    for key, value in texts:
        info.add_text(key, value)
    picture().save(out, "PNG", pnginfo=info)
    return out.getvalue()


def found(data: bytes) -> dict[Mark, str]:
    return {sign.mark: sign.found for sign in signs_of(data, decode(data), [])}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (
            png([("parameters", "a man, 35 mm, Steps: 20, Sampler: Euler")]),
            "parameters",
        ),
        (png([("prompt", '{"3": {"class_type": "KSampler"}}')]), "prompt"),
        (png([("Software", "NovelAI")]), "NovelAI"),
        (jpeg({305: "Midjourney v7"}), "Midjourney"),
        (jpeg(xmp=XMP.format('xmp:CreatorTool="Adobe Firefly"')), "Adobe Firefly"),
        (
            jpeg(
                xmp=XMP.format(
                    'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/'
                    'digitalsourcetype/compositeWithTrainedAlgorithmicMedia"'
                )
            ),
            "TrainedAlgorithmicMedia",
        ),
    ],
)
def test_a_generator_is_named_where_the_file_names_one(data: bytes, named: str) -> None:
    assert named in found(data)[Mark.GENERATOR]


def test_an_editor_is_named_and_a_camera_is_not_one() -> None:
    edited = {**FROM_A_CAMERA, 305: "Adobe Photoshop 25.0 (Windows)"}
    assert found(jpeg(edited)) == {Mark.EDITOR: "Photoshop"}
    # A telephone's own XMP has Adobe's names of names.
    assert found(jpeg({**FROM_A_CAMERA, 305: "18.1"}, XMP.format(""))) == {}
    by_gimp = XMP.format('xmp:CreatorTool="GIMP 2.10"')
    assert found(jpeg(FROM_A_CAMERA, by_gimp)) == {Mark.EDITOR: "GIMP"}


def test_a_screenshot_is_known_by_its_word_or_by_the_size_of_its_screen() -> None:
    said = XMP.format("><exif:UserComment>Screenshot</exif:UserComment")
    assert found(jpeg(xmp=said))[Mark.SCREENSHOT] == "the file says so"
    assert found(jpeg(size=(1170, 2532)))[Mark.SCREENSHOT] == "1170 x 2532 pixels"
    assert Mark.SCREENSHOT not in found(jpeg(FROM_A_CAMERA, size=(1170, 2532)))
    assert Mark.SCREENSHOT not in found(jpeg(size=(1920, 1080)))  # or a still of video


def test_content_credentials_are_told_of_and_not_read() -> None:
    at = jpeg().index(b"\xff\xdb")
    box = b"\0\0\0\x20jumb\0\0\0\x18jumdc2pa"
    segment = b"\xff\xeb" + (len(box) + 2).to_bytes(2, "big") + box
    data = jpeg()[:at] + segment + jpeg()[at:]
    assert Mark.CREDENTIALS in found(data)


def test_a_still_of_a_shop_camera_tells_nothing_but_that_it_names_no_camera() -> None:
    assert set(found(STILL)) == {Mark.NO_CAMERA}


@pytest.mark.parametrize("place", range(20, 60, 2))
def test_broken_metadata_stops_nothing(place: int) -> None:
    data = bytearray(jpeg({305: "GIMP", **FROM_A_CAMERA}, XMP.format("")))
    data[place : place + 8] = b"\xee" * 8
    decoded = decode(STILL)
    assert isinstance(signs_of(bytes(data), decoded, []), tuple)


def drawing(image: Image) -> Image:
    """The lines of a photograph on white."""
    grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4
    )
    return np.asarray(cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB), np.uint8)


def test_a_line_drawing_is_white_as_paper_and_a_face_is_not() -> None:
    image = decode(STILL).image
    box = (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))
    assert white_share(image, box) < 0.2
    assert white_share(drawing(image), box) > 0.5
    beyond = (-50.0, -50.0, 5000.0, 5000.0)
    assert 0 <= white_share(image, beyond) <= 1


def test_every_mark_has_words_that_fit_and_call_nothing_proved() -> None:
    for mark in Mark:
        said = words(Sign(mark, "x" * 120))
        assert len(said) <= 300
        assert "prove" not in said
        assert "fake" not in said
