"""The simulation uses no error code and serves no method that Slack's reference does not know."""

import ast
import re
from pathlib import Path

import bot.sandbox
from bot.sandbox.api import METHODS
from bot.sandbox.facts import methods

SOURCE = Path(bot.sandbox.__file__).parent


def codes_in(tree: ast.AST) -> set[str]:
    """Return the first argument of every SlackError(...) written out in the source."""
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "SlackError"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def names_in(tree: ast.AST) -> set[str]:
    """Return the arguments that methods read: call.text("name"), call.find("name")."""
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("text", "find")
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "call"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def trees() -> list[ast.AST]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.glob("*.py")]


def test_every_method_served_is_in_the_reference_and_the_other_way_round() -> None:
    assert METHODS.keys() == methods().keys()


def test_every_error_code_is_one_of_slacks() -> None:
    used = set().union(*map(codes_in, trees()))
    known = set().union(*(facts.errors for facts in methods().values()))
    assert len(used) > 30
    assert used - known == set()


def test_every_argument_read_is_one_of_slacks() -> None:
    used = set().union(*map(names_in, trees()))
    known = set().union(*(facts.arguments for facts in methods().values()))
    assert "thread_ts" in used
    assert used - known == set()


def test_nothing_else_in_the_product_imports_the_sandbox() -> None:
    others = [
        path for path in SOURCE.parent.rglob("*.py") if SOURCE not in path.parents
    ]
    imports = re.compile(
        r"^\s*(from|import) bot\.sandbox|from bot import sandbox", re.MULTILINE
    )
    assert others
    assert [
        p.name for p in others if imports.search(p.read_text(encoding="utf-8"))
    ] == []
