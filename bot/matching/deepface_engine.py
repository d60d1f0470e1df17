"""FaceEngine by deepface: our own detection and alignment, its model."""

import os
import warnings
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.errors import Unavailable
from bot.matching import alignment, joined
from bot.matching.detector import Detector, Found
from bot.matching.engine import Face, Points
from bot.matching.images import Image
from bot.matching.sessions import session
from bot.matching.weights import MissingWeights, ModelFiles

_CLEAR = 11.0
"""Length of a raw vector from which on a face is taken as it is found: more than nine in ten portraits have it."""
_SMALL_EYES_PX = 20.0
_GRAINY = 0.2
"""Noise as a part of the contrast: portraits have up to 0.03, noise of sigma 25 brings them to 0.24 and more."""
_SOFTENED = 1.0
_LAPLACE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)

_loaded: dict[str, str] = {}
"""deepface keeps one model per name for the whole process; this is which weights it is."""


class DeepFaceEngine:
    """Loaded when it exists. One per process; ``faces`` must not be called from two threads at once."""

    def __init__(self, files: ModelFiles, threads: int = 1) -> None:
        self.model = files.model
        cv2.setNumThreads(threads)
        self._deepface = _import_deepface(files)
        self._detector = Detector(files.detector, threads)
        self._name, self._is_joined = files.recogniser_name, files.second is not None
        _build_model(files, threads)

    def faces(self, image: Image) -> list[Face]:
        """Find every face, largest first. Blocking: call it from a worker."""
        found = [self._face(image, one) for one in self._detector.find(image)]
        return sorted(found, key=lambda face: -face.area)

    def _face(self, image: Image, found: Found) -> Face:
        points = found.points.astype(np.float32)
        raw = self._represent(_crop(image, points))
        length = float(np.linalg.norm(raw))
        template = _unit(raw)
        is_poor = length < _CLEAR and _small_or_grainy(image, points)
        if is_poor:
            points, template = self._fused(image, found)
        if self._is_joined:
            template = joined.join(template, self._second(image, points, is_poor))
        return Face(found.box, points, found.score, template.astype(np.float32), length)

    def _fused(self, image: Image, found: Found) -> tuple[Points, NDArray[np.float64]]:
        """Place a poor face more surely, and take the mean of its templates as it is and slightly softened.

        See docs/measurements/matching.md. Portraits of record are neither small nor grainy: they never come here.
        """
        points = self._detector.steadied(image, found).points.astype(np.float32)
        crop = _crop(image, points)
        soft = np.asarray(cv2.GaussianBlur(crop, (0, 0), _SOFTENED), np.uint8)
        both = (_unit(self._represent(crop)), _unit(self._represent(soft)))
        return points, _unit(both[0] + both[1])

    def _second(
        self, image: Image, points: Points, is_poor: bool
    ) -> NDArray[np.float64]:
        """The raw vector of the second model, of a poor face the mean of two looks as above."""
        chip = joined.chip(image, points)
        found = self._represent(chip, joined.SECOND)
        if not is_poor:
            return found
        return (found + self._represent(joined.softened(chip), joined.SECOND)) / 2

    def _represent(self, crop: Image, model: str | None = None) -> NDArray[np.float64]:
        # deepface takes strings for addresses and paths; it only ever gets an array, in BGR.
        [face] = self._deepface.represent(
            np.ascontiguousarray(crop[:, :, ::-1]),
            model_name=model or self._name,
            detector_backend="skip",
            normalization="base",
        )
        return np.asarray(face["embedding"], np.float64)


def _crop(image: Image, points: Points) -> Image:
    affine = alignment.similarity(points, alignment.STANDARD)
    return alignment.warp(image, affine, (alignment.CROP, alignment.CROP))


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _small_or_grainy(image: Image, points: Points) -> bool:
    """Say whether steadying is known to help: on other poor faces (masked, behind glasses) softening costs."""
    eyes_px = float(np.linalg.norm(points[1] - points[0]))
    return eyes_px < _SMALL_EYES_PX or _grain(image, points) > _GRAINY


def _grain(image: Image, points: Points) -> float:
    """Return the noise of the face as a part of its contrast, by what a Laplacian leaves of it (Immerkaer 1996)."""
    reach = float(np.linalg.norm(points[1] - points[0])) * 1.1
    middle = points.mean(axis=0)
    left, top = np.maximum((middle - reach).astype(int), 0)
    right, bottom = np.maximum((middle + reach).astype(int) + 1, 0)
    part = image[top:bottom, left:right]
    if min(part.shape[:2]) < 3:
        return 0.0
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    left_over = np.abs(cv2.filter2D(grey, -1, _LAPLACE))[1:-1, 1:-1]
    # A median, so that edges do not count; 0.6745 makes it a sigma, and the kernel multiplies noise by 6.
    sigma = float(np.median(left_over)) / 0.6745 / 6
    return sigma / max(float(grey.std()), 1.0)


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

    name, digest = files.recogniser_name, files.recogniser_sha256
    if _loaded.setdefault(name, digest) != digest:
        raise Unavailable(f"Another {name} is already loaded in this process.")
    client = modeling.build_model("facial_recognition", name)
    if files.graph.suffix == ".onnx":
        client.model = session(files.graph, threads)
    if files.second is not None:
        modeling.build_model("facial_recognition", joined.SECOND)
