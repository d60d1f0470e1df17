"""The supervisors' door to governed changes: a button, a form, never typed words (policy 7, A28)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slack_bolt.async_app import AsyncApp

from bot.approvals import changes
from bot.board import Board
from bot.domain.changes import (
    WHY_MIN,
    ChangeOver,
    ChangeState,
    ChangeStep,
    check_is_second,
)
from bot.handlers.fields import Complaint, check, choice
from bot.handlers.payloads import Body, Click, Submission, Values
from bot.handlers.reception import (
    Attempt,
    Reception,
    attempt_at,
    clicked,
    submitted,
)
from bot.views.changing import ChangeView, decide_change_modal
from bot.views.ids import ActionId, BlockId, ViewId, pressed
from storage.database import Database

_DECISIONS = (ChangeStep.APPROVE, ChangeStep.REFUSE)


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """A supervisor's decision on a change as ``version`` of its card showed it."""

    change: str
    version: int
    step: ChangeStep
    reason: str

    @classmethod
    def parse(cls, body: Body) -> "ChangeForm":
        form = Submission.parse(body)
        check(_wrong(form.values))
        return cls(
            change=form.id("change"),
            version=form.version,
            step=choice(ChangeStep, form.values, BlockId.DECISION),
            reason=form.values.text(BlockId.REASON).strip(),
        )


def _wrong(values: Values) -> Iterator[Complaint]:
    if values.choice(BlockId.DECISION) not in _DECISIONS:
        yield BlockId.DECISION, "Approve or refuse."
    if len(values.text(BlockId.REASON).strip()) < WHY_MIN:
        yield BlockId.REASON, f"Give your reasons in at least {WHY_MIN} characters."


class ChangeHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        *,
        galleries: Path,
        channel: str,
        zone: str,
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._galleries = galleries
        self._channel = channel
        self._zone = zone

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        app.action(pressed(ActionId.DECIDE_CHANGE))(clicked(reception, self.open))
        app.view(ViewId.DECIDE_CHANGE)(
            submitted(reception, ChangeForm.parse, _attempt, self.decide)
        )

    async def open(self, click: Click) -> None:
        actor = await self._reception.admit_click(click, self._channel)
        async with self._db.snapshot() as snapshot:
            change = await snapshot.changes.get(click.ref.id)
        check_is_second(change, actor)
        if change.state is not ChangeState.PENDING:
            raise ChangeOver(f"Change {change.id} is {change.state} already.")
        view = decide_change_modal(ChangeView(change), self._zone)
        await self._reception.show(click.trigger_id, view)

    async def decide(self, form: ChangeForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        await changes.decide(
            self._db,
            form.change,
            form.step,
            form.reason,
            version=form.version,
            galleries=self._galleries,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh_changes()


def _attempt(body: Body, form: ChangeForm) -> Attempt:
    return attempt_at(body, form.change)
