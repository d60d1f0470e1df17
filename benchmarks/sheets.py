"""What drawing comparison sheets costs, against drawing them the plain way.

    python -m benchmarks.sheets --json

Twenty candidates of one probe, drawn as the worker draws them; and the sheets of all photographs of a
subject, with three and with as many as one shows at most. The peer draws the same parts with
Pillow alone: each picture turned whole, then cut, then enlarged, and saved with Pillow's own settings.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

import bot.sandbox
from bot.matching.comparison import COMPONENTS, PANEL, Side, comparison_sheet
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.images import decode
from bot.matching.subject_sheet import SHOWN_MAX, Shot, subject_sheet
from bot.matching.weights import prepare

_APART = 150.0
_CANDIDATES = 20
_THREADS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", type=int, default=600, help="px of each photograph")
    given = parser.parse_args()
    probe, candidates = _sides(given.side)
    cv2.setNumThreads(1)
    ours = _timed(lambda c: comparison_sheet(probe, c), candidates, given.rounds)
    naive = _timed(lambda c: _plain(probe, c), candidates, 1)
    found = {
        "sheet_p50_ms": round(statistics.median(ours) * 1000, 1),
        "twenty_s": round(_twenty(probe, candidates, given.rounds), 2),
        "naive_p50_ms": round(statistics.median(naive) * 1000, 1),
        "subject_of_3_p50_ms": _of_subjects(candidates, 3, given.rounds),
        "subject_of_most_p50_ms": _of_subjects(candidates, SHOWN_MAX, given.rounds),
        "twenty_subjects_of_3_s": round(_twenty_subjects(candidates, given.rounds), 2),
        "ratio": round(statistics.median(naive) / statistics.median(ours), 1),
        "photograph_px": given.side,
        "sheets": len(ours),
    }
    if not given.json:
        for name, value in found.items():
            print(f"{name}: {value}")
    print(json.dumps(found))


def _sides(side: int) -> tuple[Side, list[Side]]:
    engine = DeepFaceEngine(prepare(Path("var/models")))
    folder = Path(bot.sandbox.__file__).parent / "portraits" / "gallery"
    sides = []
    for path in sorted(folder.glob("*.webp"))[: _CANDIDATES + 1]:
        image = decode(path.read_bytes()).image
        large = np.asarray(cv2.resize(image, (side, side)), np.uint8)
        sides.append(Side(large, engine.faces(large)[0].points, path.stem))
    return sides[0], sides[1:]


def _timed(
    draw: Callable[[Side], bytes], candidates: list[Side], rounds: int
) -> list[float]:
    times = []
    for candidate in candidates * rounds:
        began = time.perf_counter()
        draw(candidate)
        times.append(time.perf_counter() - began)
    return times


def _subject(candidates: list[Side], first: int, count: int) -> bytes:
    several = (candidates + candidates)[first : first + count]
    shots = [Shot(side, compared=number == 0) for number, side in enumerate(several)]
    return subject_sheet("Candidate A", ("All photographs.",), shots)


def _of_subjects(candidates: list[Side], count: int, rounds: int) -> float:
    times = []
    for first in list(range(len(candidates))) * rounds:
        began = time.perf_counter()
        _subject(candidates, first, count)
        times.append(time.perf_counter() - began)
    return round(statistics.median(times) * 1000, 1)


def _twenty_subjects(candidates: list[Side], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        with ThreadPoolExecutor(_THREADS) as threads:
            firsts = range(len(candidates))
            list(threads.map(lambda first: _subject(candidates, first, 3), firsts))
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _twenty(probe: Side, candidates: list[Side], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(lambda c: comparison_sheet(probe, c), candidates))
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _plain(probe: Side, candidate: Side) -> bytes:
    parts = [_turned(side) for side in (probe, candidate)]
    sheet = Pillow.new("RGB", (1100, 2300), (245, 245, 245))
    for column, (picture, x, y, apart) in enumerate(parts):
        factor = _APART / apart
        left, top = x - PANEL[0] / 2 * apart, y - PANEL[1] * 0.42 * apart
        box = (left, top, left + PANEL[0] * apart, top + PANEL[1] * apart)
        size = (round(PANEL[0] * _APART), round(PANEL[1] * _APART))
        face = picture.crop(box).resize(size)
        sheet.paste(face, (column * 500, 80))
        below = 720
        for part in COMPONENTS:
            box = (
                x + part.left * apart,
                y + part.top * apart,
                x + part.right * apart,
                y + part.bottom * apart,
            )
            cut = picture.crop(box)
            larger = (round(cut.width * factor), round(cut.height * factor))
            sheet.paste(cut.resize(larger), (column * 500, below))
            below += larger[1]
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _turned(side: Side) -> tuple[Pillow.Image, float, float, float]:
    """The whole picture upright, with the middle of the eyes and their distance in it."""
    right, left = side.points[:2]
    angle = float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))
    middle = (right + left) / 2
    picture = Pillow.fromarray(side.image).rotate(
        angle, Pillow.Resampling.BICUBIC, center=(float(middle[0]), float(middle[1]))
    )
    return picture, float(middle[0]), float(middle[1]), side.eyes_px


if __name__ == "__main__":
    main()
