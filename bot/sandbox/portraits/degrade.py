"""Makes the camera stills of the demonstration from its portraits, the same ones every time.

Run as `python -m bot.sandbox.portraits.degrade`; it rewrites probes/ and probes.csv beside this file.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]

HERE = Path(__file__).parent
WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True, slots=True)
class Placed:
    """A portrait on the frame; `side` is the edge of the whole portrait, the face fills about half."""

    portrait: str
    side: int = 150
    x: int = WIDTH // 2
    y: int = 210


@dataclass(frozen=True, slots=True)
class Still:
    file: str
    kind: str
    faces: tuple[Placed, ...] = ()
    subject_id: str = ""
    turn_degrees: float = 0.0
    tilt: float = 0.0
    blur: float = 0.8
    noise: float = 4.0
    gamma: float = 1.0
    quality: int = 65


STILLS = (
    Still(
        "mated-1.jpg",
        "mated",
        (Placed("gallery/014", 168, 300, 200),),
        "D0014",
        3,
        0.03,
    ),
    Still(
        "mated-2.jpg",
        "mated",
        (Placed("gallery/061", 150, 360),),
        "D0061",
        -5,
        0.04,
        gamma=1.35,
    ),
    Still(
        "mated-3.jpg",
        "mated",
        (Placed("gallery/027", 140, 250),),
        "D0027",
        6,
        -0.04,
        1.0,
        5,
    ),
    Still(
        "mated-4.jpg",
        "mated",
        (Placed("gallery/210", 156, 340, 220),),
        "D0210",
        -3,
        -0.03,
        gamma=0.75,
    ),
    Still(
        "mated-5.jpg",
        "mated",
        (Placed("gallery/217", 160, 290),),
        "D0217",
        4,
        0.05,
        1.1,
        quality=52,
    ),
    Still(
        "mated-6.jpg",
        "mated",
        (Placed("gallery/073", 146, 330, 190),),
        "D0073",
        -7,
        0.02,
        1.0,
        6,
        1.2,
        60,
    ),
    Still(
        "stranger-1.jpg", "stranger", (Placed("strangers/062", 156, 310),), "", 4, 0.03
    ),
    Still(
        "stranger-2.jpg",
        "stranger",
        (Placed("strangers/234", 150, 280),),
        "",
        -4,
        -0.03,
        0.9,
    ),
    Still(
        "stranger-3.jpg",
        "stranger",
        (Placed("strangers/142", 162, 350),),
        "",
        5,
        0.04,
        gamma=1.25,
    ),
    Still(
        "several-1.jpg",
        "several",
        (
            Placed("strangers/228", 140, 130, 190),
            Placed("gallery/240", 156, 325, 220),
            Placed("strangers/225", 136, 515, 200),
        ),
        "D0240",
        2,
        0.02,
    ),
    Still(
        "too-small-1.jpg",
        "too_small",
        (Placed("gallery/108", 58, 410, 230),),
        "D0108",
        2,
    ),
    Still("no-face-1.jpg", "no_face"),
)


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
    axes = (round(side * 0.36), round(side * 0.44))
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
    centre = (placed.x, placed.y + round(placed.side * 0.98))
    axes = (round(placed.side * 0.62), round(placed.side * 0.6))
    cv2.ellipse(scene, centre, axes, 0, 180, 360, (58, 62, 70), -1, cv2.LINE_AA)
    cv2.rectangle(
        scene,
        (centre[0] - axes[0], centre[1]),
        (centre[0] + axes[0], HEIGHT),
        (58, 62, 70),
        -1,
    )
    return scene


def _develop(scene: Field, still: Still, chance: np.random.Generator) -> Picture:
    """Add what a poor camera adds: its tone curve, its lens, its noise."""
    toned = 255 * (scene / 255) ** still.gamma
    soft = cv2.GaussianBlur(toned, (0, 0), still.blur)
    grain = chance.normal(0, still.noise, (HEIGHT, WIDTH, 1))
    return np.clip(np.rint(soft + grain), 0, 255).astype(np.uint8)


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
        rows.writerow(("file", "kind", "subject_id"))
        rows.writerows((f"probes/{s.file}", s.kind, s.subject_id) for s in STILLS)


if __name__ == "__main__":
    main()
