"""Block Kit's limits, continued: texts and the things a person can press or fill in."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def check_text(
    text: object, where: str, most: int, *, plain: bool = False
) -> Iterator[str]:
    if not isinstance(text, dict):
        yield f"{where}: missing or not a text object"
        return
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text.get("type") not in kinds:
        yield f"{where}/type: must be {' or '.join(kinds)}"
    content = text.get("text")
    if not isinstance(content, str) or not 1 <= len(content) <= most:
        yield f"{where}/text: between 1 and {most} characters"


def check_element(element: Json, where: str) -> Iterator[str]:
    if len(str(element.get("action_id") or "")) > 255:
        yield f"{where}/action_id: no more than 255 characters"
    if "placeholder" in element:
        yield from check_text(
            element["placeholder"], f"{where}/placeholder", 150, plain=True
        )
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{where}/confirm")
    yield from _CHECKS.get(str(element.get("type")), _nothing)(element, where)


def _nothing(element: Json, where: str) -> Iterator[str]:
    return iter(())


def _confirm(confirm: object, where: str) -> Iterator[str]:
    if not isinstance(confirm, dict):
        yield f"{where}: must be an object"
        return
    yield from check_text(confirm.get("title"), f"{where}/title", 100, plain=True)
    yield from check_text(confirm.get("text"), f"{where}/text", 300)
    for name in ("confirm", "deny"):
        if name in confirm:
            yield from check_text(confirm[name], f"{where}/{name}", 30, plain=True)


def _button(element: Json, where: str) -> Iterator[str]:
    yield from check_text(element.get("text"), f"{where}/text", 75, plain=True)
    for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
        if len(str(element.get(name) or "")) > most:
            yield f"{where}/{name}: no more than {most} characters"
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{where}/style: primary or danger"


def _text_input(element: Json, where: str) -> Iterator[str]:
    for name in ("min_length", "max_length"):
        value = element.get(name, 1)
        if not isinstance(value, int) or not 0 <= value <= 3000:
            yield f"{where}/{name}: between 0 and 3000"
    if len(str(element.get("initial_value") or "")) > 3000:
        yield f"{where}/initial_value: no more than 3000 characters"


def _date(element: Json, where: str) -> Iterator[str]:
    initial = element.get("initial_date")
    if initial is not None and not _DATE.fullmatch(str(initial)):
        yield f"{where}/initial_date: YYYY-MM-DD"


def _file_input(element: Json, where: str) -> Iterator[str]:
    if not 1 <= element.get("max_files", 10) <= 10:
        yield f"{where}/max_files: between 1 and 10"
    filetypes = element.get("filetypes")
    if filetypes is not None and not filetypes:
        yield f"{where}/filetypes: must not be empty"


def _several_people(element: Json, where: str) -> Iterator[str]:
    most, chosen = element.get("max_selected_items"), element.get("initial_users", [])
    if most is not None and (not isinstance(most, int) or most < 1):
        yield f"{where}/max_selected_items: a number of at least 1"
    elif most is not None and len(chosen) > most:
        yield f"{where}/initial_users: no more than max_selected_items"
    if not all(isinstance(user, str) and user for user in chosen):
        yield f"{where}/initial_users: ids of users"


def _choice(most: int, rich: bool = False) -> Callable[[Json, str], Iterator[str]]:
    def check(element: Json, where: str) -> Iterator[str]:
        groups = element.get("option_groups")
        if groups is not None:
            yield from _groups(groups, where)
        else:
            yield from _options(element.get("options"), f"{where}/options", most, rich)
        offered = options_of(element)
        for chosen in _initial(element):
            if chosen not in offered:
                yield f"{where}: the initial choice is not one of the options"

    return check


def options_of(element: Json) -> list[Json]:
    """Return every option a choice offers, of all its groups."""
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    return [option for group in groups for option in group.get("options") or []]


def _initial(element: Json) -> list[Json]:
    one = element.get("initial_option")
    return ([one] if one else []) + list(element.get("initial_options") or [])


def _groups(groups: list[Json], where: str) -> Iterator[str]:
    if not 1 <= len(groups) <= 100:
        yield f"{where}/option_groups: between 1 and 100"
    for number, group in enumerate(groups):
        at = f"{where}/option_groups/{number}"
        yield from check_text(group.get("label"), f"{at}/label", 75, plain=True)
        yield from _options(group.get("options"), f"{at}/options", 100, False)


def _options(options: object, where: str, most: int, rich: bool) -> Iterator[str]:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield f"{where}: between 1 and {most}"
        return
    for number, option in enumerate(options):
        at = f"{where}/{number}"
        yield from check_text(option.get("text"), f"{at}/text", 75, plain=not rich)
        if not 1 <= len(str(option.get("value") or "")) <= 75:
            yield f"{at}/value: between 1 and 75 characters"
        if "description" in option:
            yield from check_text(
                option["description"], f"{at}/description", 75, plain=not rich
            )
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        yield f"{where}: a value occurs twice"


_CHECKS: dict[str, Callable[[Json, str], Iterator[str]]] = {
    "button": _button,
    "plain_text_input": _text_input,
    "datepicker": _date,
    "file_input": _file_input,
    "multi_users_select": _several_people,
    "static_select": _choice(100),
    "multi_static_select": _choice(100),
    "overflow": _choice(5),
    "radio_buttons": _choice(10, rich=True),
    "checkboxes": _choice(10, rich=True),
}
