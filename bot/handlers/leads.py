"""The doors of an opened lead: its independent evidence, and what became of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from slack_bolt.async_app import AsyncApp

from bot.approvals import corroborations as service
from bot.approvals.corroborations import Given, Told
from bot.board import Board
from bot.casework.alerts import Alerts
from bot.domain.actors import Actor
from bot.domain.corroborations import TEXT_MIN, Evidence, ReportKind
from bot.errors import Refusal
from bot.handlers.fields import BadForm, Complaint, check, choice, find_choice
from bot.handlers.payloads import Body, Click, Submission, Values
from bot.handlers.reception import Attempt, Reception, attempt_at, clicked, submitted
from bot.roles import RoleMap
from bot.views.corroborating import corroborate_modal, report_modal
from bot.views.ids import ActionId, BlockId, ViewId, pressed
from storage.database import Database

_Kind = TypeVar("_Kind", Evidence, ReportKind)


@dataclass(frozen=True, slots=True)
class CorroborationForm:
    request: str
    given: Given

    @classmethod
    def parse(cls, body: Body) -> "CorroborationForm":
        form = Submission.parse(body)
        evidence, text, on = _parse(form.values, BlockId.EVIDENCE, Evidence)
        independent = bool(form.values.choices(BlockId.INDEPENDENT))
        return cls(
            form.id("request"), Given(evidence, text, on, independent=independent)
        )


@dataclass(frozen=True, slots=True)
class ReportForm:
    request: str
    told: Told

    @classmethod
    def parse(cls, body: Body) -> "ReportForm":
        form = Submission.parse(body)
        return cls(
            form.id("request"),
            Told(*_parse(form.values, BlockId.REPORT, ReportKind)),
        )


def _parse(
    values: Values, block: BlockId, kinds: type[_Kind]
) -> tuple[_Kind, str, date]:
    """What both forms ask for: which kind, in words, and of what day. Raises BadForm."""
    check(_wrong(values, block, kinds))
    on = values.day(BlockId.HAPPENED_ON)
    assert on is not None  # noqa: S101  checked in the line above
    return choice(kinds, values, block), values.text(BlockId.EXPLANATION).strip(), on


def _wrong(
    values: Values, block: BlockId, kinds: type[Evidence] | type[ReportKind]
) -> Iterator[Complaint]:
    if find_choice(kinds, values, block) is None:
        yield block, "Choose one."
    if values.day(BlockId.HAPPENED_ON) is None:
        yield BlockId.HAPPENED_ON, "Choose the day."
    if len(values.text(BlockId.EXPLANATION).strip()) < TEXT_MIN:
        yield BlockId.EXPLANATION, f"Say this in at least {TEXT_MIN} characters."


_FIELD_OF = {
    "NOT_INDEPENDENT": BlockId.INDEPENDENT,
    "IN_THE_FUTURE": BlockId.HAPPENED_ON,
    "ALREADY_REPORTED": BlockId.REPORT,
}


class LeadHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        roles: RoleMap,
        alerts: Alerts,
        *,
        channel: str,
        zone: str,
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._roles = roles
        self._alerts = alerts
        self._channel = channel
        self._zone = zone

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        for action, work in (
            (ActionId.CORROBORATE, self.open_corroboration),
            (ActionId.REPORT_LEAD, self.open_report),
        ):
            app.action(pressed(action))(clicked(reception, work))
        app.view(ViewId.CORROBORATE)(
            submitted(
                reception,
                CorroborationForm.parse,
                _attempt,
                self.corroborate,
                self.verify_corroboration,
            )
        )
        app.view(ViewId.REPORT_LEAD)(
            submitted(
                reception, ReportForm.parse, _attempt, self.report, self.verify_report
            )
        )

    async def open_corroboration(self, click: Click) -> None:
        actor = await self._admit(click)
        async with self._db.snapshot() as snapshot:
            await service.check_can_corroborate(
                snapshot, click.ref.id, actor=actor, now=self._reception.now()
            )
        await self._reception.show(click.trigger_id, corroborate_modal(click.ref.id))

    async def corroborate(self, form: CorroborationForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        await service.corroborate(
            self._db,
            form.request,
            form.given,
            zone=self._zone,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(form.request)

    async def verify_corroboration(self, form: CorroborationForm, account: str) -> None:
        async with self._db.snapshot() as snapshot:
            with _under_their_fields():
                await service.check_given(
                    snapshot,
                    form.request,
                    form.given,
                    zone=self._zone,
                    actor=self._roles.actor(account),
                    now=self._reception.now(),
                )

    async def open_report(self, click: Click) -> None:
        actor = await self._admit(click)
        async with self._db.snapshot() as snapshot:
            await service.check_can_report(snapshot, click.ref.id, actor=actor)
        await self._reception.show(click.trigger_id, report_modal(click.ref.id))

    async def report(self, form: ReportForm, account: str) -> None:
        actor = await self._reception.admit(account, self._channel)
        await service.report(
            self._db,
            form.request,
            form.told,
            self._alerts,
            zone=self._zone,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(form.request)

    async def verify_report(self, form: ReportForm, account: str) -> None:
        async with self._db.snapshot() as snapshot:
            with _under_their_fields():
                await service.check_told_of(
                    snapshot,
                    form.request,
                    form.told,
                    zone=self._zone,
                    actor=self._roles.actor(account),
                    now=self._reception.now(),
                )

    async def _admit(self, click: Click) -> Actor:
        """The own card is a direct message; whoever uses it still has to be in the request channel."""
        return await self._reception.admit_click(click, self._channel)


@contextmanager
def _under_their_fields() -> Iterator[None]:
    """The form stays open where one of its fields is wrong; anything else ends it."""
    try:
        yield
    except Refusal as wrong:
        if (block := _FIELD_OF.get(wrong.rule)) is None:
            raise
        raise BadForm({block: wrong.message}, wrong.rule) from wrong


def _attempt(body: Body, form: CorroborationForm | ReportForm) -> Attempt:
    return attempt_at(body, form.request)
