"""The doors of another repository: asking, deciding, searching, revoking (policy 6.4)."""

from dataclasses import dataclass, replace

from slack_bolt.async_app import AsyncApp

from bot.approvals import authorizations as service
from bot.approvals.authorizations import Question
from bot.board import Board
from bot.casework.alerts import Alerts
from bot.casework.exceptional import tell_supervisors
from bot.casework.marks import named, seen
from bot.domain.actors import Actor, Role
from bot.domain.authorizations import (
    Authorization,
    NotInForce,
    SettledElsewhere,
    check_can_be_asked,
    check_may_ask,
    check_typed,
)
from bot.domain.pictures import COMMANDERS, SUPERVISORS, asked_key
from bot.domain.repositories import Repositories
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State
from bot.errors import NotPermitted, Refusal
from bot.handlers.authorization_forms import AskForm, DecisionForm, RevocationForm
from bot.handlers.fields import BadForm
from bot.handlers.payloads import Body, Click
from bot.handlers.reception import Attempt, Reception, attempt_at, clicked, submitted
from bot.roles import RoleMap
from bot.views.asking import AskModal, ask_modal
from bot.views.authorizations import AuthorizationView
from bot.views.commander import decide_modal, revoke_modal
from bot.views.ids import ActionId, BlockId, ViewId, pressed
from bot.workspace import Workspace
from storage.database import Database, Snapshot


@dataclass(frozen=True, slots=True)
class Places:
    """The channels whose members may do something here."""

    requests: str
    examiners: str
    supervisors: str
    commanders: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an authorization is about and bound by: repositories, key of the seals, hours, zone."""

    repositories: Repositories
    key: bytes
    hours: int
    zone: str


class AuthorizationHandlers:
    def __init__(
        self,
        db: Database,
        reception: Reception,
        board: Board,
        roles: RoleMap,
        workspace: Workspace,
        alerts: Alerts,
        places: Places,
        terms: Terms,
    ) -> None:
        self._db = db
        self._reception = reception
        self._board = board
        self._roles = roles
        self._workspace = workspace
        self._alerts = alerts
        self._places = places
        self._terms = terms

    def register(self, app: AsyncApp) -> None:
        reception = self._reception
        for action, work in (
            (ActionId.ASK_AUTHORIZATION, self.open_question),
            (ActionId.WITHDRAW_AUTHORIZATION, self.withdraw),
            (ActionId.DECIDE_AUTHORIZATION, self.open_decision),
            (ActionId.REVOKE_AUTHORIZATION, self.open_revocation),
            (ActionId.START_AUTHORIZED, self.start),
        ):
            app.action(pressed(action))(clicked(reception, work))
        app.view(ViewId.ASK_AUTHORIZATION)(
            submitted(reception, AskForm.parse, _asking, self.ask, self.verify_question)
        )
        app.view(ViewId.DECIDE_AUTHORIZATION)(
            submitted(
                reception,
                DecisionForm.parse,
                _deciding,
                self.decide,
                self.verify_decision,
            )
        )
        app.view(ViewId.REVOKE_AUTHORIZATION)(
            submitted(reception, RevocationForm.parse, _revoking, self.revoke)
        )

    # --- asking

    async def open_question(self, click: Click) -> None:
        """From the requester's own card, or from that of an examination."""
        self._commanders_channel()
        await self._reception.check_card(click)
        async with self._db.snapshot() as snapshot:
            request = await _request_of(snapshot, click.ref.id)
        actor = await self._admit_asker(click.user, request)
        check_may_ask(request, actor, self._reception.now())
        check_can_be_asked(request.state)
        commanders = await self._commanders()
        async with self._db.snapshot() as snapshot:
            # Said before anything is typed; asked again with the team that is named in the form.
            await service.check_anybody_decides(snapshot, request, actor, commanders)
        is_requester = actor.person == request.requester
        view = AskModal(
            number=request.id,
            case_number=request.asked.case_number if is_requester else "",
            repositories=tuple(self._terms.repositories.exceptional.values()),
            needs_futile=request.state is not State.NO_POSSIBLE_MATCH,
        )
        await self._reception.show(click.trigger_id, ask_modal(view))

    async def ask(self, form: AskForm, account: str) -> None:
        self._commanders_channel()
        async with self._db.snapshot() as snapshot:
            request = await snapshot.requests.get(form.request)
        actor = await self._admit_asker(account, request)
        try:
            await service.ask(
                self._db,
                self._question(form),
                delivery=form.key,
                commanders=await self._commanders(),
                hours=self._terms.hours,
                actor=actor,
                now=self._reception.now(),
            )
        except SettledElsewhere as settled:
            await self._tell_settled(form, settled)
            raise
        await self._board.refresh(form.request)

    async def _tell_settled(self, form: AskForm, settled: SettledElsewhere) -> None:
        """Whoever asks may not know of the other request; the supervisors have to."""
        others = ", ".join(settled.requests)
        text = (
            f"{form.request}: {form.repository} was asked for with the image of {others}, where that "
            f"was denied, revoked or searched already ({settled.rule}). Whoever asked was told to "
            "talk to you, and nothing else."
        )
        name = f"settled/{form.request}/{form.repository}/{settled.rule}"
        async with self._db.transaction() as tx:
            await self._alerts.add(tx, name, text, request_id=form.request)

    async def verify_question(self, form: AskForm, account: str) -> None:
        """Show under its field what only the record knows to be wrong with it."""
        actor = self._roles.actor(account)
        async with self._db.snapshot() as snapshot:
            try:
                await service.check_askable(
                    snapshot,
                    self._question(form),
                    commanders=self._roles.commanders(),
                    actor=actor,
                    now=self._reception.now(),
                )
            except Refusal as wrong:
                if (block := _FIELD_OF.get(wrong.rule)) is not None:
                    raise BadForm({block: wrong.message}, wrong.rule) from wrong
                raise

    def _question(self, form: AskForm) -> Question:
        """Who works the case is named by account, and kept by person."""
        team = tuple(self._roles.person_of(account) for account in form.team)
        repository = self._terms.repositories.get_exceptional(form.repository)
        return Question(form.request, repository, replace(form.grounds, team=team))

    async def withdraw(self, click: Click) -> None:
        """From the requester's own card; an examiner's question lapses, or is denied."""
        actor = await self._reception.admit_click(click, self._places.requests)
        async with self._db.snapshot() as snapshot:
            asked = await service.open_question(snapshot, click.ref.id)
        await service.withdraw(
            self._db, asked.id, actor=actor, now=self._reception.now()
        )
        await self._board.refresh(asked.request_id)

    async def _admit_asker(self, account: str, request: FaceRequest) -> Actor:
        """Whoever asked for the search belongs in the request channel, an examiner in theirs."""
        is_requester = self._roles.person_of(account) == request.requester
        place = self._places.requests if is_requester else self._places.examiners
        return await self._reception.admit(account, place)

    async def _commanders(self) -> list[Actor]:
        """The commanders who, right now, could press the button."""
        return [
            commander
            for commander in self._roles.commanders()
            if await self._is_reachable(commander.slack_user)
        ]

    async def _is_reachable(self, account: str) -> bool:
        try:
            await self._workspace.check_person(account)
            await self._workspace.check_member(account, self._commanders_channel())
        except NotPermitted:
            return False
        return True

    def _commanders_channel(self) -> str:
        if self._places.commanders is None:
            raise NotPermitted(
                "No other repository can be opened here: there is no channel of commanders.",
                rule="NO_COMMANDERS",
            )
        return self._places.commanders

    # --- deciding

    async def open_decision(self, click: Click) -> None:
        place = self._commanders_channel()
        actor = await self._reception.admit_click(click, place)
        asked = await service.view(
            self._db, click.ref.id, actor=actor, now=self._reception.now()
        )
        room = COMMANDERS if click.channel == place else click.user
        view = await self._seen(asked, room)
        await self._reception.show(
            click.trigger_id, decide_modal(view, self._zone, self._terms.hours)
        )

    async def decide(self, form: DecisionForm, account: str) -> None:
        actor = await self._reception.admit(account, self._commanders_channel())
        decided = await service.decide(
            self._db,
            form.authorization,
            form.decision,
            key=self._terms.key,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(decided.request_id)

    async def verify_decision(self, form: DecisionForm, _account: str) -> None:
        async with self._db.snapshot() as snapshot:
            asked = await snapshot.authorizations.get(form.authorization)
        try:
            check_typed(asked, form.decision.case_number)
        except Refusal as wrong:
            errors = {str(BlockId.TYPED_CASE_NUMBER): wrong.message}
            raise BadForm(errors, wrong.rule) from wrong

    async def _seen(self, asked: Authorization, room: str) -> AuthorizationView:
        async with self._db.snapshot() as snapshot:
            picture = await snapshot.pictures.find(asked_key(asked.id, room))
            probe = await snapshot.probes.get(asked.request_id)
            questions = await snapshot.authorizations.of(asked.request_id)
        is_shown = picture is not None and picture.shared_at and not picture.removed_at
        return seen(
            asked,
            self._terms.repositories,
            picture=picture.slack_file if picture and is_shown else None,
            faces=len(probe.faces),
            team=named(questions, self._roles.account_of),
        )

    @property
    def _zone(self) -> str:
        return self._terms.zone

    # --- searching

    async def start(self, click: Click) -> None:
        actor = await self._reception.admit_click(click, self._places.examiners)
        try:
            request = await service.start(
                self._db,
                click.ref.id,
                repositories=self._terms.repositories,
                key=self._terms.key,
                actor=actor,
                now=self._reception.now(),
            )
        except NotInForce as refused:
            await self._alert(click.ref.id, refused)
            raise
        await self._board.refresh(request.id)

    async def _alert(self, id: str, refused: NotInForce) -> None:
        async with self._db.transaction() as tx:
            authorization = await tx.authorizations.find(id)
            about = authorization.request_id if authorization else ""
            await tell_supervisors(tx, self._alerts, id, about, refused, done="refused")

    # --- revoking

    async def open_revocation(self, click: Click) -> None:
        await self._reception.check_card(click)
        room = SUPERVISORS if click.channel == self._places.supervisors else COMMANDERS
        actor = await self._admit_revoker(click.user, room)
        async with self._db.snapshot() as snapshot:
            granted = await service.readable(snapshot, click.ref.id, actor=actor)
        view = seen(granted, self._terms.repositories)
        await self._reception.show(click.trigger_id, revoke_modal(view, room))

    async def revoke(self, form: RevocationForm, account: str) -> None:
        actor = await self._admit_revoker(account, form.room)
        revoked = await service.revoke(
            self._db,
            form.authorization,
            form.reason,
            actor=actor,
            now=self._reception.now(),
        )
        await self._board.refresh(revoked.request_id)

    async def _admit_revoker(self, account: str, room: str) -> Actor:
        """As whoever belongs in the room of the card: there may be more than one such role."""
        if room == SUPERVISORS:
            place, role = self._places.supervisors, Role.SUPERVISOR
        else:
            place, role = self._commanders_channel(), Role.COMMANDER
        actor = await self._reception.admit(account, place)
        if not actor.holds(role):
            raise NotPermitted(
                "Only a commander or a supervisor revokes an authorization, each from the card in "
                "their own channel.",
                rule="ROLE_REQUIRED",
            )
        return actor


_FIELD_OF = {
    "NEW_FACTS": BlockId.NEW_FACTS,
    "ALREADY_SEARCHED": BlockId.REPOSITORY,
    "DENIED_FOR_GOOD": BlockId.REPOSITORY,
    "NOTHING_ENROLLED": BlockId.REPOSITORY,
    "TEAM_NAMES_DECIDER": BlockId.TEAM,
    "TEAM_TOO_LARGE": BlockId.TEAM,
}


async def _request_of(snapshot: Snapshot, id: str) -> FaceRequest:
    """The request a card is about: the requester's names it, an examination's leads to it."""
    if id.startswith("EX-"):
        id = (await snapshot.examinations.get(id)).request_id
    return await snapshot.requests.get(id)


def _asking(body: Body, form: AskForm) -> Attempt:
    return replace(
        attempt_at(body, form.request), facts={"repository": form.repository}
    )


def _deciding(body: Body, form: DecisionForm) -> Attempt:
    return attempt_at(body, form.authorization)


def _revoking(body: Body, form: RevocationForm) -> Attempt:
    return attempt_at(body, form.authorization)
