"""How many clicks somebody needs: every press, every choice from a menu, every form sent.

Typing and reading cost none, and neither does opening a menu: what is counted is what is decided.
"""

from bot.sandbox.records import Json

_ONE = ("selected_option", "selected_user", "selected_date")
_MANY = ("selected_options", "selected_users", "files")


def chosen(before: Json, after: Json) -> int:
    """The clicks from one state of a field to another: each entry ticked, or unticked, is one. A menu
    with one answer takes one click whatever it showed before."""
    changed = sum(1 for n in _ONE if after.get(n) and after[n] != before.get(n))
    ticked = sum(len(_names(before, n) ^ _names(after, n)) for n in _MANY)
    return changed + ticked


def _names(state: Json, name: str) -> frozenset[str]:
    return frozenset(map(_name, state.get(name) or ()))


def _name(entry: Json | str) -> str:
    return entry if isinstance(entry, str) else str(entry.get("value", entry.get("id")))
