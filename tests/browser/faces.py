"""Who is on a probe: an examiner sees it, a test reads it from the record of the demonstration."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

_LETTER = """
SELECT examinations."order", candidates.id FROM examinations
JOIN candidates ON candidates.search_id = examinations.search_id
WHERE examinations.request_id = ? AND candidates.subject_id = ?
ORDER BY examinations.round, examinations.seat
"""


def letter_of(
    data: Path, number: str, place: int, subject: str | None
) -> Callable[[], str | None]:
    """The letter of a subject in one examination, once there is one; None for nobody."""

    def look() -> str | None:
        if subject is None:
            return None
        uri = f"file:{data / 'fis.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            rows = connection.execute(_LETTER, (number, subject)).fetchall()
        order, candidate = rows[place]
        return chr(ord("A") + json.loads(order).index(candidate))

    return look
