"""YuNet in onnxruntime: its numbers into boxes and points, as OpenCV does it, in a third of the time."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.matching.images import Image
from bot.matching.sessions import session

_STRIDES = (8, 16, 32)
_STEP = 32
_SAME = 0.3
"""Overlap (shared area of both) from which on two answers are one face."""
_MOST = 5000

Rows = NDArray[np.float32]
"""(n, 15), best first: left, top, width, height; x and y of right eye, left eye, nose, right and left corner of the mouth; score."""


class Yunet:
    """Loaded when it exists. An answer depends on the picture alone."""

    def __init__(self, graph: Path, min_score: float, threads: int = 1) -> None:
        self._session = session(graph, threads)
        self._min_score = min_score

    def detect(self, image: Image) -> Rows:
        """Return the faces of one picture in its own pixels."""
        names = [f"{part}_{n}" for n in _STRIDES for part in ("cls", "obj", "bbox", "kps")]  # fmt: skip
        blob = _blob(image)
        answers = [one[0] for one in self._session.run(names, {"input": blob})]
        rows = [
            _rows(stride, blob.shape[3], self._min_score, *answers[4 * n : 4 * n + 4])
            for n, stride in enumerate(_STRIDES)
        ]
        return _distinct(np.concatenate(rows), self._min_score)


def _blob(image: Image) -> NDArray[np.float32]:
    """Put black to the right and below, up to whole steps of the net, and the colours in BGR."""
    height, width = image.shape[:2]
    down, right = -height % _STEP, -width % _STEP
    blob = np.zeros((1, 3, height + down, width + right), np.float32)
    blob[0, :, :height, :width] = image[:, :, ::-1].transpose(2, 0, 1)
    return blob


def _rows(
    stride: int,
    width_px: int,
    min_score: float,
    classes: NDArray[np.float32],
    objects: NDArray[np.float32],
    boxes: NDArray[np.float32],
    points: NDArray[np.float32],
) -> Rows:
    """Decode the cells of one grid that are sure enough."""
    scores = np.sqrt(classes[:, 0].clip(0, 1) * objects[:, 0].clip(0, 1))
    [cells] = np.nonzero(scores >= min_score)
    places = np.stack(np.divmod(cells, width_px // stride)[::-1], axis=1)
    places = places.astype(np.float32)
    sides = np.exp(boxes[cells, 2:]) * stride
    corners = (places + boxes[cells, :2]) * stride - sides / 2
    spots = (points[cells] + np.tile(places, 5)) * stride
    return np.hstack([corners, sides, spots, scores[cells, None]])


def _distinct(rows: Rows, min_score: float) -> Rows:
    kept = cv2.dnn.NMSBoxes(
        rows[:, :4].astype(np.float64).tolist(), rows[:, 14].tolist(), min_score, _SAME, top_k=_MOST
    )  # fmt: skip
    return rows[np.asarray(kept, np.intp).reshape(-1)]
