"""Photographs enrolled a second, beside a loop over DeepFace.represent on the same cores: python -m benchmarks.enrol [--photos 300] [--json]"""

import argparse
import csv
import io
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from benchmarks import as_it_comes
from benchmarks.telling import Tell, to_stderr

APP = Path(__file__).resolve().parent.parent / "app.py"
PORTRAITS = APP.parent / "bot" / "sandbox" / "portraits"
ASKED = 3.0
_QUALITIES = 40


@dataclass(frozen=True, slots=True)
class Report:
    """``photos_per_s``: once everything is loaded; what starting costs is told apart.

    ``ours_whole_s`` is the whole command with all photographs; ``ours_start_s`` the same with one.
    """

    photos: int
    side: int
    enrolled: int
    rejected: int
    cores: int
    ours_photos_per_s: float
    ours_start_s: float
    ours_whole_s: float
    peer_photos_per_s: float
    peer_start_s: float
    peer_failed: int
    ratio: float
    ratio_with_start: float
    ours_cpu_ms: (
        float  # of all processes, for one photograph: what a busy machine changes least
    )
    peer_cpu_ms: float

    @property
    def good(self) -> bool:
        return self.ratio >= ASKED and self.enrolled > 0


def photographs(folder: Path, count: int, side: int) -> list[Path]:
    """``count`` different files of the demonstration's portraits: as JPEG, each time a little coarser."""
    portraits = sorted(PORTRAITS.glob("gallery/*.webp"))
    if count > len(portraits) * _QUALITIES:
        raise ValueError(f"at most {len(portraits) * _QUALITIES} different photographs")
    made = []
    for number in range(count):
        turn, which = divmod(number, len(portraits))
        quality = 95 - turn
        path = folder / f"{number:05d}.jpg"
        path.write_bytes(_again(portraits[which], side, quality))
        made.append(path)
    return made


def _again(portrait: Path, side: int, quality: int) -> bytes:
    file = io.BytesIO()
    with Image.open(portrait) as image:
        image.convert("RGB").resize((side, side)).save(file, "JPEG", quality=quality)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class Taken:
    seconds: float
    cpu_s: float


# --- ours


def enrol(data: Path, photos: Sequence[Path]) -> Taken:
    """Enrol by the command that operators use, from its start to its end."""
    manifest = data.with_suffix(".csv")
    with manifest.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("subject_id", "photo_id", "file"))
        rows.writerows((f"S{p.stem}", f"P{p.stem}", p.name) for p in photos)
    folder = str(photos[0].parent)
    command = (str(APP), "enrol", str(manifest), "--images", folder, "--data")
    began, cpu = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(  # noqa: S603  our own program
        (sys.executable, *command, str(data)), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"app.py enrol failed:\n{done.stdout}\n{done.stderr}")
    return Taken(time.perf_counter() - began, _cpu_of_children() - cpu)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def enrolled(data: Path) -> int:
    with closing(sqlite3.connect(data / "fis.sqlite3")) as connection:
        [count] = connection.execute("SELECT count(*) FROM templates").fetchone()
        return int(count)


# --- the peer, in a process of its own


@dataclass(frozen=True, slots=True)
class Represented:
    start_s: float
    taken: Taken
    failed: int


def represent(photos: Sequence[Path]) -> Represented:
    """The obvious loop, after everything it needs has been loaded."""
    began = time.perf_counter()
    deepface = as_it_comes.deepface()
    options = {"model_name": "SFace", "detector_backend": "yunet"}
    deepface.represent(str(photos[0]), **options)
    ready, cpu, failed = time.perf_counter(), time.process_time(), 0
    for photo in photos:
        try:
            deepface.represent(str(photo), **options)
        except ValueError:  # it finds no face
            failed += 1
    taken = Taken(time.perf_counter() - ready, time.process_time() - cpu)
    return Represented(ready - began, taken, failed)


def peer(folder: Path) -> Represented:
    command = ("-m", "benchmarks.enrol", "--peer", str(folder))
    done = subprocess.run(  # noqa: S603  our own program
        (sys.executable, *command),
        capture_output=True,
        text=True,
        check=True,
        cwd=APP.parent,
    )
    got = json.loads(done.stdout.splitlines()[-1])
    return Represented(got["start_s"], Taken(**got["taken"]), got["failed"])


def measure(home: Path, count: int, side: int, tell: Tell) -> Report:
    folder = home / "photographs"
    folder.mkdir()
    tell(f"{count} photographs of {side} x {side} pixels ...")
    photos = photographs(folder, count, side)
    tell("One photograph by app.py enrol, for what starting costs ...")
    start = enrol(home / "one", photos[:1])
    tell("All of them by app.py enrol ...")
    whole = enrol(home / "all", photos)
    tell("All of them by DeepFace.represent ...")
    loop = peer(folder)
    taken = enrolled(home / "all")
    ours = (count - 1) / max(whole.seconds - start.seconds, 1e-9)
    peers = count / loop.taken.seconds
    return Report(
        photos=count,
        side=side,
        enrolled=taken,
        rejected=count - taken,
        cores=os.cpu_count() or 1,
        ours_photos_per_s=ours,
        ours_start_s=start.seconds,
        ours_whole_s=whole.seconds,
        peer_photos_per_s=peers,
        peer_start_s=loop.start_s,
        peer_failed=loop.failed,
        ratio=ours / peers,
        ratio_with_start=(loop.start_s + loop.taken.seconds) / whole.seconds,
        ours_cpu_ms=1000 * (whole.cpu_s - start.cpu_s) / max(count - 1, 1),
        peer_cpu_ms=1000 * loop.taken.cpu_s / count,
    )


def show(report: Report) -> None:
    print(f"ours, app.py enrol        {report.ours_photos_per_s:8.1f} photographs/s")
    print(f"  peer: DeepFace.represent{report.peer_photos_per_s:8.1f} photographs/s")
    print(f"{report.enrolled} of {report.photos} enrolled, {report.rejected} rejected.")
    print(
        f"{report.ratio:.1f} times as many; with starting {report.ratio_with_start:.1f} times."
    )
    print(f"at least {ASKED:.0f} times: {'kept' if report.good else 'NOT KEPT'}")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.enrol", description=__doc__
    )
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument(
        "--side", type=int, default=256, help="pixels; the portraits have 256"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        photos = sorted(given.peer.glob("*.jpg"))
        print(json.dumps(asdict(represent(photos))))
        return 0
    with tempfile.TemporaryDirectory() as home:
        report = measure(Path(home), given.photos, given.side, to_stderr)
    if given.json:
        print(json.dumps(asdict(report) | {"good": report.good}))
    else:
        show(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
