"""Who was under 18 on the day of a photograph, also where that day is not known (policy 1.8)."""

from datetime import date

import pytest

from bot.domain.ages import is_minor

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("born", "captured", "minor"),
    [
        (date(2008, 11, 23), date(2026, 11, 22), True),
        (date(2008, 11, 23), date(2026, 11, 23), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(1988, 2, 29), date(2004, 5, 17), True),
        (None, date(2026, 11, 22), False),
        (None, None, False),
    ],
)
def test_somebody_is_of_age_from_their_eighteenth_birthday(
    born: date | None, captured: date | None, minor: bool
) -> None:
    assert is_minor(born, captured, TODAY) == minor


@pytest.mark.parametrize(
    ("born", "minor"),
    [
        (date(2012, 1, 1), True),
        (date(2008, 11, 24), True),
        (date(2008, 11, 23), False),
    ],
)
def test_who_is_a_minor_at_enrolment_was_one_on_any_day_before(
    born: date, minor: bool
) -> None:
    assert is_minor(born, None, TODAY) == minor
