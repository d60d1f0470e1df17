"""The manifest grants what the code needs, and nothing that it does not need."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

import bot
from bot.sandbox import cases
from bot.sandbox.facts import event_scopes, methods, read_manifest

PRODUCT = Path(bot.__file__).parent
GRANTED = read_manifest(cases.MANIFEST).scopes
SUBSCRIBED = read_manifest(cases.MANIFEST).events
BY_ATTRIBUTE = {name.replace(".", "_"): name for name in methods()}
# Called by Bolt and by Slack's client of Socket Mode on the bot's behalf.
BY_LIBRARIES = {"auth.test", "apps.connections.open"}


def trees() -> Iterator[ast.AST]:
    for path in PRODUCT.rglob("*.py"):
        if "sandbox" not in path.relative_to(PRODUCT).parts:
            yield ast.parse(path.read_text(encoding="utf-8"))


@cache
def client_calls() -> frozenset[str]:
    """Every attribute that is called on something named client, by the name it is written with."""
    found = set()
    for tree in trees():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                owner = ast.unparse(call.func.value)
                if owner.rpartition(".")[2].lstrip("_") == "client":
                    found.add(call.func.attr)
    return frozenset(found)


def called() -> set[str]:
    attributes = {name for name in client_calls() if "_" in name}
    return {BY_ATTRIBUTE[name] for name in attributes & BY_ATTRIBUTE.keys()}


def test_the_bot_calls_no_method_that_the_simulation_does_not_serve() -> None:
    slack_like = {
        name
        for name in client_calls()
        if name.split("_")[0]
        in ("chat", "users", "conversations", "files", "views", "usergroups")
    }
    assert len(slack_like) > 10
    assert slack_like - BY_ATTRIBUTE.keys() == set()


@pytest.mark.parametrize("method", sorted(called()))
def test_every_method_the_bot_calls_is_covered_by_a_scope(method: str) -> None:
    wanted = methods()[method].scopes
    assert not wanted or wanted & GRANTED


@pytest.mark.parametrize("event", sorted(SUBSCRIBED))
def test_every_event_subscribed_to_is_covered_by_a_scope(event: str) -> None:
    wanted = event_scopes()[event]
    assert not wanted or wanted & GRANTED


@pytest.mark.parametrize("scope", sorted(GRANTED))
def test_every_scope_granted_is_needed_by_something_the_bot_does(scope: str) -> None:
    if scope == "commands":
        features = yaml.safe_load(cases.MANIFEST.read_text())["features"]
        assert features["slash_commands"] or features["shortcuts"]
        return
    assert any(_needs(methods()[method].scopes, scope) for method in called())


def _needs(wanted: frozenset[str], scope: str) -> bool:
    """Whether this one cannot be left out, because no other one granted would do."""
    return scope in wanted and not (wanted & GRANTED) - {scope}


def test_only_what_the_bot_calls_is_served_and_user_groups_beside_it() -> None:
    beside = {"usergroups.list", "usergroups.users.list", "chat.delete", "views.push"}
    assert methods().keys() - called() - BY_LIBRARIES == beside
