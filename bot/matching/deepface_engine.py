"""FaceEngine by deepface: our own detection and alignment, its model."""

import os
import warnings
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.errors import Unavailable
from bot.matching import alignment
from bot.matching.detector import Detector, Found
from bot.matching.engine import Face
from bot.matching.images import Image
from bot.matching.sessions import session
from bot.matching.weights import MissingWeights, ModelFiles

_loaded: dict[str, str] = {}
"""deepface keeps one model per name for the whole process; this is which weights it is."""


class DeepFaceEngine:
    """Loaded when it exists. One per process; ``faces`` must not be called from two threads at once."""

    def __init__(self, files: ModelFiles, threads: int = 1) -> None:
        self.model = files.model
        cv2.setNumThreads(threads)
        self._deepface = _import_deepface(files)
        self._detector = Detector(files.detector, threads)
        _build_model(files, threads)

    def faces(self, image: Image) -> list[Face]:
        """Find every face, largest first. Blocking: call it from a worker."""
        found = [self._face(image, one) for one in self._detector.find(image)]
        return sorted(found, key=lambda face: -face.area)

    def _face(self, image: Image, found: Found) -> Face:
        points = found.points.astype(np.float32)
        crop = alignment.warp(
            image,
            alignment.similarity(points, alignment.STANDARD),
            (alignment.CROP, alignment.CROP),
        )
        raw = self._represent(crop)
        length = float(np.linalg.norm(raw))
        template = (raw / max(length, 1e-12)).astype(np.float32)
        return Face(found.box, points, found.score, template, length)

    def _represent(self, crop: Image) -> NDArray[np.float64]:
        # deepface takes strings for addresses and paths; it only ever gets an array, in BGR.
        [face] = self._deepface.represent(
            np.ascontiguousarray(crop[:, :, ::-1]),
            model_name=self.model.name,
            detector_backend="skip",
            normalization="base",
        )
        return np.asarray(face["embedding"], np.float64)


def _import_deepface(files: ModelFiles) -> Any:
    """Import deepface with its folder set, its download closed and its silencing of all warnings undone."""
    os.environ["DEEPFACE_HOME"] = str(files.home)
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"
    os.environ.setdefault("DEEPFACE_LOG_LEVEL", "40")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from deepface import DeepFace
        from deepface.commons import image_utils, weight_utils
    weight_utils.download_weights_if_necessary = _only_what_is_there
    weight_utils.gdown = weight_utils.requests = None
    image_utils.requests = None
    return DeepFace


def _only_what_is_there(file_name: str, *_: object, **__: object) -> str:
    """Stand where deepface would download."""
    path = os.path.join(os.environ["DEEPFACE_HOME"], ".deepface", "weights", file_name)
    if not os.path.isfile(path):
        raise MissingWeights(f"{path} is missing, and nothing is fetched.")
    return path


def _build_model(files: ModelFiles, threads: int) -> None:
    from deepface.modules import modeling

    name, digest = files.model.name, files.model.weights_sha256
    if _loaded.setdefault(name, digest) != digest:
        raise Unavailable(f"Another {name} is already loaded in this process.")
    client = modeling.build_model("facial_recognition", name)
    if files.graph.suffix == ".onnx":
        client.model = session(files.graph, threads)
