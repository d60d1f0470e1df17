"""The obvious other ways to search the same rows for the same list."""

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import as_it_comes, reference
from benchmarks.drawn import Numbers, Probes, Vectors, photo_id
from benchmarks.reference import List, Rows, Table
from benchmarks.telling import Tell

Ask = Callable[[Vectors], List]
"""A probe's list, by one of the peers."""

SECONDS = 4.0  # how long a peer is asked, at most
_FEWEST = 5
_SAMPLE = 10_000
_FIND_TIMES, _FIND_ROWS = 3, 50
_BATCH = 5000
_EF = (100, 800, 3200)
"""Chroma's own default and what lies far beyond."""


@dataclass(frozen=True, slots=True)
class Peer:
    """``exact``: compares every row, and left out nobody whom the reference lists."""

    p50_ms: float
    exact: bool
    rows: int
    queries: int
    incomplete: int = 0  # lists in which somebody is missing
    mates_lost: int = 0  # mates that the exact list has and this one has not
    build_s: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Rows, probes, and what should be found."""

    table: Table
    probes: Probes
    lists: Sequence[List]
    n: int

    def ask(self, answer: Ask, *, compares_all: bool, seconds: float = SECONDS) -> Peer:
        """Time one probe after the other, for a while; then look at what was answered."""
        answer(self.probes.templates[0])
        taken: list[float] = []
        found: list[List] = []
        until = time.perf_counter() + seconds
        for query in self.probes.templates[: len(self.lists)]:
            if len(taken) >= _FEWEST and time.perf_counter() > until:
                break
            began = time.perf_counter()
            found.append(answer(query))
            taken.append(time.perf_counter() - began)
        incomplete = self._incomplete(found)
        return Peer(
            p50_ms=statistics.median(taken) * 1000,
            exact=compares_all and not incomplete,
            rows=len(self.table.templates),
            queries=len(taken),
            incomplete=incomplete,
            mates_lost=self._mates_lost(found),
        )

    def _incomplete(self, found: Sequence[List]) -> int:
        pairs = zip(found, self.lists, strict=False)
        return sum(reference.misses(one.rows.tolist(), right) for one, right in pairs)

    def _mates_lost(self, found: Sequence[List]) -> int:
        subjects = self.table.subjects
        return sum(
            bool(np.isin(mate, subjects[right.rows]))
            and not np.isin(mate, subjects[one.rows])
            for one, right, mate in zip(
                found, self.lists, self.probes.mates, strict=False
            )
        )


def small(trial: Trial, rows: int) -> Trial:
    """The same with the first ``rows`` rows only."""
    table = Table(
        trial.table.templates[:rows],
        trial.table.subjects[:rows],
        trial.table.kept[:rows],
    )
    queries = trial.probes.templates[: len(trial.lists)]
    return replace(
        trial, table=table, lists=list(reference.lists(table, queries, trial.n))
    )


# --- every row compared


def numpy_float64(trial: Trial) -> Peer:
    table, n = trial.table, trial.n
    return trial.ask(
        lambda query: reference.one(table, query, n), compares_all=True, seconds=8
    )


def numpy_float32(trial: Trial) -> Peer:
    templates = trial.table.templates

    def rank(query: Vectors, count: int) -> tuple[Rows, NDArray[np.float32]]:
        scores = templates @ query
        best = np.argpartition(scores, len(scores) - count)[-count:]
        return best, scores[best]

    return trial.ask(_widening(trial, rank), compares_all=True)


def faiss_flat(trial: Trial) -> Peer:
    """As it comes: FAISS gives one probe to one thread."""
    import faiss

    index = faiss.IndexFlatIP(trial.table.templates.shape[1])
    index.add(trial.table.templates)
    return trial.ask(_widening(trial, _faiss(index)), compares_all=True)


def faiss_sharded(trial: Trial) -> Peer:
    """Half of the rows for each of two threads."""
    import faiss

    threads = os.cpu_count() or 1
    dim = trial.table.templates.shape[1]
    kind: Any = faiss.IndexShards
    shards = kind(dim, True, True)
    parts = [faiss.IndexFlatIP(dim) for _ in range(threads)]
    for part in parts:
        shards.add_shard(part)
    shards.add(trial.table.templates)
    return trial.ask(_widening(trial, _faiss(shards)), compares_all=True)


def _faiss(index: Any) -> Callable[[Vectors, int], tuple[Rows, NDArray[np.float32]]]:
    def rank(query: Vectors, count: int) -> tuple[Rows, NDArray[np.float32]]:
        scores, rows = index.search(query[None], count)
        return rows[0].astype(np.intp), scores[0]

    return rank


def _widening(
    trial: Trial, rank: Callable[[Vectors, int], tuple[Rows, NDArray[np.float32]]]
) -> Ask:
    """Ask for more rows than subjects are wanted, drop who must not be listed, ask for more if too few are left."""
    table, n = trial.table, trial.n

    def ask(query: Vectors) -> List:
        count = 4 * n
        while True:
            count = min(count, len(table.templates))
            rows, scores = rank(query, count)
            kept = table.kept[rows]
            similar = scores[kept].astype(np.float64)
            found = reference.distinct(rows[kept], similar, table.subjects, n)
            if len(found.rows) >= n or count == len(table.templates):
                return found
            count *= 4

    return ask


# --- deepface


def deepface_find(trial: Trial, return_type: str) -> Peer:
    """What a row more costs a call of DeepFace.find, between a fifth of the sample and all of it, for all rows.

    Without what encoding the probe costs; with reading its own file of representations, which it
    does in every call.
    """
    rows = min(_SAMPLE, len(trial.table.templates))
    few = max(rows // 5, 1)
    short, _ = _find(trial.table.templates[:few], return_type)
    long, right = _find(trial.table.templates[:rows], return_type)
    a_row = max(long - short, 0.0) / max(rows - few, 1)
    return Peer(
        p50_ms=a_row * len(trial.table.templates) * 1000,
        exact=right,
        rows=len(trial.table.templates),
        queries=_FIND_TIMES,
        note=f"scaled: measured at {few} and {rows} rows, the difference multiplied by rows",
    )


def _find(templates: Vectors, return_type: str) -> tuple[float, bool]:
    """Seconds of a call that returns the nearest rows, and whether these were the right ones."""
    picture = np.random.default_rng(1).integers(0, 255, (112, 112, 3), np.uint8)
    options = {"model_name": "SFace", "detector_backend": "skip"}
    taken = []
    deepface = as_it_comes.deepface()
    with tempfile.TemporaryDirectory() as folder:
        [face] = deepface.represent(picture, **options)
        _representations(Path(folder), templates)
        for _ in range(_FIND_TIMES + 1):
            began = time.perf_counter()
            [found] = deepface.find(
                img_path=picture,
                db_path=folder,
                refresh_database=False,
                silent=True,
                threshold=2.0,
                k=_FIND_ROWS,
                return_type=return_type,
                **options,
            )
            taken.append(time.perf_counter() - began)
    names = found["identity"] if return_type == "pandas" else _names(found)
    expected = _nearest(templates, np.array(face["embedding"]))
    right = not reference.misses([int(name[1:10]) for name in names], expected)
    return statistics.median(taken[1:]), right


def _names(found: Any) -> list[str]:
    return [one["identity"] for one in found]


def _nearest(templates: Vectors, probe: NDArray[np.float64]) -> List:
    scores = reference.exact(templates, probe / np.linalg.norm(probe))
    best = np.argsort(-scores)[:_FIND_ROWS]
    return List(best, scores[best])


def _representations(folder: Path, templates: Vectors) -> None:
    """What DeepFace.find keeps of the pictures in a folder."""
    count = len(templates)
    nothing = np.zeros(count, np.int64)
    np.savez(
        folder / "ds_model_sface_detector_skip_aligned_normalization_base_expand_0.npz",
        embedding=templates.astype(np.float64),
        has_embedding=np.ones(count, bool),
        identity=np.array([f"{photo_id(row)}.jpg" for row in range(count)]),
        hash=np.array([f"{row:040x}" for row in range(count)]),
        target_x=nothing,
        target_y=nothing,
        target_w=nothing + 112,
        target_h=nothing + 112,
    )


# --- Chroma's graph


def chroma_hnsw(trial: Trial, tell: Tell) -> Iterator[tuple[str, Peer]]:
    """At its default, and at wider settings until one loses no mate, if there is one.

    Each is a collection of its own: a setting that is modified counts only after a restart.
    """
    for ef in _EF:
        peer = _chroma(trial, ef, tell)
        tell(f"Chroma at ef {ef} loses {peer.mates_lost} mates of {peer.queries}")
        yield f"chroma hnsw ef {ef}, {len(trial.table.templates)} rows", peer
        if not peer.mates_lost:
            return


def _chroma(trial: Trial, ef: int, tell: Tell) -> Peer:
    table = trial.table
    with tempfile.TemporaryDirectory() as folder, _collection(Path(folder), ef) as made:
        began = time.perf_counter()
        for start in range(0, len(table.templates), _BATCH):
            rows = range(start, min(start + _BATCH, len(table.templates)))
            made.add(
                ids=[photo_id(row) for row in rows],
                embeddings=table.templates[start : rows.stop],
            )
            tell(f"Chroma has {rows.stop} of {len(table.templates)} rows")
        build_s = time.perf_counter() - began
        ask = _widening_chroma(trial, made)
        return replace(trial.ask(ask, compares_all=False), build_s=build_s)


def _widening_chroma(trial: Trial, collection: Any) -> Ask:
    """Chroma's own filter costs a hundred times as much: what must not be listed is dropped afterwards."""

    def rank(query: Vectors, count: int) -> tuple[Rows, NDArray[np.float32]]:
        got = collection.query(
            query_embeddings=[query], n_results=count, include=["distances"]
        )
        rows = np.array([int(id[1:]) for id in got["ids"][0]], np.intp)
        return rows, 1 - np.array(got["distances"][0], np.float32)

    return _widening(trial, rank)


@contextmanager
def _collection(folder: Path, ef: int) -> Iterator[Any]:
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(
        str(folder), Settings(anonymized_telemetry=False)
    )
    try:
        yield client.create_collection(
            "peer",
            configuration={"hnsw": {"space": "cosine", "ef_search": ef}},
            embedding_function=None,
        )
    finally:
        client.close()


PEERS: dict[str, Callable[[Trial], Peer]] = {
    "numpy float32": numpy_float32,
    "numpy float64": numpy_float64,
    "faiss flat": faiss_flat,
    "faiss flat, a shard a core": faiss_sharded,
    "deepface find": lambda trial: deepface_find(trial, "pandas"),
    "deepface find, dicts": lambda trial: deepface_find(trial, "dict"),
}


def mate_rate(lists: Sequence[List], subjects: Numbers, mates: Numbers) -> float:
    """Share of the mated probes whose subject is on the exact list: what the drawn data are like."""
    there = [
        bool(np.isin(mate, subjects[one.rows]))
        for one, mate in zip(lists, mates, strict=False)
        if mate >= 0
    ]
    return sum(there) / len(there) if there else math.nan
