"""A search: started, its list written once, and what follows from it."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.approvals.examinations import open_examination
from bot.casework.exceptional import check_use, consume
from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb, fingerprint, moved
from bot.domain.authorizations import (
    Authorization,
    AuthorizationState,
    check_footing,
)
from bot.domain.candidates import WEAK_BELOW_DEFAULT, Candidate
from bot.domain.examinations import Seat
from bot.domain.photographs import GalleryVersion
from bot.domain.requests import FaceRequest
from bot.domain.sealings import SealedMeanwhile
from bot.domain.searches import Search
from bot.domain.work import TOWARDS_A_LIST, WorkItem
from bot.domain.workflow import State, Step
from bot.errors import FisError, Unavailable
from storage.database import Database, Transaction


class MinorFound(Unavailable):
    """By the record of this moment these photographs show minors, although the gallery that was searched
    does not say so: the list has to be made anew without them."""

    def __init__(self, photo_ids: frozenset[str]) -> None:
        super().__init__("A search found photographs of minors.")
        self.photo_ids = photo_ids


class WrongRepository(FisError):
    """A search returned a photograph that does not belong to what it was to search."""


FILTERS = ("not sealed", "not a minor at capture")
"""What every search leaves out (policy 1.8)."""

_BEFORE_A_LIST = (State.RECEIVED, State.CHECKING, State.READY, State.SEARCHING)


@dataclass(frozen=True, slots=True)
class Pins:
    """What a search is bound to before it runs; ``sealed`` and ``minors`` are photographs that the
    version may still hold and the search must not return."""

    gallery: GalleryVersion
    list_length: int
    filters: tuple[str, ...]
    sealed: frozenset[str] = frozenset()
    minors: frozenset[str] = frozenset()
    weak_below: float = WEAK_BELOW_DEFAULT
    approximate: bool = False

    @property
    def left_out(self) -> frozenset[str]:
        return self.sealed | self.minors

    def facts(self) -> dict[str, object]:
        return {
            "model": self.gallery.model.name,
            "weights_sha256": self.gallery.model.weights_sha256,
            "gallery_version": self.gallery.version,
            "gallery_digest": self.gallery.digest,
            "gallery_size": self.gallery.size,
            "list_length": self.list_length,
            "filters": list(self.filters),
            "sealed_left_out": len(self.sealed),
            "minors_left_out": len(self.minors),
        }


async def start(
    db: Database, item: WorkItem, pins: Pins, *, key: bytes, now: datetime
) -> FaceRequest | None:
    """Mark the search as running; None if the request no longer wants one.

    Without an authorization only the recorded standard repository is searched, and of an exceptional
    one only what was authorized; it is checked here, when it runs: raises NotInForce. ``key`` is that
    of the seals.
    """
    async with db.transaction() as tx:
        request = started = await tx.requests.get(item.request_id)
        await _authorized(tx, item, request, pins.gallery.repository, key, now)
        facts = pins.facts() | {"attempt": item.attempts}
        if item.subject:
            facts |= {"authorization": item.subject}
        if request.state is State.READY:
            started = request.take(Step.START_SEARCH, now)
            await tx.requests.save(started)
            facts |= moved(request, started)
        elif request.state is not State.SEARCHING:
            return None
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.SEARCH_STARTED, request.id, facts)
        )
    return started


async def finish(
    db: Database,
    item: WorkItem,
    search: Search,
    candidates: Sequence[Candidate],
    *,
    key: bytes,
    now: datetime,
    reranked: int | None = None,
) -> FaceRequest:
    """Write search, candidates and the first examination in one transaction.

    Raises NotInForce when the authorization has come to its end while the search ran.

    Raises SealedMeanwhile when a photograph that was found has been sealed since the search began, and
    MinorFound when one shows a minor.

    Raises LeaseLost when another worker has taken the work over meanwhile: then nothing is
    written, and there is one result, not two.
    """
    async with db.transaction() as tx:
        await tx.work.finish(item)
        request = await tx.requests.get(item.request_id)
        if request.state is not State.SEARCHING:
            return request
        repository = (await tx.galleries.get(search.gallery_version)).repository
        await _check_none_sealed(tx, candidates)
        await _check_no_minor(tx, candidates)
        await _check_belong(tx, candidates, repository)
        authorization = await _authorized(tx, item, request, repository, key, now)
        step = Step.LIST if candidates else Step.FIND_NOBODY
        listed = request.take(step, now)
        await tx.requests.save(listed)
        await tx.searches.add(search, candidates)
        facts = moved(request, listed) | {
            "search": search.id,
            "gallery_version": search.gallery_version,
            "exact": search.exact,
            "scanned": search.gallery_size,
            "reranked": reranked,
            "candidates": [candidate.id for candidate in candidates],
            "candidates_sha256": list_fingerprint(candidates),
            "weak": sum(c.similarity < search.weak_below for c in candidates),
        }
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.SEARCH_FINISHED, request.id, facts)
        )
        if authorization is not None:
            await consume(tx, authorization, search, len(candidates))
        if candidates:
            await open_examination(tx, listed, search.id, Seat.FIRST, now)
    return listed


async def _authorized(
    tx: Transaction,
    item: WorkItem,
    request: FaceRequest,
    repository: str,
    key: bytes,
    now: datetime,
) -> Authorization | None:
    """The authorization this search runs under, in force; None for the standard repository."""
    standard = await tx.galleries.standard()
    check_footing(repository, standard, authorized=bool(item.subject))
    if not item.subject:
        return None
    state = AuthorizationState.RUNNING
    return await check_use(tx, item.subject, request, repository, key, now, state=state)


async def _check_none_sealed(tx: Transaction, candidates: Sequence[Candidate]) -> None:
    for candidate in candidates:
        forbidden = await tx.sealings.forbidden([candidate.photo_id], (), ())
        if forbidden.photo_ids:
            raise SealedMeanwhile("A photograph was sealed while it was searched for.")


async def _check_no_minor(tx: Transaction, candidates: Sequence[Candidate]) -> None:
    """The flags of a gallery are those of the day it was built; a birth date may be known since."""
    if minors := await tx.photographs.minors([c.photo_id for c in candidates]):
        raise MinorFound(frozenset(minors))


async def _check_belong(
    tx: Transaction, candidates: Sequence[Candidate], repository: str
) -> None:
    """Whatever a gallery was built of: nobody is listed from a repository that was not searched."""
    for candidate in candidates:
        photograph = await tx.photographs.get(candidate.photo_id)
        if photograph.repository != repository:
            raise WrongRepository(f"{photograph.id} is not of {repository}")


async def give_up(
    db: Database, item: WorkItem, error: str, *, now: datetime
) -> FaceRequest:
    """After the last attempt: the request waits for a supervisor, nothing is lost."""
    async with db.transaction() as tx:
        await tx.work.give_up(item, error)
        request = given_up = await tx.requests.get(item.request_id)
        facts = {"work": item.kind, "attempts": item.attempts, "error": error}
        verb = Verb.WORK_GIVEN_UP
        if item.kind in TOWARDS_A_LIST and request.state in _BEFORE_A_LIST:
            verb = Verb.SEARCH_GIVEN_UP
            given_up = request.take(
                Step.GIVE_UP, now, reason="A technical problem delays this search."
            )
            await tx.requests.save(given_up)
            facts |= moved(request, given_up)
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, verb, item.request_id, facts)
        )
    return given_up


def list_fingerprint(candidates: Sequence[Candidate]) -> str:
    """Covers whom a search returned, by which photograph, how near and at which rank."""
    return fingerprint([asdict(c) for c in sorted(candidates, key=lambda c: c.rank)])


def new_candidate_id() -> str:
    """Opaque: nothing about subject or rank can be read from it."""
    return f"CA-{secrets.token_hex(6)}"
