import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.domain.quality import ImageQuality
from bot.errors import Unavailable
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.images import MAX_BYTES
from bot.matching.pool import EnginePool, enrol
from bot.matching.processes import EngineProcesses
from bot.matching.weights import ModelFiles

from .conftest import PORTRAITS


@pytest.fixture(scope="module")
def pool(files: ModelFiles) -> Iterator[EnginePool]:
    with EnginePool(files.home, 2) as running:
        yield running


def test_results_come_in_the_order_of_the_files(
    pool: EnginePool, portrait_files: list[Path]
) -> None:
    paths = portrait_files[:20][::-1]
    assert [result.path for result in pool.enrol_images(paths)] == paths


def test_a_worker_finds_what_this_process_finds(
    pool: EnginePool, engine: DeepFaceEngine, portrait_files: list[Path]
) -> None:
    [there] = pool.enrol_images(portrait_files[:1])
    here = enrol(engine, portrait_files[0])
    assert there.template is not None
    assert here.template is not None
    assert np.array_equal(there.template, here.template)
    assert isinstance(there.quality, ImageQuality)
    assert there.faces == 1
    assert there.sha256 == hashlib.sha256(portrait_files[0].read_bytes()).hexdigest()
    assert pool.model == engine.model


def test_only_a_little_is_read_ahead(
    pool: EnginePool, portrait_files: list[Path]
) -> None:
    taken = 0

    def paths() -> Iterator[Path]:
        nonlocal taken
        for path in portrait_files:
            taken += 1
            yield path

    results = pool.enrol_images(paths())
    next(results)
    assert taken <= 2 * 8
    results.close()  # type: ignore[attr-defined]


def test_what_cannot_be_enrolled_says_why_and_the_rest_goes_on(
    pool: EnginePool, tmp_path: Path, portrait_files: list[Path]
) -> None:
    broken, large = tmp_path / "broken.jpg", tmp_path / "large.jpg"
    broken.write_bytes(portrait_files[0].read_bytes()[:900])
    large.write_bytes(bytes(MAX_BYTES + 10))
    paths = [
        broken,
        tmp_path / "missing.jpg",
        large,
        PORTRAITS / "probes" / "no-face-1.jpg",
        portrait_files[1],
        PORTRAITS / "probes" / "several-1.jpg",
    ]
    results = list(pool.enrol_images(paths))
    assert [result.rule for result in results] == [
        "IMAGE_TRUNCATED",
        "FILE_UNREADABLE",
        "IMAGE_TOO_LARGE",
        "PROBE_NO_FACE",
        None,
        None,
    ]
    for result in results:
        assert (result.template is None) == (result.reason is not None)
    assert results[5].faces > 1


def test_a_gallery_takes_a_photograph_of_one_person_only(
    pool: EnginePool, tmp_path: Path, portrait_files: list[Path]
) -> None:
    portrait = Image.open(portrait_files[0])
    portrait.resize((100, 100)).save(tmp_path / "small.png")
    portrait.rotate(90).save(tmp_path / "sideways.png")
    paths = [
        PORTRAITS / "probes" / "no-face-1.jpg",
        PORTRAITS / "probes" / "several-1.jpg",
        tmp_path / "small.png",
        tmp_path / "sideways.png",
        portrait_files[1],
    ]
    results = list(pool.enrol_images(paths, strict=True))
    assert [result.rule for result in results] == [
        "PHOTO_NO_FACE",
        "PHOTO_SEVERAL_FACES",
        "PHOTO_FACE_TOO_SMALL",
        "PHOTO_SIDEWAYS",
        None,
    ]
    assert [result.quality is None for result in results] == [True, *[False] * 4]
    for result in pool.enrol_images(paths[1:4]):
        assert result.template is not None  # measuring takes them as they are


def test_every_portrait_of_the_demonstration_may_be_enrolled(
    engine: DeepFaceEngine, portrait_files: list[Path]
) -> None:
    for path in portrait_files[::8]:
        assert enrol(engine, path, strict=True).reason is None


def test_an_interrupt_from_the_terminal_does_not_reach_the_engines(
    files: ModelFiles, portrait_files: list[Path]
) -> None:
    before = {child.pid for child in multiprocessing.active_children()}
    with EnginePool(files.home, 1) as running:
        next(running.enrol_images(portrait_files[:1]))
        [worker] = [
            child.pid
            for child in multiprocessing.active_children()
            if child.pid not in before
        ]
        assert worker is not None
        os.kill(worker, signal.SIGINT)
        assert len(list(running.enrol_images(portrait_files[:5]))) == 5


class Deadly:
    """A file at whose reading the process that reads it is killed, ``times`` times; then it is ``data``."""

    def __init__(self, path: Path, times: int, data: bytes | None = None) -> None:
        self.path, self._others = path, set(multiprocessing.active_children())
        os.mkfifo(path)
        self._thread = threading.Thread(target=self._lie_in_wait, args=(times, data))
        self._thread.start()

    def _lie_in_wait(self, times: int, data: bytes | None) -> None:
        for _ in range(times):
            with self.path.open("wb"):  # waits until somebody reads
                [reader] = set(multiprocessing.active_children()) - self._others
                reader.kill()
                reader.join()
        if data is not None:
            self.path.write_bytes(data)

    def is_over(self) -> bool:
        self._thread.join(20)
        return not self._thread.is_alive()


def test_a_photograph_at_which_a_process_dies_twice_is_rejected_and_the_rest_goes_on(
    files: ModelFiles, tmp_path: Path, portrait_files: list[Path]
) -> None:
    with EnginePool(files.home, 1) as running:
        deadly = Deadly(tmp_path / "deadly.jpg", times=2)
        paths = [*portrait_files[:2], deadly.path, *portrait_files[2:9]]
        results = list(running.enrol_images(paths))
        assert deadly.is_over()
        assert [one.path for one in results] == paths
        rules = [one.rule for one in results]
        assert rules == [None, None, "ENGINE_DIED", *[None] * 7]
        again = list(running.enrol_images(portrait_files[:5]))
        assert all(one.template is not None for one in again)


def test_a_process_that_dies_once_costs_no_photograph(
    files: ModelFiles, tmp_path: Path, portrait_files: list[Path]
) -> None:
    with EnginePool(files.home, 1) as running:
        good = portrait_files[1].read_bytes()
        deadly = Deadly(tmp_path / "deadly.webp", times=1, data=good)
        paths = [portrait_files[0], deadly.path, portrait_files[2]]
        results = list(running.enrol_images(paths))
        assert deadly.is_over()
    assert [one.rule for one in results] == [None] * 3
    assert results[1].sha256 == hashlib.sha256(good).hexdigest()


def test_engines_that_die_of_nothing_end_the_run_and_reject_nobody(
    files: ModelFiles, tmp_path: Path, portrait_files: list[Path]
) -> None:
    without = EngineProcesses(replace(files, detector=tmp_path / "gone"), 1)
    told: list[Path] = []
    with without, pytest.raises(Unavailable, match="died"):
        list(without.through(enrol, portrait_files[:1], told.append))
    assert told == []
