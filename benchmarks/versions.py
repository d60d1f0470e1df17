"""Gallery versions of drawn templates, written and opened as the product does, each in a process of its own."""

import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from benchmarks.drawn import Population, Vectors, photo_id, subject_id
from bot.domain.galleries import ModelId
from bot.matching import gallery as galleries
from bot.matching import shared
from bot.matching.gallery import Gallery
from bot.matching.scanfiles import Chunk
from bot.matching.search import Found, search

Given = ParamSpec("Given")
Result = TypeVar("Result")

LIST_LENGTH = 50
WEIGHTS = "0" * 64
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Written:
    """A version on disk; ``peak_mb`` is the most its builder had resident, mapped files and all,
    ``peak_own_mb`` the most that was its own and nothing else's copy."""

    version: str
    digest: str
    build_s: float
    peak_mb: float
    peak_own_mb: float
    disk_mb: float


@dataclass(frozen=True, slots=True)
class Opened:
    """A process that does nothing but search.

    ``open_s`` is from the closed files to the first list. ``rss_mb`` is all that is resident in it,
    what it shares with others counted once; ``own_mb`` is what each further process adds.
    """

    open_s: float
    p50_ms: float
    p95_ms: float
    rss_mb: float
    own_mb: float
    peak_mb: float
    reranked: int


def model_of(dim: int) -> ModelId:
    return ModelId("drawn", WEIGHTS, dim)


def excluded(population: Population) -> frozenset[str]:
    """What was sealed since the version was built."""
    return frozenset(photo_id(int(row)) for row in population.sealed())


def ask(gallery: Gallery, probe: Vectors, sealed: frozenset[str]) -> Found:
    """The search that is timed: with its filters, of the longest list that may be asked for."""
    return search(gallery, probe, gallery.model, LIST_LENGTH, excluded_photo_ids=sealed)


@contextmanager
def root_of_galleries(keep: Path | None = None) -> Iterator[Path]:
    """A folder for versions; afterwards neither it (unless it is to be kept) nor what was shared of it is left."""
    with ExitStack() as leaving:
        root = keep or Path(leaving.enter_context(tempfile.TemporaryDirectory()))
        try:
            yield root
        finally:
            shutil.rmtree(shared.place(root), ignore_errors=True)


def in_a_child(
    work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """Do it in a fresh process: its memory says what it costs, and none of it stays."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def write(root: Path, population: Population) -> Written:
    """Draw and write a version, never more than a block of it in memory. May take minutes: Chroma is part of it."""
    began = time.perf_counter()
    with _most_own_memory() as own:
        built = galleries.assemble(
            root,
            model_of(population.dim),
            _chunks(population),
            lambda digest: f"drawn-{population.rows}-{digest[:8]}",
        )
    files = (root / built.version).rglob("*")
    return Written(
        built.version,
        built.digest,
        build_s=time.perf_counter() - began,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        peak_own_mb=max(own),
        disk_mb=sum(file.stat().st_size for file in files if file.is_file()) / 1e6,
    )


def open_and_search(
    root: Path, written: Written, population: Population, queries: int
) -> Opened:
    probes = population.probes(queries).templates
    sealed = excluded(population)
    began = time.perf_counter()
    gallery = galleries.load(root, written.version, written.digest)
    ask(gallery, probes[0], sealed)
    open_s = time.perf_counter() - began
    taken, reranked = timed(gallery, probes, sealed)
    memory = _memory_mb()
    return Opened(
        open_s=open_s,
        p50_ms=float(np.percentile(taken, 50)) * 1000,
        p95_ms=float(np.percentile(taken, 95)) * 1000,
        rss_mb=memory["VmRSS"],
        own_mb=memory["RssAnon"],
        peak_mb=memory["VmHWM"],
        reranked=int(np.median(reranked)),
    )


def timed(
    gallery: Gallery, probes: Sequence[Vectors] | Vectors, sealed: frozenset[str]
) -> tuple[list[float], list[int]]:
    """Seconds of each search, one after the other, and how many rows each compared in full."""
    taken, reranked = [], []
    for probe in probes:
        began = time.perf_counter()
        found = ask(gallery, probe, sealed)
        taken.append(time.perf_counter() - began)
        reranked.append(found.reranked)
    return taken, reranked


def _chunks(population: Population) -> Iterator[Chunk]:
    for block in population.blocks():
        rows = range(block.first, block.first + len(block.subjects))
        yield Chunk(
            [photo_id(row) for row in rows],
            [subject_id(number) for number in block.subjects.tolist()],
            block.templates,
            block.minors,
        )


def _memory_mb() -> dict[str, float]:
    lines = Path("/proc/self/status").read_text().splitlines()
    pairs = (line.split(":") for line in lines if line.endswith(" kB"))
    return {name: int(value.split()[0]) / 1024 for name, value in pairs}


@contextmanager
def _most_own_memory() -> Iterator[list[float]]:
    """Looks now and then at what this process has for itself; the kernel keeps no maximum of that."""
    seen, end = [_memory_mb()["RssAnon"]], threading.Event()

    def look() -> None:
        while not end.wait(_LOOK_S):
            seen.append(_memory_mb()["RssAnon"])

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield seen
    finally:
        end.set()
        looking.join()
