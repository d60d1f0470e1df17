"""Orders to seal that another system puts into a folder as CSV files: carried out, then moved away."""

import asyncio
import csv
import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from bot.casework.alerts import Alerts
from bot.casework.sealing import Done, read_orders, seal
from bot.domain.identifiers import Identifiers
from bot.domain.sealings import BadOrder, Order
from storage.database import Database

log = structlog.get_logger()

ACTOR = "sealing feed"
DONE, FAILED = "done", "failed"
COLUMNS = ("arrest_number", "order_reference")
_MAX_BYTES = 20_000_000
_AT_ONCE = 50  # orders in one transaction: others write, too
_TOLD_MAX = 20


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be carried out; its words are not repeated, they may be anything."""

    number: int
    why: str


async def read_feed(
    db: Database,
    folder: Path,
    identifiers: Identifiers,
    alerts: Alerts,
    now: datetime,
) -> list[Done]:
    """Carry out every file in the folder. A file is moved when its orders are committed: killed in
    between, they are found done already. One with which that cannot be done stays, and supervisors are
    told. Raises OSError where the folder cannot be read."""
    done = []
    for path in await asyncio.to_thread(_waiting, folder):
        try:
            done += await _read_file(db, path, identifiers, alerts, now)
        except (
            Exception
        ) as error:  # whatever it was, the orders in the next file must not wait
            log.exception("sealing.feed_file_stays")
            await _tell_of_stay(db, path, type(error).__name__, alerts)
    return done


async def _read_file(
    db: Database,
    path: Path,
    identifiers: Identifiers,
    alerts: Alerts,
    now: datetime,
) -> list[Done]:
    content = await asyncio.to_thread(_content, path)
    done, bad = [], list[BadLine]()
    try:
        lines = list(_lines(content))
    except (UnicodeDecodeError, csv.Error, BadOrder) as broken:
        lines, bad = [], [BadLine(1, f"the file cannot be read: {broken}")]
    # What can be carried out is: a photograph must not stay because the line below is wrong.
    for start in range(0, len(lines), _AT_ONCE):
        part = lines[start : start + _AT_ONCE]
        written = [(arrest, reference) for _, arrest, reference in part]
        read = await read_orders(db, written, identifiers)
        pairs = list(zip(part, read, strict=True))
        bad += [
            BadLine(line[0], o.message) for line, o in pairs if isinstance(o, BadOrder)
        ]
        orders = [order for order in read if isinstance(order, Order)]
        done += await seal(db, orders, alerts, actor=ACTOR, now=now)
    if bad:
        await _tell(db, _named(path), content, bad, alerts)
    await asyncio.to_thread(_move, path, FAILED if bad else DONE, content)
    log.info("sealing.feed_read", orders=len(done), bad_lines=len(bad))
    return done


async def _tell(
    db: Database, name: str, content: bytes, bad: Sequence[BadLine], alerts: Alerts
) -> None:
    """The same file is told of once."""
    said = [f"Line {line.number}: {line.why}" for line in bad[:_TOLD_MAX]]
    more = [f"... and {len(bad) - _TOLD_MAX} more."] if len(bad) > _TOLD_MAX else []
    text = "\n".join(
        (
            f"Orders to seal in the file {name} could not be carried out. It is in the folder “failed”; "
            "correct these lines and put them into the feed again. All others were carried out.",
            *said,
            *more,
        )
    )
    async with db.transaction() as tx:
        await alerts.add(tx, f"sealing_feed/{_sha256(content)}", text)


async def _tell_of_stay(db: Database, path: Path, why: str, alerts: Alerts) -> None:
    """Once, as long as nobody writes to the file."""
    text = (
        f"The file {_named(path)} among the orders to seal could not be read, carried out or moved away "
        f"({why}); the log tells more. Its orders may not be carried out. It stays where it is and is tried "
        "again every minute; the other files are not kept up by it."
    )
    key = _sha256(f"{path.name!r} {_changed_at(path)}".encode())
    async with db.transaction() as tx:
        await alerts.add(tx, f"sealing_feed_stays/{key}", text)


def _named(path: Path) -> str:
    """Its name, whatever bytes it is made of."""
    return os.fsencode(path.name).decode(errors="replace")


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _waiting(folder: Path) -> list[Path]:
    """Complete files, by name; whoever writes one gives it its name when it is whole."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".csv" and _is_file(path)
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:  # nobody can tell: reading it says why
        return True


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES + 1)


def _lines(content: bytes) -> Iterator[tuple[int, str, str]]:
    if len(content) > _MAX_BYTES:
        raise BadOrder(f"it has more than {_MAX_BYTES:,} bytes")
    text = content.decode("utf-8-sig")
    if "\0" in text:
        raise BadOrder("it holds bytes that are no text")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ())]:
        raise BadOrder(f"it lacks the column {missing[0]}")
    for row in reader:
        arrest, reference = (row[column] or "" for column in COLUMNS)
        yield reader.line_num, arrest, reference


def _move(path: Path, into: str, content: bytes) -> None:
    """Another file of the same name that was read before stays as it is."""
    folder = path.parent / into
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / path.name
    if target.exists() and target.read_bytes() != content:
        target = folder / f"{path.stem}.{_sha256(content)[:12]}{path.suffix}"
    path.replace(target)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
