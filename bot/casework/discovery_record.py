"""What the record holds of a request, as a discovery bundle tells it: plain values, with what is withheld and why."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum, IntEnum
from typing import Any

from bot.approvals.releases import answer, read_lead
from bot.casework.editing import chains
from bot.casework.known import known_of
from bot.domain.audit import AuditEvent, Verb, fingerprint
from bot.domain.authorizations import Authorization
from bot.domain.candidates import CONCLUSIONS, Candidate, Disposition
from bot.domain.changes import ChangeState
from bot.domain.discovery import Withheld, is_under_examination
from bot.domain.edits import Derivative
from bot.domain.examinations import Examination
from bot.domain.leads import text_digest
from bot.domain.measures import measures, single_face
from bot.domain.probes import Probe
from bot.domain.requests import FaceRequest
from bot.domain.searches import Search
from bot.domain.weakness import in_words
from bot.domain.workflow import State
from bot.views.requester import LeadView, lead_text
from storage.database import Snapshot

Told = dict[str, Any]


@dataclass
class Material:
    """One request: what is told of it, and what its files are made of.

    ``secrets`` are ids of what is sealed; ``bare`` if nothing of its events leaves that names anybody.
    """

    request: FaceRequest
    told: Told
    probe: Probe | None = None
    derivatives: Sequence[Derivative] = ()
    chains: Sequence[Sequence[Derivative]] = ()
    chain_error: str = ""
    lead: LeadView | None = None
    lead_words: str = ""
    photograph: str = ""
    secrets: set[str] = field(default_factory=set)
    bare: bool = False


def plain(value: object) -> Any:
    """Anything of the domain as JSON can say it: UTC times, values of enums, no number that is none."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value))
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


async def material_of(
    snapshot: Snapshot, request: FaceRequest, released: AuditEvent | None, zone: str
) -> Material:
    """``released`` is what the audit log tells of the release, if there was one; ``zone`` is that of the times
    in the words of a lead."""
    material = Material(request, _asked(request))
    told = material.told
    told["no_match_answer"] = await answer(snapshot, request, zone)
    if is_under_examination(request):
        material.bare = True
        told["withheld"] = Withheld.UNDER_EXAMINATION.value
    await _add_probe(snapshot, material)
    searches = await snapshot.searches.of(request.id)
    material.bare |= any(search.purged_at is not None for search in searches)
    told["searches"] = [await _search(snapshot, material, one) for one in searches]
    await _add_decisions(snapshot, material)
    await _add_lead(snapshot, material, released, zone)
    return material


def _asked(request: FaceRequest) -> Told:
    told: Told = plain(request)
    return {"request": told.pop("id"), "outcome": plain(request.outcome), **told}


async def _add_probe(snapshot: Snapshot, material: Material) -> None:
    told, id = material.told, material.request.id
    repeats = await snapshot.prints.repeats(id)
    told["repeats"] = [plain(one) for one in repeats]
    told["probe"], told["edits"] = None, []
    material.probe = probe = await snapshot.probes.find(id)
    if probe is None:
        return
    told["probe"] = _probe(probe)
    material.derivatives = await snapshot.derivatives.of(id)
    found, material.chain_error = await chains(snapshot, probe)
    material.chains = found
    told["edits"] = [_edit(one) for one in material.derivatives]


def _probe(probe: Probe) -> Told:
    told: Told = {
        name: plain(getattr(probe, name))
        for name in ("sha256", "size", "file_name", "stored_at", "format")
    }
    told |= {"width": probe.width, "height": probe.height, "faces": len(probe.faces)}
    told |= {"face": None, "measures": [], "warnings": [], "warned": []}
    if (face := probe.face) is not None:
        areas = [box[2] * box[3] for box in (one.box for one in probe.faces)]
        found = measures(face.quality, single_face(areas, probe.faces.index(face)))
        told["face"] = plain(face)
        told["measures"] = [plain(one) | {"means": one.means} for one in found]
        told["warnings"] = face.quality.warnings()
        told["warned"] = plain(face.quality.warned())
    return told


def _edit(one: Derivative) -> Told:
    told: Told = plain(one.facts())
    return told | {
        "words": one.edit.words,
        "made_by": one.made_by,
        "at": plain(one.at),
        "why": one.why,
        "searched_in_round": one.searched_round,
        "searched_why": one.searched_why,
        "repeated_before_release": plain(one.replayed_at),
        "repeated_before_release_error": one.replay_error,
    }


# --- searches


async def _search(snapshot: Snapshot, material: Material, search: Search) -> Told:
    gallery = await snapshot.galleries.get(search.gallery_version)
    told: Told = plain(search)
    told |= {
        "repository": gallery.repository,
        "gallery_built_at": plain(gallery.built_at),
        "calibration": plain(gallery.calibration),
        "on_edited_image": bool(
            material.probe and search.probe_sha256 != material.probe.sha256
        ),
        "candidates": [],
        "withheld": None,
    }
    if search.purged_at is not None:
        is_sealed = search.sealing_id is not None
        told["withheld"] = (Withheld.SEALED if is_sealed else Withheld.DESTROYED).value
    elif is_under_examination(material.request):
        told["withheld"] = Withheld.UNDER_EXAMINATION.value
    else:
        listed = await snapshot.searches.candidates(search.id)
        told["candidates"] = [
            await _candidate(snapshot, material, search, one, gallery.calibration)
            for one in listed
        ]
    return told


async def _candidate(
    snapshot: Snapshot,
    material: Material,
    search: Search,
    one: Candidate,
    calibration: Sequence[tuple[float, float]],
) -> Told:
    told = {
        "id": one.id,
        "rank": one.rank,
        "similarity": one.similarity,
        "is_weak": one.similarity < search.weak_below,
        "among_strangers": in_words(one.similarity, calibration),
        "withheld": None,
    }
    forbidden = await snapshot.sealings.forbidden([one.photo_id], (), ())
    photograph = await snapshot.photographs.find(one.photo_id)
    if photograph is None or forbidden.photo_ids:
        material.secrets |= {one.id, one.photo_id, one.subject_id}
        return told | {"withheld": Withheld.SEALED.value}
    known = await known_of(snapshot, one)
    return told | {
        "subject": one.subject_id,
        "photograph": one.photo_id,
        "photograph_sha256": photograph.sha256,
        "arrest_number": photograph.arrest_number,
        "taken_on": plain(photograph.capture_date),
        "case_state": photograph.case_state,
        "newer_photograph_taken_on": plain(known.newer and known.newer.capture_date),
    }


# --- what people decided


async def _add_decisions(snapshot: Snapshot, material: Material) -> None:
    told, id = material.told, material.request.id
    is_hidden = is_under_examination(material.request)
    sat = await snapshot.examinations.of(id)
    told["examinations"] = [await _examination(snapshot, material, one) for one in sat]
    told["hand_backs"] = [plain(x) for x in await snapshot.examinations.hand_backs(id)]
    told["rulings"] = [plain(one) for one in await snapshot.rulings.of(id)]
    told["context_checks"] = (
        [] if is_hidden else await _context_checks(snapshot, material)
    )
    asked = await snapshot.authorizations.of(id)
    told["authorizations"] = [_authorization(one) for one in asked]
    told["corroboration"] = plain(await snapshot.corroborations.find(id))
    told["reports"] = [plain(one) for one in await snapshot.lead_reports.of(id)]
    if material.bare or material.secrets:
        _leave_out_words(told)


def _leave_out_words(told: Told) -> None:
    """What somebody wrote freely may describe whom nobody may know of any more."""
    # A lead that was taken back by hand: its reason is the request's, too.
    if told["reason"] in {one["reason"] for one in told["rulings"]}:
        told["reason"] = ""
    written = [
        *((one, "reason") for one in (*told["rulings"], *told["hand_backs"])),
        *((one, "text") for one in told["reports"]),
        *(
            (one["override"], "reason")
            for one in told["examinations"]
            if one.get("override")
        ),
    ]
    for one, name in written:
        one[name], one["withheld"] = None, Withheld.DESTROYED.value
    for one in told["authorizations"]:
        one["reason"], one["end_reason"] = "", ""
        one["withheld"] = Withheld.DESTROYED.value


async def _examination(
    snapshot: Snapshot, material: Material, one: Examination
) -> Told:
    told: Told = plain(one) | {"seed": str(one.seed), "withheld": None}
    if is_under_examination(material.request):
        told |= {"order": [], "seed": None}
        return told | {"withheld": Withheld.UNDER_EXAMINATION.value}
    decided = await snapshot.examinations.dispositions(one.id)
    return told | {
        "analysis": plain(await snapshot.analyses.find(one.id)),
        "override": plain(await snapshot.overrides.find(one.id)),
        "dispositions": [
            _disposition(material, one, decided[id])
            for id in one.order
            if id in decided
        ],
    }


def _disposition(material: Material, sat: Examination, one: Disposition) -> Told:
    told: Told = {
        "candidate": one.candidate_id,
        "letter": sat.label_of(one.candidate_id),
        "conclusion": int(one.conclusion),
        "conclusion_words": CONCLUSIONS[one.conclusion],
        "at": plain(one.at),
        "seconds": one.seconds,
        "withheld": None,
    }
    if one.candidate_id in material.secrets:
        # A reason describes a face.
        return told | {"withheld": Withheld.SEALED.value}
    return told | {
        "exclusion": plain(one.exclusion),
        "reason": one.reason,
        "findings": plain(one.findings),
        "explanation": one.explanation,
    }


async def _context_checks(snapshot: Snapshot, material: Material) -> list[Told]:
    found: list[Told] = []
    for round in range(1, material.request.round + 1):
        checks = await snapshot.contexts.of(material.request.id, round)
        found += [
            plain(check)
            for id, check in sorted(checks.items())
            if id not in material.secrets
        ]
    return found


def _authorization(one: Authorization) -> Told:
    """Which repository, by whose permission, how long, why: not what was put before the commander."""
    grounds = asdict(one.grounds)
    told: Told = plain(one) | {"withheld": None}
    for name in (
        "told",
        "seal",
        "asked_by_account",
        "decided_by_account",
        "ended_by_account",
    ):
        told.pop(name)
    told["grounds"] = {
        "legal_basis": one.grounds.legal_basis,
        "data_sharing_basis": one.grounds.data_sharing_basis,
        "command": one.grounds.command,
        "withheld": Withheld.GROUNDS.value,
        "withheld_sha256": fingerprint(plain(grounds)),
    }
    return told


# --- the lead


async def _add_lead(
    snapshot: Snapshot, material: Material, released: AuditEvent | None, zone: str
) -> None:
    told, request = material.told, material.request
    told["lead"] = None
    if released is None:
        return
    recorded = released.facts.get("text_sha256")
    lead = await snapshot.leads.find(request.id)
    forbidden = [lead.photo_id] if lead else []
    sealed = (await snapshot.sealings.forbidden(forbidden, (), ())).photo_ids
    photograph = await snapshot.photographs.find(lead.photo_id) if lead else None
    if lead is None or photograph is None or sealed:
        told["lead"] = {
            "withheld": Withheld.DESTROYED.value,
            "released_at": plain(released.at),
            "text_sha256": recorded,
            "taken_back": told["reason"],
        }
        return
    view = await read_lead(snapshot, lead)
    words = lead_text(request.id, request.asked.case_number, view, zone)
    material.lead, material.lead_words = view, words
    material.photograph = photograph.sha256
    told["lead"] = plain(lead) | {
        "withheld": None,
        "is_recalled": request.state is State.RECALLED,
        "words": words,
        "words_sha256": text_digest(words),
        "recorded_sha256": recorded,
        "are_the_words_released": text_digest(words) == lead.text_sha256 == recorded,
        "arrest_number": photograph.arrest_number,
        "taken_on": plain(photograph.capture_date),
        "photograph_sha256": photograph.sha256,
    }


async def governed(snapshot: Snapshot, until: datetime) -> list[Told]:
    """The approved changes of model, gallery and thresholds up to a moment, with the figures they rest on."""
    return [
        plain(one)
        for one in await snapshot.changes.all()
        if one.state is ChangeState.APPROVED
        and one.decided_at is not None
        and one.decided_at <= until
    ]


def was_released(event: AuditEvent) -> bool:
    return event.verb is Verb.LEAD_RELEASED
