"""Chroma as a second home of the templates, and, where an operator wants it, an approximate search."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching import files
from bot.matching.names import Names

Told = Callable[[int], object]
"""How many are done."""

_NAME = "templates"
_BATCH = 5000  # at most 5,461 in one call

# "ip": the templates have unit length, and Chroma keeps the numbers as they are ("cosine" would
# normalize them again). Without a graph nobody searches here, and it is as cheap as can be had.
_STORED = {"space": "ip", "max_neighbors": 4, "ef_construction": 8, "ef_search": 10}
# At these a search of a million templates takes longer than the exact one and still misses some.
_SEARCHED = {
    "space": "ip",
    "max_neighbors": 32,
    "ef_construction": 400,
    "ef_search": 800,
}


def folder_of(version: Path, *, graph: bool) -> Path:
    """The collection by the folder of the version; one that can be searched has another name."""
    return version / ("chroma-graph" if graph else "chroma")


def existing(version: Path) -> Path:
    """The collection that this version has."""
    graph = folder_of(version, graph=True)
    return graph if graph.is_dir() else folder_of(version, graph=False)


def write(
    folder: Path,
    photo_ids: Names,
    templates: NDArray[np.float32],
    *,
    graph: bool,
    told: Told = lambda done: None,
) -> None:
    folder.mkdir()
    with _client(folder) as client:
        collection = client.create_collection(
            _NAME,
            configuration={"hnsw": _SEARCHED if graph else _STORED},
            embedding_function=None,
        )
        for start in range(0, len(photo_ids), _BATCH):
            part = slice(start, start + _BATCH)
            collection.add(ids=photo_ids[part], embeddings=templates[part])
            told(min(start + _BATCH, len(photo_ids)))


def batches(folder: Path) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """Read everything back, in no particular order. ``folder`` is a copy: opening it writes to it."""
    with _client(folder) as client:
        collection = client.get_collection(_NAME, embedding_function=None)
        for start in range(0, collection.count(), _BATCH):
            got = collection.get(limit=_BATCH, offset=start, include=["embeddings"])
            yield got["ids"], np.asarray(got["embeddings"], np.float32)


class Collection:
    """A collection with a graph, to be asked for neighbours; a copy of it is open until it is closed."""

    def __init__(self, folder: Path) -> None:
        with ExitStack() as opened:
            copy = opened.enter_context(files.reading_copy(folder))
            client = opened.enter_context(_client(copy))
            self._collection = client.get_collection(_NAME, embedding_function=None)
            self.close = opened.pop_all().close

    def neighbours(self, probe: NDArray[np.float32], wanted: int) -> list[str]:
        """Return about the nearest photographs; which, and whether all, the graph decides."""
        found = self._collection.query(
            query_embeddings=probe[None, :], n_results=wanted, include=[]
        )
        ids: list[str] = found["ids"][0]
        return ids


@contextmanager
def _client(folder: Path) -> Iterator[Any]:
    # More than a second to import: only processes that build or read a collection pay it.
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(
        str(folder), Settings(anonymized_telemetry=False)
    )
    try:
        yield client
    finally:
        client.close()
