"""How often the right person is on the list: a labelled set through the product's own code."""

import csv
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bot.matching import gallery as galleries
from bot.matching.engine import Template
from bot.matching.gallery import Gallery
from bot.matching.pool import EnginePool
from bot.matching.scan import Hit
from bot.matching.search import search

Progress = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""

_RANKS = (1, 5, 20)


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """``rankN``: share of the mated probes whose subject is among the first N.

    A probe in which no face is found counts as a miss, and so does one whose subject could not be
    enrolled. Probes without a mate are encoded and searched too, but count only in their number.
    """

    model: str
    gallery_version: str
    gallery_size: int
    mated_probes: int
    nonmated_probes: int
    rank1: float
    rank5: float
    rank20: float
    failures_to_enrol: int
    failures_to_detect: int
    seconds: float

    def as_dict(self) -> dict[str, str | int | float]:
        return asdict(self)


class Labelled(NamedTuple):
    subject_id: str
    image: str
    path: Path
    mated: bool = True


def rank_rates(
    searches: Iterable[tuple[str, Sequence[Hit]]],
) -> dict[int, float]:
    """Return, for ranks 1, 5 and 20, the share of searches (subject, hits) that found the subject by then."""
    ranks = [_rank_of(subject, hits) for subject, hits in searches]
    return {n: _share(sum(rank <= n for rank in ranks), len(ranks)) for n in _RANKS}


def evaluate(
    images: Path,
    gallery_csv: Path,
    probes_csv: Path,
    pool: EnginePool,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Enrol, store, load and search a labelled set; ``seconds`` is all of it, the engines' start included.

    Photographs with several faces are enrolled and searched by the most central of the large faces
    (``engine.main_face``), as everywhere where nobody chooses.
    """
    started = time.monotonic()
    enrolled = read_labels(images, gallery_csv)
    probes = read_labels(images, probes_csv)
    templates = _encode(enrolled, pool, progress, "enrol")
    gallery = _stored(_gallery(enrolled, templates, pool))
    encoded = _encode(probes, pool, progress, "search")
    found = [_hits(gallery, template) for template in encoded]
    mated = [
        (probe.subject_id, hits)
        for probe, hits in zip(probes, found, strict=True)
        if probe.mated
    ]
    rates = rank_rates(mated)
    return EvaluationReport(
        model=str(pool.model),
        gallery_version=gallery.version,
        gallery_size=len(gallery.photo_ids),
        mated_probes=len(mated),
        nonmated_probes=len(probes) - len(mated),
        rank1=rates[1],
        rank5=rates[5],
        rank20=rates[20],
        failures_to_enrol=sum(template is None for template in templates),
        failures_to_detect=sum(template is None for template in encoded),
        seconds=time.monotonic() - started,
    )


def read_labels(images: Path, labels: Path) -> list[Labelled]:
    """Read a CSV with the columns subject_id, image and, for probes, kind (mated or nonmated)."""
    with labels.open(newline="") as file:
        return [
            Labelled(
                row["subject_id"],
                row["image"],
                images / row["image"],
                row.get("kind", "mated") == "mated",
            )
            for row in csv.DictReader(file)
        ]


def _encode(
    rows: list[Labelled], pool: EnginePool, progress: Progress | None, doing: str
) -> list[Template | None]:
    templates: list[Template | None] = []
    for result in pool.enrol_images(row.path for row in rows):
        templates.append(result.template)
        if progress is not None:
            progress(doing, len(templates), len(rows))
    return templates


def _gallery(
    rows: list[Labelled], templates: list[Template | None], pool: EnginePool
) -> Gallery:
    kept = [
        (row, template)
        for row, template in zip(rows, templates, strict=True)
        if template is not None
    ]
    return Gallery(
        "evaluation",
        pool.model,
        tuple(row.image for row, _ in kept),
        tuple(row.subject_id for row, _ in kept),
        np.array([template for _, template in kept], np.float32).reshape(
            -1, pool.model.dim
        ),
    )


def _stored(gallery: Gallery) -> Gallery:
    """Write the gallery and read it back, as the product does; keep nothing."""
    with tempfile.TemporaryDirectory() as folder:
        digest = galleries.build(Path(folder), gallery)
        return galleries.load(Path(folder), gallery.version, digest)


def _hits(gallery: Gallery, template: Template | None) -> list[Hit]:
    if template is None:
        return []
    return search(gallery, template, gallery.model, max(_RANKS))


def _rank_of(subject: str, hits: Sequence[Hit]) -> float:
    ranks = (hit.rank for hit in hits if hit.subject_id == subject)
    return next(ranks, float("inf"))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
