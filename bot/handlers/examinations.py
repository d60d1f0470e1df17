"""The examiners' doors: take, exclude, compare, look at the own decisions, submit."""

from collections.abc import Mapping

from slack_bolt.async_app import AsyncApp

from bot.approvals import examinations as service
from bot.approvals.analyses import save_analysis
from bot.board import Board
from bot.casework.governed import Governed
from bot.casework.marks import mark_of
from bot.domain.actors import Actor
from bot.domain.analyses import (
    Analysis,
    NotInAnalysis,
    analyse,
    check_analysed,
    with_the_rest_similar,
)
from bot.domain.candidates import Disposition, Exclusion, compare, exclude, label
from bot.domain.components import Findings, NotExplained, check_findings, without_hidden
from bot.domain.examinations import (
    Examination,
    open_letters,
    proposed,
    summary_version,
)
from bot.domain.measures import measures, single_face
from bot.domain.overrides import check_override
from bot.domain.pictures import probe_key, sheet_key
from bot.domain.quality import ImageQuality
from bot.errors import Refusal
from bot.handlers.forms import AnalysisForm, BadForm, CompareForm, SubmitForm
from bot.handlers.payloads import Body, Click
from bot.handlers.reception import (
    Attempt,
    Reception,
    attempt_at,
    clicked,
    submitted,
)
from bot.views.authorizations import Exceptional
from bot.views.examiner import (
    AnalysisModal,
    CompareModal,
    OwnDecision,
    SubmitModal,
    analysis_modal,
    compare_modal,
    decision_note,
    decisions_modal,
    submit_modal,
)
from bot.views.ids import ActionId, BlockId, ViewId, pressed
from bot.views.quality import ProbeQuality
from storage.database import Database


class ExaminationHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        *,
        channel: str,
        supervisors: str,
        governed: Governed,
        zone: str,
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._channel = channel
        self._supervisors = supervisors
        self._governed = governed
        self._zone = zone

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        for action, work in (
            (ActionId.TAKE, self.take),
            (ActionId.ANALYSE, self.open_analysis),
            (ActionId.SHOW_AGAIN, self.show_again),
            (ActionId.EXCLUDE, self.exclude),
            (ActionId.EXCLUDE_AS, self.exclude),
            (ActionId.COMPARE, self.open_comparison),
            (ActionId.MY_DECISIONS, self.open_decisions),
            (ActionId.SUBMIT_EXAMINATION, self.open_submission),
        ):
            app.action(pressed(action))(clicked(reception, work))
        app.view(ViewId.ANALYSIS)(
            submitted(reception, AnalysisForm.parse, _attempt, self.analyse)
        )
        app.view(ViewId.COMPARE)(
            submitted(
                reception,
                CompareForm.parse,
                _attempt,
                self.compare,
                self.verify_comparison,
            )
        )
        app.view(ViewId.SUBMIT_EXAMINATION)(
            submitted(
                reception,
                SubmitForm.parse,
                _attempt,
                self.submit,
                self.verify_submission,
            )
        )

    async def take(self, click: Click) -> None:
        actor = await self._admit(click)
        taken = await service.take(
            self._db,
            click.ref.id,
            actor=actor,
            now=self._reception.now(),
            reads_reviews=await self._reception.is_in(actor, self._supervisors),
        )
        await self._board.refresh(taken.request_id)

    async def open_analysis(self, click: Click) -> None:
        """The form, or the own frozen analysis."""
        actor = await self._admit(click)
        examination, frozen = await service.own_analysis(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )
        view = AnalysisModal(
            number=examination.request_id,
            examination=examination.id,
            picture=await self._shown(probe_key(examination.id)),
            frozen=frozen,
            exceptional=await self._mark(examination),
            quality=await self._quality(examination),
        )
        shown = analysis_modal(view, self._zone)
        await self._reception.show(click.trigger_id, shown)

    async def analyse(self, form: AnalysisForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        now = self._reception.now()
        analysis = analyse(
            form.examination,
            form.usability,
            form.visible,
            form.marks,
            now,
            depiction=form.depiction,
            objection=form.objection,
        )
        examination = await save_analysis(self._db, analysis, actor=actor, now=now)
        await self._board.refresh(examination.request_id)

    async def show_again(self, click: Click) -> None:
        actor = await self._admit(click)
        examination = await service.show_again(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )
        await self._board.refresh(examination.request_id)

    async def exclude(self, click: Click) -> None:
        """One click with its reason code (policy 8, fatigue)."""
        actor = await self._admit(click)
        now = self._reception.now()
        if click.ref.choice not in set(Exclusion):
            raise Refusal("Choose one of the reasons offered.", rule="NO_SUCH_REASON")
        examination = await self._examination(click.ref.id)
        candidate = _candidate(examination, click.detail)
        decided = exclude(candidate, Exclusion(click.ref.choice), now)
        await self._dispose(examination, decided, actor)

    async def open_comparison(self, click: Click) -> None:
        actor = await self._admit(click)
        examination = await self._examination(click.ref.id)
        candidate = _candidate(examination, click.detail)
        _, decisions = await service.view(
            self._db, click.ref.id, candidate, actor=actor, now=self._reception.now()
        )
        before = decisions.get(candidate)
        async with self._db.snapshot() as snapshot:
            analysis = await snapshot.analyses.find(examination.id)
        view = CompareModal(
            examination=examination.id,
            label=click.detail,
            picture=await self._shown(sheet_key(examination.id, candidate)),
            analysis=analysis,
            conclusion=before.conclusion if before else None,
            reason=before.reason if before and before.exclusion is None else "",
            findings=before.findings if before else {},
            explanation=before.explanation if before else "",
            exceptional=await self._mark(examination),
        )
        shown = compare_modal(view, self._zone)
        await self._reception.show(click.trigger_id, shown)

    async def compare(self, form: CompareForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        now = self._reception.now()
        examination = await self._examination(form.examination)
        candidate = _candidate(examination, form.label)
        _, analysis = await service.own_analysis(
            self._db, examination.id, actor=actor, now=now
        )
        decided = compare(
            candidate,
            form.conclusion,
            form.reason,
            now,
            _findings(form, analysis),
            form.explanation,
        )
        await self._dispose(examination, decided, actor)

    async def verify_comparison(self, form: CompareForm, account: str) -> None:
        """Say under its field what the components do not carry: eighteen menus are not filled twice."""
        blocks = dict.fromkeys(
            (NotExplained.rule, NotInAnalysis.rule), BlockId.EXPLANATION
        )
        _, analysis = await service.own_analysis(
            self._db,
            form.examination,
            actor=self._reception.actor(account),
            now=self._reception.now(),
        )
        findings = without_hidden(_findings(form, analysis))
        try:
            check_findings(
                findings, form.explanation, is_support=form.conclusion.is_support
            )
            if analysis is not None:
                check_analysed(findings, form.explanation, analysis)
        except Refusal as refusal:
            block = blocks.get(refusal.rule, BlockId.CONCLUSION)
            raise BadForm({block: refusal.message}, refusal.rule) from refusal

    async def _dispose(
        self, examination: Examination, decided: Disposition, actor: Actor
    ) -> None:
        """Save a decision and give its examiner a private receipt, in the thread."""
        id, now = examination.id, self._reception.now()
        await service.dispose(self._db, id, decided, actor=actor, now=now)
        async with self._db.snapshot() as snapshot:
            so_far = await snapshot.examinations.dispositions(id)
            root = await snapshot.cards.find(f"{id}/root")
        note = decision_note(
            examination.label_of(decided.candidate_id),
            decided.conclusion,
            decided.reason,
            len(so_far),
            len(examination.order),
        )
        thread = root.ts if root else None
        await self._reception.note(actor.slack_user, self._channel, note, thread=thread)

    async def open_decisions(self, click: Click) -> None:
        examination, decisions = await self._own(click)
        view = decisions_modal(
            examination.request_id,
            [
                OwnDecision(letter, d.conclusion, d.reason, d.at)
                for letter, d in _lettered(examination, decisions)
            ],
            open_letters(examination, decisions),
            self._zone,
            await self._mark(examination),
        )
        await self._reception.show(click.trigger_id, view)

    async def open_submission(self, click: Click) -> None:
        examination, decisions = await self._own(click)
        view = SubmitModal(
            number=examination.request_id,
            examination=examination.id,
            version=summary_version(decisions),
            decided=tuple(
                (letter, d.conclusion)
                for letter, d in _lettered(examination, decisions)
            ),
            open_labels=tuple(open_letters(examination, decisions)),
            exceptional=await self._mark(examination),
            warnings=tuple((await self._measured(examination)).warnings()),
        )
        shown = submit_modal(view, self._zone)
        await self._reception.show(click.trigger_id, shown)

    async def verify_submission(self, form: SubmitForm, account: str) -> None:
        """Say under its field that a proposal on a poor image takes a reason."""
        examination, decisions = await service.own_decisions(
            self._db,
            form.examination,
            actor=self._reception.actor(account),
            now=self._reception.now(),
        )
        warned = (await self._measured(examination)).warned()
        # Of a summary that is out of date the submission tells, without a field for it.
        is_current = summary_version(decisions) == form.version
        proposes = is_current and bool(proposed(decisions))
        try:
            check_override(warned, form.override, proposes=proposes)
        except Refusal as refusal:
            raise BadForm({BlockId.OVERRIDE: refusal.message}, refusal.rule) from None

    async def submit(self, form: SubmitForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        async with self._db.snapshot() as snapshot:
            share = await self._governed.blind_check_share(snapshot)
        request = await service.submit(
            self._db,
            form.examination,
            summary=form.version,
            blind_check_share=share,
            actor=actor,
            now=self._reception.now(),
            override=form.override,
        )
        await self._board.refresh(request.id)

    async def _admit(self, click: Click) -> Actor:
        return await self._reception.admit_click(click, self._channel)

    async def _own(self, click: Click) -> tuple[Examination, Mapping[str, Disposition]]:
        actor = await self._admit(click)
        return await service.own_decisions(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )

    async def _mark(self, examination: Examination) -> Exceptional | None:
        """Without the reason: it may tell of the case, to which an examiner is blind."""
        async with self._db.snapshot() as snapshot:
            search = await snapshot.searches.get(examination.search_id)
            return await mark_of(snapshot, search, with_reason=False)

    async def _quality(self, examination: Examination) -> ProbeQuality:
        async with self._db.snapshot() as snapshot:
            probe = await snapshot.probes.get(examination.request_id)
            search = await snapshot.searches.get(examination.search_id)
        found = probe.faces[search.face_index].quality
        single = single_face(
            [f.box[2] * f.box[3] for f in probe.faces], search.face_index
        )
        return ProbeQuality(
            measures(found, single), tuple(found.warnings()), probe.signs
        )

    async def _measured(self, examination: Examination) -> ImageQuality:
        async with self._db.snapshot() as snapshot:
            return await service.measured_of(snapshot, examination)

    async def _examination(self, id: str) -> Examination:
        async with self._db.snapshot() as snapshot:
            return await snapshot.examinations.get(id)

    async def _shown(self, key: str) -> str | None:
        """Slack's file of a picture that can be seen now."""
        async with self._db.snapshot() as snapshot:
            picture = await snapshot.pictures.find(key)
        if picture is None or picture.shared_at is None or picture.removed_at:
            return None
        return picture.slack_file


def _candidate(examination: Examination, letter: str) -> str:
    """The candidate behind a letter of this examination's own order."""
    letters = {label(place): c for place, c in enumerate(examination.order)}
    if letter not in letters:
        raise Refusal(
            "This candidate is not on your list.", rule="CANDIDATE_NOT_LISTED"
        )
    return letters[letter]


def _findings(form: CompareForm, analysis: Analysis | None) -> Findings:
    if form.rest_similar and analysis is not None:
        return with_the_rest_similar(form.findings, analysis)
    return form.findings


def _lettered(
    examination: Examination, decisions: Mapping[str, Disposition]
) -> list[tuple[str, Disposition]]:
    return [
        (examination.label_of(c), decisions[c])
        for c in examination.order
        if c in decisions
    ]


def _attempt(body: Body, form: AnalysisForm | CompareForm | SubmitForm) -> Attempt:
    return attempt_at(body, form.examination)
