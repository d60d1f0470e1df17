"""The state of fields, in the shape Slack gives it in payloads."""

from collections.abc import Collection

from bot.sandbox.elements import options_of
from bot.sandbox.records import Json


def initial_values(body: Json) -> dict[str, dict[str, Json]]:
    """Return the state a view has before anybody touched it."""
    values: dict[str, dict[str, Json]] = {}
    for block in body["blocks"]:
        element = block.get("element") if block.get("type") == "input" else None
        if element is not None:
            values[block["block_id"]] = {element["action_id"]: initial_value(element)}
    return values


def initial_value(element: Json) -> Json:
    kind = str(element["type"])
    match kind:
        case "plain_text_input" | "number_input":
            return {"type": kind, "value": element.get("initial_value")}
        case "datepicker":
            return {"type": kind, "selected_date": element.get("initial_date")}
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": element.get("initial_option")}
        case "checkboxes" | "multi_static_select":
            return {
                "type": kind,
                "selected_options": element.get("initial_options", []),
            }
        case "users_select":
            return {"type": kind, "selected_user": element.get("initial_user")}
        case "multi_users_select":
            return {"type": kind, "selected_users": element.get("initial_users", [])}
        case "file_input":
            return {"type": kind, "files": []}
        case _:
            return {"type": kind}


def filled_value(element: Json, value: object) -> Json:
    """Turn a plain value (text, option value, account, or a list of them) into Slack's shape."""
    kind = str(element["type"])
    match kind:
        case "plain_text_input" | "number_input":
            return {
                "type": kind,
                "value": str(value) if value not in (None, "") else None,
            }
        case "datepicker":
            return {"type": kind, "selected_date": value or None}
        case "static_select" | "radio_buttons" | "overflow":
            chosen = None if value in (None, "") else _option(element, value)
            return {"type": kind, "selected_option": chosen}
        case "checkboxes" | "multi_static_select":
            chosen_options = [_option(element, one) for one in _several(value)]
            return {"type": kind, "selected_options": chosen_options}
        case "users_select":
            return {"type": kind, "selected_user": value}
        case "multi_users_select":
            # Slack's client offers nobody twice.
            return {
                "type": kind,
                "selected_users": list(dict.fromkeys(_several(value))),
            }
        case _:
            raise LookupError(f"{kind} cannot be filled in")


def _several(value: object) -> Collection[object]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise TypeError("a list is wanted here: option values, or accounts")
    return value


def _option(element: Json, value: object) -> Json:
    for option in options_of(element):
        if option["value"] == value:
            return option
    offered = [option["value"] for option in options_of(element)]
    raise LookupError(f"no option {value!r} in {element.get('action_id')}: {offered}")
