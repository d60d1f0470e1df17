"""Governed changes: proposed on the command line or by a start, decided by a supervisor (policy 2.4, R16; A28)."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.casework.alerts import Alerts
from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb, by
from bot.domain.changes import (
    AT_START,
    Change,
    ChangeKind,
    ChangeState,
    ChangeStep,
    check_is_second,
    check_may_propose,
    check_words,
)
from bot.domain.galleries import ModelId
from bot.domain.photographs import GalleryVersion
from bot.errors import Refusal
from storage.database import Database, Transaction
from storage.errors import ChangedMeanwhile

BASELINE = "first start"
"""Who "decided" on the values a record begins with: nobody had approved any before."""

_VERBS = {
    ChangeStep.APPROVE: Verb.CHANGE_APPROVED,
    ChangeStep.REFUSE: Verb.CHANGE_REFUSED,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants changed; ``before`` and ``after`` are facts that JSON can say."""

    kind: ChangeKind
    subject: str
    before: Mapping[str, object]
    after: Mapping[str, object]


async def propose(
    db: Database, wanted: Wanted, why: str, *, actor: Actor, now: datetime
) -> Change:
    """Put a change before the supervisors; nothing changes by it.

    Of one subject one proposal waits at a time. A newer gallery takes the place of an older one, since
    the older one is out of date; a second value of a setting has to wait.
    """
    check_may_propose(actor)
    check_words(why)
    async with db.transaction() as tx:
        waiting = await tx.changes.last(
            wanted.kind, wanted.subject, ChangeState.PENDING
        )
        if waiting is not None and wanted.kind is ChangeKind.SETTING:
            raise Refusal(
                f"Change {waiting.id} of {wanted.subject} waits for a decision. Have it decided, or "
                "withdraw it first.",
                rule="CHANGE_PENDING",
            )
        if waiting is not None:
            reason = "A newer gallery was proposed in its place."
            await _withdraw(tx, waiting, actor.person, reason, now)
        if wanted.kind is ChangeKind.SETTING:
            await _check_differs(tx, wanted)
        return await _add(tx, wanted, why, actor.person, now)


async def _check_differs(tx: Transaction, wanted: Wanted) -> None:
    """Refuse what is in force already, and what was compared with another value than that."""
    value = (await tx.changes.in_force()).get(wanted.subject)
    if value == wanted.after["value"]:
        raise Refusal(f"{wanted.subject} is {value} already.", rule="CHANGES_NOTHING")
    if value != wanted.before["value"]:
        raise ChangedMeanwhile


async def _add(
    tx: Transaction, wanted: Wanted, why: str, person: str, now: datetime
) -> Change:
    change = Change(
        id=f"CH-{secrets.token_hex(4)}",
        kind=wanted.kind,
        subject=wanted.subject,
        before=wanted.before,
        after=wanted.after,
        why=why.strip(),
        proposed_by=person,
        proposed_at=now,
    )
    await tx.changes.add(change)
    facts = _facts(change) | {"why": change.why}
    await tx.audit.append(
        AuditEvent(now, person, Verb.CHANGE_PROPOSED, change.id, facts)
    )
    return change


def _facts(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind,
        "subject": change.subject,
        "before": dict(change.before),
        "after": dict(change.after),
    }


async def decide(
    db: Database,
    id: str,
    step: ChangeStep,
    reason: str,
    *,
    version: int,
    galleries: Path,
    actor: Actor,
    now: datetime,
) -> Change:
    """Approve or refuse; an approved gallery is the one that is searched from this moment on.

    ``version`` is that of the card the supervisor looked at; ``galleries`` is where those are that
    can be searched.
    """
    async with db.transaction() as tx:
        change = await tx.changes.get(id)
        check_is_second(change, actor)
        check_words(reason)
        decided = change.decided(step, actor, reason, now)
        if change.version != version:
            raise ChangedMeanwhile
        await tx.changes.save(decided)
        said = {"reason": decided.reason, "proposed_by": change.proposed_by}
        facts = said | _facts(change) | by(actor)
        await tx.audit.append(AuditEvent(now, actor.person, _VERBS[step], id, facts))
        if step is ChangeStep.APPROVE and change.kind is ChangeKind.MODEL:
            await _switch(tx, decided, galleries, now)
    return decided


async def _switch(
    tx: Transaction, change: Change, galleries: Path, now: datetime
) -> None:
    """Make the proposed gallery the current one, unless photographs that were enrolled since would be
    searched no more, or it was destroyed because it may hold some that were sealed since. As long as it
    is there, what was sealed since is in no search."""
    version, made_of = version_of(change), change.after["made_of"]
    found = await tx.galleries.made_of(version.repository)
    if found != made_of:
        raise Refusal(
            "Since this gallery was built, photographs have been enrolled that it lacks. Have it built and "
            "proposed again with “app.py reindex”; that goes on where it was.",
            rule="CHANGE_STALE",
        )
    if not (galleries / version.version).is_dir():
        raise Refusal(
            "This gallery is not there any more: photographs have been sealed since it was built. Have it "
            "built and proposed again with “app.py reindex”; that goes on where it was.",
            rule="CHANGE_STALE",
        )
    await tx.galleries.add(version)
    facts = {
        "change": change.id,
        "repository": version.repository,
        "from": change.before,
        "model": str(version.model),
        "digest": version.digest,
        "size": version.size,
    }
    await tx.audit.append(
        AuditEvent(
            now,
            change.decided_by or "",
            Verb.GALLERY_SWITCHED,
            version.version,
            facts,
        )
    )


async def withdraw(
    db: Database, id: str, reason: str, *, actor: Actor, now: datetime
) -> Change:
    """Take a proposal back before it is decided on."""
    async with db.transaction() as tx:
        change = await tx.changes.get(id)
        check_may_propose(actor)  # whoever may propose may take back: nothing changes
        check_words(reason)
        return await _withdraw(tx, change, actor.person, reason, now)


async def _withdraw(
    tx: Transaction, change: Change, person: str, reason: str, now: datetime
) -> Change:
    withdrawn = replace(
        change.take(ChangeStep.WITHDRAW),
        decided_by=person,
        decided_at=now,
        reason=reason.strip(),
    )
    await tx.changes.save(withdrawn)
    facts = _facts(change) | {"reason": withdrawn.reason}
    await tx.audit.append(
        AuditEvent(now, person, Verb.CHANGE_WITHDRAWN, change.id, facts)
    )
    return withdrawn


def deciders(supervisors: Iterable[Actor], proposer: str) -> frozenset[str]:
    """Everybody who could decide on what this person proposes, by badge."""
    return frozenset(actor.person for actor in supervisors) - {proposer}


# --- galleries as facts


def gallery_facts(
    version: GalleryVersion, made_of: int, **more: object
) -> dict[str, object]:
    """Everything a gallery version is recorded by, so that it can be made the current one later."""
    return {
        "version": version.version,
        "model": version.model.name,
        "weights_sha256": version.model.weights_sha256,
        "dim": version.model.dim,
        "digest": version.digest,
        "size": version.size,
        "built_at": version.built_at.isoformat(),
        "calibration": [list(pair) for pair in version.calibration],
        "made_of": made_of,
        **more,
    }


def version_of(change: Change) -> GalleryVersion:
    """The gallery version a change proposes."""
    facts = change.after
    calibration: list[list[float]] = facts["calibration"]  # type: ignore[assignment]
    return GalleryVersion(
        version=str(facts["version"]),
        repository=change.subject,
        model=ModelId(
            str(facts["model"]), str(facts["weights_sha256"]), int(str(facts["dim"]))
        ),
        digest=str(facts["digest"]),
        size=int(str(facts["size"])),
        built_at=datetime.fromisoformat(str(facts["built_at"])),
        calibration=tuple((share, at) for share, at in calibration),
    )


# --- settings


@dataclass(frozen=True, slots=True)
class NotUsed:
    """A start found another value in its settings than the one in force, and goes on with the latter."""

    name: str
    in_force: object
    found: object
    change: str
    """The proposal that waits; empty if there is none, because it was refused or decided before."""


async def at_start(
    db: Database, given: Mapping[str, object], now: datetime
) -> list[NotUsed]:
    """Record the values a record begins with; propose what the settings of this start say otherwise."""
    async with db.transaction() as tx:
        in_force = await tx.changes.in_force()
        await _record_baseline(
            tx, {n: v for n, v in given.items() if n not in in_force}, now
        )
        return [
            found
            for name, value in given.items()
            if name in in_force
            and (found := await _compared(tx, name, in_force[name], value, now))
        ]


async def _record_baseline(
    tx: Transaction, values: Mapping[str, object], now: datetime
) -> None:
    for name, value in values.items():
        change = Change(
            id=f"CH-{secrets.token_hex(4)}",
            kind=ChangeKind.SETTING,
            subject=name,
            before={},
            after={"value": value},
            why="The value this record began with.",
            proposed_by=AT_START,
            proposed_at=now,
            state=ChangeState.APPROVED,
            decided_by=BASELINE,
            decided_at=now,
        )
        await tx.changes.add(change, shown=False)
    if values:
        await tx.audit.append(
            AuditEvent(
                now, AT_START, Verb.BASELINE_RECORDED, "configuration", dict(values)
            )
        )


async def _compared(
    tx: Transaction, name: str, in_force: object, found: object, now: datetime
) -> NotUsed | None:
    last = await tx.changes.last(ChangeKind.SETTING, name, *ChangeState)
    own = last is not None and last.proposed_by == AT_START
    waits = last is not None and last.state is ChangeState.PENDING
    if last is not None and own and waits and last.after["value"] != found:
        why = "The settings of a later start say something else."
        await _withdraw(tx, last, AT_START, why, now)
        waits = False
    if found == in_force:
        return None
    if last is not None and waits:
        proposal = last.id
    elif last is not None and _was_settled(last, found):
        proposal = ""
    else:
        proposal = await _propose_at_start(tx, name, in_force, found, now)
    facts = {"in_force": in_force, "found": found, "change": proposal}
    await tx.audit.append(
        AuditEvent(now, AT_START, Verb.OTHER_VALUE_NOT_USED, name, facts)
    )
    return NotUsed(name, in_force, found, proposal)


def _was_settled(last: Change, found: object) -> bool:
    """Supervisors are not asked again at every start: this very value was refused last, or was
    replaced by the one in force and only still stands in the settings."""
    refused = last.state is ChangeState.REFUSED and last.after["value"] == found
    replaced = last.state is ChangeState.APPROVED and last.before.get("value") == found
    return refused or replaced


async def _propose_at_start(
    tx: Transaction, name: str, in_force: object, found: object, now: datetime
) -> str:
    wanted = Wanted(ChangeKind.SETTING, name, {"value": in_force}, {"value": found})
    why = "The settings with which the bot was started say so. Until this is decided it goes on as before."
    return (await _add(tx, wanted, why, AT_START, now)).id


async def model_at_start(
    db: Database, repository: str, found: str, alerts: Alerts, now: datetime
) -> list[NotUsed]:
    """The model of the gallery decides; another name in the settings is told, and needs a gallery
    before anybody could decide on it."""
    name = "FIS_MODEL"
    async with db.transaction() as tx:
        current = await tx.galleries.current(repository)
        if current is None or current.model.name == found:
            return []
        waiting = await tx.changes.last(
            ChangeKind.MODEL, repository, ChangeState.PENDING
        )
        proposal = waiting.id if waiting and waiting.after["model"] == found else ""
        in_force = current.model.name
        facts = {"in_force": in_force, "found": found, "change": proposal}
        await tx.audit.append(
            AuditEvent(now, AT_START, Verb.OTHER_VALUE_NOT_USED, name, facts)
        )
        text = (
            f"{name} is {found} in the settings of this start, but the gallery that is searched belongs to "
            f"{in_force}. It is searched as before. Another model needs a gallery of its own, which the "
            f"administrator builds and proposes with “app.py reindex --model {found}”."
        )
        await alerts.add(tx, f"model/{current.version}/{found}", text)
    return [NotUsed(name, in_force, found, proposal)]
