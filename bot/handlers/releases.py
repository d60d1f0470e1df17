"""The supervisors' doors: review and ruling, recall of a lead, sign-off of a threat search, a failed search again."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp

from bot.approvals import recalls, releases, signoffs
from bot.board import Board
from bot.domain.actors import Actor
from bot.errors import Refusal
from bot.handlers.authorization_forms import SignOffForm
from bot.handlers.forms import ReviewForm
from bot.handlers.payloads import Body, Click
from bot.handlers.reception import (
    Attempt,
    Reception,
    attempt_at,
    clicked,
    submitted,
)
from bot.reviews import review_of
from bot.views.ids import ActionId, ViewId, pressed
from bot.views.signing import write_sign_off_modal
from bot.views.supervisor import recall_modal, review_modal
from storage.database import Database


class ReleaseHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        *,
        channel: str,
        zone: str,
        sign_off_hours: int,
        hold_unsigned: Callable[[], Awaitable[None]],
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._channel = channel
        self._zone = zone
        self._sign_off_hours = sign_off_hours
        self._hold_unsigned = hold_unsigned

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        for action, work in (
            (ActionId.REVIEW, self.open_review),
            (ActionId.RECALL_LEAD, self.open_recall),
            (ActionId.SIGN_OFF, self.sign_off),
            (ActionId.REFUSE, self.refuse),
            (ActionId.TRY_AGAIN, self.try_again),
            (ActionId.WRITE_SIGN_OFF, self.open_sign_off),
        ):
            app.action(pressed(action))(clicked(reception, work))
        app.view(ViewId.REVIEW)(
            submitted(reception, ReviewForm.parse, _attempt, self.rule)
        )
        app.view(ViewId.RECALL_LEAD)(
            submitted(reception, SignOffForm.parse, _attempt, self.recall)
        )
        app.view(ViewId.WRITE_SIGN_OFF)(
            submitted(reception, SignOffForm.parse, _attempt, self.write_sign_off)
        )

    async def open_review(self, click: Click) -> None:
        actor = await self._admit(click)
        request = await releases.review(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )
        async with self._db.snapshot() as snapshot:
            view = await review_of(snapshot, request)
        await self._reception.show(click.trigger_id, review_modal(view, self._zone))

    async def rule(self, form: ReviewForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        # Nothing is released in the minute before the clock gets to it.
        await self._hold_unsigned()
        request = await releases.rule(
            self._db,
            form.request,
            form.ruling,
            form.reason,
            candidate_id=form.candidate,
            version=form.version,
            zone=self._zone,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(request.id)

    async def open_recall(self, click: Click) -> None:
        actor = await self._admit(click)
        id, version = click.ref.id, click.ref.version
        async with self._db.snapshot() as snapshot:
            await recalls.check_can_recall(
                snapshot, id, actor=actor, now=self._reception.now()
            )
        await self._reception.show(click.trigger_id, recall_modal(id, version))

    async def recall(self, form: SignOffForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        await recalls.recall(
            self._db,
            form.request,
            form.reason,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(form.request)

    async def sign_off(self, click: Click) -> None:
        await self._sign(click, granted=True)

    async def refuse(self, click: Click) -> None:
        await self._sign(click, granted=False)

    async def open_sign_off(self, click: Click) -> None:
        await self._admit(click)
        async with self._db.snapshot() as snapshot:
            if await signoffs.due(snapshot, click.ref.id) is None:
                raise Refusal("No written sign-off is due any more.", rule="STATE")
        id, version = click.ref.id, click.ref.version
        view = write_sign_off_modal(id, version, self._sign_off_hours)
        await self._reception.show(click.trigger_id, view)

    async def write_sign_off(self, form: SignOffForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        await signoffs.write(
            self._db,
            form.request,
            form.reason,
            hours=self._sign_off_hours,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(form.request)

    async def try_again(self, click: Click) -> None:
        actor = await self._admit(click)
        await signoffs.retry(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )
        await self._board.refresh(click.ref.id)

    async def _sign(self, click: Click, *, granted: bool) -> None:
        actor = await self._admit(click)
        await signoffs.sign_off(
            self._db,
            click.ref.id,
            granted=granted,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(click.ref.id)

    async def _admit(self, click: Click) -> Actor:
        return await self._reception.admit_click(click, self._channel)


def _attempt(body: Body, form: ReviewForm | SignOffForm) -> Attempt:
    return attempt_at(body, form.request)
