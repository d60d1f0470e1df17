"""The manifest: what Slack would accept, and no right more than the bot needs."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # no stubs in the lock

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "tests/data/manifest.schema.2.0.0.json").read_text())


def manifest() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    return read


def for_socket_mode() -> dict[str, Any]:
    """Do by program what the comment at the head of the manifest tells a person to do."""
    changed = manifest()
    del changed["features"]["slash_commands"][0]["url"]
    del changed["settings"]["event_subscriptions"]["request_url"]
    del changed["settings"]["interactivity"]["request_url"]
    changed["settings"]["socket_mode_enabled"] = True
    return changed


def complaints(candidate: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft7Validator(SCHEMA).iter_errors(candidate)]


@pytest.mark.parametrize("build", [manifest, for_socket_mode])
def test_slacks_own_schema_has_no_complaint(
    build: Callable[[], dict[str, Any]],
) -> None:
    assert complaints(build()) == []


def test_the_schema_does_complain_about_a_command_without_a_slash() -> None:
    broken = deepcopy(manifest())
    broken["features"]["slash_commands"][0]["command"] = "fis-request"
    assert complaints(broken)


def test_the_texts_keep_slacks_limits() -> None:
    shown = manifest()
    assert len(shown["display_information"]["name"]) <= 35
    assert len(shown["display_information"]["description"]) <= 140
    assert len(shown["features"]["bot_user"]["display_name"]) <= 80
    assert len(shown["settings"]["event_subscriptions"]["bot_events"]) <= 100


def test_the_bot_asks_for_exactly_these_rights() -> None:
    assert manifest()["oauth_config"]["scopes"] == {
        "bot": [
            "commands",
            "chat:write",
            "files:read",
            "files:write",
            "users:read",
            "groups:read",
            "im:write",
        ]
    }


def test_the_bot_cannot_read_what_people_write_to_each_other() -> None:
    scopes = manifest()["oauth_config"]["scopes"]["bot"]
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert not [scope for scope in scopes if scope.endswith(":history")]
    assert not [event for event in events if event.startswith("message")]


def test_slack_reports_every_change_of_people_and_channels_that_it_can() -> None:
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert {
        "user_change",
        "member_joined_channel",
        "member_left_channel",
        "channel_shared",
        "channel_unshared",
    } <= set(events)


def test_there_is_one_command_and_one_shortcut_on_messages() -> None:
    features = manifest()["features"]
    assert [each["command"] for each in features["slash_commands"]] == ["/fis-request"]
    [shortcut] = features["shortcuts"]
    assert (shortcut["type"], shortcut["name"]) == ("message", "Send to FIS")
    assert shortcut["callback_id"] == "fis_from_message"


def test_buttons_work_in_either_mode() -> None:
    for build in (manifest, for_socket_mode):
        assert build()["settings"]["interactivity"]["is_enabled"] is True
