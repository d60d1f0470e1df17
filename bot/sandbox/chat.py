"""chat.*: messages that the bot posts, changes and takes back."""

from bot.sandbox.arguments import Call
from bot.sandbox.blockkit import lint
from bot.sandbox.errors import SlackError
from bot.sandbox.records import BOT_USER, Blocks, Channel, Json, Message
from bot.sandbox.shapes import message_json
from bot.sandbox.visibility import slack_file_problems
from bot.sandbox.workspace import Workspace

LONGEST_TEXT = 40_000


def post_message(call: Call) -> Json:
    workspace = call.workspace
    channel = writable_channel(workspace, call.text("channel"))
    if (first := _posted_before(call, channel)) is not None:
        return _posted(call, first)
    text, blocks = content(call)
    message = Message(
        ts=workspace.next_ts(),
        channel=channel.id,
        user=BOT_USER,
        text=text[:LONGEST_TEXT],
        blocks=blocks,
        thread_ts=thread_root(workspace, channel.id, call.find("thread_ts")),
        metadata=call.arguments.get("metadata"),
        client_msg_id=call.find("client_msg_id"),
    )
    return _posted(call, workspace.post(message))


def post_ephemeral(call: Call) -> Json:
    workspace = call.workspace
    channel = writable_channel(workspace, call.text("channel"))
    user = call.text("user")
    if user not in channel.members or workspace.users[user].deleted:
        raise SlackError("user_not_in_channel")
    text, blocks = content(call)
    _check_length(text)
    thread_ts = thread_root(workspace, channel.id, call.find("thread_ts"))
    ts = workspace.next_ts()
    workspace.post(
        Message(ts, channel.id, BOT_USER, text, blocks, thread_ts, only_for=user)
    )
    return {"message_ts": ts}


def update(call: Call) -> Json:
    message = _own_message(call, "cant_update_message")
    if call.workspace.channels[message.channel].is_archived:
        raise SlackError("is_inactive")
    if not call.workspace.can_edit(message):
        raise SlackError("edit_window_closed")
    text, blocks = content(call)
    _check_length(text)
    if "metadata" in call.arguments:
        message.metadata = call.arguments["metadata"]
    call.workspace.edit(message, text, blocks)
    answer = _posted(call, message)
    return {**answer, "text": text}


def delete(call: Call) -> Json:
    message = _own_message(call, "cant_delete_message")
    call.workspace.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def writable_channel(workspace: Workspace, id: str) -> Channel:
    """Return the conversation the bot may write to; a person's id means their direct messages."""
    if id in workspace.users and not workspace.users[id].is_bot:
        return workspace.direct(id)
    channel = readable_channel(workspace, id)
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def readable_channel(workspace: Workspace, id: str) -> Channel:
    """Return a channel the bot can know of: a private one without it does not exist for it."""
    channel = workspace.channels.get(id)
    if channel is None or (channel.is_private and BOT_USER not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def thread_root(
    workspace: Workspace, channel: str, thread_ts: str | None
) -> str | None:
    if thread_ts is None:
        return None
    message = workspace.find_message(channel, thread_ts)
    if message is None or message.only_for:
        raise SlackError("cannot_reply_to_message")
    root = message.thread_ts or message.ts
    message.thread_ts = root
    return root


def content(call: Call) -> tuple[str, Blocks]:
    """Return text and blocks, refused when empty, over a limit, or with a picture Slack would not show."""
    text, blocks = call.text("text"), call.arguments.get("blocks") or []
    if not text and not blocks and not call.arguments.get("attachments"):
        raise SlackError("no_text")
    return text, checked_blocks(call.workspace, blocks)


def checked_blocks(workspace: Workspace, blocks: object) -> Blocks:
    problems = lint(blocks, "message")
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format", *problems)
    if not problems:
        problems = slack_file_problems(workspace, blocks, BOT_USER)
    if problems:
        raise SlackError("invalid_blocks", *(f"[ERROR] {one}" for one in problems))
    return blocks


def _check_length(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise SlackError("msg_too_long")


def _posted_before(call: Call, channel: Channel) -> Message | None:
    """Find the message an earlier post with the same ``client_msg_id`` made in this channel."""
    id = call.find("client_msg_id")
    if id is None:
        return None
    messages = call.workspace.messages
    return next(
        (m for m in messages if m.client_msg_id == id and m.channel == channel.id), None
    )


def _posted(call: Call, message: Message) -> Json:
    body = message_json(call.workspace, message, call.base_url)
    return {"channel": message.channel, "ts": message.ts, "message": body}


def _own_message(call: Call, refusal: str) -> Message:
    channel = readable_channel(call.workspace, call.text("channel"))
    message = call.workspace.find_message(channel.id, call.text("ts"))
    # An ephemeral message cannot be found again by anyone.
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


METHODS = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update,
    "chat.delete": delete,
}
