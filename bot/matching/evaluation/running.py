"""From two tables and a folder of photographs to everything that can be said of them."""

import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bot.domain.evaluations import About, Condition, Evaluation, Table
from bot.domain.galleries import ModelId
from bot.errors import Refusal
from bot.matching.degradations import DEGRADATIONS
from bot.matching.evaluation.encoding import Encoders
from bot.matching.evaluation.groups import differentials
from bot.matching.evaluation.labels import (
    grouped,
    read_gallery,
    read_probes,
    table_of,
)
from bot.matching.evaluation.measures import (
    at_fpirs,
    cmc,
    det,
    detected,
    hit_rates,
)
from bot.matching.evaluation.searching import (
    Progress,
    as_stored,
    enrolled,
    searched,
)

_PACKAGES = (
    "deepface",
    "onnxruntime",
    "opencv-python-headless",
    "numpy",
    "numkong",
    "pillow",
)
"""Those that can change a template, a similarity or a picture."""


class UnknownDegradation(Refusal):
    """A degradation that this program cannot make."""

    rule = "EVALUATION_DEGRADATION"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to evaluate. ``degraded`` are names of DEGRADATIONS; ``command`` and ``date`` are only kept."""

    images: Path
    gallery: Path
    probes: Path
    by: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    bootstrap: int = 1000
    seed: int = 1
    command: str = ""
    date: str = ""


def chosen_degradations(names: str) -> tuple[str, ...]:
    """Read ``all``, or names with commas between them."""
    chosen = tuple(name.strip() for name in names.split(",") if name.strip())
    if chosen == ("all",):
        return tuple(DEGRADATIONS)
    if unknown := [name for name in chosen if name not in DEGRADATIONS]:
        raise UnknownDegradation(
            f"No degradation is called {unknown[0]!r}; known are all, {', '.join(DEGRADATIONS)}."
        )
    return tuple(dict.fromkeys(chosen))


def evaluate(
    plan: Plan, encoders: Encoders, progress: Progress | None = None
) -> Evaluation:
    """Enrol, store, load, search and measure; ``seconds`` is all of it, the engines' start included.

    Photographs with several faces are enrolled and searched by the most central of the large faces
    (``engine.main_face``), as everywhere where nobody chooses. A probe in which no face is found is a
    miss, and so is one whose subject could not be enrolled. Only mated probes are degraded.
    """
    started = time.monotonic()
    rows = read_gallery(plan.images, plan.gallery)
    # The mated first: their groups are then the first of each column's.
    probes = sorted(
        read_probes(plan.images, plan.probes, rows), key=lambda row: not row.mated
    )
    groups = {column: grouped(probes, rows, column) for column in plan.by}
    gallery = enrolled(rows, encoders, progress)
    with as_stored(gallery) as stored:
        searches, degraded = searched(
            stored, probes, encoders, plan.degraded, plan.seed, progress
        )
    drawing = searches.resampling(plan.bootstrap, plan.seed)
    again = plan.bootstrap, plan.seed
    mated = len(searches.mated.rank)
    return Evaluation(
        about=_about(
            plan,
            encoders.model,
            table_of(plan.gallery, rows),
            table_of(plan.probes, probes),
        ),
        gallery_version=gallery.version,
        gallery_size=len(gallery.photo_ids),
        gallery_subjects=len(set(gallery.subject_ids)),
        failures_to_enrol=len(rows) - len(gallery.photo_ids),
        mated=detected(searches.mated, *again),
        nonmated=detected(searches.nonmated, *again),
        hits=hit_rates(searches.mated, drawing),
        at_fpir=at_fpirs(searches, drawing),
        cmc=cmc(searches.mated, drawing),
        det=det(searches, drawing),
        degraded=tuple(
            Condition(name, detected(found, *again), hit_rates(found, drawing))
            for name, found in degraded.items()
        ),
        by=tuple(
            differential
            for column, names in groups.items()
            for differential in differentials(
                searches, drawing, column, names[:mated], names[mated:]
            )
        ),
        seconds=time.monotonic() - started,
    )


def _about(plan: Plan, model: ModelId, gallery: Table, probes: Table) -> About:
    return About(
        model=str(model),
        weights_sha256=model.weights_sha256,
        versions={name: version(name) for name in _PACKAGES},
        gallery=gallery,
        probes=probes,
        bootstrap=plan.bootstrap,
        seed=plan.seed,
        command=plan.command,
        date=plan.date,
    )
