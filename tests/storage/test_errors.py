"""An error of the database tells what was tried, and nothing about people."""

import pytest
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from tests.builders import a_request, what_was_asked

CASE = "2026-075-009999"


async def _added_twice(db: Database) -> str:
    request = a_request(asked=what_was_asked(case_number=CASE))
    async with db.transaction() as tx:
        await tx.requests.add(request)
        with pytest.raises(IntegrityError) as failed:
            await tx.requests.add(request)
    return str(failed.value)


async def test_an_error_in_the_log_shows_no_case_number(in_file: Database) -> None:
    said = await _added_twice(in_file)
    assert "INSERT INTO requests" in said
    assert CASE not in said


async def test_an_error_of_a_database_in_memory_shows_none_either(
    db: Database,
) -> None:
    assert CASE not in await _added_twice(db)
