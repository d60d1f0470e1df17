"""How surely an edited probe is known again, and how often another picture is taken for it.

``python -m benchmarks.repeats FOLDER...`` reads portraits; two whose names differ only in a number at the
end (Name_0001.jpg) show one person. Prints what docs/measurements/repeats.md holds.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.domain.prints import FacePrint, hamming, likeness
from bot.matching import images
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import FaceEngine, main_face
from bot.matching.images import Image
from bot.matching.prints import print_of
from bot.matching.weights import prepare

Edit = Callable[[Image], Image]
Floats = NDArray[np.float64]


def _cropped(part: float) -> Edit:
    def edit(image: Image) -> Image:
        height, width = image.shape[:2]
        top, left = int(height * part / 2), int(width * part / 2)
        return image[top : height - top, left : width - left]

    return edit


def _off_centre(image: Image) -> Image:
    height, width = image.shape[:2]
    return image[: int(height * 0.9), int(width * 0.15) :]


def _resized(factor: float) -> Edit:
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda image: np.asarray(
        cv2.resize(image, None, fx=factor, fy=factor, interpolation=kind), np.uint8
    )


def _jpeg(quality: int) -> Edit:
    return lambda image: images.decode(images.encode_jpeg(image, quality)).image


def _levels(gain: float, offset: float = 0.0, gamma: float = 1.0) -> Edit:
    table = (np.linspace(0, 1, 256) ** gamma * 255 * gain + offset).clip(0, 255)
    return lambda image: table.astype(np.uint8)[image]


def _turned(degrees: float) -> Edit:
    def edit(image: Image) -> Image:
        height, width = image.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return np.asarray(
            cv2.warpAffine(
                image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )

    return edit


def _mirrored(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def _grey(image: Image) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def _blurred(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.5), np.uint8)


def _noisy(image: Image) -> Image:
    noise = np.random.default_rng(7).normal(0, 10, image.shape)
    return (image + noise).round().clip(0, 255).astype(np.uint8)


def _framed(image: Image) -> Image:
    side = image.shape[0] // 6
    return np.asarray(
        cv2.copyMakeBorder(
            image, side, side, side * 2, side, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        ),
        np.uint8,
    )


def _all_at_once(image: Image) -> Image:
    for edit in (_cropped(0.2), _turned(4), _levels(0.8, 15), _resized(0.7), _jpeg(50)):
        image = edit(image)
    return image


EDITS: Mapping[str, Edit] = {
    "crop 10 %": _cropped(0.1),
    "crop 20 %": _cropped(0.2),
    "crop 35 %": _cropped(0.35),
    "crop, off centre": _off_centre,
    "half the size": _resized(0.5),
    "twice the size": _resized(2.0),
    "JPEG 50": _jpeg(50),
    "JPEG 20": _jpeg(20),
    "brighter by 30 %": _levels(1.3),
    "darker by 40 %": _levels(0.6),
    "gamma 0.6": _levels(1.0, gamma=0.6),
    "gamma 1.6": _levels(1.0, gamma=1.6),
    "less contrast": _levels(0.6, 50),
    "turned by 2 degrees": _turned(2),
    "turned by 5 degrees": _turned(5),
    "turned by 10 degrees": _turned(10),
    "mirrored": _mirrored,
    "grey": _grey,
    "blur, sigma 1.5": _blurred,
    "noise, sigma 10": _noisy,
    "black frame": _framed,
    "crop, turn, darker, smaller, JPEG 50": _all_at_once,
}


def print_from(engine: FaceEngine, image: Image) -> FacePrint | None:
    faces = engine.faces(image)
    if not faces:
        return None
    return print_of(image, main_face(faces, image), engine.model)


def cosine(a: FacePrint, b: FacePrint) -> float:
    return float(np.dot(a.template, b.template))


def face_bits(a: FacePrint, b: FacePrint) -> int:
    return min(hamming(a.face_hash, b.face_hash), hamming(a.mirror_hash, b.face_hash))


def measures(pairs: Sequence[tuple[FacePrint, FacePrint]]) -> Floats:
    """Rows of: bits of the picture, bits of the face, cosine, whether taken for the same."""
    return np.array(
        [
            (
                hamming(a.image_hash, b.image_hash),
                face_bits(a, b),
                cosine(a, b),
                likeness(a, b) is not None,
            )
            for a, b in pairs
        ]
    )


def row(name: str, of: Floats) -> str:
    image, face, cos, same = of.T
    return (
        f"| {name} | {len(of)} | {_three(image, '.0f')} | {_three(face, '.0f')} | "
        f"{_three(cos, '.3f')} | {same.mean():.4f} |"
    )


def _three(of: Floats, how: str) -> str:
    low, middle, high = np.percentile(of, (1, 50, 99))
    return f"{low:{how}} / {middle:{how}} / {high:{how}}"


def people(paths: Sequence[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        found[re.sub(r"_\d+$", "", path.stem)].append(path)
    return found


def report(
    engine: FaceEngine, paths: Sequence[Path], edited: int
) -> Iterator[tuple[str, Floats]]:
    """Every edit of some pictures against the picture; pictures of one person; pictures of two."""
    read = {path: images.decode(path.read_bytes()).image for path in paths}
    prints = {
        p: made for p, image in read.items() if (made := print_from(engine, image))
    }
    some = list(prints)[:: max(1, len(prints) // edited)][:edited]
    for name, edit in EDITS.items():
        pairs = [(print_from(engine, edit(read[p])), prints[p]) for p in some]
        found = [(a, b) for a, b in pairs if a is not None]
        yield name, measures(found)
    groups = people(list(prints)).values()
    mates = [(prints[a], prints[b]) for g in groups for a, b in combinations(g[:6], 2)]
    if mates:
        yield "two pictures of one person", measures(mates)
    firsts = [prints[group[0]] for group in groups][:500]
    yield "two people", measures(list(combinations(firsts, 2)))


def main() -> None:
    edited, *folders = sys.argv[1:]
    with TemporaryDirectory() as home:
        engine = DeepFaceEngine(prepare(Path(home)), threads=1)
        for folder in map(Path, folders):
            paths = sorted(
                p for p in folder.rglob("*") if p.suffix in (".jpg", ".webp")
            )
            print(f"\n{folder.name}: {len(paths)} pictures")
            for name, of in report(engine, paths, int(edited)):
                print(row(name, of), flush=True)


if __name__ == "__main__":
    main()
