"""Another model: every photograph of record encoded again, a gallery beside the one that is searched, a proposal."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

from bot.approvals.changes import Wanted, gallery_facts, propose
from bot.casework.building import built_beside
from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb
from bot.domain.changes import (
    Change,
    ChangeKind,
    check_may_propose,
    check_words,
)
from bot.domain.galleries import ModelId
from bot.domain.photographs import Template
from bot.errors import Refusal
from bot.matching.pool import EnrolResult
from storage.database import Database
from storage.vault import Vault

BATCH = 32
_PAGE = 512
Progress = Callable[[int, int], object]
Stored = tuple[str, str, str]
"""A photograph's id, its subject, and the SHA-256 of its file."""


class Encoders(Protocol):
    """What encodes photographs of record: a pool of processes, or in tests one engine."""

    model: ModelId

    def encode_again(self, files: Iterable[bytes]) -> Iterator[EnrolResult]: ...


@dataclass(frozen=True, slots=True)
class Reindexed:
    """``left_out``: photographs the model cannot encode, each with the reason."""

    change: Change
    encoded: int
    left_out: tuple[tuple[str, str], ...]


async def reindex(
    db: Database,
    vault: Vault,
    root: Path,
    encoders: Encoders,
    repository: str,
    why: str,
    *,
    evaluation: dict[str, object],
    actor: Actor,
    now: Callable[[], datetime],
    progress: Progress,
) -> Reindexed:
    """Encode what this model has not encoded, build its gallery and propose it; nothing is searched
    otherwise by that. Killed at any moment, the next run goes on after the last batch."""
    check_may_propose(actor)
    check_words(why)
    async with db.snapshot() as snapshot:
        current = await snapshot.galleries.current(repository)
        made_of = await snapshot.galleries.made_of(repository)
    if current is not None and current.model == encoders.model:
        raise Refusal(
            f"“{repository}” is searched by {current.model} already.",
            rule="CHANGES_NOTHING",
        )
    encoded, left_out = await encode_all(
        db, vault, encoders, repository, actor=actor, now=now, progress=progress
    )
    async with built_beside(db, root, repository, encoders.model, now=now()) as version:
        before = {} if current is None else gallery_facts(current, made_of)
        after = gallery_facts(
            version, made_of, left_out=len(left_out), evaluation=evaluation
        )
        wanted = Wanted(ChangeKind.MODEL, repository, before, after)
        change = await propose(db, wanted, why, actor=actor, now=now())
    return Reindexed(change, encoded, left_out)


async def encode_all(
    db: Database,
    vault: Vault,
    encoders: Encoders,
    repository: str,
    *,
    actor: Actor,
    now: Callable[[], datetime],
    progress: Progress,
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Return how many were encoded, and what could not be."""
    async with db.snapshot() as snapshot:
        total = await snapshot.galleries.count_unencoded(repository, encoders.model)
    encoded, done, left_out = 0, 0, list[tuple[str, str]]()
    async for page in _unencoded(db, repository, encoders.model):
        files = (_file(vault, sha256) for _, _, sha256 in page)
        results = zip(page, encoders.encode_again(files), strict=True)
        while batch := list(islice(results, BATCH)):
            written, failed = await _write(
                db, encoders.model, repository, batch, actor, now()
            )
            encoded += written
            left_out += failed
            done += len(batch)
            progress(done, total)
    return encoded, tuple(left_out)


def _file(vault: Vault, sha256: str) -> bytes:
    """Nothing of a photograph that was sealed, and its file destroyed, since it was listed."""
    return vault.get(sha256) if sha256 in vault else b""


async def _unencoded(
    db: Database, repository: str, model: ModelId
) -> AsyncIterator[list[Stored]]:
    after = ""
    while True:
        async with db.snapshot() as snapshot:
            page = await snapshot.galleries.unencoded(repository, model, after, _PAGE)
        if not page:
            return
        yield page
        after = page[-1][0]


async def _write(
    db: Database,
    model: ModelId,
    repository: str,
    batch: Sequence[tuple[Stored, EnrolResult]],
    actor: Actor,
    now: datetime,
) -> tuple[int, list[tuple[str, str]]]:
    """One transaction for each batch; return how many it encoded, and what cannot be encoded.

    A photograph that was sealed meanwhile gets no template and is missed by nobody.
    """
    written, failed = list[str](), list[tuple[str, str]]()
    async with db.transaction() as tx:
        for (photo, subject, _), found in batch:
            if await tx.photographs.find(photo) is None:
                continue
            template = _template(photo, subject, model, found)
            if template is None:
                failed.append((photo, found.reason or ""))
            elif await tx.templates.find(photo, model) is None:
                await tx.templates.add(template)
                written.append(photo)
        if written:
            facts = {"model": str(model), "photographs": written}
            await tx.audit.append(
                AuditEvent(now, actor.person, Verb.REENCODED, repository, facts)
            )
    return len(written), failed


def _template(
    photo: str, subject: str, model: ModelId, found: EnrolResult
) -> Template | None:
    if found.template is None or found.points is None:
        return None
    return Template(
        photo_id=photo,
        subject_id=subject,
        model=model,
        vector=found.template.astype("<f4").tobytes(),
        points=tuple((float(x), float(y)) for x, y in found.points),
    )
