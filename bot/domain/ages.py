"""Who was a minor when photographed: left out of every search by default (policy 1.8)."""

from datetime import date

from bot.errors import Refusal

_OF_AGE = 18


class Minor(Refusal):
    """The photograph shows somebody under 18; nobody is led to them by it."""

    rule = "MINOR"

    def __init__(self) -> None:
        super().__init__(
            "This photograph shows somebody who was under 18 and must not be used."
        )


def is_minor(
    birth_date: date | None, capture_date: date | None, enrolled_on: date
) -> bool:
    """Whether somebody was under 18 on the day of the photograph; False where nobody knows the birth date.

    A photograph whose day is not known was taken on the day of its enrolment at the latest. Who was born
    on 29 February is 18 on 1 March.
    """
    if birth_date is None:
        return False
    on = capture_date or enrolled_on
    reached = (on.year - birth_date.year, on.month, on.day)
    return reached < (_OF_AGE, birth_date.month, birth_date.day)
