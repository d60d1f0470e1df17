"""Chroma as a box for templates: they come back bit by bit; its own search is not used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = tuple[str, str, NDArray[np.float32]]
"""Photograph, subject, template."""

_NAME = "templates"
_BATCH = 5000  # at most 5,461 in one call

# "l2" keeps the numbers as they are; "cosine" would normalize them again. The graph is as cheap as
# can be had, since no answer comes from it.
_SETTINGS = {"hnsw": {"space": "l2", "max_neighbors": 4, "ef_construction": 8}}


def write(folder: Path, rows: list[Row], model: list[str]) -> None:
    with _client(folder) as client:
        collection = client.create_collection(
            _NAME,
            configuration=_SETTINGS,
            embedding_function=None,
            metadata=dict(zip(("name", "weights", "dim"), model, strict=True)),
        )
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            collection.add(
                ids=[photo for photo, _, _ in batch],
                embeddings=[template for _, _, template in batch],
                metadatas=[
                    {"row": start + offset, "subject": subject}
                    for offset, (_, subject, _) in enumerate(batch)
                ],
            )


def read(folder: Path) -> tuple[list[Row], list[str]]:
    """Return the rows in the order they were written in, and the model's fields."""
    with _client(folder) as client:
        collection = client.get_collection(_NAME, embedding_function=None)
        numbered: list[tuple[int, Row]] = []
        for start in range(0, collection.count(), _BATCH):
            numbered += _batch(collection, start)
        about = collection.metadata
    numbered.sort(key=lambda one: one[0])
    return [row for _, row in numbered], [about[k] for k in ("name", "weights", "dim")]


def _batch(collection: Any, start: int) -> list[tuple[int, Row]]:
    got = collection.get(
        limit=_BATCH, offset=start, include=["embeddings", "metadatas"]
    )
    return [
        (about["row"], (photo, about["subject"], np.asarray(template, np.float32)))
        for photo, about, template in zip(
            got["ids"], got["metadatas"], got["embeddings"], strict=True
        )
    ]


@contextmanager
def _client(folder: Path) -> Iterator[Any]:
    # More than a second to import: only processes that build or load a gallery pay it.
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(
        str(folder), Settings(anonymized_telemetry=False)
    )
    try:
        yield client
    finally:
        client.close()
