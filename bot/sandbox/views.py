"""views.*: modals against a trigger, and the Home tab."""

from bot.sandbox.arguments import Call
from bot.sandbox.blockkit import lint_view, view_size
from bot.sandbox.errors import SlackError
from bot.sandbox.modals import view_json
from bot.sandbox.records import BOT_USER, Json, View
from bot.sandbox.visibility import slack_file_problems
from bot.sandbox.workspace import Workspace

LARGEST = 250_000


def open_(call: Call) -> Json:
    body = checked_view(call.workspace, call.arguments["view"], "modal")
    user = call.workspace.exchange_trigger(_trigger(call))
    return _answer(call.workspace.modals.open(user, body))


def push(call: Call) -> Json:
    body = checked_view(call.workspace, call.arguments["view"], "modal")
    user = call.workspace.exchange_trigger(_trigger(call))
    return _answer(call.workspace.modals.push(user, body))


def update(call: Call) -> Json:
    body = checked_view(call.workspace, call.arguments["view"], "modal")
    modals = call.workspace.modals
    view = modals.find(call.find("view_id"), call.find("external_id"))
    return _answer(modals.update(view, body, call.find("hash")))


def publish(call: Call) -> Json:
    body = checked_view(call.workspace, call.arguments["view"], "home")
    user = call.text("user_id")
    if user not in call.workspace.users:
        raise SlackError("invalid_arguments", "[ERROR] invalid user_id")
    return _answer(call.workspace.modals.publish(user, body, call.find("hash")))


def checked_view(workspace: Workspace, view: object, kind: str) -> Json:
    """Return a view Slack would show; refuse any other with the reasons."""
    problems = lint_view(view)
    if isinstance(view, dict) and not problems:
        if view["type"] != kind:
            problems = [f"view/type: must be {kind} here"]
        else:
            problems = slack_file_problems(workspace, view["blocks"], BOT_USER)
    if problems or not isinstance(view, dict):
        raise SlackError("invalid_arguments", *(f"[ERROR] {one}" for one in problems))
    if view_size(view) > LARGEST:
        raise SlackError("view_too_large")
    return view


def _trigger(call: Call) -> str:
    trigger = call.find("trigger_id")
    if trigger is None:
        raise SlackError(
            "invalid_arguments", "[ERROR] missing required field: trigger_id"
        )
    return trigger


def _answer(view: View) -> Json:
    return {"view": view_json(view)}


METHODS = {
    "views.open": open_,
    "views.push": push,
    "views.update": update,
    "views.publish": publish,
}
