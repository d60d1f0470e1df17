"""SFace and dlib's model as one: against both real ones, on people who do not exist."""

import csv
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bot.errors import Unavailable
from bot.matching import joined, models, weights
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.degradations import DEGRADATIONS
from bot.matching.engine import Face, FaceEngine, Template, main_face
from bot.matching.images import Image, decode
from bot.matching.pool import EnginePool, enrol
from bot.matching.weights import ModelFiles, prepare

from .conftest import PORTRAITS

NAME = "SFace+Dlib"
Portrait = Callable[[int], Image]


@pytest.fixture(scope="session")
def both(models: Path) -> ModelFiles:
    return prepare(models, NAME)


@pytest.fixture(scope="session")
def joining(both: ModelFiles) -> DeepFaceEngine:
    return DeepFaceEngine(both)


def face(engine: FaceEngine, image: Image) -> Face:
    return main_face(engine.faces(image), image)


def parts(template: Template) -> tuple[joined.Vector, joined.Vector]:
    """Both models' own templates, as they were before they were joined."""
    whole = template.astype(np.float64) * np.sqrt(1 + joined.PART)
    return whole[:128], whole[128:] / np.sqrt(joined.PART)


def test_a_joined_template_holds_both_models_own(
    engine: DeepFaceEngine, joining: DeepFaceEngine, portrait: Portrait
) -> None:
    alone, together = face(engine, portrait(0)), face(joining, portrait(0))
    assert together.template.shape == (256,)
    assert together.template.dtype == np.float32
    assert np.linalg.norm(together.template) == pytest.approx(1)
    first, second = parts(together.template)
    np.testing.assert_allclose(first, alone.template, atol=1e-6)
    assert np.linalg.norm(second) == pytest.approx(1)
    assert together.raw_length == alone.raw_length  # by it a face is judged


def test_the_similarity_is_the_weighted_mean_of_both(
    joining: DeepFaceEngine, portrait: Portrait
) -> None:
    one, other = (face(joining, portrait(n)).template for n in (1, 2))
    (a, c), (b, d) = parts(one), parts(other)
    mean = (a @ b + joined.PART * (c @ d)) / (1 + joined.PART)
    assert one @ other == pytest.approx(mean, abs=1e-6)


def test_strangers_are_not_alike_to_the_second_model_once_its_centre_is_taken_off(
    joining: DeepFaceEngine, portrait: Portrait
) -> None:
    seconds = [parts(face(joining, portrait(n)).template)[1] for n in range(0, 40, 4)]
    others = ~np.eye(len(seconds), dtype=bool)
    alike = np.array(seconds) @ np.array(seconds).T
    assert abs(alike[others].mean()) < 0.1


def test_every_mate_of_the_demonstration_is_nearer_than_any_other_person(
    joining: DeepFaceEngine,
) -> None:
    def template(path: Path) -> Template:
        return face(joining, decode(path.read_bytes()).image).template

    with (PORTRAITS / "people.csv").open(newline="") as people:
        files = {row["subject_id"]: row["file"] for row in csv.DictReader(people)}
    with (PORTRAITS / "probes.csv").open(newline="") as listed:
        mates = {
            r["subject_id"]: r["file"]
            for r in csv.DictReader(listed)
            if r["kind"] == "mated"
        }
    known = {subject: template(PORTRAITS / files[subject]) for subject in mates}
    for subject, file in mates.items():
        probe = template(PORTRAITS / file)
        assert max(known, key=lambda one: float(known[one] @ probe)) == subject


def test_a_poor_face_is_looked_at_twice_by_the_second_model_too(
    joining: DeepFaceEngine, portrait: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = portrait(3)
    rng = np.random.default_rng(3)
    poor = DEGRADATIONS["cctv"](image, face(joining, image).points, rng)
    seen: list[int] = []

    def softened(chip: Image) -> Image:
        seen.append(chip.shape[0])
        return before(chip)

    before = joined.softened
    monkeypatch.setattr(joined, "softened", softened)
    face(joining, image)
    assert seen == []
    face(joining, poor)
    assert seen == [joined.SIDE]


def test_it_is_a_model_of_its_own_and_whoever_has_only_one_has_another(
    files: ModelFiles, both: ModelFiles
) -> None:
    assert str(both.model).startswith(f"{NAME}@")
    assert both.model.dim == 256
    assert both.model.weights_sha256 not in (
        files.model.weights_sha256,
        models.KNOWN_MODELS["Dlib"].sha256,
    )
    assert both.recogniser == files.recogniser
    assert both.second is not None
    assert weights.sha256_of(both.second) == models.KNOWN_MODELS["Dlib"].sha256


def test_processes_enrol_with_it(
    models: Path, joining: DeepFaceEngine, portrait_files: list[Path]
) -> None:
    with EnginePool(models, 1, NAME) as pool:
        [result] = pool.enrol_images(portrait_files[:1])
    assert result.template is not None
    assert result.template.tobytes() == enrol_here(joining, portrait_files[0])


def enrol_here(engine: DeepFaceEngine, path: Path) -> bytes:
    template = enrol(engine, path).template
    assert template is not None
    return template.tobytes()


def test_without_dlib_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        weights, "find_spec", lambda name: None if name == "dlib" else find_spec(name)
    )
    with pytest.raises(Unavailable, match=r"needs the module dlib.*requirements-dlib"):
        prepare(tmp_path, NAME)
