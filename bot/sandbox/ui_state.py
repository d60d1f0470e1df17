"""What the page draws, as JSON, for one person."""

from bot.sandbox.facts import AppFacts
from bot.sandbox.modals import view_json
from bot.sandbox.people import Person
from bot.sandbox.records import BOT_USER, Channel, Json, Message
from bot.sandbox.shapes import message_json
from bot.sandbox.visibility import visible_messages
from bot.sandbox.workspace import Workspace

_NEWS_MOST = 100
"""Of how many messages of others the page can say that they are unread; then it says "99+"."""


def overview(workspace: Workspace, facts: AppFacts) -> Json:
    """Return what the page needs before it acts as anybody: who there is, what the app offers."""
    people = [u for u in workspace.users.values() if not u.is_bot and not u.deleted]
    return {
        "name": workspace.name,
        "commands": list(facts.commands),
        "shortcuts": [
            {"callback_id": id, "name": name} for id, name in facts.shortcuts
        ],
        "has_home": facts.has_home,
        "reads_direct_messages": facts.reads_direct_messages,
        "bot": BOT_USER,
        "names": {u.id: u.real_name for u in workspace.users.values()},
        "people": [
            {
                "id": u.id,
                "name": u.real_name,
                "title": u.title,
                "latest": _latest(workspace, u.id),
            }
            for u in people
        ],
    }


def person_state(person: Person) -> Json:
    home = person.workspace.modals.homes.get(person.id)
    return {
        "channels": [_channel(person, c) for c in person.channels() if not c.is_im],
        "dm": _channel(person, person.workspace.direct(person.id)),
        "modal": person.modal,
        "home": None if home is None else view_json(home),
    }


def glimpse(person: Person) -> int:
    """Return a number that is another one once anything that this person sees has changed."""
    workspace, choices = person.workspace, person.workspace.choices
    messages = list(visible_messages(workspace, person.id))
    names = [(u.id, u.real_name, u.deleted) for u in workspace.users.values()]
    files = [workspace.files[id] for m in messages for id in m.files]
    sight = (
        person_state(person),
        names,
        [(m.channel, m.ts, m.edited, m.text) for m in messages],
        [(f.id, f.deleted, workspace.is_processed(f)) for f in files],
        [(key, value) for key, value in choices.items() if key[2] == person.id],
    )
    return hash(repr(sight))


def channel_page(person: Person, channel: str) -> Json:
    """Return a channel's messages in order, own ephemeral ones among them."""
    person.messages(channel)
    workspace = person.workspace
    listed = workspace.in_channel(channel) + [
        m
        for m in workspace.ephemerals
        if m.channel == channel and m.only_for == person.id and m.thread_ts is None
    ]
    return {"messages": [_message(person, m) for m in sorted(listed, key=_moment)]}


def thread_page(person: Person, channel: str, ts: str) -> Json:
    person.thread(channel, ts)
    workspace = person.workspace
    root = workspace.find_message(channel, ts)
    notes = [
        m
        for m in workspace.ephemerals
        if m.channel == channel and m.only_for == person.id and m.thread_ts == ts
    ]
    replies = sorted(workspace.in_thread(channel, ts) + notes, key=_moment)
    return {
        "messages": [_message(person, m) for m in [root, *replies] if m is not None]
    }


def _message(person: Person, message: Message) -> Json:
    workspace = person.workspace
    replies = workspace.in_thread(message.channel, message.ts)
    return {
        **message_json(workspace, message, person.base_url),
        "only_you": message.only_for is not None,
        "replies": len(replies),
        "last_reply": replies[-1].ts if replies else None,
        "choices": workspace.choices.get((message.channel, message.ts, person.id), {}),
    }


def _channel(person: Person, channel: Channel) -> Json:
    workspace = person.workspace
    seen = [
        m for m in visible_messages(workspace, person.id) if m.channel == channel.id
    ]
    news = [m.ts for m in seen if m.user != person.id and not m.is_reply]
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "is_private": channel.is_private,
        "is_ext_shared": channel.is_ext_shared,
        "members": len(channel.members),
        "latest": max((m.ts for m in seen), default=""),
        "news": sorted(news)[-_NEWS_MOST:],
    }


def _latest(workspace: Workspace, user: str) -> str:
    return max(
        (m.ts for m in visible_messages(workspace, user) if m.user != user), default=""
    )


def _moment(message: Message) -> str:
    return message.ts
