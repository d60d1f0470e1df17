"""The doors to give an examination up, and to take it from somebody."""

from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp

from bot.approvals import reassignments as service
from bot.board import Board
from bot.domain.authorizations import REASON_MIN
from bot.handlers.fields import check
from bot.handlers.payloads import Body, Click, Submission
from bot.handlers.reception import (
    Attempt,
    Reception,
    attempt_at,
    clicked,
    submitted,
)
from bot.views.ids import ActionId, BlockId, ViewId, pressed
from bot.views.reassigning import hand_back_modal, reassign_modal
from storage.database import Database


@dataclass(frozen=True, slots=True)
class LeaveForm:
    """Why an examination changes hands; ``version`` is the one that was looked at."""

    examination: str
    version: int
    reason: str

    @classmethod
    def parse(cls, body: Body) -> "LeaveForm":
        form = Submission.parse(body)
        reason = form.values.text(BlockId.REASON).strip()
        if len(reason) < REASON_MIN:
            words = f"Say this in at least {REASON_MIN} characters."
            check(iter([(BlockId.REASON, words)]))
        return cls(form.id("examination"), form.version, reason)


class ReassignmentHandlers:
    def __init__(
        self, db: Database, reception: Reception, board: Board, *, channel: str
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._channel = channel

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        for action, work in (
            (ActionId.HAND_BACK, self.open_hand_back),
            (ActionId.REASSIGN, self.open_reassignment),
        ):
            app.action(pressed(action))(clicked(reception, work))
        for view, done in (
            (ViewId.HAND_BACK, self.hand_back),
            (ViewId.REASSIGN, self.reassign),
        ):
            app.view(view)(submitted(reception, LeaveForm.parse, _attempt, done))

    async def open_hand_back(self, click: Click) -> None:
        actor = await self._reception.admit_click(click, self._channel)
        async with self._db.snapshot() as snapshot:
            examination = await snapshot.examinations.get(click.ref.id)
            now = self._reception.now()
            await service.check_may_hand_back(snapshot, examination, actor, now)
        view = hand_back_modal(
            examination.request_id, examination.id, examination.version
        )
        await self._reception.show(click.trigger_id, view)

    async def open_reassignment(self, click: Click) -> None:
        actor = await self._reception.admit_click(click, self._channel)
        async with self._db.snapshot() as snapshot:
            examination = await snapshot.examinations.get(click.ref.id)
            await service.check_may_reassign(snapshot, examination, actor)
        view = reassign_modal(
            examination.request_id, examination.id, examination.version
        )
        await self._reception.show(click.trigger_id, view)

    async def hand_back(self, form: LeaveForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        following = await service.hand_back(
            self._db,
            form.examination,
            form.reason,
            version=form.version,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(following.request_id)

    async def reassign(self, form: LeaveForm, account: str) -> None:
        """The card of the displaced examiner is redrawn with the rest; the private word is one of them."""
        actor = await self._reception.admit(account, self._channel)
        following = await service.reassign(
            self._db,
            form.examination,
            form.reason,
            version=form.version,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(following.request_id)


def _attempt(body: Body, form: LeaveForm) -> Attempt:
    return attempt_at(body, form.examination)
