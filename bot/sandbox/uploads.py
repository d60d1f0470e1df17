"""files.*: upload in three steps, look up, delete; and who the bot may read from."""

import secrets
from dataclasses import dataclass

from bot.sandbox.arguments import Call
from bot.sandbox.chat import (
    checked_blocks,
    thread_root,
    writable_channel,
)
from bot.sandbox.errors import SlackError
from bot.sandbox.records import BOT_USER, Blocks, Json, Message, StoredFile
from bot.sandbox.shapes import file_json, mimetype_of
from bot.sandbox.visibility import may_see_file
from bot.sandbox.workspace import Workspace

LARGEST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Prepared:
    text: str
    blocks: Blocks
    files: list[str]


def get_upload_url(call: Call) -> Json:
    length = int(call.text("length")) if call.text("length").isdigit() else 0
    if not 0 < length <= LARGEST:
        raise SlackError("file_upload_size_restricted")
    if len(call.text("alt_txt")) > 1000:
        raise SlackError("alt_txt_too_large")
    file = reserve(call.workspace, BOT_USER, call.text("filename"), length)
    file.alt_text = call.text("alt_txt")
    secret = secrets.token_urlsafe(12)
    return {
        "file_id": file.id,
        "upload_url": f"{call.base_url}/upload/{file.id}/{secret}",
    }


def complete_upload(call: Call) -> Json:
    """Share what was uploaded: one message in each channel, whatever the number of files."""
    listed = call.arguments["files"]
    if not isinstance(listed, list) or not listed:
        raise SlackError("invalid_arguments", "[ERROR] files must be a list")
    files = [_uploaded(call.workspace, str(one.get("id"))) for one in listed]
    # Slack ignores blocks next to an initial comment.
    comment = call.text("initial_comment")
    blocks = [] if comment else call.arguments.get("blocks") or []
    message = _Prepared(
        comment, checked_blocks(call.workspace, blocks), [f.id for f in files]
    )
    places = [_place(call, id) for id in _channels(call)]
    for file, one in zip(files, listed, strict=True):
        file.title = str(one.get("title") or file.name)
        call.workspace.complete(file)
    for channel, thread_ts in places:
        _share(call.workspace, message, channel, thread_ts)
    return {"files": [file_json(call.workspace, file, call.base_url) for file in files]}


def info(call: Call) -> Json:
    file = _readable(call)
    return {"file": file_json(call.workspace, file, call.base_url), "comments": []}


def delete(call: Call) -> Json:
    file = _readable(call)
    if file.owner != BOT_USER:
        raise SlackError("cant_delete_file")
    file.deleted, file.data = True, None
    call.workspace.changed()
    return {}


def reserve(workspace: Workspace, owner: str, name: str, size: int) -> StoredFile:
    file = StoredFile(workspace.next_id("F-"), name, owner, size, workspace.now())
    workspace.files[file.id] = file
    return file


def fill(file: StoredFile, data: bytes) -> None:
    file.data, file.size, file.mimetype = data, len(data), mimetype_of(data)


def bot_may_read(workspace: Workspace, file: StoredFile) -> bool:
    return file.shown_to_bot or may_see_file(workspace, BOT_USER, file)


def _readable(call: Call) -> StoredFile:
    file = call.workspace.files.get(call.text("file"))
    if file is None:
        raise SlackError("file_not_found")
    if file.deleted:
        raise SlackError("file_deleted")
    if file.owner != BOT_USER and not bot_may_read(call.workspace, file):
        raise SlackError("not_visible")
    return file


def _uploaded(workspace: Workspace, id: str) -> StoredFile:
    file = workspace.files.get(id)
    if file is None or file.owner != BOT_USER or file.data is None or file.deleted:
        raise SlackError("file_not_found")
    # Completing twice would share it twice; what Slack answers to that is not documented.
    if file.completed_at is not None:
        raise SlackError("file_update_failed")
    return file


def _channels(call: Call) -> list[str]:
    several = [id for id in call.text("channels").split(",") if id]
    one = call.find("channel_id")
    wanted = several or ([one] if one else [])
    if len(wanted) > 100:
        raise SlackError("channels_limit_exceeded")
    return wanted


def _place(call: Call, id: str) -> tuple[str, str | None]:
    channel = writable_channel(call.workspace, id).id
    return channel, thread_root(call.workspace, channel, call.find("thread_ts"))


def _share(
    workspace: Workspace, prepared: _Prepared, channel: str, thread_ts: str | None
) -> None:
    workspace.post(
        Message(
            workspace.next_ts(),
            channel,
            BOT_USER,
            prepared.text,
            prepared.blocks,
            thread_ts,
            files=list(prepared.files),
        )
    )


METHODS = {
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": info,
    "files.delete": delete,
}
