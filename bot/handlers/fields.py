"""What all forms share: complaints by field, and choices from closed lists."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TypeVar

from bot.errors import Refusal
from bot.handlers.payloads import Values

Complaint = tuple[str, str]
_Choice = TypeVar("_Choice", bound=Enum)


class BadForm(Refusal):
    """Something in a form is wrong; ``errors`` says what, by block."""

    rule = "BAD_FORM"

    def __init__(self, errors: Mapping[str, str], rule: str = rule) -> None:
        super().__init__("Something in this form is missing or wrong.", rule=rule)
        self.errors = {str(block): text for block, text in errors.items()}


def check(complaints: Iterator[Complaint]) -> None:
    """Refuse with every complaint at once."""
    if errors := dict(complaints):
        raise BadForm(errors)


def find_choice(kind: type[_Choice], values: Values, block: str) -> _Choice | None:
    chosen = values.choice(block)
    return next((one for one in kind if str(one.value) == chosen), None)


def choice(kind: type[_Choice], values: Values, block: str) -> _Choice:
    if (found := find_choice(kind, values, block)) is None:
        raise BadForm({block: "Choose one."})
    return found
