"""A gallery version: built from the templates of record, and made the one that is searched."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from bot.domain.audit import AuditEvent, Verb
from bot.domain.galleries import ModelId
from bot.domain.photographs import GalleryVersion, Template
from bot.errors import Refusal, Unavailable
from bot.matching import gallery as galleries
from bot.matching.calibration import calibrate
from bot.matching.gallery import Gallery
from storage.database import Database


async def build_gallery(
    db: Database,
    root: Path,
    repository: str,
    model: ModelId,
    *,
    actor: str,
    now: datetime,
) -> GalleryVersion:
    """Build the next version from the templates of record and make it the one that is searched.

    Returns the present version when nothing has been enrolled since, its directory made whole again
    if it was lost or damaged. The heavy part runs in a thread: who calls may have a lease to keep.
    """
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
    _check_governed(current, model)
    version = await build_beside(db, root, repository, model, now=now)
    if version == current:
        return version
    async with db.transaction() as tx:
        # Another model may have been approved while this was built.
        _check_governed(await tx.galleries.current(repository), model)
        await tx.galleries.add(version)
        facts = {
            "repository": repository,
            "digest": version.digest,
            "size": version.size,
            "model": str(model),
        }
        await tx.audit.append(
            AuditEvent(now, actor, Verb.GALLERY_BUILT, version.version, facts)
        )
    return version


async def build_beside(
    db: Database, root: Path, repository: str, model: ModelId, *, now: datetime
) -> GalleryVersion:
    """Build the next version, which nothing searches yet; the present one if it has the same templates."""
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
        templates = await snapshot.templates.all(repository, model)
    if not templates:
        raise Unavailable("Nothing is enrolled, so there is nothing to build.")
    if current is not None and current.model == model:
        same = gallery_of(current.version, model, templates)
        if galleries.digest(same) == current.digest:
            await asyncio.to_thread(galleries.build, root, same)
            return current
    gallery = gallery_of(_new_version(model, templates, now), model, templates)
    digest = await asyncio.to_thread(galleries.build, root, gallery)
    return GalleryVersion(
        version=gallery.version,
        repository=repository,
        model=model,
        digest=digest,
        size=len(gallery.photo_ids),
        built_at=now,
        calibration=await asyncio.to_thread(calibrate, gallery, digest),
    )


class ModelGoverned(Refusal):
    """Whoever enrols must not thereby change the model that is searched with (policy 2.4, R16; A28)."""

    rule = "MODEL_GOVERNED"


def _check_governed(current: GalleryVersion | None, model: ModelId) -> None:
    if current is not None and current.model != model:
        raise ModelGoverned(
            f"{current.repository} is searched by {current.model}, not by {model}. Another model is proposed "
            "with “app.py reindex --model”, and a supervisor decides."
        )


def _new_version(model: ModelId, templates: Sequence[Template], now: datetime) -> str:
    """Sorted by its moment; two repositories built in one second have different photographs."""
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    content = galleries.digest(gallery_of(moment, model, templates))
    return f"{moment}-{content[:8]}"


def gallery_of(version: str, model: ModelId, templates: Sequence[Template]) -> Gallery:
    """The templates of record, in the order of their photographs, as one matrix."""
    vectors = b"".join(template.vector for template in templates)
    return Gallery(
        version,
        model,
        tuple(template.photo_id for template in templates),
        tuple(template.subject_id for template in templates),
        np.frombuffer(vectors, "<f4").astype(np.float32).reshape(-1, model.dim),
    )
