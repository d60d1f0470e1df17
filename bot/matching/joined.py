"""Two models' templates as one: SFace's, and dlib's beside it with a smaller part.

What one of them misses on a dark, grainy still the other sometimes sees; docs/measurements/matching.md has what that
brings. The cosine of two joined templates is the weighted mean of both similarities, so that a gallery of them is
searched, certified and calibrated like any other.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.matching import alignment
from bot.matching.engine import Points
from bot.matching.images import Image

Vector = NDArray[np.float64]

SECOND = "Dlib"
SIDE = 150
PLACES: Points = np.array(
    [[46.6, 45.8], [102.4, 45.8], [74.5, 77.4], [50.3, 100.7], [98.7, 100.7]],
    np.float32,
)
"""Where YuNet's five points lie in the chips dlib's model was trained on, in pixels: the median over the portraits
of the demonstration, by dlib's own points, made symmetrical."""
PART = 0.2
"""Of dlib's similarity for one part of SFace's; chosen on probes that took no part in the measurement."""
SOFTENED = 1.34
"""Sigma in pixels of a chip: as much of the face as the first model's."""

CENTRE: Vector = np.fromstring(
    """
        -0.0947 0.0876 0.0500 -0.0408 -0.1077 -0.0200 -0.0218 -0.0834
        0.1594 -0.0812 0.1919 -0.0430 -0.2629 -0.0283 -0.0152 0.1505
        -0.1636 -0.1373 -0.1151 -0.0822 0.0053 0.0304 0.0128 0.0366
        -0.1325 -0.3284 -0.0626 -0.1046 0.0347 -0.0941 -0.0088 0.0593
        -0.1637 -0.0444 0.0431 0.0754 -0.0490 -0.0843 0.2007 0.0094
        -0.1932 -0.0142 0.0533 0.2610 0.2094 0.0208 0.0186 -0.0929
        0.1310 -0.2896 0.0608 0.1466 0.0787 0.0770 0.0922 -0.1738
        0.0240 0.1361 -0.1876 0.0464 0.0741 -0.0835 -0.0416 -0.0700
        0.2141 0.0984 -0.1206 -0.1258 0.1707 -0.1559 -0.0441 0.0757
        -0.1019 -0.1742 -0.2873 0.0322 0.4013 0.1509 -0.1671 0.0111
        -0.0818 -0.0148 0.0482 0.0680 -0.0764 -0.0462 -0.0929 0.0197
        0.2043 -0.0229 -0.0148 0.2151 0.0036 -0.0006 0.0244 0.0481
        -0.1226 -0.0289 -0.1240 -0.0316 0.0438 -0.0890 -0.0025 0.1125
        -0.1957 0.1512 -0.0186 -0.0256 -0.0017 -0.0251 -0.0755 -0.0106
        0.1721 -0.2644 0.1915 0.1772 0.0324 0.1431 0.0541 0.0594
        -0.0183 -0.0350 -0.1710 -0.0828 0.0421 -0.0201 0.0188 0.0352
    """,
    sep=" ",
)
"""Mean of dlib's vectors of the demonstration's portraits. They all lie to one side of zero: without it two
strangers would look much alike."""


def chip(image: Image, points: Points) -> Image:
    """Return the face as dlib's model wants it: uint8 (150, 150, 3), RGB."""
    affine = alignment.similarity(points, PLACES)
    return alignment.warp(image, affine, (SIDE, SIDE))


def softened(face: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(face, (0, 0), SOFTENED), np.uint8)


def join(first: Vector, second: Vector) -> Vector:
    """Return the unit vector of a unit vector of the first model and a raw one of the second."""
    centred = second - CENTRE
    centred /= max(float(np.linalg.norm(centred)), 1e-12)
    joined: Vector = np.concatenate([first, np.sqrt(PART) * centred])
    return joined / float(np.sqrt(1 + PART))
