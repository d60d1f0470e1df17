"""The same answers as OpenCV's own reading of the same net."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bot.matching.images import Image
from bot.matching.models import YUNET
from bot.matching.weights import ModelFiles
from bot.matching.yunet import Yunet

Portrait = Callable[[int], Image]


@pytest.fixture(scope="module")
def yunet(files: ModelFiles) -> Yunet:
    return Yunet(files.detector, 0.6)


def by_opencv(files: ModelFiles, image: Image) -> np.ndarray:
    weights = str(files.recogniser.with_name(YUNET.file))
    size = (image.shape[1], image.shape[0])
    net = cv2.FaceDetectorYN.create(weights, "", size, 0.6, 0.3, 5000)
    return np.asarray(net.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1])


@pytest.mark.parametrize("size", [(256, 256), (100, 71), (321, 640), (300, 220)])
def test_boxes_points_and_scores_are_those_of_opencv(
    yunet: Yunet, files: ModelFiles, portrait: Portrait, size: tuple[int, int]
) -> None:
    for number in range(3):
        image = np.asarray(cv2.resize(portrait(number), size), np.uint8)
        ours, theirs = yunet.detect(image), by_opencv(files, image)
        assert ours.shape == theirs.shape
        assert np.allclose(ours, theirs, atol=2e-2)


def test_a_group_gives_the_faces_that_opencv_gives(
    yunet: Yunet, files: ModelFiles, portrait: Portrait
) -> None:
    image = np.hstack([portrait(number) for number in range(4)])
    ours, theirs = yunet.detect(image), by_opencv(files, image)
    assert len(ours) == 4
    assert np.allclose(ours, theirs, atol=2e-2)


def test_the_same_picture_has_the_same_answer_after_others(
    yunet: Yunet, portrait: Portrait
) -> None:
    once = yunet.detect(portrait(3))
    yunet.detect(np.zeros((500, 300, 3), np.uint8))
    assert np.array_equal(yunet.detect(portrait(3)), once)
