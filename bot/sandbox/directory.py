"""auth.test, users.*, conversations.* and usergroups.*: who and what is there."""

from bot.sandbox.arguments import Call
from bot.sandbox.chat import readable_channel
from bot.sandbox.errors import SlackError
from bot.sandbox.records import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Json, UserGroup
from bot.sandbox.shapes import channel_json, user_json


def auth_test(call: Call) -> Json:
    return {
        "url": f"{call.base_url}/",
        "team": call.workspace.name,
        "team_id": TEAM_ID,
        "user": call.workspace.users[BOT_USER].name,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def user_info(call: Call) -> Json:
    user = call.workspace.users.get(call.text("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(call.workspace, user)}


def channel_info(call: Call) -> Json:
    channel = readable_channel(call.workspace, call.text("channel"))
    return {"channel": channel_json(channel)}


def channel_members(call: Call) -> Json:
    """Return one page; as Slack may, fewer than ``limit`` do not mean that it was the last."""
    members = sorted(readable_channel(call.workspace, call.text("channel")).members)
    start, limit = call.text("cursor") or "0", call.text("limit") or "100"
    if not limit.isdigit() or not 1 <= int(limit) <= 1000:
        raise SlackError("invalid_limit")
    if not start.isdigit() or int(start) > len(members):
        raise SlackError("invalid_cursor")
    end = int(start) + int(limit)
    cursor = str(end) if end < len(members) else ""
    page = members[int(start) : end]
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def open_direct(call: Call) -> Json:
    users = [id for id in call.text("users").split(",") if id]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        # Group messages are not part of what the bot may do (mpim:write).
        raise SlackError("invalid_user_combination")
    user = call.workspace.users.get(users[0])
    if user is None:
        raise SlackError("user_not_found")
    if user.deleted:
        raise SlackError("user_disabled")
    return {"channel": {"id": call.workspace.direct(user.id).id}}


def groups(call: Call) -> Json:
    listed = [_group(group) for group in call.workspace.groups.values()]
    return {"usergroups": listed}


def group_users(call: Call) -> Json:
    group = call.workspace.groups.get(call.text("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def _group(group: UserGroup) -> Json:
    return {
        "id": group.id,
        "team_id": TEAM_ID,
        "handle": group.handle,
        "name": group.name,
        "user_count": len(group.users),
    }


METHODS = {
    "auth.test": auth_test,
    "users.info": user_info,
    "conversations.info": channel_info,
    "conversations.members": channel_members,
    "conversations.open": open_direct,
    "usergroups.list": groups,
    "usergroups.users.list": group_users,
}
