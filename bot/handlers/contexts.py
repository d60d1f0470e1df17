"""The door of the context check: open what is unmasked, save what it comes to."""

from dataclasses import dataclass
from datetime import date

from slack_bolt.async_app import AsyncApp

from bot.approvals import contexts as service
from bot.approvals.contexts import ToCheck
from bot.board import Board
from bot.casework.marks import mark_of
from bot.casework.subjects import unmasked
from bot.domain.actors import Role, check_certified
from bot.domain.context import (
    Answer,
    BadAnswers,
    Check,
    Checked,
    NotAnswered,
    check_answers,
)
from bot.domain.purposes import DESCRIPTION, OFFENSE_DATE, WHEN_AND_WHERE
from bot.domain.sendings import Picture
from bot.errors import Refusal
from bot.handlers.fields import BadForm, find_choice
from bot.handlers.payloads import Body, Click, Submission, Values
from bot.handlers.reception import Attempt, Reception, attempt_at, clicked, submitted
from bot.roles import RoleMap
from bot.views.contextual import ContextModal, context_modal
from bot.views.ids import ActionId, BlockId, ViewId, detailed, pressed
from storage.database import Database


@dataclass(frozen=True, slots=True)
class ContextForm:
    """The eight answers about one candidate."""

    request: str
    candidate: str
    checks: dict[Check, Checked]

    @classmethod
    def parse(cls, body: Body) -> "ContextForm":
        form = Submission.parse(body)
        checks = dict(_given(form.values))
        try:
            check_answers(checks, {})
        except BadAnswers as bad:
            raise _under_fields(bad) from bad
        return cls(form.id("request"), form.id("candidate"), checks)


def _given(values: Values) -> list[tuple[Check, Checked]]:
    return [
        (check, Checked(answer, note))
        for check in Check
        if (answer := find_choice(Answer, values, detailed(BlockId.CHECK, check)))
        for note in [values.text(detailed(BlockId.CHECK_NOTE, check)).strip()]
    ]


def _under_fields(bad: BadAnswers) -> BadForm:
    return BadForm({_field_of(one): one.message for one in bad.wrong}, bad.rule)


def _field_of(wrong: NotAnswered) -> str:
    is_note = wrong.rule == "CONTEXT_NOT_EXPLAINED"
    return detailed(BlockId.CHECK_NOTE if is_note else BlockId.CHECK, wrong.check)


class ContextHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        roles: RoleMap,
        *,
        channel: str,
        zone: str,
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._roles = roles
        self._channel = channel
        self._zone = zone

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        app.action(pressed(ActionId.CHECK_CONTEXT))(clicked(reception, self.open))
        app.view(ViewId.CHECK_CONTEXT)(
            submitted(
                reception, ContextForm.parse, _attempt, self.check, self.verify_check
            )
        )

    async def open(self, click: Click) -> None:
        actor = await self._reception.admit_click(click, self._channel)
        async with self._db.snapshot() as snapshot:
            compared = await snapshot.examinations.get(click.ref.id)
        to_check = await service.open_next(
            self._db,
            compared.request_id,
            can_examine=self._can_examine,
            actor=actor,
            now=self._reception.now(),
        )
        shown = context_modal(await self._view(to_check), self._zone)
        await self._reception.show(click.trigger_id, shown)

    async def check(self, form: ContextForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        request = await service.check(
            self._db,
            form.request,
            form.candidate,
            form.checks,
            can_examine=self._can_examine,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(request.id)

    async def verify_check(self, form: ContextForm, account: str) -> None:
        """Say under its field what the record contradicts: sixteen fields are not filled twice."""
        try:
            await service.verify(
                self._db,
                form.request,
                form.candidate,
                form.checks,
                can_examine=self._can_examine,
                actor=self._reception.actor(account),
                now=self._reception.now(),
            )
        except BadAnswers as bad:
            raise _under_fields(bad) from bad

    def _can_examine(self, person: str) -> bool:
        """By the role map as it is now: whoever has left it or whose training has run out cannot."""
        actor = self._roles.find_person(person)
        if actor is None or not actor.holds(Role.EXAMINER):
            return False
        try:
            check_certified(actor, self._reception.now())
        except Refusal:
            return False
        return True

    async def _view(self, to_check: ToCheck) -> ContextModal:
        request, candidate = to_check.request, to_check.candidate
        stated = dict(request.asked.particulars)
        offense = stated.get(OFFENSE_DATE.name)
        async with self._db.snapshot() as snapshot:
            search = await snapshot.searches.get(candidate.search_id)
            exceptional = await mark_of(snapshot, search, with_reason=False)
            examination = await snapshot.examinations.get(to_check.examination)
            drawn = await unmasked(snapshot, examination, candidate.id)
        return ContextModal(
            number=request.id,
            candidate=candidate.id,
            letter=to_check.letter,
            known=to_check.known,
            stated=tuple(
                (one.label, stated[one.name])
                for one in (WHEN_AND_WHERE, DESCRIPTION)
                if stated.get(one.name)
            ),
            offense=date.fromisoformat(offense) if offense else None,
            exceptional=exceptional,
            sheet=next((one.slack_file for one in drawn if _is_there(one)), None),
        )


def _is_there(picture: Picture) -> bool:
    return picture.shared_at is not None and picture.removed_at is None


def _attempt(body: Body, form: ContextForm) -> Attempt:
    return attempt_at(body, form.request)
