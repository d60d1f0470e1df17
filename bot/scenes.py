"""What Slack should show of one request, by audience: read from the database, drawn by the views."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.approvals import releases
from bot.casework.failures import find_failures
from bot.domain.examinations import Examination, Seat, proposed
from bot.domain.leads import Ruling
from bot.domain.pictures import (
    faces_key,
    is_over,
    lead_key,
    photo_key,
    probe_key,
    review_key,
    sheet_key,
)
from bot.domain.requests import FaceRequest
from bot.domain.rulings import RulingRecord
from bot.domain.sendings import Picture
from bot.domain.workflow import State, Step
from bot.views import examiner as examiner_views
from bot.views import requester as requester_views
from bot.views import supervisor as supervisor_views
from bot.views.examiner import Stage
from bot.views.text import Message
from storage.database import Transaction

PICTURES_PER_MESSAGE = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message as it should stand, or (with ``pictures``) one that carries files."""

    key: str
    channel: str
    message: Message | None = None
    thread: str | None = None
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rooms:
    examiners: str
    supervisors: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One request with everything its cards need; read once, in the transaction that redraws it."""

    tx: Transaction
    request: FaceRequest
    pictures: Mapping[str, Picture]
    now: datetime
    keep_pictures: timedelta

    def gone(self, picture: Picture) -> bool:
        """Whether a picture is, or has to be, out of Slack: after the case or after its hours."""
        if picture.removed_at is not None:
            return True
        if is_over(picture.key, self.request):
            return True
        return (
            picture.shared_at is not None
            and picture.shared_at <= self.now - self.keep_pictures
        )

    def shown(self, key: str) -> str | None:
        """Slack's id of a picture that can be referred to now."""
        picture = self.pictures.get(key)
        if picture is None or picture.shared_at is None or self.gone(picture):
            return None
        return picture.slack_file

    def showing(self, key: str) -> str:
        """Which showing of a picture this is: nothing the first time, then #2, #3 ..."""
        return self.pictures[key].card.removeprefix(key)

    def removed(self, key: str) -> bool:
        """Whether a picture was shown and is not any more."""
        picture = self.pictures.get(key)
        return (
            picture is not None and picture.shared_at is not None and self.gone(picture)
        )


class Scenery:
    """Turns a scene into wanted messages. Examiners' accounts come from the role map."""

    def __init__(
        self, rooms: Rooms, account_of: Callable[[str], str | None], zone: str
    ) -> None:
        self._rooms = rooms
        self._account_of = account_of
        self._zone = zone

    async def wanted(self, scene: Scene) -> list[Wanted]:
        """Everything about one request, in the order in which it has to appear."""
        return [
            wanted
            for part in (self._requester, self._examiners, self._supervisors)
            async for wanted in part(scene)
        ]

    # --- the requester

    async def _requester(self, scene: Scene) -> AsyncIterator[Wanted]:
        request = scene.request
        yield Wanted(
            f"{request.id}/status",
            request.channel,
            requester_views.status_line(
                request.id, request.state, request.requester_account
            ),
        )
        own = f"{request.id}/requester"
        card = await self._request_card(scene)
        yield Wanted(
            own,
            request.requester_account,
            requester_views.request_card(card, self._zone),
        )
        for key in (faces_key(request.id), lead_key(request.id)):
            picture = scene.pictures.get(key)
            if picture is not None and not scene.gone(picture):
                yield Wanted(
                    key, request.requester_account, thread=own, pictures=(key,)
                )

    async def _request_card(self, scene: Scene) -> requester_views.RequestCard:
        request, tx = scene.request, scene.tx
        probe = await tx.probes.find(request.id)
        return requester_views.RequestCard(
            number=request.id,
            case_number=request.asked.case_number,
            state=request.state,
            reason=request.reason,
            no_match_text=await releases.answer(tx, request, self._zone),
            faces_picture=scene.shown(faces_key(request.id)),
            faces_removed=scene.removed(faces_key(request.id)),
            face_count=len(probe.faces) if probe else 0,
            lead=await self._lead(scene),
        )

    async def _lead(self, scene: Scene) -> requester_views.LeadView | None:
        lead = await scene.tx.leads.find(scene.request.id)
        if lead is None:
            return None
        photograph = await scene.tx.photographs.get(lead.photo_id)
        key = lead_key(scene.request.id)
        picture = scene.pictures.get(key)
        return replace(
            releases.lead_view(lead, photograph),
            picture=scene.shown(key),
            picture_removed_at=picture.removed_at if picture else None,
        )

    # --- the examiners

    async def _examiners(self, scene: Scene) -> AsyncIterator[Wanted]:
        for examination in await scene.tx.examinations.of(scene.request.id):
            async for wanted in self._examination(scene, examination):
                yield wanted

    async def _examination(
        self, scene: Scene, examination: Examination
    ) -> AsyncIterator[Wanted]:
        stage = _stage(scene, examination)
        channel, root = self._rooms.examiners, f"{examination.id}/root"
        card = examiner_views.ExaminationCard(
            number=scene.request.id,
            examination=examination.id,
            version=examination.version,
            candidate_count=len(examination.order),
            stage=stage,
            examiner=self._account(examination.examiner),
            pictures_removed=any(
                scene.removed(key) for key in _sheet_keys(examination)
            ),
        )
        yield Wanted(root, channel, examiner_views.examination_card(card))
        for number, group in enumerate(_uploads(scene, examination)):
            yield Wanted(
                f"{examination.id}/pictures/{number}{scene.showing(group[0])}",
                channel,
                thread=root,
                pictures=group,
            )
        for number, ids in enumerate(examiner_views.pages(examination.order)):
            if (page := _page(scene, examination, stage, ids)) is not None:
                yield Wanted(
                    f"{examination.id}/page/{number}",
                    channel,
                    examiner_views.candidate_page(page),
                    thread=root,
                )

    # --- the supervisors

    async def _supervisors(self, scene: Scene) -> AsyncIterator[Wanted]:
        request, channel = scene.request, self._rooms.supervisors
        rulings = await scene.tx.rulings.of(request.id)
        if (card := await self._sign_off(scene, rulings)) is not None:
            yield Wanted(f"{request.id}/sign_off", channel, card)
        if (card := await self._failed(scene)) is not None:
            yield Wanted(f"{request.id}/failed", channel, card)
        for round in range(1, request.round + 1):
            key = review_key(request.id, round)
            if (card := await self._review(scene, rulings, round)) is not None:
                yield Wanted(key, channel, card)
                sheets = [k for k in scene.pictures if k.startswith(f"{key}/")]
                if wanted := _not_gone(scene, sorted(sheets)):
                    yield Wanted(
                        f"{key}/pictures", channel, thread=key, pictures=wanted
                    )

    async def _review(
        self, scene: Scene, rulings: Sequence[RulingRecord], round: int
    ) -> Message | None:
        """The card of one round: once it is up for a ruling, and as long as it was ever posted."""
        request = scene.request
        ruling = next(
            (r for r in rulings if r.round == round and r.ruling in set(Ruling)), None
        )
        up = request.state is State.SUPERVISOR_REVIEW and request.round == round
        posted = await scene.tx.cards.find(review_key(request.id, round))
        if not up and posted is None:
            return None
        return supervisor_views.review_card(
            supervisor_views.ReviewCard(
                number=request.id,
                version=request.version if up else 0,
                case_number=request.asked.case_number,
                category=request.asked.category,
                supported=await _supported_counts(scene, round),
                ruling=self._ruling(ruling),
                withdrawn=request.state is State.WITHDRAWN,
            ),
            self._zone,
        )

    def _ruling(
        self, ruling: RulingRecord | None
    ) -> supervisor_views.RulingView | None:
        if ruling is None:
            return None
        return supervisor_views.RulingView(
            Ruling(ruling.ruling),
            self._account(ruling.supervisor) or ruling.supervisor,
            ruling.at,
            ruling.reason,
        )

    async def _sign_off(
        self, scene: Scene, rulings: Sequence[RulingRecord]
    ) -> Message | None:
        request = scene.request
        signed = next(
            (r for r in rulings if r.ruling in (Step.SIGN_OFF, Step.REFUSE)), None
        )
        posted = await scene.tx.cards.find(f"{request.id}/sign_off")
        if request.state is not State.SIGN_OFF and posted is None:
            return None
        return supervisor_views.sign_off_card(
            supervisor_views.SignOffCard(
                number=request.id,
                version=request.version if signed is None else 0,
                case_number=request.asked.case_number,
                category=request.asked.category,
                requester=request.requester_account,
                threat=dict(request.asked.particulars).get("threat", ""),
                decision=self._signed(signed),
                withdrawn=request.state is State.WITHDRAWN,
            ),
            self._zone,
        )

    def _signed(
        self, signed: RulingRecord | None
    ) -> supervisor_views.SignOffView | None:
        if signed is None:
            return None
        return supervisor_views.SignOffView(
            granted=signed.ruling == Step.SIGN_OFF,
            supervisor=self._account(signed.supervisor) or signed.supervisor,
            at=signed.at,
        )

    async def _failed(self, scene: Scene) -> Message | None:
        request = scene.request
        why = await _why_failed(scene)
        failed = why is not None
        if not failed and await scene.tx.cards.find(f"{request.id}/failed") is None:
            return None
        return supervisor_views.search_failed_card(
            supervisor_views.SearchFailedCard(
                number=request.id,
                version=request.version if failed else 0,
                why=f"{why or _FAILED_SEARCH} The operators' log has the reason.",
                still_failed=failed,
            )
        )

    def _account(self, person: str | None) -> str | None:
        return None if person is None else self._account_of(person)


_FAILED_SEARCH = "The software failed again and again."


async def _why_failed(scene: Scene) -> str | None:
    """What a supervisor can have tried again; None if there is nothing."""
    if scene.request.state is State.SEARCH_FAILED:
        return _FAILED_SEARCH
    failures = await find_failures(scene.tx, scene.request)
    if failures.work:
        return "Pictures of this request could not be drawn."
    return "Slack did not take a message or picture." if failures else None


def _stage(scene: Scene, examination: Examination) -> Stage:
    request = scene.request
    if examination.submitted_at is not None:
        return Stage.SUBMITTED
    open_in = State.EXAMINATION if examination.seat is Seat.FIRST else State.PEER_REVIEW
    if request.state is not open_in or request.round != examination.round:
        return Stage.CLOSED
    if examination.examiner is not None:
        return Stage.TAKEN
    sheets = _sheet_keys(examination)
    shared = [k for k in sheets if (p := scene.pictures.get(k)) and p.shared_at]
    return Stage.WAITING if len(shared) == len(sheets) else Stage.PREPARING


def _sheet_keys(examination: Examination) -> list[str]:
    return [sheet_key(examination.id, candidate) for candidate in examination.order]


def _uploads(scene: Scene, examination: Examination) -> list[tuple[str, ...]]:
    """The pictures in the thread, ten a message: the probe and the photographs, then the sheets."""
    photographs = [photo_key(examination.id, c) for c in examination.order]
    keys = [probe_key(examination.id), *photographs]
    groups = [*_tens(keys), *_tens(_sheet_keys(examination))]
    return [wanted for group in groups if (wanted := _not_gone(scene, group))]


def _tens(keys: Sequence[str]) -> list[Sequence[str]]:
    size = PICTURES_PER_MESSAGE
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _not_gone(scene: Scene, keys: Sequence[str]) -> tuple[str, ...]:
    """These pictures, if all of them have been drawn and may be shown."""
    pictures = [scene.pictures.get(key) for key in keys]
    if any(p is None or scene.gone(p) for p in pictures):
        return ()
    return tuple(keys)


def _page(
    scene: Scene,
    examination: Examination,
    stage: Stage,
    candidates: Sequence[str],
) -> examiner_views.CandidatePage | None:
    """Up to five candidates; None while their pictures are still under way."""
    tiles = []
    for candidate in candidates:
        picture = scene.pictures.get(sheet_key(examination.id, candidate))
        if picture is None or picture.shared_at is None:
            return None
        tiles.append(
            examiner_views.CandidateTile(
                label=examination.label_of(candidate),
                picture=scene.shown(picture.key),
                removed=scene.gone(picture),
            )
        )
    return examiner_views.CandidatePage(
        number=scene.request.id,
        examination=examination.id,
        version=examination.version,
        stage=stage,
        candidates=tuple(tiles),
    )


async def _supported_counts(scene: Scene, round: int) -> tuple[int, ...]:
    examinations = await scene.tx.examinations.of(scene.request.id, round)
    counts = []
    for examination in sorted(examinations, key=lambda e: e.seat is Seat.PEER):
        if examination.submitted_at is not None:
            dispositions = await scene.tx.examinations.dispositions(examination.id)
            counts.append(len(proposed(dispositions)))
    return tuple(counts)
