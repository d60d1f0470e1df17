"""Writes a discovery bundle: everything on record about one case or one request, as files (CPL art. 245; decision 0027).

What leaves is read from one state of the record; if that changes while the files are written, nothing leaves.
The files are written aside and get their name when the export is in the audit log: a kill leaves no half bundle.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.casework import discovery_record as record
from bot.casework.discovery_files import Bundle, aside, write
from bot.casework.discovery_record import plain
from bot.casework.discovery_trail import told_of, trails_of
from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb, by
from bot.domain.discovery import SCHEMA, check_may_export, check_reason, folder_name
from bot.domain.requests import FaceRequest
from bot.errors import FisError, Refusal
from bot.roles import RoleMap
from bot.views.discovery import weaknesses
from storage.database import Database, Snapshot, Transaction
from storage.errors import ChangedMeanwhile, Unknown
from storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: all requests of a case, or one request."""

    case_number: str = ""
    request_id: str = ""

    @classmethod
    def parse(cls, case_number: str, request_id: str) -> "Wanted":
        """As numbers are written here: in capitals, without spaces."""
        case, request = (
            "".join(one.split()).upper() for one in (case_number, request_id)
        )
        return cls(case, request)

    @property
    def number(self) -> str:
        return self.case_number or self.request_id

    @property
    def words(self) -> str:
        if self.case_number:
            return f"Case {self.case_number}"
        return f"Request {self.request_id}"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who exports: a Slack account of the role map, at the command line of an operating system account."""

    account: str
    run_by: str


@dataclass(frozen=True, slots=True)
class Exported:
    """Where it lies; ``problems`` is what whoever hands it on has to know is wrong with it."""

    folder: Path
    requests: tuple[str, ...]
    files: int
    manifest_sha256: str
    problems: tuple[str, ...]


async def export(
    db: Database,
    vault: Vault,
    roles: RoleMap,
    wanted: Wanted,
    out: Path,
    *,
    sender: Sender,
    reason: str,
    zone: str,
    now: datetime,
) -> Exported:
    """Write a bundle below ``out``; refuse whoever may not. Both are in the audit log afterwards."""
    try:
        return await _export(db, vault, roles, wanted, out, sender, reason, zone, now)
    except FisError as refused:
        await _note_refusal(db, wanted, sender, reason, refused, now)
        raise


async def _export(
    db: Database,
    vault: Vault,
    roles: RoleMap,
    wanted: Wanted,
    out: Path,
    sender: Sender,
    reason: str,
    zone: str,
    now: datetime,
) -> Exported:
    actor = roles.actor(sender.account)
    async with db.snapshot() as snapshot:
        await _admit(snapshot, actor, wanted, reason)
        bundle = await _read(snapshot, wanted, actor, zone, now)
    folder = out / f"discovery-{folder_name(wanted.number)}-{now:%Y%m%dT%H%M%SZ}"
    with aside(out, folder) as part:
        manifest = await asyncio.to_thread(write, vault, bundle, part, zone)
        exported = Exported(
            folder,
            tuple(bundle.marks),
            len(manifest.splitlines()) + 1,
            sha256(manifest.encode()).hexdigest(),
            tuple(bundle.problems),
        )
        async with db.transaction() as tx:
            await _check_unchanged(tx, bundle)
            await _note(tx, exported, wanted, actor, sender, reason, now)
        _name(part, folder)
    return exported


async def _admit(snapshot: Snapshot, actor: Actor, wanted: Wanted, reason: str) -> None:
    """Who may not export is not told either whether there is such a case."""
    check_may_export(actor, ())
    check_reason(reason)
    for request in await _requests(snapshot, wanted):
        check_may_export(actor, await snapshot.requests.parts(request.id))


async def _requests(snapshot: Snapshot, wanted: Wanted) -> list[FaceRequest]:
    if wanted.request_id:
        return [await snapshot.requests.get(wanted.request_id)]
    if found := await snapshot.requests.of_case(wanted.case_number):
        return found
    raise Unknown("There is no request of this case.")


def _name(part: Path, folder: Path) -> None:
    try:
        part.rename(folder)
    except OSError as error:
        raise Refusal(
            f"The bundle could not be named {folder}: {error.strerror}.",
            rule="CANNOT_WRITE",
        ) from None


# --- reading


async def _read(
    snapshot: Snapshot, wanted: Wanted, actor: Actor, zone: str, now: datetime
) -> Bundle:
    requests = await _requests(snapshot, wanted)
    await snapshot.audit.check()
    trails, refused = await trails_of(snapshot, requests, wanted.case_number)
    materials = []
    for request in requests:
        events = [entry.event for entry in trails[request.id]]
        released = next(filter(record.was_released, reversed(events)), None)
        materials.append(await record.material_of(snapshot, request, released, zone))
    last = max(
        (trail[-1] for trail in trails.values() if trail),
        key=lambda entry: entry.sequence,
    )
    finished = [s["finished_at"] for m in materials for s in m.told["searches"]]
    until = max(map(datetime.fromisoformat, finished), default=None)
    governed = await record.governed(snapshot, until) if until else []
    for material in materials:
        told = material.told
        told["weaknesses"] = weaknesses(told, governed)
        told["events"] = [told_of(entry, material) for entry in trails[told["request"]]]
    told = {
        "schema": SCHEMA,
        "scope": wanted.words,
        "exported_at": plain(now),
        "exported_by": actor.person,
        "problems": [],
        "audit_chain": {"last_entry": last.sequence, "last_digest": last.digest},
        "governed_changes": governed,
        "refused_at_intake": refused,
        "requests": [material.told for material in materials],
    }
    marks = {one.id: await snapshot.requests.mark(one.id) for one in requests}
    return Bundle(materials, marks, told)


# --- the record of it


async def _check_unchanged(tx: Transaction, bundle: Bundle) -> None:
    """Whatever was sealed, taken back or decided meanwhile must not leave as it was."""
    for id, mark in bundle.marks.items():
        if await tx.requests.mark(id) != mark:
            raise ChangedMeanwhile(
                f"{id} has changed while the bundle was written. Nothing was exported; export again."
            )


async def _note(
    tx: Transaction,
    exported: Exported,
    wanted: Wanted,
    actor: Actor,
    sender: Sender,
    reason: str,
    now: datetime,
) -> None:
    facts: dict[str, Any] = {
        "scope": wanted.words,
        "requests": list(exported.requests),
        "reason": reason.strip(),
        "files": exported.files,
        "manifest_sha256": exported.manifest_sha256,
        "problems": list(exported.problems),
        "run_by": sender.run_by,
        **by(actor),
    }
    await tx.audit.append(
        AuditEvent(now, actor.person, Verb.DISCOVERY_EXPORTED, _subject(wanted), facts)
    )


async def _note_refusal(
    db: Database,
    wanted: Wanted,
    sender: Sender,
    reason: str,
    refused: FisError,
    now: datetime,
) -> None:
    facts = {
        "rule": getattr(refused, "rule", type(refused).__name__),
        "message": str(refused),
        "scope": wanted.words[:200],
        "reason": reason[:1000],
        "account": sender.account[:100],
        "run_by": sender.run_by,
    }
    async with db.transaction() as tx:
        await tx.audit.append(
            AuditEvent(
                now,
                f"account {sender.account[:100]}",
                Verb.DISCOVERY_REFUSED,
                _subject(wanted),
                facts,
            )
        )


def _subject(wanted: Wanted) -> str:
    # Typed by somebody: never so that it could be taken for another kind of subject.
    return wanted.request_id[:100] or f"case/{wanted.case_number[:100]}"
