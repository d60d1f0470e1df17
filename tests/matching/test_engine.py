"""What holds for every engine; run against the real one, on people who do not exist."""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from bot.errors import Unavailable
from bot.matching import deepface_engine
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.degradations import DEGRADATIONS
from bot.matching.engine import FaceEngine, main_face
from bot.matching.images import Image, decode
from bot.matching.weights import MissingWeights, ModelFiles

from .conftest import PORTRAITS

Portrait = Callable[[int], Image]


def turned(image: Image, degrees: float, scale: float = 1.0) -> Image:
    """Turn clockwise into a frame that holds all of it, on grey."""
    side = round(max(image.shape[:2]) * 1.42 * scale)
    middle = (image.shape[1] / 2, image.shape[0] / 2)
    affine = cv2.getRotationMatrix2D(middle, -degrees, scale)
    affine[:, 2] += side / 2 - np.array(middle)
    return np.asarray(
        cv2.warpAffine(image, affine, (side, side), borderValue=(90, 90, 90)), np.uint8
    )


def resized(image: Image, factor: float) -> Image:
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(image, None, fx=factor, fy=factor, interpolation=how), np.uint8
    )


def likeness(engine: FaceEngine, a: Image, b: Image) -> float:
    [one], [other] = engine.faces(a), engine.faces(b)
    return float(one.template @ other.template)


def test_a_picture_without_a_face_gives_an_empty_list(engine: FaceEngine) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (200, 300, 3), np.uint8)
    assert engine.faces(noise) == []
    assert engine.faces(np.zeros((1, 1, 3), np.uint8)) == []


def test_a_tiny_picture_is_not_answered_out_of_memory_nobody_wrote(
    files: ModelFiles,
) -> None:
    code = """
import sys
import numpy as np
from pathlib import Path
from bot.matching.detector import Detector
detector = Detector(Path(sys.argv[1]))
for side in (1, 8, 31, 32, 33):
    for shape in ((side, side, 3), (side, 100, 3), (100, side, 3)):
        assert detector.find(np.zeros(shape, np.uint8)) == [], shape
"""
    command = [sys.executable, "-c", code, str(files.detector)]
    surroundings = {**os.environ, "MALLOC_PERTURB_": "170"}
    done = subprocess.run(
        command, env=surroundings, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_portrait_has_one_face_with_eyes_above_the_mouth(
    engine: FaceEngine, portrait: Portrait
) -> None:
    [face] = engine.faces(portrait(0))
    right_eye, left_eye, _, mouth_right, mouth_left = face.points
    assert right_eye[0] < left_eye[0]
    assert max(right_eye[1], left_eye[1]) < min(mouth_right[1], mouth_left[1])
    x, y, width, height = face.box
    assert (face.points > (x, y)).all()
    assert (face.points < (x + width, y + height)).all()


def test_a_template_has_unit_length_and_the_models_size(
    engine: FaceEngine, portrait: Portrait
) -> None:
    [face] = engine.faces(portrait(1))
    assert face.template.shape == (engine.model.dim,)
    assert face.template.dtype == np.float32
    assert np.linalg.norm(face.template) == pytest.approx(1, abs=1e-6)
    assert face.raw_length > 5


def test_the_same_picture_gives_the_same_template_bit_by_bit(
    engine: FaceEngine, portrait: Portrait
) -> None:
    [once], [again] = engine.faces(portrait(2)), engine.faces(portrait(2).copy())
    assert np.array_equal(once.template, again.template)


def test_a_mate_is_nearer_than_every_stranger(
    engine: FaceEngine, portrait: Portrait
) -> None:
    strangers = [engine.faces(portrait(n))[0].template for n in range(12)]
    for number in range(12):
        degraded = turned(resized(portrait(number), 0.4), 8)
        [probe] = engine.faces(degraded)
        scores = np.array(strangers) @ probe.template
        assert scores.argmax() == number


def test_the_largest_face_comes_first(engine: FaceEngine, portrait: Portrait) -> None:
    small = np.full((256, 256, 3), 90, np.uint8)
    small[64:192, 64:192] = resized(portrait(3), 0.5)
    found = engine.faces(np.hstack([small, portrait(4)]))
    assert len(found) == 2
    assert found[0].area > found[1].area
    assert found[0].box[0] > 256


@pytest.mark.parametrize("factor", [0.15, 0.4, 6.0])
def test_small_and_very_large_faces_are_found(
    engine: FaceEngine, portrait: Portrait, factor: float
) -> None:
    assert likeness(engine, portrait(5), resized(portrait(5), factor)) > 0.6


def test_every_face_of_a_group_is_found(engine: FaceEngine, portrait: Portrait) -> None:
    rows = [
        np.hstack([resized(portrait(6 * row + column), 0.3) for column in range(6)])
        for row in range(5)
    ]
    assert len(engine.faces(np.vstack(rows))) == 30


def test_a_small_face_is_found_in_a_full_hd_still(
    engine: FaceEngine, portrait: Portrait
) -> None:
    still = np.full((1080, 1920, 3), 80, np.uint8)
    still[700:800, 1500:1600] = resized(portrait(6), 100 / 256)
    assert likeness(engine, portrait(6), still) > 0.6


@pytest.mark.parametrize("degrees", [-35, -20, 20, 35, 90, -90, 180])
def test_a_leaning_lying_or_hanging_head_is_recognised(
    engine: FaceEngine, portrait: Portrait, degrees: float
) -> None:
    assert likeness(engine, portrait(7), turned(portrait(7), degrees)) > 0.7


def test_a_large_picture_is_averaged_before_it_is_shrunk(
    engine: FaceEngine, portrait: Portrait
) -> None:
    # Without averaging, noise of single pixels would fold into the 112 px crop.
    large = resized(portrait(8), 5).astype(np.int16)
    noise = np.random.default_rng(3).normal(0, 25, large.shape)
    noisy = (large + noise).clip(0, 255).astype(np.uint8)
    assert likeness(engine, portrait(8), noisy) > 0.85


def test_the_person_of_a_portrait_is_the_central_one_of_the_large_faces(
    engine: FaceEngine, portrait: Portrait
) -> None:
    image = np.hstack([portrait(0), portrait(1), portrait(2)])
    chosen = main_face(engine.faces(image), image)
    assert 256 < chosen.points[2][0] < 512


def test_a_central_passer_by_does_not_hide_the_person(
    engine: FaceEngine, portrait: Portrait
) -> None:
    image = np.full((256, 600, 3), 90, np.uint8)
    image[:, :256] = portrait(0)
    image[100:164, 270:334] = resized(portrait(1), 0.25)
    faces = engine.faces(image)
    assert len(faces) == 2
    assert main_face(faces, image) is faces[0]


def test_the_demonstrations_probes_are_what_they_are_called(
    engine: FaceEngine,
) -> None:
    def found(name: str) -> int:
        data = (PORTRAITS / "probes" / name).read_bytes()
        return len(engine.faces(decode(data).image))

    assert found("mated-1.jpg") == 1
    assert found("no-face-1.jpg") == 0
    assert found("several-1.jpg") > 1


# What deepface must not do.


def test_everything_works_with_sockets_closed(
    files: ModelFiles, tmp_path: Path
) -> None:
    code = """
import socket, sys
def closed(*args, **kwargs): raise SystemExit("tried to reach the network")
connect = socket.socket.connect
def only_here(one, to): return connect(one, to) if one.family == socket.AF_UNIX else closed()
socket.socket.connect = only_here  # between processes of this machine
socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = closed
from pathlib import Path
from bot.matching.weights import prepare
from bot.matching import chroma, deepface_engine
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.degradations import DEGRADATIONS
from bot.matching.gallery import Gallery, build, load
from bot.matching.images import decode
from bot.matching.search import search
home, portrait, root = map(Path, sys.argv[1:])
engine = DeepFaceEngine(prepare(home))
[face] = engine.faces(decode(portrait.read_bytes()).image)
made = Gallery("v1", engine.model, ("P1",), ("S1",), face.template[None])
read = load(root, "v1", build(root, made))
chroma.write(root / "here", made.photo_ids, made.templates, graph=True)  # it is written in another process
assert [hit.subject_id for hit in search(read, face.template, engine.model, 2).hits] == ["S1"]
"""
    portrait = next((PORTRAITS / "gallery").iterdir())
    arguments = [str(files.home), str(portrait), str(tmp_path / "galleries")]
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_download_of_deepface_cannot_be_reached(engine: FaceEngine) -> None:
    from deepface.commons import weight_utils
    from deepface.modules import modeling

    with pytest.raises(MissingWeights):
        modeling.build_model("facial_recognition", "ArcFace")
    with pytest.raises(MissingWeights):
        weight_utils.download_weights_if_necessary("x.onnx", "https://example.org/x")
    assert weight_utils.requests is None


def test_an_address_is_never_followed(engine: FaceEngine) -> None:
    from deepface.commons import image_utils

    with pytest.raises(AttributeError):
        image_utils.load_image("http://127.0.0.1:1/face.jpg")


def test_importing_deepface_does_not_silence_warnings(engine: FaceEngine) -> None:
    with pytest.warns(UserWarning, match="still heard"):
        warnings.warn("still heard", UserWarning, stacklevel=1)


def test_other_weights_under_the_same_name_are_refused_in_one_process(
    engine: DeepFaceEngine, files: ModelFiles
) -> None:
    from dataclasses import replace

    other = replace(files, recogniser_sha256="0" * 64)
    with pytest.raises(Unavailable, match="SFace"):
        DeepFaceEngine(other)


# Poor faces.


def test_a_small_dark_grainy_face_comes_nearer_to_its_person_when_it_is_looked_at_again(
    engine: DeepFaceEngine, portrait: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    def similarities() -> list[float]:
        return [likeness(engine, portrait(n), spoilt[n]) for n in spoilt]

    spoilt = {}
    for number in range(12):
        [face] = engine.faces(portrait(number))
        lot = np.random.default_rng(number)
        spoilt[number] = DEGRADATIONS["cctv"](portrait(number), face.points, lot)
    steadied = similarities()
    monkeypatch.setattr(deepface_engine, "_CLEAR", 0.0)
    assert np.mean(steadied) > np.mean(similarities()) + 0.01


def test_portraits_of_record_are_encoded_as_they_are_found(
    engine: DeepFaceEngine, portrait: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = [engine.faces(portrait(number))[0].template for number in range(4)]
    monkeypatch.setattr(deepface_engine, "_CLEAR", 0.0)
    plain = [engine.faces(portrait(number))[0].template for number in range(4)]
    assert np.array_equal(usual, plain)


def test_a_clear_large_face_behind_a_mask_is_not_softened(
    engine: DeepFaceEngine, portrait: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    [face] = engine.faces(portrait(1))
    lot = np.random.default_rng(1)
    masked = DEGRADATIONS["mask"](portrait(1), face.points, lot)
    monkeypatch.setattr(deepface_engine, "_CLEAR", 99.0)
    [always] = engine.faces(masked)
    monkeypatch.setattr(deepface_engine, "_CLEAR", 0.0)
    [never] = engine.faces(masked)
    assert np.array_equal(always.template, never.template)
