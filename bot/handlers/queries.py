"""The App Home, and what Slack tells us about people and channels."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.actors import Role
from bot.domain.workflow import State
from bot.errors import Refusal
from bot.roles import RoleMap
from bot.views.home import OpenRequest, home
from bot.workspace import Workspace
from storage.database import Database

log = structlog.get_logger()

_OPEN = [state for state in State if not state.is_final]


class QueryHandlers:
    def __init__(
        self,
        db: Database,
        client: AsyncWebClient,
        roles: RoleMap,
        workspace: Workspace,
    ) -> None:
        self._db = db
        self._client = client
        self._roles = roles
        self._workspace = workspace

    def register(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self.open_home)
        # Everything subscribed to must be answered, or Slack delivers it again and again.
        app.event(re.compile(".*"))(self.changed)

    async def open_home(self, event: dict[str, Any]) -> None:
        account = str(event.get("user", ""))
        try:
            await self._publish(account)
        except Exception:
            log.exception("home.defect", account=account)

    async def _publish(self, account: str) -> None:
        try:
            actor = self._roles.actor(account)
        except Refusal:
            await self._client.views_publish(user_id=account, view=home(set(), []))
            return
        own = []
        if actor.holds(Role.REQUESTER):
            async with self._db.snapshot() as snapshot:
                requests = await snapshot.requests.in_states(*_OPEN)
            own = [
                OpenRequest(request.id, request.state)
                for request in requests
                if request.requester == actor.person
            ]
        await self._client.views_publish(user_id=account, view=home(actor.roles, own))

    async def changed(self, event: dict[str, Any]) -> None:
        """Somebody joined or left, a channel was shared: ask Slack again at the next click."""
        self._workspace.forget()
        log.info("workspace.changed", what=event.get("type"))
