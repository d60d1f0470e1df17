"""deepface as its own manual uses it, with the weights that the product has checked."""

import os
import warnings
from typing import Any

from app import MODELS
from bot.matching.weights import prepare


def deepface() -> Any:
    """Nothing of it is changed: its detection, its sessions, its threads."""
    os.environ["DEEPFACE_HOME"] = str(prepare(MODELS).home)
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"
    os.environ.setdefault("DEEPFACE_LOG_LEVEL", "40")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from deepface import DeepFace
    return DeepFace
