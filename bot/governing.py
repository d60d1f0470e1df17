"""What an administrator does about governed changes on the command line: propose, list, withdraw, reindex."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.approvals import changes
from bot.approvals.changes import Wanted
from bot.assembly import Store
from bot.casework.building import check_governed
from bot.casework.reindexing import Encoders, Progress, Reindexed, reindex
from bot.config import BadConfiguration, Settings
from bot.domain.actors import Actor, Role
from bot.domain.changes import Change, ChangeKind
from bot.domain.galleries import ModelId
from bot.errors import NotPermitted, Refusal
from bot.matching.engine import FaceEngine
from bot.matching.engines import Engines
from bot.roles import RoleMap
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


@dataclass(frozen=True, slots=True)
class Proposer:
    """Whose badge was given, and who could decide on what that person proposes."""

    actor: Actor
    deciders: frozenset[str]

    def warning(self) -> str:
        """What has to be known before waiting for a decision; empty if somebody can decide."""
        if self.deciders:
            return ""
        return (
            "Nobody can decide on this: the role map has no supervisor but whoever proposes. It waits until "
            "there is one."
        )


def proposer(settings: Settings, badge: str) -> Proposer:
    """Who this badge is in the role map; refuse a badge that is not in it."""
    roles = RoleMap(settings.role_map)
    if (actor := roles.find_person(badge)) is None:
        raise NotPermitted(
            f"Badge {badge} is not in the role map {settings.role_map}.",
            rule="NOT_IN_ROLE_MAP",
        )
    supervisors = roles.holding(Role.SUPERVISOR)
    return Proposer(actor, changes.deciders(supervisors, badge))


def value_of(settings: Settings, name: str, text: str) -> object:
    """A value of a governed setting as typed; refuse what the setting could not take at a start."""
    if name not in settings.governed:
        raise BadConfiguration(
            f"{name} is no governed setting. These are: {', '.join(settings.governed)}. The model is changed "
            "with “app.py reindex --model”."
        )
    field = Settings.model_fields[name.removeprefix("FIS_").lower()]
    kind = TypeAdapter[object](field.rebuild_annotation())  # with its limits
    try:
        return kind.validate_python(text)
    except ValidationError as bad:
        problem = bad.errors(include_input=False, include_url=False)[0]["msg"]
        raise BadConfiguration(f"{name}: {problem}") from None


async def propose_setting(
    db: Database,
    settings: Settings,
    name: str,
    text: str,
    why: str,
    who: Actor,
    now: datetime,
) -> Change:
    after = value_of(settings, name, text)
    async with db.snapshot() as snapshot:
        before = (await snapshot.changes.in_force()).get(name)
    if before is None:
        raise Refusal(
            "No value of this setting is on record yet: the first start records it. Until then set it in "
            "the settings.",
            rule="NO_BASELINE",
        )
    wanted = Wanted(ChangeKind.SETTING, name, {"value": before}, {"value": after})
    return await changes.propose(db, wanted, why, actor=who, now=now)


async def reindexed(
    store: Store,
    encoders: Encoders,
    repository: str,
    why: str,
    figures: dict[str, object],
    who: Actor,
    now: Callable[[], datetime],
    progress: Progress,
) -> Reindexed:
    return await reindex(
        store.db,
        store.vault,
        store.galleries,
        encoders,
        repository,
        why,
        evaluation=figures,
        actor=who,
        now=now,
        progress=progress,
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
