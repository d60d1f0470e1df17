"""Publishes the Home of each person: when it is opened, and again when something on it has changed."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.casework.waiting import everything
from bot.clock import Clock
from bot.domain.actors import Actor, Role, days_certified
from bot.domain.addresses import own_question_key
from bot.domain.audit import AuditEvent, Verb, by
from bot.domain.queue import Task, Timers, Waiting, for_me, for_others
from bot.domain.workflow import State
from bot.errors import Refusal
from bot.roles import RoleMap
from bot.views.home import Desk, Line, OpenRequest, home
from bot.workspace import Workspace
from storage.database import Database, Snapshot

log = structlog.get_logger()

_OPEN = [state for state in State if not state.is_final]
_WATCHED = timedelta(hours=12)
_NOTED_AGAIN = timedelta(hours=1)
"""People go to and fro between tabs: one entry an hour says as much."""
_SOON_DAYS = 30
_NOTHING = ""  # no digest: whatever is to be shown is new


@dataclass(frozen=True, slots=True)
class _Shown:
    """What an account was shown last, and when it opened its Home."""

    digest: str
    opened_at: datetime
    noted_at: datetime


class Homes:
    """Who has opened a Home is in the audit log as well: after a restart it is drawn on all the same."""

    def __init__(
        self,
        db: Database,
        client: AsyncWebClient,
        roles: RoleMap,
        workspace: Workspace,
        clock: Clock,
        *,
        zone: str,
        timers: Timers,
        evidence_days: int,
    ) -> None:
        """``clock`` is the unit's own: a certificate ends at its midnight. After ``evidence_days``
        supervisors see that an opened lead has no independent evidence."""
        self._db = db
        self._client = client
        self._roles = roles
        self._workspace = workspace
        self._clock = clock
        self._zone = zone
        self._timers = timers
        self._evidence = timedelta(days=evidence_days)
        self._shown: dict[str, _Shown] = {}
        self._address = ""

    async def open(self, account: str) -> None:
        """Somebody looks at the own Home."""
        now = self._clock()
        noted_at = await self._note(account, now)
        await self._publish(account, await self._view(account), now, noted_at)

    async def restore(self) -> None:
        """Go on with whatever Homes were open when the bot before this one ended."""
        now = self._clock()
        async with self._db.snapshot() as snapshot:
            opened = await snapshot.audit.between(
                now - _WATCHED, now + _NOTED_AGAIN, {Verb.HOME_OPENED}
            )
        for entry in opened:
            account, at = entry.event.subject, entry.event.at
            self._shown[account] = _Shown(_NOTHING, at, at)

    async def _note(self, account: str, now: datetime) -> datetime:
        """Write that it was opened, unless that was written within the hour; return when it was."""
        shown = self._shown.get(account)
        if shown is not None and now - shown.noted_at < _NOTED_AGAIN:
            return shown.noted_at
        try:
            actor = self._roles.actor(account)
        except Refusal:
            return now
        async with self._db.transaction() as tx:
            await tx.audit.append(
                AuditEvent(now, actor.person, Verb.HOME_OPENED, account, by(actor))
            )
        return now

    async def refresh(self) -> bool:
        """Publish what has changed for whoever has opened a Home lately; False: nothing is left to do."""
        now = self._clock()
        for account, shown in list(self._shown.items()):
            if now - shown.opened_at > _WATCHED:
                del self._shown[account]
                continue
            try:
                view = await self._view(account)
                if _digest(view) != shown.digest:
                    at, noted = shown.opened_at, shown.noted_at
                    await self._publish(account, view, at, noted)
            except Exception:
                # One Home that cannot be drawn keeps no other from it; it is drawn when it is opened.
                log.exception("home.defect", account=account)
                self._shown.pop(account, None)
        return False

    async def _publish(
        self,
        account: str,
        view: dict[str, Any],
        opened_at: datetime,
        noted_at: datetime,
    ) -> None:
        await self._client.views_publish(user_id=account, view=view)
        self._shown[account] = _Shown(_digest(view), opened_at, noted_at)

    async def _view(self, account: str) -> dict[str, Any]:
        try:
            actor = self._roles.actor(account)
            await self._workspace.check_person(account)
        except Refusal:
            return home(set(), [])
        async with self._db.snapshot() as snapshot:
            desk = await self._desk(snapshot, actor)
            own = await _own(snapshot, actor)
        return home(actor.roles, own, desk, self._zone)

    async def _desk(self, snapshot: Snapshot, actor: Actor) -> Desk:
        today = self._clock().date()
        waiting = await everything(snapshot, self._clock() - self._evidence)
        left = days_certified(actor, today)
        is_examiner = actor.holds(Role.EXAMINER)
        mine = for_me(waiting, actor, today)
        others = for_others(waiting, actor, today)
        soon = left is None or left <= _SOON_DAYS
        return Desk(
            mine=tuple([await self._line(snapshot, actor, one) for one in mine]),
            others=tuple([await self._line(snapshot, actor, one) for one in others]),
            certified_until=actor.certified_until if is_examiner and soon else None,
            expired=is_examiner and (left is None or left < 0),
        )

    async def _line(self, snapshot: Snapshot, actor: Actor, one: Waiting) -> Line:
        late = one.is_late(self._timers.first, self._clock())
        return Line(
            one.request_id,
            one.task,
            one.since,
            await self._link(snapshot, actor, one),
            late,
        )

    async def _link(self, snapshot: Snapshot, actor: Actor, one: Waiting) -> str:
        """Where its card stands; nothing before it is posted, and nothing of another's direct message."""
        if one.is_direct and one.holder != actor.person:
            return ""
        card = await snapshot.cards.find(one.card)
        if one.task is Task.AUTHORIZE:
            direct = own_question_key(one.about, actor.slack_user)
            card = await snapshot.cards.find(direct) or card
        if card is None or card.ts is None:
            return ""
        if not self._address:
            self._address = str((await self._client.auth_test())["url"]).rstrip("/")
        place = card.posted_in or card.channel
        return f"{self._address}/archives/{place}/p{card.ts.replace('.', '')}"


async def _own(snapshot: Snapshot, actor: Actor) -> list[OpenRequest]:
    if not actor.holds(Role.REQUESTER):
        return []
    return [
        OpenRequest(request.id, request.state)
        for request in await snapshot.requests.in_states(*_OPEN)
        if request.requester == actor.person
    ]


def _digest(view: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
