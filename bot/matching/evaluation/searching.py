"""The searches of an evaluation: a gallery as the product stores it, and of every search only what is counted."""

import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bot.domain.evaluations import LIST_LENGTH
from bot.matching import gallery as galleries
from bot.matching import shared
from bot.matching.engine import Template
from bot.matching.evaluation.encoding import Encoders, Task
from bot.matching.evaluation.labels import Labelled
from bot.matching.evaluation.measures import (
    NEVER,
    Mated,
    Searches,
    mated_of,
    nonmated_of,
)
from bot.matching.gallery import Gallery
from bot.matching.scan import Hit
from bot.matching.search import search

Progress = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""

Outcome = tuple[int, float, bool]
"""Rank and similarity of the subject searched for, and whether a face was found."""

_MISSED: Outcome = (NEVER, -math.inf, False)


def enrolled(
    rows: Sequence[Labelled], encoders: Encoders, progress: Progress | None
) -> Gallery:
    """Return a gallery of the photographs in which a face was found."""
    kept, templates = [], []
    tasks = (Task(row.path, row.image) for row in rows)
    for row, [template] in zip(
        rows, _told(encoders.encode(tasks), "enrol", len(rows), progress), strict=True
    ):
        if template is not None:
            kept.append(row)
            templates.append(template)
    return Gallery(
        "evaluation",
        encoders.model,
        tuple(row.image for row in kept),
        tuple(row.subject_id for row in kept),
        np.array(templates, np.float32).reshape(-1, encoders.model.dim),
    )


@contextmanager
def as_stored(gallery: Gallery, under: Path | None = None) -> Iterator[Gallery]:
    """Write the gallery and read it back, as the product does; keep nothing, in memory neither."""
    with tempfile.TemporaryDirectory(dir=under) as folder:
        root = Path(folder)
        digest = galleries.build(root, gallery)
        try:
            stored = galleries.load(root, gallery.version, digest)
            yield stored
            stored.close()
        finally:
            galleries.discard(root, gallery.version)
            shutil.rmtree(shared.place(root), ignore_errors=True)


def searched(
    gallery: Gallery,
    probes: Sequence[Labelled],
    encoders: Encoders,
    degradations: tuple[str, ...],
    seed: int,
    progress: Progress | None,
) -> tuple[Searches, dict[str, Mated]]:
    """Search every probe as it is, and the mated ones under each degradation."""
    tasks = (
        Task(row.path, row.image, degradations if row.mated else (), seed)
        for row in probes
    )
    mated: dict[str, list[Outcome]] = {name: [] for name in ("", *degradations)}
    others: list[tuple[float, bool]] = []
    for row, templates in zip(
        probes,
        _told(encoders.encode(tasks), "search", len(probes), progress),
        strict=True,
    ):
        lists = [_hits(gallery, template) for template in templates]
        if not row.mated:
            others.append(_best(lists[0]))
            continue
        for outcomes, hits in zip(mated.values(), lists, strict=True):
            outcomes.append(_outcome(row.subject_id, hits))
    subjects = [row.subject_id for row in probes if row.mated]
    # Strangers without a name are taken to be different people.
    strangers = [row.subject_id or f"\0{row.image}" for row in probes if not row.mated]
    columns = {name: mated_of(subjects, outcomes) for name, outcomes in mated.items()}
    return Searches(columns.pop(""), nonmated_of(strangers, others)), columns


def _hits(gallery: Gallery, template: Template | None) -> list[Hit] | None:
    if template is None:
        return None
    return search(gallery, template, gallery.model, LIST_LENGTH).hits


def _outcome(subject: str, hits: Sequence[Hit] | None) -> Outcome:
    if hits is None:
        return _MISSED
    for hit in hits:
        if hit.subject_id == subject:
            return hit.rank, hit.similarity, True
    return NEVER, -math.inf, True


def _best(hits: Sequence[Hit] | None) -> tuple[float, bool]:
    return (hits[0].similarity if hits else -math.inf), hits is not None


def _told(
    results: Iterator[list[Template | None]],
    doing: str,
    total: int,
    progress: Progress | None,
) -> Iterator[list[Template | None]]:
    for done, result in enumerate(results, start=1):
        yield result
        if progress is not None:
            progress(doing, done, total)
