"""Looks for what a search found wherever it could still lie after it had to be destroyed."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.candidates import Candidate
from bot.domain.examinations import Examination
from bot.domain.pictures import lead_key, review_key
from bot.domain.searches import Search
from bot.domain.sendings import Picture
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.sandbox.records import Json
from storage.database import Snapshot
from tests.front import Workplace, text_of

DESTROYED = "What was found has been destroyed."


@dataclass(frozen=True)
class Found:
    """Everything one search has led to, remembered while it is there; ``threads`` are those of its
    examinations."""

    search: Search
    candidates: tuple[Candidate, ...]
    examinations: tuple[Examination, ...]
    pictures: dict[str, Picture]
    threads: tuple[str, ...]


async def found_by_last_search(workplace: Workplace, id: str) -> Found:
    async with workplace.db.snapshot() as snapshot:
        search = await snapshot.searches.find_latest(id)
        assert search is not None
        found = await _found(snapshot, search)
    assert found.candidates
    assert all(trace in on_disk(workplace) for trace in _traces(found))
    return found


async def _found(snapshot: Snapshot, search: Search) -> Found:
    examinations = await _examinations(snapshot, search)
    candidates = await snapshot.searches.candidates(search.id)
    id = search.request_id
    starts = [f"{e.id}/" for e in examinations]
    starts += [f"{review_key(id, e.round)}/" for e in examinations]
    lead = await snapshot.leads.find(id)
    if lead and lead.candidate_id in {c.id for c in candidates}:
        starts.append(lead_key(id))
    every = await snapshot.pictures.of(id)
    own = {key: p for key, p in every.items() if key.startswith(tuple(starts))}
    threads = await _threads(snapshot, examinations)
    return Found(search, candidates, examinations, own, threads)


async def _examinations(snapshot: Snapshot, search: Search) -> tuple[Examination, ...]:
    every = await snapshot.examinations.of(search.request_id)
    return tuple(e for e in every if e.search_id == search.id)


async def _threads(
    snapshot: Snapshot, examinations: tuple[Examination, ...]
) -> tuple[str, ...]:
    cards = [await snapshot.cards.find(f"{e.id}/root") for e in examinations]
    return tuple(card.ts for card in cards if card and card.ts)


def on_disk(workplace: Workplace) -> bytes:
    """The files of the database, the one of what was written last included."""
    home = workplace.settings.data_dir
    return b"".join(file.read_bytes() for file in home.glob("fis.sqlite3*"))


def _traces(found: Found) -> Iterator[bytes]:
    """How whom a search found lies in the database's file: row by row, column by column."""
    for c in found.candidates:
        yield (c.id + c.search_id + c.subject_id + c.photo_id).encode()
        yield struct.pack(">d", c.similarity)


async def check_destroyed(workplace: Workplace, found: Found) -> None:
    """Nothing is left of it in tables, files, vault or Slack, but that the search was made."""
    async with workplace.db.snapshot() as snapshot:
        await _check_tables(snapshot, found)
        await _check_vault(workplace, snapshot, found)
    assert [t for t in _traces(found) if t in on_disk(workplace)] == []
    _check_files_in_slack(workplace, found)
    _check_threads(workplace, found)


async def _check_tables(snapshot: Snapshot, found: Found) -> None:
    search = await snapshot.searches.get(found.search.id)
    assert search.purged_at is not None
    assert search.swept_at is not None
    assert await snapshot.searches.candidates(search.id) == ()
    for examination in await _examinations(snapshot, search):
        assert examination.order == ()
        assert await snapshot.examinations.dispositions(examination.id) == {}
    left = await snapshot.pictures.of(search.request_id)
    assert left.keys().isdisjoint(found.pictures)
    lead = await snapshot.leads.find(search.request_id)
    assert lead is None or lead.candidate_id not in {c.id for c in found.candidates}


async def _check_vault(workplace: Workplace, snapshot: Snapshot, found: Found) -> None:
    """Destroyed, unless something that stays is made of the very same bytes."""
    for picture in found.pictures.values():
        sha256 = picture.vault_sha256
        is_used = await snapshot.pictures.is_file_used(sha256, but_by="")
        assert (sha256 in workplace.vault) == is_used, picture.key


def _check_files_in_slack(workplace: Workplace, found: Found) -> None:
    files = workplace.sandbox.workspace.files
    shown = [p.slack_file for p in found.pictures.values() if p.slack_file]
    assert [id for id in shown if not files[id].deleted] == []


def _check_threads(workplace: Workplace, found: Found) -> None:
    for page in pages(workplace, found):
        assert actions(page) == set()
        assert "*Candidate " not in text_of(page["blocks"])
        assert not any(block["type"] == "image" for block in page["blocks"])


def pages(workplace: Workplace, found: Found) -> list[Json]:
    """The messages of candidates that were posted below the cards of the examinations."""
    sam = workplace.person(cases.SAM)
    below = [m for ts in found.threads for m in sam.thread(cases.EXAMINERS, ts)]
    return [m for m in below if str(m.get("text")).startswith("Candidates for ")]
