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
# Of the standard crop: both eyes with their brows, the mouth, and the face they are measured against.
_EYES = ((slice(44, 60), slice(28, 50)), (slice(44, 60), slice(62, 84)))
_MOUTH = ((slice(84, 100), slice(40, 72)),)
_FACE = ((slice(30, 104), slice(20, 92)),)
Region = tuple[tuple[slice, slice], ...]


def measure(decoded: Decoded, face: Face) -> ImageQuality:
    """Measure one face; luminance and sharpness on the aligned face scaled to 64 px, without its surroundings."""
    grey = _grey_face(decoded.image, face.points)
    yaw, pitch = _yaw_and_pitch(face.points)
    detail = _detail(decoded.image, face.points)
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
        dynamic_bits=_entropy(grey),
        eyes_detail=_share(detail, _EYES),
        mouth_detail=_share(detail, _MOUTH),
    )


def _entropy(grey: NDArray[np.uint8]) -> float:
    counted = np.bincount(grey.ravel(), minlength=256)
    part = counted[counted > 0] / grey.size
    return float(-(part * np.log2(part)).sum()) + 0.0


def _detail(image: Image, points: Points) -> NDArray[np.float32]:
    """How much the standard crop changes from pixel to pixel, across and down."""
    crop = warp(image, similarity(points, STANDARD), (CROP, CROP))
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    return np.asarray(np.abs(across) + np.abs(down), np.float32)


def _share(detail: NDArray[np.float32], region: Region) -> float:
    here, face = (
        np.concatenate([detail[part].ravel() for part in parts]).mean()
        for parts in (region, _FACE)
    )
    return float(here / max(float(face), 1e-6))


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
