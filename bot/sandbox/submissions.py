"""What becomes of a modal once the bot has answered its submission."""

from bot.sandbox.delivery import Delivery
from bot.sandbox.errors import NotAcknowledged, SlackError
from bot.sandbox.records import View
from bot.sandbox.views import checked_view
from bot.sandbox.workspace import Workspace


def apply_answer(workspace: Workspace, view: View, delivery: Delivery) -> None:
    """Close, keep, change or cover the modal; an answer Slack could not use is the bot's failure."""
    answer = delivery.json()
    try:
        match answer.get("response_action"):
            case None:
                workspace.modals.close(view)
            case "clear":
                workspace.modals.clear(view.user)
            case "errors":
                _check_fields(view, delivery)
            case "update":
                body = checked_view(workspace, answer.get("view"), "modal")
                workspace.modals.update(view, body)
            case "push":
                body = checked_view(workspace, answer.get("view"), "modal")
                workspace.modals.push(view.user, body)
            case other:
                raise SlackError("invalid_arguments", f"response_action {other!r}")
    except SlackError as error:
        raise NotAcknowledged(
            f"unusable answer to {delivery.kind}: {error.body()}"
        ) from error


def _check_fields(view: View, delivery: Delivery) -> None:
    fields = {
        block["block_id"] for block in view.body["blocks"] if block["type"] == "input"
    }
    unknown = sorted(delivery.errors.keys() - fields)
    if unknown or not delivery.errors:
        raise SlackError("invalid_arguments", f"errors for no such field: {unknown}")
