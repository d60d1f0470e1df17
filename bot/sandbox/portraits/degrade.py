"""Makes the camera stills of the demonstration from its portraits, the same ones every time.

Run as `python -m bot.sandbox.portraits.degrade`; it rewrites probes/ and probes.csv beside this file.
"""

import csv
import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.sandbox.portraits.stills import HEIGHT, STILLS, WIDTH, Placed, Still

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]

HERE = Path(__file__).parent
COAT = (58, 62, 70)


def render(still: Still) -> bytes:
    """Return the still as JPEG bytes."""
    chance = np.random.default_rng(sum(still.file.encode()))
    scene = _room() if still.faces else _corridor()
    for placed in still.faces:
        scene = _stand(scene, placed, still)
    return _encode(_label(_develop(scene, still, chance), still), still.quality)


def _room() -> Field:
    wall = np.linspace(150, 112, HEIGHT, dtype=np.float32)[:, None]
    light = np.linspace(1.06, 0.92, WIDTH, dtype=np.float32)[None, :]
    return np.repeat((wall * light)[:, :, None], 3, axis=2)


def _corridor() -> Field:
    """Draw walls, floor, ceiling, and at the far end a door that is shut."""
    scene = np.full((HEIGHT, WIDTH, 3), 140, np.uint8)
    near, far = (0, 0, WIDTH, HEIGHT), (250, 165, 390, 310)
    corners = [
        [(near[a], near[b]), (near[c], near[d]), (far[c], far[d]), (far[a], far[b])]
        for a, b, c, d in ((0, 1, 2, 1), (2, 1, 2, 3), (2, 3, 0, 3), (0, 3, 0, 1))
    ]
    for corner, grey in zip(corners, (165, 128, 88, 120), strict=True):
        cv2.fillPoly(
            scene, [np.array(corner, np.int32)], (grey, grey, grey), cv2.LINE_AA
        )
    cv2.rectangle(scene, (285, 195), (355, 310), (96, 92, 88), -1)
    cv2.rectangle(scene, (285, 195), (355, 310), (70, 70, 70), 2)
    return scene.astype(np.float32)


def _stand(scene: Field, placed: Placed, still: Still) -> Field:
    """Blend a head into the scene, above shoulders that are drawn."""
    scene = _shoulders(scene, placed)
    place = _placement(placed, still)
    head = cv2.warpPerspective(
        _portrait(placed), place, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR
    )
    share = cv2.warpPerspective(_oval(placed.side), place, (WIDTH, HEIGHT))[:, :, None]
    return (scene * (1 - share) + head * share).astype(np.float32)


def _portrait(placed: Placed) -> Picture:
    with Image.open(HERE / f"{placed.portrait}.webp") as opened:
        whole = np.asarray(opened.convert("RGB"))
    size = (placed.side, placed.side)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)


def _oval(side: int) -> Field:
    """Return how much of each pixel of the portrait is kept: the head, with a soft edge."""
    mask = np.zeros((side, side), np.float32)
    axes = (round(side * 0.33), round(side * 0.45))
    cv2.ellipse(mask, (side // 2, side // 2), axes, 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), side * 0.03), np.float32)


def _placement(placed: Placed, still: Still) -> NDArray[np.float64]:
    """Map the portrait onto the frame: turned in the plane, one side a little farther away."""
    half = placed.side / 2
    turn = np.radians(still.turn_degrees)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
    seen = corners * np.stack([np.ones(4), 1 + still.tilt * corners[:, 0]], axis=1)
    turned = seen @ np.array(
        [(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))]
    )
    target = turned * half + (placed.x, placed.y)
    source = (corners + 1) * half
    return np.asarray(
        cv2.getPerspectiveTransform(
            source.astype(np.float32), target.astype(np.float32)
        )
    )


def _shoulders(scene: Field, placed: Placed) -> Field:
    scene = scene.copy()
    centre = (placed.x, placed.y + round(placed.side * 0.92))
    across, high = round(placed.side * 0.86), round(placed.side * 0.48)
    cv2.ellipse(scene, centre, (across, high), 0, 180, 360, COAT, -1, cv2.LINE_AA)
    below = (centre[0] + across, HEIGHT)
    cv2.rectangle(scene, (centre[0] - across, centre[1]), below, COAT, -1)
    return scene


def _develop(scene: Field, still: Still, chance: np.random.Generator) -> Picture:
    """Add what a poor camera adds: its tone curve, its lens, its noise."""
    # Half the colour gone also hides where a portrait's own background meets the wall.
    faded = (scene + scene.mean(axis=2, keepdims=True)) / 2
    toned = 255 * (faded / 255) ** still.gamma
    soft = cv2.GaussianBlur(toned, (0, 0), still.blur)
    grain = chance.normal(0, still.noise, (HEIGHT, WIDTH, 1))
    return np.asarray(np.clip(np.rint(soft + grain), 0, 255), np.uint8)


def _label(picture: Picture, still: Still) -> Picture:
    minute = STILLS.index(still)
    text = f"CAM 3 (simulated)  2026-11-14 22:{41 + minute:02d}:07"
    cv2.putText(
        picture,
        text,
        (12, 24),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.5,
        (235, 235, 235),
        1,
        cv2.LINE_AA,
    )
    return picture


def _encode(picture: Picture, quality: int) -> bytes:
    sink = io.BytesIO()
    Image.fromarray(picture).save(sink, "JPEG", quality=quality)
    return sink.getvalue()


def main() -> None:
    (HERE / "probes").mkdir(exist_ok=True)
    for still in STILLS:
        (HERE / "probes" / still.file).write_bytes(render(still))
    with (HERE / "probes.csv").open("w", newline="") as sink:
        rows = csv.writer(sink, lineterminator="\n")
        rows.writerow(("file", "kind", "subject_id", "dmv_subject_id"))
        rows.writerows(
            (f"probes/{s.file}", s.kind, s.subject_id, s.dmv_subject_id) for s in STILLS
        )


if __name__ == "__main__":
    main()
