"""The App Home, and what Slack tells us about people and channels."""

import re
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.handlers.homes import Homes
from bot.views.ids import ActionId, pressed
from bot.workspace import Workspace

log = structlog.get_logger()


class QueryHandlers:
    def __init__(
        self,
        homes: Homes,
        workspace: Workspace,
        look_soon: Callable[[], None],
    ) -> None:
        self._homes = homes
        self._workspace = workspace
        self._look_soon = look_soon

    def register(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self.open_home)
        app.action(pressed(ActionId.OPEN_CARD))(self.follow)
        # Everything subscribed to must be answered, or Slack delivers it again and again.
        app.event(re.compile(".*"))(self.changed)

    async def open_home(self, event: dict[str, Any]) -> None:
        account = str(event.get("user", ""))
        try:
            await self._homes.open(account)
        except Exception:
            log.exception("home.defect", account=account)

    async def follow(self, ack: AsyncAck) -> None:
        """Slack opens the card by itself; the press only has to be answered."""
        await ack()

    async def changed(self, event: dict[str, Any]) -> None:
        """Somebody joined or left, a channel was shared: ask Slack again, and clear what whoever came
        must not see (policy 7, A7)."""
        self._workspace.forget()
        log.info("workspace.changed", what=event.get("type"))
        self._look_soon()
