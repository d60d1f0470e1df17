"""What Slack sends to an app: commands, interactions and events."""

from dataclasses import dataclass

from bot.sandbox.modals import view_json
from bot.sandbox.records import APP_ID, TEAM_ID, Json, Message, ResponseUrl, View
from bot.sandbox.shapes import message_json
from bot.sandbox.workspace import Workspace

VERIFICATION_TOKEN = "deprecated"  # noqa: S105 - every payload has this field, and nothing may trust it


@dataclass(frozen=True, slots=True)
class Payloads:
    workspace: Workspace
    base_url: str

    def command(
        self, user: str, channel: str, command: str, text: str
    ) -> dict[str, str]:
        where = self.workspace.channels[channel]
        person = self.workspace.users[user]
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": person.team_id,
            "team_domain": "sandbox",
            "channel_id": channel,
            "channel_name": where.name or "directmessage",
            "user_id": user,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_url(user, channel),
            "trigger_id": self.workspace.issue_trigger(user),
        }

    def shortcut(self, user: str, message: Message, callback_id: str) -> Json:
        return {
            **self._common("message_action", user),
            "callback_id": callback_id,
            "action_ts": self.workspace.next_ts(),
            "message_ts": message.ts,
            "channel": self._channel(message.channel),
            "message": message_json(self.workspace, message, self.base_url),
            "response_url": self._response_url(user, message.channel, message),
        }

    def message_action(self, user: str, message: Message, action: Json) -> Json:
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": message.only_for is not None,
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        state = self.workspace.choices.get((message.channel, message.ts, user), {})
        body: Json = {
            **self._common("block_actions", user),
            "container": container,
            "channel": self._channel(message.channel),
            "state": {"values": state},
            "response_url": self._response_url(user, message.channel, message),
            "actions": [{**action, "action_ts": self.workspace.next_ts()}],
        }
        # Slack leaves the content of an ephemeral message out.
        if message.only_for is None:
            body["message"] = message_json(self.workspace, message, self.base_url)
        return body

    def view_action(self, user: str, view: View, action: Json) -> Json:
        return {
            **self._common("block_actions", user),
            "container": {"type": "view", "view_id": view.id},
            "view": view_json(view),
            "actions": [{**action, "action_ts": self.workspace.next_ts()}],
        }

    def submission(self, user: str, view: View) -> Json:
        return {
            **self._common("view_submission", user),
            "view": view_json(view),
            "response_urls": [],
        }

    def closed(self, user: str, view: View, *, cleared: bool) -> Json:
        body = self._common("view_closed", user)
        del body["trigger_id"]
        return {**body, "view": view_json(view), "is_cleared": cleared}

    def event(self, event: Json) -> Json:
        now = self.workspace.now()
        channel = self.workspace.channels.get(str(event.get("channel")))
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "event": {"event_ts": self.workspace.next_ts(), **event},
            "type": "event_callback",
            "event_id": self.workspace.next_id("Ev"),
            "event_time": int(now),
            "is_ext_shared_channel": channel is not None and channel.is_ext_shared,
            "authorizations": [{"team_id": TEAM_ID, "is_bot": True}],
        }

    def _common(self, kind: str, user: str) -> Json:
        person = self.workspace.users[user]
        return {
            "type": kind,
            "team": {"id": TEAM_ID, "domain": "sandbox"},
            "user": {
                "id": user,
                "username": person.name,
                "name": person.name,
                "team_id": person.team_id,
            },
            "api_app_id": APP_ID,
            "token": VERIFICATION_TOKEN,
            "trigger_id": self.workspace.issue_trigger(user),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _channel(self, id: str) -> Json:
        return {"id": id, "name": self.workspace.channels[id].name or "directmessage"}

    def _response_url(
        self, user: str, channel: str, message: Message | None = None
    ) -> str:
        id = self.workspace.next_id("R")
        self.workspace.response_urls[id] = ResponseUrl(
            user,
            channel,
            self.workspace.now(),
            message.ts if message else None,
            message.thread_ts if message else None,
        )
        return f"{self.base_url}/respond/{id}"
