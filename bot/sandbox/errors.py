"""How Slack says no."""

from typing import Any


class SlackError(Exception):
    """An answer ``{"ok": false, "error": code}``, with what else Slack adds to it."""

    def __init__(self, code: str, *messages: str, **more: Any) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.more = more

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


class NotAcknowledged(AssertionError):
    """The bot did not answer 200 within three seconds: the person saw an error."""


class NotVisible(LookupError):
    """This person cannot see that, or it does not exist: Slack does not tell which."""


class NotAllowed(ValueError):
    """An administrator cannot do that: Slack's own rules are against it."""
