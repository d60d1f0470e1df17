"""What Slack's reference says about the methods served here, and what the manifest grants."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class MethodFacts:
    name: str
    required: tuple[str, ...]
    arguments: frozenset[str]
    scopes: frozenset[str]
    tier: int | str
    errors: frozenset[str]
    types: Mapping[str, str] = field(default_factory=dict)
    """What kind of value an argument takes, where the reference says."""
    app_level: bool = False
    """Called with the token of the app (xapp-...), not with the bot's."""


@dataclass(frozen=True, slots=True)
class AppFacts:
    """The part of a manifest that people meet: commands, shortcuts and the granted scopes."""

    scopes: frozenset[str]
    commands: tuple[str, ...] = ()
    shortcuts: tuple[tuple[str, str], ...] = ()
    """Callback id and name of each message shortcut."""
    events: frozenset[str] = frozenset()
    has_home: bool = False
    reads_direct_messages: bool = True


@cache
def methods() -> dict[str, MethodFacts]:
    document = _document()
    common = document["common_errors"]
    extra = document["undocumented_arguments"]
    # slack_sdk adds team_id to every call that Bolt makes.
    every = document["common_arguments"]
    return {
        name: MethodFacts(
            name,
            tuple(facts["required"]),
            frozenset((*facts["arguments"], *extra.get(name, ()), *every)),
            frozenset(facts["scopes"]),
            facts["tier"],
            frozenset(facts["errors"]) | frozenset(common),
            facts["types"],
            name in document["app_level"],
        )
        for name, facts in document["methods"].items()
    }


@cache
def event_scopes() -> Mapping[str, frozenset[str]]:
    """Each event that can be reported here, and the scopes of which one is needed to hear of it."""
    return {name: frozenset(scopes) for name, scopes in _document()["events"].items()}


def read_manifest(path: Path) -> AppFacts:
    manifest = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    features = manifest.get("features", {})
    home = features.get("app_home", {})
    subscribed = manifest.get("settings", {}).get("event_subscriptions", {})
    return AppFacts(
        scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
        commands=tuple(c["command"] for c in features.get("slash_commands", ())),
        shortcuts=tuple(
            (s["callback_id"], s["name"])
            for s in features.get("shortcuts", ())
            if s["type"] == "message"
        ),
        events=frozenset(subscribed.get("bot_events", ())),
        has_home=bool(home.get("home_tab_enabled")),
        reads_direct_messages=not home.get("messages_tab_read_only_enabled"),
    )


def _document() -> dict[str, Any]:
    source = Path(__file__).with_name("slack_api.json")
    return dict(json.loads(source.read_text(encoding="utf-8")))
