"""The supervisors' door to a repeated probe: allowed upon new facts, or refused."""

from slack_bolt.async_app import AsyncApp

from bot.approvals import repeats
from bot.board import Board
from bot.handlers.authorization_forms import SignOffForm
from bot.handlers.payloads import Body, Click
from bot.handlers.reception import Attempt, Reception, attempt_at, clicked, submitted
from bot.views.blocks import Json
from bot.views.ids import ActionId, ViewId, pressed
from bot.views.repeating import allow_repeat_modal, refuse_repeat_modal
from storage.database import Database


class RepeatHandlers:
    def __init__(
        self, db: Database, reception: Reception, board: Board, *, channel: str
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._channel = channel

    def register(self, app: AsyncApp) -> None:
        reception, parse = self._reception, SignOffForm.parse
        for action, view, opened, done in (
            (ActionId.ALLOW_REPEAT, ViewId.ALLOW_REPEAT, self.open_allow, self.allow),
            (
                ActionId.REFUSE_REPEAT,
                ViewId.REFUSE_REPEAT,
                self.open_refuse,
                self.refuse,
            ),
        ):
            app.action(pressed(action))(clicked(reception, opened))
            app.view(view)(submitted(reception, parse, _attempt, done))

    async def open_allow(self, click: Click) -> None:
        await self._open(click, allow_repeat_modal(click.ref.id, click.ref.version))

    async def open_refuse(self, click: Click) -> None:
        await self._open(click, refuse_repeat_modal(click.ref.id, click.ref.version))

    async def allow(self, form: SignOffForm, account: str) -> None:
        await self._decide(form, account, allowed=True)

    async def refuse(self, form: SignOffForm, account: str) -> None:
        await self._decide(form, account, allowed=False)

    async def _open(self, click: Click, view: Json) -> None:
        actor = await self._reception.admit_click(click, self._channel)
        async with self._db.snapshot() as snapshot:
            await repeats.check_may_decide(snapshot, click.ref.id, actor)
        await self._reception.show(click.trigger_id, view)

    async def _decide(self, form: SignOffForm, account: str, *, allowed: bool) -> None:
        actor = await self._reception.admit(account, self._channel)
        await repeats.decide(
            self._db,
            form.request,
            form.reason,
            allowed=allowed,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(form.request)


def _attempt(body: Body, form: SignOffForm) -> Attempt:
    return attempt_at(body, form.request)
