"""Builders of values for the tests: a test names only what it is about, the rest is unremarkable."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.casework.alerts import Alerts
from bot.domain.actors import Actor, Office, Part, Role
from bot.domain.analyses import Analysis, Usability
from bot.domain.audit import GENESIS, AuditEntry, AuditEvent, Verb, digest
from bot.domain.authorizations import (
    HOURS_DEFAULT,
    Authorization,
    AuthorizationState,
    Grounds,
    Use,
    seal,
)
from bot.domain.candidates import Candidate, Conclusion, Disposition, Exclusion
from bot.domain.components import Component, Finding, Findings
from bot.domain.context import Answer, Check, Checked, ContextCheck
from bot.domain.examinations import Examination, Seat
from bot.domain.galleries import ModelId
from bot.domain.leads import Lead, Ruling
from bot.domain.photographs import (
    STANDARD_REPOSITORY,
    GalleryVersion,
    Photograph,
    Template,
)
from bot.domain.probes import Probe, ProbeFace
from bot.domain.purposes import Attestation, OffenseCategory, ProbeSource, Purpose
from bot.domain.quality import ImageQuality
from bot.domain.requests import Asked, FaceRequest
from bot.domain.rulings import RulingRecord
from bot.domain.searches import Search
from bot.domain.sendings import Block, Card, Picture, Sending, SendingKind
from bot.domain.work import WorkItem, WorkKind
from bot.domain.workflow import State

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)

REQUEST = "FIS-2026-000123"
SEARCH = "S-1"
GALLERY = "G-1"
DANA, ELLIS, PAT, SAM = "B-1001", "B-2001", "B-2002", "B-3001"  # badges
CHIEF, DEPUTY = "B-4001", "B-4002"
CASE = "2026-075-001234"
DMV = "DMV photographs"
REQUEST_CHANNEL, EXAMINER_CHANNEL = "C-REQUESTS", "C-EXAMINERS"
SHA256 = "ab" * 32

REASON = "Same scar over the left brow; ear lobes differ slightly."
SEEN: Findings = dict.fromkeys(
    (Component.EYES, Component.NOSE, Component.MOUTH), Finding.SIMILAR
)
THREE = ("C-1", "C-2", "C-3")
FACE_POINTS = ((80.0, 100.0), (160.0, 100.0), (120.0, 150.0), (90.0, 190.0), (150.0, 190.0))  # fmt: skip

SFACE = ModelId(name="SFace", weights_sha256="5f" * 32, dim=128)


SEAL_KEY = bytes(range(32))
NO_ALERTS = Alerts(None, lambda: NOON)


def an_actor(
    *roles: Role,
    person: str = DANA,
    slack_user: str | None = None,
    certified_until: date | None = date(2027, 6, 30),
) -> Actor:
    """A person with these roles, whose account is named after the badge; certified unless said otherwise."""
    account = f"U-{person}" if slack_user is None else slack_user
    return Actor(person, account, frozenset(roles), certified_until)


DETECTIVE = an_actor(Role.REQUESTER, person=DANA)
EXAMINER = an_actor(Role.EXAMINER, person=ELLIS)
PEER = an_actor(Role.EXAMINER, person=PAT)
SUPERVISOR = an_actor(Role.SUPERVISOR, person=SAM)


def a_commander(
    *roles: Role,
    person: str = CHIEF,
    office: Office | None = Office.CHIEF_OF_DETECTIVES,
) -> Actor:
    return replace(an_actor(Role.COMMANDER, *roles, person=person), office=office)


COMMANDER = a_commander()
OTHER_COMMANDER = a_commander(person=DEPUTY, office=Office.DEPUTY_COMMISSIONER)


def parts(
    *,
    requester: str | None = DANA,
    examiner: str | None = None,
    peer: str | None = None,
    supervisor: str | None = None,
) -> frozenset[tuple[str, Part]]:
    """Who has already done what on a request."""
    played = {
        Part.REQUESTER: requester,
        Part.EXAMINER: examiner,
        Part.PEER: peer,
        Part.SUPERVISOR: supervisor,
    }
    return frozenset((who, part) for part, who in played.items() if who is not None)


def what_was_asked(
    *,
    case_number: str = CASE,
    category: OffenseCategory = OffenseCategory.ROBBERY,
    purpose: Purpose = Purpose.A_CRIME,
    particulars: tuple[tuple[str, str], ...] = (
        ("complaint_number", "2026-075-004711"),
        ("when_and_where", "22 November 2026, 21:40, 100 Example Street"),
    ),
    factual_basis: str = "The person took a till at knife point; the shop's camera shows the face.",
    source: ProbeSource = ProbeSource.BUSINESS_CAMERA,
    attested: tuple[str, ...] = tuple(Attestation),
    image_file: str = "F-STILL",
    list_length: int = 20,
) -> Asked:
    return Asked(
        case_number=case_number,
        category=category,
        purpose=purpose,
        particulars=particulars,
        factual_basis=factual_basis,
        source=source,
        attested=attested,
        image_file=image_file,
        list_length=list_length,
    )


def a_request(
    *,
    id: str = REQUEST,
    asked: Asked | None = None,
    requester: str = DANA,
    requester_account: str = f"U-{DANA}",
    channel: str = REQUEST_CHANNEL,
    submitted_at: datetime = NOON,
    state: State = State.RECEIVED,
    round: int = 1,
    reason: str = "",
    closed_at: datetime | None = None,
    version: int = 1,
) -> FaceRequest:
    return FaceRequest(
        id=id,
        asked=asked or what_was_asked(),
        requester=requester,
        requester_account=requester_account,
        channel=channel,
        submitted_at=submitted_at,
        state=state,
        round=round,
        reason=reason,
        closed_at=closed_at,
        version=version,
    )


def a_quality(
    *,
    inter_eye_px: float = 80.0,
    face_width_px: float = 170.0,
    sharpness: float = 300.0,
    mean_luminance: float = 125.0,
    under_exposed: float = 0.02,
    over_exposed: float = 0.01,
    contrast: float = 45.0,
    yaw_deg: float = 3.0,
    pitch_deg: float = -2.0,
    roll_deg: float = 1.0,
    jpeg_quality: int | None = 90,
    detector_score: float = 0.93,
    template_length: float = 12.2,
    dynamic_bits: float | None = 7.0,
    eyes_detail: float | None = 1.5,
    mouth_detail: float | None = 1.3,
) -> ImageQuality:
    """A face nobody has anything to say against."""
    return ImageQuality(
        inter_eye_px=inter_eye_px,
        face_width_px=face_width_px,
        sharpness=sharpness,
        mean_luminance=mean_luminance,
        under_exposed=under_exposed,
        over_exposed=over_exposed,
        contrast=contrast,
        yaw_deg=yaw_deg,
        pitch_deg=pitch_deg,
        roll_deg=roll_deg,
        jpeg_quality=jpeg_quality,
        detector_score=detector_score,
        template_length=template_length,
        dynamic_bits=dynamic_bits,
        eyes_detail=eyes_detail,
        mouth_detail=mouth_detail,
    )


def a_face(
    *,
    index: int = 0,
    box: tuple[float, float, float, float] = (50.0, 40.0, 150.0, 200.0),
    points: tuple[tuple[float, float], ...] = FACE_POINTS,
    score: float = 0.93,
    quality: ImageQuality | None = None,
) -> ProbeFace:
    return ProbeFace(index, box, points, score, quality or a_quality())


def a_probe(
    *,
    request_id: str = REQUEST,
    sha256: str = SHA256,
    size: int = 48_213,
    file_name: str = "still.jpg",
    stored_at: datetime = NOON,
    format: str = "JPEG",
    width: int = 640,
    height: int = 480,
    faces: tuple[ProbeFace, ...] | None = None,
    chosen: int | None = None,
) -> Probe:
    """A probe that was checked and shows one face."""
    return Probe(
        request_id=request_id,
        sha256=sha256,
        size=size,
        file_name=file_name,
        stored_at=stored_at,
        format=format,
        width=width,
        height=height,
        faces=(a_face(),) if faces is None else faces,
        chosen=chosen,
    )


def a_candidate(
    *,
    id: str = "C-1",
    search_id: str = SEARCH,
    subject_id: str | None = None,
    photo_id: str | None = None,
    similarity: float = 0.61,
    rank: int = 1,
) -> Candidate:
    """A candidate whose subject and photograph are named after it."""
    return Candidate(
        id=id,
        search_id=search_id,
        subject_id=f"SUBJ-{id}" if subject_id is None else subject_id,
        photo_id=f"PHOTO-{id}" if photo_id is None else photo_id,
        similarity=similarity,
        rank=rank,
    )


def candidates(count: int, *, search_id: str = SEARCH) -> tuple[Candidate, ...]:
    """C-1, C-2, ... with falling similarity."""
    return tuple(
        a_candidate(
            id=f"C-{rank}",
            search_id=search_id,
            similarity=round(0.7 - rank / 100, 2),
            rank=rank,
        )
        for rank in range(1, count + 1)
    )


def a_search(
    *,
    id: str = SEARCH,
    request_id: str = REQUEST,
    probe_sha256: str = SHA256,
    face_index: int = 0,
    model: ModelId = SFACE,
    gallery_version: str = GALLERY,
    gallery_digest: str = "cd" * 32,
    gallery_size: int = 104,
    list_length: int = 20,
    filters: tuple[str, ...] = (),
    exact: bool = True,
    weak_below: float = 0.3,
    started_at: datetime = NOON,
    finished_at: datetime = NOON,
) -> Search:
    return Search(
        id=id,
        request_id=request_id,
        probe_sha256=probe_sha256,
        face_index=face_index,
        model=model,
        gallery_version=gallery_version,
        gallery_digest=gallery_digest,
        gallery_size=gallery_size,
        list_length=list_length,
        filters=filters,
        exact=exact,
        weak_below=weak_below,
        started_at=started_at,
        finished_at=finished_at,
    )


def an_analysis(
    *,
    examination_id: str = "E-1",
    usability: Usability = Usability.LIMITED,
    visible: frozenset[Component] = frozenset(Component),
    marks: str = "A scar through the left brow.",
    at: datetime = NOON,
) -> Analysis:
    """The probe alone, with everything to be seen in it."""
    return Analysis(examination_id, usability, visible, marks, at)


def an_examination(
    *,
    id: str = "E-1",
    request_id: str = REQUEST,
    search_id: str = SEARCH,
    seat: Seat = Seat.FIRST,
    round: int = 1,
    seed: int = 4711,
    order: tuple[str, ...] = THREE,
    opened_at: datetime = NOON,
    examiner: str | None = None,
    taken_at: datetime | None = None,
    submitted_at: datetime | None = None,
    version: int = 1,
) -> Examination:
    """An examination of three candidates that nobody has taken yet."""
    return Examination(
        id=id,
        request_id=request_id,
        search_id=search_id,
        seat=seat,
        round=round,
        seed=seed,
        order=order,
        opened_at=opened_at,
        examiner=examiner,
        taken_at=taken_at,
        submitted_at=submitted_at,
        version=version,
    )


def a_disposition(
    *,
    candidate_id: str = "C-1",
    conclusion: Conclusion = Conclusion.SOME_SUPPORT_SAME,
    reason: str = REASON,
    at: datetime = NOON,
    exclusion: Exclusion | None = None,
    findings: Findings = SEEN,
) -> Disposition:
    """Support that three components carry, unless something else is said."""
    return Disposition(candidate_id, conclusion, reason, at, exclusion, findings)


def an_opinion(
    conclusions: Mapping[str, Conclusion] | None = None,
    *,
    of: Sequence[str] = THREE,
    at: datetime = NOON,
) -> dict[str, Disposition]:
    """One examiner's dispositions: those named, and "different persons" for the rest of ``of``."""
    named = conclusions or {}
    levels = {**dict.fromkeys(of, Conclusion.EXCLUDED), **named}
    return {
        candidate_id: a_disposition(candidate_id=candidate_id, conclusion=level, at=at)
        for candidate_id, level in levels.items()
    }


def a_context_check(
    *,
    request_id: str = REQUEST,
    round: int = 1,
    candidate_id: str = "C-1",
    examiner: str = ELLIS,
    at: datetime = NOON,
    answers: Mapping[Check, Answer] | None = None,
    recorded: Mapping[Check, Answer] | None = None,
) -> ContextCheck:
    """Nothing stands against the candidate unless ``answers`` says so."""
    given = {**dict.fromkeys(Check, Answer.CONSISTENT), **(answers or {})}
    return ContextCheck(
        request_id=request_id,
        round=round,
        candidate_id=candidate_id,
        examiner=examiner,
        at=at,
        checks={check: Checked(answer) for check, answer in given.items()},
        recorded=recorded or {},
    )


def a_lead(
    *,
    request_id: str = REQUEST,
    candidate_id: str = "C-1",
    subject_id: str = "SUBJ-C-1",
    photo_id: str = "PHOTO-C-1",
    conclusion: Conclusion = Conclusion.SOME_SUPPORT_SAME,
    examiner: str = ELLIS,
    peer: str = PAT,
    supervisor: str = SAM,
    released_at: datetime = NOON,
    gallery: str = STANDARD_REPOSITORY,
    text_sha256: str = SHA256,
    acknowledged_at: datetime | None = None,
) -> Lead:
    return Lead(
        request_id=request_id,
        candidate_id=candidate_id,
        subject_id=subject_id,
        photo_id=photo_id,
        conclusion=conclusion,
        examiner=examiner,
        peer=peer,
        supervisor=supervisor,
        released_at=released_at,
        gallery=gallery,
        text_sha256=text_sha256,
        acknowledged_at=acknowledged_at,
    )


def a_ruling(
    *,
    request_id: str = REQUEST,
    round: int = 1,
    supervisor: str = SAM,
    ruling: str = Ruling.RELEASE,
    reason: str = "Both examinations are complete.",
    at: datetime = NOON,
) -> RulingRecord:
    return RulingRecord(request_id, round, supervisor, ruling, reason, at)


def a_photograph(
    *,
    id: str = "PHOTO-C-1",
    subject_id: str = "SUBJ-C-1",
    repository: str = STANDARD_REPOSITORY,
    sha256: str = SHA256,
    arrest_number: str = "K24612345",
    capture_date: date | None = date(2024, 5, 17),
    sex: str = "M",
    birth_date: date | None = date(1988, 2, 29),
    enrolled_at: datetime = LONG_AGO,
) -> Photograph:
    return Photograph(
        id=id,
        subject_id=subject_id,
        repository=repository,
        sha256=sha256,
        arrest_number=arrest_number,
        capture_date=capture_date,
        sex=sex,
        birth_date=birth_date,
        enrolled_at=enrolled_at,
    )


def a_template(
    *,
    photo_id: str = "PHOTO-C-1",
    subject_id: str = "SUBJ-C-1",
    model: ModelId = SFACE,
    vector: bytes | None = None,
    points: tuple[tuple[float, float], ...] = FACE_POINTS,
) -> Template:
    """A template along the first axis unless a vector is given."""
    unit = b"\x00\x00\x80\x3f" + bytes(4 * (model.dim - 1))
    return Template(
        photo_id, subject_id, model, unit if vector is None else vector, points
    )


def a_gallery(
    *,
    version: str = GALLERY,
    repository: str = STANDARD_REPOSITORY,
    model: ModelId = SFACE,
    digest: str = "cd" * 32,
    size: int = 104,
    built_at: datetime = LONG_AGO,
) -> GalleryVersion:
    return GalleryVersion(version, repository, model, digest, size, built_at)


def a_card(
    *,
    key: str = f"{REQUEST}/status",
    request_id: str = REQUEST,
    channel: str = REQUEST_CHANNEL,
    digest: str = SHA256,
    ts: str | None = None,
    posted_in: str | None = None,
) -> Card:
    return Card(key, request_id, channel, digest, ts, posted_in)


def a_picture(
    *,
    key: str = f"{REQUEST}/probe",
    request_id: str = REQUEST,
    card: str = f"{REQUEST}/examination",
    vault_sha256: str = SHA256,
    file_name: str = "probe.png",
    title: str = "Probe",
    alt_text: str = "The probe",
    slack_file: str | None = None,
    shared_at: datetime | None = None,
    removed_at: datetime | None = None,
) -> Picture:
    return Picture(
        key=key,
        request_id=request_id,
        card=card,
        vault_sha256=vault_sha256,
        file_name=file_name,
        title=title,
        alt_text=alt_text,
        slack_file=slack_file,
        shared_at=shared_at,
        removed_at=removed_at,
    )


def a_sending(
    *,
    key: str = "K-1",
    kind: SendingKind = SendingKind.POST,
    request_id: str = REQUEST,
    card: str = f"{REQUEST}/status",
    channel: str = REQUEST_CHANNEL,
    thread: str | None = None,
    text: str = f"{REQUEST} was received.",
    blocks: tuple[Block, ...] = (),
    pictures: tuple[str, ...] = (),
    created_at: datetime | None = NOON,
    not_before: datetime | None = None,
) -> Sending:
    return Sending(
        key=key,
        kind=kind,
        request_id=request_id,
        card=card,
        channel=channel,
        thread=thread,
        text=text,
        blocks=blocks,
        pictures=pictures,
        created_at=created_at,
        not_before=not_before,
    )


def a_work_item(
    *,
    id: int = 1,
    kind: WorkKind = WorkKind.SEARCH,
    request_id: str = REQUEST,
    subject: str = "",
    priority: int = 1,
    attempts: int = 1,
    worker: str = "worker-1",
    lease_until: datetime = NOON,
) -> WorkItem:
    return WorkItem(
        id=id,
        kind=kind,
        request_id=request_id,
        subject=subject,
        priority=priority,
        attempts=attempts,
        worker=worker,
        lease_until=lease_until,
    )


def an_event(
    *,
    at: datetime = NOON,
    actor: str = DANA,
    verb: Verb = Verb.REQUEST_SUBMITTED,
    subject: str = REQUEST,
    facts: Mapping[str, object] | None = None,
) -> AuditEvent:
    return AuditEvent(at, actor, verb, subject, dict(facts or {}))


def a_chain(events: Sequence[AuditEvent]) -> list[AuditEntry]:
    """The events as the audit log would hold them."""
    chain: list[AuditEntry] = []
    for sequence, event in enumerate(events, start=1):
        previous = chain[-1].digest if chain else GENESIS
        here = digest(sequence, previous, event)
        chain.append(AuditEntry(sequence, event, previous, here))
    return chain


STATED = "Said in more than twenty characters."


def grounds(
    *,
    need: str = STATED,
    why_not_standard: str = STATED,
    why_this_repository: str = STATED,
    legal_basis: str = STATED,
    data_sharing_basis: str = STATED,
    command: str = "Robbery Squad",
    futile: str = "",
    new_facts: str = "",
    team: tuple[str, ...] = (),
) -> Grounds:
    return Grounds(
        need=need,
        why_not_standard=why_not_standard,
        why_this_repository=why_this_repository,
        legal_basis=legal_basis,
        data_sharing_basis=data_sharing_basis,
        command=command,
        futile=futile,
        new_facts=new_facts,
        team=team,
    )


def an_authorization(
    state: AuthorizationState = AuthorizationState.PENDING,
    *,
    id: str = "AU-1",
    request_id: str = REQUEST,
    case_number: str = CASE,
    probe_sha256: str = SHA256,
    face_index: int = 0,
    repository: str = DMV,
    stated: Grounds | None = None,
    asked_by: str = DANA,
    asked_at: datetime = NOON,
    expires_at: datetime = NOON + timedelta(hours=HOURS_DEFAULT),
    told: tuple[str, ...] = (),
    decided_title: str = COMMANDER.title,
    version: int = 1,
) -> Authorization:
    """Asked by the requester and, unless it is still pending, decided by the chief; without a seal."""
    asked = Authorization(
        id=id,
        request_id=request_id,
        case_number=case_number,
        probe_sha256=probe_sha256,
        face_index=face_index,
        repository=repository,
        grounds=stated or grounds(),
        asked_by=asked_by,
        asked_by_account=f"U-{asked_by}",
        asked_at=asked_at,
        expires_at=expires_at,
        told=told,
        state=state,
        version=version,
    )
    if state is AuthorizationState.PENDING:
        return asked
    return replace(
        asked,
        decided_by=CHIEF,
        decided_by_account=f"U-{CHIEF}",
        decided_title=decided_title,
        decided_at=asked_at,
        reason=STATED,
    )


def sealed(authorization: Authorization, key: bytes = SEAL_KEY) -> Authorization:
    return replace(authorization, seal=seal(key, authorization))


def a_use(authorization: Authorization) -> Use:
    """The very search that it allows."""
    return Use(
        request_id=authorization.request_id,
        case_number=authorization.case_number,
        probe_sha256=authorization.probe_sha256,
        face_index=authorization.face_index,
        repository=authorization.repository,
    )
