"""The door: every act is acknowledged first, admitted by live facts, done once, and nothing escapes.

Bolt forgets an acknowledgement when a listener raises right after it, and redelivered payloads reach
the listener again; so a listener acknowledges in its first line and everything else happens in
``Reception.receive``, which lets nothing out (decision 0006).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.domain.actors import Actor
from bot.domain.audit import AuditEvent, Verb, by
from bot.domain.sendings import Card
from bot.errors import Refusal, Unavailable
from bot.handlers.fields import BadForm
from bot.handlers.payloads import BadPayload, Body, Click, Submission, sender
from bot.role_history import RoleHistory
from bot.roles import RoleMap
from bot.views.requester import refusal as refusal_note
from bot.views.text import Message
from bot.workspace import Workspace
from storage.database import Database

log = structlog.get_logger()

Listener = Callable[..., Awaitable[None]]
_OUTAGE = (
    "This cannot be done just now. Your entry was not recorded unless your card shows it: look there, "
    "and if it is missing, please do it again."
)
_LOOK_AGAIN_S = (0.05, 0.1, 0.2, 0.4)
_CLOSED_SLACK = (
    "Slack closed the window before the form was ready. Nothing was lost; press again."
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tries to do, as it is recorded if it is refused; ``key`` is Slack's own id of it."""

    deed: str
    account: str
    key: str
    subject: str = ""
    channel: str | None = None  # where a private note can be shown
    verb: Verb = Verb.ATTEMPT_REFUSED
    facts: Mapping[str, Any] = field(default_factory=dict)


class Reception:
    """Admits people and carries out what they ask."""

    def __init__(
        self,
        db: Database,
        client: AsyncWebClient,
        roles: RoleMap,
        workspace: Workspace,
        clock: Clock,
    ) -> None:
        self._db = db
        self._client = client
        self._roles = roles
        self._workspace = workspace
        self.now = clock
        self.role_history = RoleHistory(db, roles, clock)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._in_hand: set[str] = set()

    async def admit(self, account: str, channel: str) -> Actor:
        """Return who this is; refuse whoever is not, right now, a full member of a safe channel."""
        actor = self._roles.actor(account)
        await self.role_history.record()
        await self._workspace.check_person(account)
        await self._workspace.check_channel(channel)
        await self._workspace.check_member(account, channel)
        return actor

    async def is_in(self, actor: Actor, channel: str) -> bool:
        """Whether a person sits in a channel and reads it, by whatever account and whatever their role."""
        members = await self._workspace.members(channel)
        return any(self._roles.person_of(one) == actor.person for one in members)

    def actor(self, account: str) -> Actor:
        """Who this would be, admitted or not: for a look without any effect."""
        return self._roles.actor(account)

    async def check_card(self, click: Click) -> None:
        """Refuse a button that does not stand on the very card we posted for it (policy 7, A3)."""
        card = await self._find_card(click)
        if card is None or card.key.split("/")[0] != click.ref.id:
            raise Refusal(
                "This button does not belong to this message. Use the card in its own channel.",
                rule="FOREIGN_CARD",
            )

    async def admit_click(self, click: Click, channel: str) -> Actor:
        """Admit whoever pressed a button on our own card, as a member of the room it belongs to."""
        await self.check_card(click)
        return await self.admit(click.user, channel)

    async def _find_card(self, click: Click) -> Card | None:
        """The card that was pressed. Slack shows a card a moment before we have noted where it
        stands: somebody quick must not be refused for that."""
        for pause in (*_LOOK_AGAIN_S, 0.0):
            async with self._db.snapshot() as snapshot:
                card = await snapshot.cards.at(click.channel or "", click.ts or "")
            if card is not None:
                return card
            await asyncio.sleep(pause)
        return None

    async def receive(
        self, attempt: Attempt, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Do the work once; tell the person, in words, why it was not done."""
        self._wait_for_this()
        await self._carry_out(attempt, work)

    async def record(self, attempt: Attempt, refusal: Refusal) -> None:
        """Note a refusal its person sees in the form itself, which stays open to be sent again."""
        self._wait_for_this()
        try:
            async with self._db.transaction() as tx:
                await tx.audit.append(self._event(attempt, refusal))
        except Unavailable as missing:
            log.error("reception.unwritten", deed=attempt.deed, why=str(missing))

    async def drain(self) -> None:
        """Wait for what was acknowledged and is not done yet: Slack does not deliver it again."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _wait_for_this(self) -> None:
        """Have ``drain`` wait for the task that is running now."""
        if (task := asyncio.current_task()) is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _carry_out(
        self, attempt: Attempt, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Slack's ids make a repeated delivery recognizable; Bolt does not (policy 7, A6 and A11)."""
        if attempt.key in self._in_hand:
            return
        self._in_hand.add(attempt.key)
        try:
            await self._once(attempt, work)
        except Exception:  # noqa: BLE001  an error must not look like a lost click
            await self._defect(attempt)
        finally:
            self._in_hand.discard(attempt.key)

    async def _once(
        self, attempt: Attempt, work: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            async with self._db.snapshot() as snapshot:
                if await snapshot.deliveries.is_known(attempt.key):
                    return
            await work()
        except Refusal as refusal:
            await self._refused(attempt, refusal)
        except Unavailable as missing:
            log.warning("reception.unavailable", deed=attempt.deed, why=str(missing))
            await self._tell(attempt, _OUTAGE)
        except SlackApiError as error:
            await self._slack_said_no(attempt, error)
        else:
            await self._write(attempt)

    async def show(self, trigger_id: str, view: dict[str, Any]) -> None:
        await self._client.views_open(trigger_id=trigger_id, view=view)

    async def redraw(self, view_id: str, hash: str, view: dict[str, Any]) -> None:
        await self._client.views_update(view_id=view_id, hash=hash, view=view)

    async def note(
        self,
        account: str,
        channel: str | None,
        message: Message,
        *,
        thread: str | None = None,
    ) -> None:
        """Tell one person something privately: in the channel if there is one, else directly."""
        blocks = [dict(block) for block in message.blocks]
        try:
            if channel is not None and not channel.startswith("D"):
                await self._client.chat_postEphemeral(
                    channel=channel,
                    user=account,
                    thread_ts=thread,
                    text=message.text,
                    blocks=blocks,
                )
                return
        except SlackApiError as error:
            log.info("reception.no_ephemeral", error=error.response.get("error"))
        opened = await self._client.conversations_open(users=account)
        await self._client.chat_postMessage(
            channel=opened["channel"]["id"], text=message.text, blocks=blocks
        )

    async def _write(self, attempt: Attempt, *events: AuditEvent) -> None:
        """Note that this delivery has been dealt with; what was done stays done if that fails."""
        try:
            async with self._db.transaction() as tx:
                await tx.deliveries.first_time(attempt.key, self.now())
                for event in events:
                    await tx.audit.append(event)
        except Unavailable as missing:
            log.error("reception.unwritten", deed=attempt.deed, why=str(missing))

    async def _refused(self, attempt: Attempt, refusal: Refusal) -> None:
        await self._write(attempt, self._event(attempt, refusal))
        await self._tell(attempt, refusal.message)

    def _event(self, attempt: Attempt, refusal: Refusal) -> AuditEvent:
        facts = {
            **attempt.facts,
            "rule": refusal.rule,
            "deed": attempt.deed,
            "channel": attempt.channel,
        }
        person, account = self._who(attempt.account)
        return AuditEvent(
            self.now(),
            person,
            attempt.verb,
            attempt.subject or attempt.deed,
            facts | account,
        )

    async def _slack_said_no(self, attempt: Attempt, error: SlackApiError) -> None:
        code = error.response.get("error", "")
        # "not_found" is a window that was closed before it was redrawn: nothing is missing.
        unseen = {"hash_conflict", "not_found"}
        if code in unseen | {"expired_trigger_id", "exchanged_trigger_id"}:
            log.info("reception.too_late", deed=attempt.deed, error=code)
            if code not in unseen:
                await self._tell(attempt, _CLOSED_SLACK)
            return
        await self._defect(attempt)

    async def _defect(self, attempt: Attempt) -> None:
        code = secrets.token_hex(4)
        log.exception("reception.defect", deed=attempt.deed, code=code)
        await self._tell(
            attempt,
            f"Something went wrong on our side. Quote {code} to the administrator. "
            "Look at the card before you try again: it shows what is recorded.",
        )

    async def _tell(self, attempt: Attempt, text: str) -> None:
        try:
            await self.note(attempt.account, attempt.channel, refusal_note(text))
        except Exception as error:  # noqa: BLE001  the last net: nobody is left to be told
            log.warning("reception.untold", deed=attempt.deed, error=repr(error))

    def _who(self, account: str) -> tuple[str, dict[str, object]]:
        """Who is refused, with the roles held just now; an account, if it is nobody's."""
        try:
            actor = self._roles.actor(account)
        except Refusal:
            return f"account {account}", {"account": account}
        return actor.person, by(actor)


Parsed = TypeVar("Parsed")


async def read(
    reception: Reception, parse: Callable[[Body], Parsed], body: Body
) -> Parsed | None:
    """Parse what Slack sent; None for what cannot be read, which its sender is told."""
    try:
        return parse(body)
    except Refusal as bad:
        await _unreadable(reception, body, bad)
        return None


async def _unreadable(reception: Reception, body: Body, bad: Refusal) -> None:
    log.warning("reception.unreadable", why=bad.rule)
    if (account := sender(body)) is None:
        return

    async def refuse() -> None:
        raise bad

    attempt = Attempt(
        deed="unreadable",
        account=account,
        key=f"unreadable/{body.get('trigger_id') or secrets.token_hex(8)}",
    )
    await reception.receive(attempt, refuse)


def clicked(reception: Reception, work: Callable[[Click], Awaitable[None]]) -> Listener:
    """A button: acknowledged, then done."""

    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await read(reception, Click.parse, body)) is None:
            return
        attempt = Attempt(
            deed=click.action,
            account=click.user,
            key=f"click/{click.trigger_id}",
            subject=click.ref.id,
            channel=click.channel,
        )
        await reception.receive(attempt, lambda: work(click))

    return listener


def submitted(
    reception: Reception,
    parse: Callable[[Body], Any],
    attempt_of: Callable[[Body, Any], Attempt],
    work: Callable[[Any, str], Awaitable[None]],
    verify: Callable[[Any, str], Awaitable[None]] | None = None,
) -> Listener:
    """A modal: its errors are shown under its fields, otherwise it is closed and then carried out.

    ``verify`` looks, quickly and without any effect, for what only the record can tell to be wrong
    with a field (BadForm): so that nothing that was typed is lost.
    """

    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            form = parse(body)
        except BadForm as bad:
            await ack(response_action="errors", errors=dict(bad.errors))
            tried = attempt_at(body, _request_of(body))
            await reception.record(_with_fields(tried, bad), bad)
            return
        except BadPayload as bad:
            await ack()
            await _unreadable(reception, body, bad)
            return
        attempt = attempt_of(body, form)
        if (wrong := await _verified(verify, form, attempt)) is not None:
            await ack(response_action="errors", errors=dict(wrong.errors))
            await reception.record(_with_fields(attempt, wrong), wrong)
            return
        await ack()
        await reception.receive(attempt, lambda: work(form, attempt.account))

    return listener


async def _verified(
    verify: Callable[[Any, str], Awaitable[None]] | None, form: Any, attempt: Attempt
) -> BadForm | None:
    """What is wrong with a field; anything else that is wrong is told when it is carried out."""
    if verify is None:
        return None
    try:
        await verify(form, attempt.account)
    except BadForm as bad:
        return bad
    except (Refusal, Unavailable) as other:
        log.info("reception.unverified", deed=attempt.deed, why=repr(other))
    except Exception:  # a defect of the check must not keep the modal from closing
        log.exception("reception.unverified", deed=attempt.deed)
    return None


def _with_fields(attempt: Attempt, bad: BadForm) -> Attempt:
    """Which fields were wrong is on record; what stood in them is not: it may be anything."""
    return replace(attempt, facts={**attempt.facts, "fields": sorted(bad.errors)})


def _request_of(body: Body) -> str:
    """The request a modal is about, as far as it says so."""
    return str(Submission.parse(body).metadata.get("request", ""))


def attempt_at(body: Body, subject: str) -> Attempt:
    """What a submitted modal tries to do to its subject."""
    return Attempt(
        deed=str(body["view"]["callback_id"]),
        account=str(body["user"]["id"]),
        key=submission_key(body),
        subject=subject,
    )


def submission_key(body: Body) -> str:
    """One submission of one state of one view; a second delivery of it has the same."""
    view = body["view"]
    return f"view/{view['id']}/{view.get('hash', '')}"
