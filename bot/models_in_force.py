"""Which model is searched with: that of the gallery, which two people decided on; whatever the settings name."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

from bot.casework.building import check_governed
from bot.config import BadConfiguration, Settings
from bot.domain.galleries import ModelId
from bot.errors import Refusal
from bot.matching.engine import FaceEngine
from bot.matching.engines import Engines
from storage.database import Database

_FIGURES = (
    "gallery_size",
    "mated_probes",
    "nonmated_probes",
    "rank1",
    "rank5",
    "rank20",
    "rank50",
)


async def earlier_model(db: Database, repository: str) -> str:
    """The name of the model that was searched with before the present one."""
    async with db.snapshot() as snapshot:
        earlier = await snapshot.galleries.earlier_model(repository)
    if earlier is None:
        raise Refusal(
            f"“{repository}” has been searched by one model only: there is nothing to go back to.",
            rule="NO_EARLIER_MODEL",
        )
    return earlier.name


async def model_in_force(
    db: Database, settings: Settings, repositories: Iterable[str] = ()
) -> str:
    """The model whose gallery is searched; before there is one, that of the settings.

    Of these repositories all have to be searched by one, or only some of their photographs could be
    enrolled by it.
    """
    async with db.snapshot() as snapshot:
        standard = await snapshot.galleries.current(settings.repository)
        found = [await snapshot.galleries.current(name) for name in repositories]
    names = {version.model.name for version in found if version is not None}
    if len(names) > 1:
        raise Refusal(
            f"These repositories are searched by several models ({', '.join(sorted(names))}). Enrol into one "
            "repository at a time.",
            rule="MODEL_GOVERNED",
        )
    if names:
        return names.pop()
    return settings.model if standard is None else standard.model.name


async def check_weights(
    db: Database, repositories: Iterable[str], model: ModelId
) -> None:
    """Refuse to enrol by other weights of the same name, before hours are spent on it."""
    async with db.snapshot() as snapshot:
        for name in repositories:
            check_governed(await snapshot.galleries.current(name), model)


async def first_engine(
    db: Database, settings: Settings, engines: Engines
) -> FaceEngine:
    """The engine of the gallery that is searched; before there is one, that of the settings."""
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(settings.repository)
    if current is None:
        return await asyncio.to_thread(engines.named, settings.model)
    return await asyncio.to_thread(engines.of, current.model)


def figures_of(report: Path | None, model: ModelId) -> dict[str, object]:
    """The figures of ``app.py evaluate --json`` that a supervisor weighs; refuse those of another model."""
    if report is None:
        return {}
    try:
        whole = json.loads(report.read_text())
        measured = whole["model"]
    except (OSError, ValueError, TypeError, KeyError) as bad:
        raise BadConfiguration(
            f"{report} is no report of “app.py evaluate --json”: {bad!r}"
        ) from bad
    if measured != str(model):
        raise BadConfiguration(
            f"{report} is an evaluation of {measured}, not of {model}."
        )
    return {name: _rounded(whole[name]) for name in _FIGURES if name in whole}


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value
