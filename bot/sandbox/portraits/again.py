"""Further photographs of some people of the demonstration, made from the one portrait there is of each.

Run as `python -m bot.sandbox.portraits.again`; it rewrites again/ beside this file. What is said of each is
in further.csv.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

HERE = Path(__file__).parent
_QUALITY = 88


@dataclass(frozen=True, slots=True)
class Again:
    """A portrait as another camera would have it: turned, nearer, in other light, of ``side`` pixels."""

    file: str
    portrait: str
    degrees: float
    nearer: float
    gamma: float
    side: int


FURTHER = (
    Again("014-2.jpg", "gallery/014", -5.0, 1.08, 1.25, 240),
    Again("014-3.jpg", "gallery/014", 7.0, 1.0, 0.8, 180),
    Again("073-2.jpg", "gallery/073", 4.0, 1.1, 0.85, 320),
    Again("073-3.jpg", "gallery/073", -8.0, 1.0, 1.2, 200),
)


def render(again: Again) -> bytes:
    """Return the photograph as JPEG bytes."""
    with Image.open(HERE / f"{again.portrait}.webp") as opened:
        whole = np.asarray(opened.convert("RGB"))
    middle = (whole.shape[1] / 2, whole.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, again.degrees, again.nearer)
    turned = cv2.warpAffine(
        whole, turn, whole.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
    )
    sized = cv2.resize(turned, (again.side, again.side), interpolation=cv2.INTER_AREA)
    lit = 255 * (sized.astype(np.float64) / 255) ** again.gamma
    sink = io.BytesIO()
    Image.fromarray(_rounded(lit)).save(sink, "JPEG", quality=_QUALITY)
    return sink.getvalue()


def _rounded(lit: NDArray[np.float64]) -> Picture:
    return np.asarray(np.clip(np.rint(lit), 0, 255), np.uint8)


def main() -> None:
    (HERE / "again").mkdir(exist_ok=True)
    for again in FURTHER:
        (HERE / "again" / again.file).write_bytes(render(again))


if __name__ == "__main__":
    main()
