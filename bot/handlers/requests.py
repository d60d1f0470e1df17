"""The requester's doors: command, message shortcut, form, and the buttons of the own card."""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.approvals import releases
from bot.board import Board
from bot.casework import intake, probes
from bot.casework.alerts import Alerts
from bot.casework.governed import Governed
from bot.casework.oversight import Overseers, tell_of_refused
from bot.domain.actors import Actor, Role, check_holds
from bot.domain.audit import Verb
from bot.domain.identifiers import Identifiers
from bot.domain.purposes import OffenseCategory, ProhibitedUse, check_offense_day
from bot.errors import NotPermitted, Refusal
from bot.handlers.forms import (
    BadForm,
    IntakeForm,
    draft_from_command,
    draft_from_shortcut,
    draft_from_state,
)
from bot.handlers.payloads import Body, Click, Command, Shortcut, Submission
from bot.handlers.reception import (
    Attempt,
    Reception,
    clicked,
    read,
    submission_key,
    submitted,
)
from bot.roles import RoleMap
from bot.views.ids import ActionId, BlockId, CommandName, ShortcutId, ViewId, pressed
from bot.views.intake import IntakeDraft
from bot.views.requester import accepted, intake_modal
from storage.database import Database


class RequestHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        roles: RoleMap,
        alerts: Alerts,
        *,
        channel: str,
        identifiers: Identifiers,
        offense_whitelist: Set[OffenseCategory],
        governed: Governed,
        watched_names: Sequence[str],
        hold_unsigned: Callable[[], Awaitable[None]],
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._roles = roles
        self._alerts = alerts
        self._channel = channel
        self._identifiers = identifiers
        self._whitelist = offense_whitelist
        self._governed = governed
        self._names = watched_names
        self._hold_unsigned = hold_unsigned

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        app.command(CommandName.FIS_REQUEST)(self._command)
        app.shortcut(ShortcutId.FIS_FROM_MESSAGE)(self._shortcut)
        for changed in (ActionId.INTAKE_PURPOSE, ActionId.INTAKE_SOURCE):
            app.action(changed)(self._changed)
        app.view(ViewId.INTAKE)(
            submitted(reception, self._parse, _attempt, self._submit, self._verify)
        )
        app.action(pressed(ActionId.WITHDRAW))(clicked(reception, self.withdraw))
        app.action(pressed(ActionId.CHOOSE_FACE))(clicked(reception, self.choose_face))
        app.action(pressed(ActionId.ACKNOWLEDGE))(clicked(reception, self.acknowledge))

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (command := await read(self._reception, Command.parse, body)) is None:
            return
        attempt = Attempt(
            deed=CommandName.FIS_REQUEST,
            account=command.user,
            key=f"command/{command.trigger_id}",
            channel=command.channel,
        )
        await self._reception.receive(
            attempt,
            lambda: self._open(
                command.user,
                command.channel,
                command.trigger_id,
                draft_from_command(command),
            ),
        )

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (shortcut := await read(self._reception, Shortcut.parse, body)) is None:
            return
        attempt = Attempt(
            deed=ShortcutId.FIS_FROM_MESSAGE,
            account=shortcut.user,
            key=f"shortcut/{shortcut.trigger_id}",
            channel=shortcut.channel,
        )

        async def work() -> None:
            await self._open(
                shortcut.user,
                shortcut.channel,
                shortcut.trigger_id,
                draft_from_shortcut(shortcut),
            )

        await self._reception.receive(attempt, work)

    async def _changed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Purpose or source were chosen: show the fields that go with them."""
        await ack()
        if (form := await read(self._reception, Submission.parse, body)) is None:
            return
        attempt = Attempt(
            deed="intake.changed",
            account=form.user,
            key=f"change/{body.get('trigger_id', submission_key(body))}",
        )

        async def work() -> None:
            draft = draft_from_state(form)
            view = intake_modal(draft, identifiers=self._identifiers)
            await self._reception.redraw(form.view_id, form.view_hash, view)

        await self._reception.receive(attempt, work)

    async def _open(
        self, account: str, channel: str, trigger_id: str, draft: IntakeDraft
    ) -> None:
        self._check_place(channel)
        actor = await self._reception.admit(account, channel)
        check_holds(actor, Role.REQUESTER, "asks for a search")
        view = intake_modal(draft, identifiers=self._identifiers)
        await self._reception.show(trigger_id, view)

    def _check_place(self, channel: str) -> None:
        if channel != self._channel:
            raise NotPermitted(
                f"FIS requests are made in <#{self._channel}> only.",
                rule="WRONG_CHANNEL",
            )

    def _parse(self, body: Body) -> "Sent":
        return Sent(IntakeForm.parse(body, self._identifiers), submission_key(body))

    async def _verify(self, sent: "Sent", account: str) -> None:
        """Say under its field that a day has not come: a long form is not filled in twice."""
        try:
            check_offense_day(sent.form.particulars, self._reception.now().date())
        except Refusal as wrong:
            raise BadForm({BlockId.OFFENSE_DATE: wrong.message}, wrong.rule) from wrong

    async def _submit(self, sent: "Sent", account: str) -> None:
        form = sent.form
        self._check_place(form.channel)
        actor = await self._reception.admit(account, form.channel)
        async with self._db.snapshot() as snapshot:
            list_length = await self._governed.list_length(snapshot)
        try:
            request = await intake.submit(
                self._db,
                form.asked(list_length),
                form.declared,
                form.bwc,
                offense_whitelist=self._whitelist,
                actor=actor,
                channel=form.channel,
                delivery=sent.key,
                overseers=Overseers(self._alerts, self._roles.auditors(), self._names),
                now=self._reception.now(),
            )
        except ProhibitedUse as refused:
            await tell_of_refused(
                self._db,
                self._alerts,
                refused,
                form.case_number,
                key=sent.key,
                asked_by=actor,
                auditors=self._roles.auditors(),
                now=self._reception.now(),
            )
            raise
        await self._reception.note(account, form.channel, accepted(request.id))
        await self._board.refresh(request.id)

    async def _admit(self, click: Click) -> Actor:
        """The own card is a direct message; whoever uses it still has to be in the request channel."""
        return await self._reception.admit_click(click, self._channel)

    async def withdraw(self, click: Click) -> None:
        actor = await self._admit(click)
        await intake.withdraw(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )
        await self._board.refresh(click.ref.id)

    async def choose_face(self, click: Click) -> None:
        actor = await self._admit(click)
        if not click.detail.isdecimal():
            raise Refusal("There is no such face on this image.", rule="NO_SUCH_FACE")
        await probes.choose_face(
            self._db,
            click.ref.id,
            int(click.detail),
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(click.ref.id)

    async def acknowledge(self, click: Click) -> None:
        actor = await self._admit(click)
        await self._hold_unsigned()
        await releases.acknowledge(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )
        await self._board.refresh(click.ref.id)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent, and Slack's own id of the sending."""

    form: IntakeForm
    key: str


def _attempt(body: Body, sent: Sent) -> Attempt:
    form = sent.form
    return Attempt(
        deed="intake",
        account=str(body["user"]["id"]),
        key=sent.key,
        channel=form.channel,
        verb=Verb.REQUEST_REFUSED,
        facts={
            "case_number": form.case_number,
            "purpose": form.purpose,
            "category": form.category,
            "source": form.source,
            "declared": list(form.declared),
            "bwc_checklist": sorted(form.bwc),
            "image_file": form.image_file,
        },
    )
