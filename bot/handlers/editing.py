"""The examiners' doors to edits of a still: look at one, keep it, search on one, read the chain."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.board import Board
from bot.casework import editing as service
from bot.casework.editing import Editable
from bot.domain.actors import Actor
from bot.domain.edits import check_may_edit
from bot.domain.examinations import Seat, check_may_work
from bot.errors import Refusal
from bot.handlers.editing_forms import EditForm, SearchEditedForm
from bot.handlers.fields import BadForm
from bot.handlers.payloads import Body, Click, Submission
from bot.handlers.reception import (
    Attempt,
    Reception,
    attempt_at,
    clicked,
    read,
    submitted,
)
from bot.scenes.edits import to_edit, to_read
from bot.views.blocks import Json
from bot.views.editing import (
    ORIGINAL,
    SearchEditedModal,
    edit_modal,
    links_of,
    search_edited_modal,
)
from bot.views.ids import ActionId, BlockId, ViewId, pressed
from storage.database import Database, Snapshot


class EditingHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        *,
        channel: str,
        zone: str,
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._channel = channel
        self._zone = zone

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        app.action(pressed(ActionId.EDIT_STILL))(clicked(reception, self.open))
        app.action(ActionId.EDIT_OPERATION)(self._changed)
        app.action(ActionId.PREVIEW_EDIT)(self._previewed)
        app.action(ActionId.SEARCH_EDITED)(self._searching)
        app.view(ViewId.EDIT_STILL)(
            submitted(reception, EditForm.parse, _attempt, self.keep, self.verify)
        )
        app.view(ViewId.SEARCH_EDITED)(
            submitted(reception, SearchEditedForm.parse, _attempt, self.search)
        )

    async def open(self, click: Click) -> None:
        actor = await self._reception.admit_click(click, self._channel)
        async with self._db.snapshot() as snapshot:
            editable = await service.read(snapshot, click.ref.id)
            check_may_work(editable.examination, actor, self._reception.now())
            if editable.examination.seat is Seat.FIRST:
                view = await to_edit(snapshot, editable)
            else:
                view = to_read(editable)
        await self._reception.show(click.trigger_id, edit_modal(view, self._zone))

    async def _changed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Another operation was chosen: show its numbers."""
        await ack()
        if (form := await read(self._reception, EditForm.read, body)) is not None:
            work = lambda: self._redraw(form)  # noqa: E731
            await self._reception.receive(_pressed(body, form), work)

    async def _previewed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (form := await read(self._reception, EditForm.read, body)) is not None:
            attempt = _pressed(body, form)
            work = lambda: self.preview(form, attempt)  # noqa: E731
            await self._reception.receive(attempt, work)

    async def preview(self, form: EditForm, attempt: Attempt) -> None:
        """Have it made; whoever draws the form anew then finds the picture in the database."""
        actor = await self._reception.admit(form.user, self._channel)
        async with self._db.snapshot() as snapshot:
            editable = await service.read(snapshot, form.examination)
        parent = _parent(editable, form)
        try:
            edit = form.check_follows(editable, parent)
        except BadForm as bad:
            await self._reception.record(attempt, bad)
            await self._redraw(form, tuple(bad.errors.values()))
            return
        draft = await service.preview(
            self._db,
            form.examination,
            parent,
            edit,
            view_id=form.view_id,
            actor=actor,
            now=self._reception.now(),
        )
        async with self._db.snapshot() as snapshot:
            editable = await service.read(snapshot, draft.examination_id)
            view = edit_modal(await to_edit(snapshot, editable), self._zone)
        await self._reception.redraw(form.view_id, form.view_hash, view)

    async def verify(self, form: EditForm, _account: str) -> None:
        """Say under its field what keeps an edit from being kept: the form stays open."""
        async with self._db.snapshot() as snapshot:
            editable = await service.read(snapshot, form.examination)
            parent = _parent(editable, form)
            edit = form.check_follows(editable, parent)
            try:
                await service.check_previewed(
                    snapshot, form.examination, parent, edit, form.seen
                )
            except Refusal as refusal:
                error = {str(BlockId.OPERATION): refusal.message}
                raise BadForm(error, refusal.rule) from refusal

    async def keep(self, form: EditForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        async with self._db.snapshot() as snapshot:
            parent = _parent(await service.read(snapshot, form.examination), form)
        made = await service.keep(
            self._db,
            form.examination,
            parent,
            form.edit,
            form.why,
            seen=form.seen,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(made.request_id)

    async def _searching(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """The form gives way to the one that asks for a search."""
        await ack()
        if (form := await read(self._reception, Submission.parse, body)) is None:
            return
        attempt = Attempt(
            deed=ActionId.SEARCH_EDITED,
            account=form.user,
            key=f"click/{body.get('trigger_id')}",
        )

        async def work() -> None:
            actor = await self._reception.admit(form.user, self._channel)
            async with self._db.snapshot() as snapshot:
                view = await self._to_search(snapshot, form.id("examination"), actor)
            await self._reception.redraw(form.view_id, form.view_hash, view)

        await self._reception.receive(attempt, work)

    async def _to_search(self, snapshot: Snapshot, id: str, actor: Actor) -> Json:
        editable = await service.read(snapshot, id)
        check_may_edit(editable.examination, actor, self._reception.now())
        await service.check_may_search(snapshot, editable)
        request = await snapshot.requests.get(editable.examination.request_id)
        return search_edited_modal(
            SearchEditedModal(
                request.id,
                id,
                links_of(editable.derivatives, reader=actor.person),
                request.asked.list_length,
            )
        )

    async def search(self, form: SearchEditedForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        request = await service.search_on(
            self._db,
            form.examination,
            form.derivative,
            form.why,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(request.id)

    async def _redraw(self, form: EditForm, complaints: tuple[str, ...] = ()) -> None:
        actor = await self._reception.admit(form.user, self._channel)
        async with self._db.snapshot() as snapshot:
            editable = await service.read(snapshot, form.examination)
            check_may_edit(editable.examination, actor, self._reception.now())
            view = await to_edit(
                snapshot,
                editable,
                operation=form.offered,
                chosen=form.chosen,
                typed=form.typed,
                complaints=complaints,
            )
        shown = edit_modal(view, self._zone)
        await self._reception.redraw(form.view_id, form.view_hash, shown)


def _parent(editable: Editable, form: EditForm) -> str:
    """The bytes an edit starts from."""
    if form.chosen == ORIGINAL:
        return editable.original_sha256
    hashes = {one.id: one.sha256 for one in editable.derivatives}
    if form.chosen not in hashes:
        raise Refusal("There is no such edit of this still.", rule="EDIT_UNKNOWN")
    return hashes[form.chosen]


def _pressed(body: Body, form: EditForm) -> Attempt:
    return Attempt(
        deed=str((body.get("actions") or [{}])[0].get("action_id", "edit")),
        account=form.user,
        key=f"click/{body.get('trigger_id')}",
        subject=form.examination,
    )


def _attempt(body: Body, form: EditForm | SearchEditedForm) -> Attempt:
    return attempt_at(body, form.examination)
