"""Slack's JSON for what the workspace holds."""

from bot.sandbox.records import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    TEAM_ID,
    Channel,
    Json,
    Message,
    Share,
    StoredFile,
    User,
)
from bot.sandbox.workspace import Workspace


def user_json(workspace: Workspace, user: User) -> Json:
    """Return a person as Slack tells the bot of them.

    A single-channel guest is a guest too. Somebody of another organization is a stranger only where
    the bot shares no channel with them: where it does, only their team gives them away.
    """
    known = any(
        BOT_USER in c.members and user.id in c.members
        for c in workspace.channels.values()
    )
    elsewhere = user.team_id != TEAM_ID
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": user.is_restricted or user.is_ultra_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_stranger": user.is_stranger or (elsewhere and not known),
        "tz": "America/New_York",
        "profile": {
            "real_name": user.real_name,
            "display_name": user.name,
            "title": user.title,
            "team": user.team_id,
        },
    }


def channel_json(channel: Channel) -> Json:
    shared: Json = {"id": channel.id, "is_archived": channel.is_archived}
    if channel.is_im:
        return {
            **shared,
            "is_im": True,
            "user": channel.im_with,
            "is_org_shared": False,
        }
    return {
        **shared,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_member": BOT_USER in channel.members,
        "is_shared": channel.is_ext_shared or channel.is_org_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
        "is_org_shared": channel.is_org_shared,
        "topic": {"value": channel.topic},
    }


def message_json(workspace: Workspace, message: Message, base_url: str) -> Json:
    body: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "team": TEAM_ID,
        "text": message.text,
        "blocks": message.blocks,
    }
    if message.user == BOT_USER:
        body |= {"bot_id": BOT_ID, "app_id": APP_ID}
    for name in ("thread_ts", "metadata", "client_msg_id"):
        if (value := getattr(message, name)) is not None:
            body[name] = value
    if message.edited:
        body["edited"] = {"user": message.user, "ts": message.edited}
    if message.files:
        files = [workspace.files[id] for id in message.files]
        body["files"] = [file_json(workspace, file, base_url) for file in files]
    return body


def file_json(workspace: Workspace, file: StoredFile, base_url: str) -> Json:
    """Return a file as ``files.info`` would: almost empty until Slack has processed it."""
    if file.deleted:
        return {"id": file.id, "mode": "tombstone"}
    done = workspace.is_processed(file)
    address = f"{base_url}/files-pri/{TEAM_ID}-{file.id}"
    return {
        "id": file.id,
        "created": int(file.created),
        "name": file.name,
        "title": file.title or file.name,
        "user": file.owner,
        "size": file.size,
        "mode": "hosted",
        "mimetype": file.mimetype if done else "",
        "filetype": file.mimetype.rpartition("/")[2] if done else "",
        "alt_txt": file.alt_text,
        "url_private": f"{address}/{file.name}",
        "url_private_download": f"{address}/download/{file.name}",
        "shares": _shares(workspace, file) if done else {},
        "channels": [],
        "groups": [share.channel for share in file.shares] if done else [],
    }


def _shares(workspace: Workspace, file: StoredFile) -> Json:
    shares: Json = {}
    for share in file.shares:
        kind = "private" if workspace.channels[share.channel].is_private else "public"
        shares.setdefault(kind, {}).setdefault(share.channel, []).append(_share(share))
    return shares


def _share(share: Share) -> Json:
    body: Json = {"ts": share.ts, "team_id": TEAM_ID}
    return body if share.thread_ts is None else {**body, "thread_ts": share.thread_ts}


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
)


def mimetype_of(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "image/heic"
    known = (kind for magic, kind in _MAGIC if data.startswith(magic))
    return next(known, "application/octet-stream")
