import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from bot.matching.models import KNOWN_MODELS, YUNET, KnownModel
from bot.matching.sessions import session
from bot.matching.weights import ModelFiles


def vector(graph: Path, crop: np.ndarray) -> np.ndarray:
    [raw] = session(graph, 1).run(None, {"data": crop})
    return np.asarray(raw[0], np.float64)


def test_the_graph_that_is_run_gives_the_vectors_of_the_weights_it_is_made_from(
    files: ModelFiles,
) -> None:
    for seed in range(3):
        random = np.random.default_rng(seed)
        crop = random.uniform(0, 255, (1, 3, 112, 112)).astype(np.float32)
        plain, rewritten = (vector(path, crop) for path in (files.recogniser, files.graph))  # fmt: skip
        assert np.abs(plain - rewritten).max() < 1e-5 * np.linalg.norm(plain)


def test_no_prelu_is_left_in_it(files: ModelFiles) -> None:
    assert b"PRelu" in files.recogniser.read_bytes()
    assert b"PRelu" not in files.graph.read_bytes()


def test_the_detector_takes_pictures_of_any_multiple_of_32(files: ModelFiles) -> None:
    net = onnxruntime.InferenceSession(str(files.detector))
    for height, width in ((32, 32), (96, 160)):
        blob = np.zeros((1, 3, height, width), np.float32)
        [finest] = net.run(["cls_8"], {"input": blob})
        assert finest.shape == (1, height * width // 64, 1)


@pytest.mark.parametrize("known", [YUNET, KNOWN_MODELS["SFace"]], ids=lambda m: m.name)
def test_what_is_run_is_held_to_its_hash(known: KnownModel, files: ModelFiles) -> None:
    assert known.runs_as is not None
    made = files.recogniser.with_name(known.runs_as.file)
    assert hashlib.sha256(made.read_bytes()).hexdigest() == known.runs_as.sha256
