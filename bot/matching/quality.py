"""Measure a face in its image; what the measures mean is said in the rules."""

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.domain.quality import ImageQuality
from bot.matching.alignment import CROP, STANDARD, roll_of, similarity, warp
from bot.matching.engine import Face, Points
from bot.matching.images import Decoded, Image

_SIDE = 64
# The nose stands out by about this part of the distance between the eyes.
_NOSE = 0.45
# How far down the nose is between eyes and mouth (median of 500 faces), and what a nod moves it by.
_NOSE_DOWN = 0.56
_NOD = 0.40


def measure(decoded: Decoded, face: Face) -> ImageQuality:
    """Measure one face; luminance and sharpness on the aligned face scaled to 64 px, without its surroundings."""
    grey = _grey_face(decoded.image, face.points)
    yaw, pitch = _yaw_and_pitch(face.points)
    return ImageQuality(
        inter_eye_px=face.inter_eye_px,
        face_width_px=face.box[2],
        sharpness=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        mean_luminance=float(grey.mean()),
        under_exposed=float((grey < 25).mean()),
        over_exposed=float((grey > 247).mean()),
        contrast=float(grey.std()),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll_of(face.points),
        jpeg_quality=decoded.jpeg_quality,
        detector_score=face.score,
        template_length=face.raw_length,
    )


def _grey_face(image: Image, points: Points) -> NDArray[np.uint8]:
    # Of the standard crop the middle 80 px hold the face and little hair or background.
    zoomed = (STANDARD - CROP / 2) * (_SIDE / 80) + _SIDE / 2
    crop = warp(image, similarity(points, zoomed), (_SIDE, _SIDE))
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)


def _yaw_and_pitch(points: Points) -> tuple[float, float]:
    """Estimate from where the nose stands between eyes and mouth; the geometry of an average head, no more."""
    right, left, nose, mouth_right, mouth_left = points.astype(np.float64)
    eyes, mouth = (right + left) / 2, (mouth_right + mouth_left) / 2
    across = left - right
    width = max(float(np.linalg.norm(across)), 1e-6)
    down = mouth - eyes
    height = max(float(np.linalg.norm(down)), 1e-6)
    aside = float((nose - (eyes + mouth) / 2) @ across) / width**2
    below = float((nose - eyes) @ down) / height**2
    yaw = np.degrees(np.arctan2(aside, _NOSE))
    pitch = np.degrees(np.arctan2(_NOSE_DOWN - below, _NOD))
    return float(yaw), float(pitch)
