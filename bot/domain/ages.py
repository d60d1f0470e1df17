"""Who was a minor when photographed: left out of every search by default (policy 1.8)."""

from datetime import date

_OF_AGE = 18


def is_minor(birth_date: date | None, capture_date: date | None) -> bool:
    """Whether somebody was under 18 on the day of the photograph; False where either day is unknown.

    Who was born on 29 February is 18 on 1 March.
    """
    if birth_date is None or capture_date is None:
        return False
    reached = (
        capture_date.year - birth_date.year,
        capture_date.month,
        capture_date.day,
    )
    return reached < (_OF_AGE, birth_date.month, birth_date.day)
