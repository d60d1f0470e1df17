"""What the tests of sealing share: a house of its own, the order, and a search through every file."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.casework import sealing
from bot.casework.alerts import Alerts
from bot.casework.sealing import Done
from bot.domain.photographs import Photograph
from bot.domain.sealings import Order
from bot.jobs.bench import Bench
from bot.matching import shared
from bot.sandbox import cases
from storage.cipher import Cipher
from storage.vault import Vault
from tests.front import KEY, Enrolled, Workplace, opened

REFERENCE = "Order 123/2026"
MATE = "D0014"


@asynccontextmanager
async def own_house(
    home: Path, enrolled: Enrolled, **changes: Any
) -> AsyncIterator[Workplace]:
    """The bot with files of its own: what is sealed is destroyed in them."""
    shutil.copy(enrolled.database, home / "fis.sqlite3")
    shutil.copytree(enrolled.vault_home, home / "vault")
    galleries = home / "galleries"
    shutil.copytree(enrolled.bench.galleries_dir, galleries)
    vault = Vault(home / "vault", Cipher(KEY))
    bench = Bench(enrolled.bench.engine, vault, galleries, 0.35)
    own = replace(enrolled, vault=vault, vault_home=home / "vault", bench=bench)
    try:
        async with opened(home, own, **changes) as workplace:
            yield workplace
    finally:
        shutil.rmtree(shared.place(galleries), ignore_errors=True)


async def photographs_of(workplace: Workplace, subject: str) -> list[Photograph]:
    """All photographs of the arrest by which this subject is listed or would be."""
    async with workplace.db.snapshot() as snapshot:
        known = await snapshot.photographs.known(workplace.settings.repository)
        every = [await snapshot.photographs.get(id) for id in sorted(known)]
    return [photograph for photograph in every if photograph.subject_id == subject]


async def seal(workplace: Workplace, subject: str = MATE) -> list[Done]:
    """What an administrator does on the command line, for every arrest of one subject."""
    arrests = {p.arrest_number for p in await photographs_of(workplace, subject)}
    return await sealing.seal(
        workplace.db,
        [Order(arrest, REFERENCE) for arrest in sorted(arrests)],
        Alerts(workplace.settings.supervisor_channel, workplace.clock),
        actor="administrator ada",
        now=workplace.clock(),
    )


async def is_finished(workplace: Workplace) -> bool:
    async with workplace.db.snapshot() as snapshot:
        return not await snapshot.sealings.unfinished()


async def subjects_listed(workplace: Workplace, id: str) -> list[str]:
    return [candidate.subject_id for candidate in await workplace.listed(id)]


def told_examiners(workplace: Workplace) -> list[str]:
    messages = workplace.person(cases.ERIK).messages(cases.EXAMINERS)
    return [str(m.get("text")) for m in messages]


@dataclass(frozen=True)
class Traces:
    """What a sealed photograph could be found by in a file."""

    photo_id: bytes
    picture: bytes
    vector: bytes
    codes: bytes

    def stretches(self) -> Iterator[bytes]:
        """Any 64 bytes in a row of the template: a part of it is as good as the whole."""
        for start in range(0, len(self.vector) - 63, 4):
            yield self.vector[start : start + 64]


def every_file(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        if folder.is_dir():
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def where(traces: Traces, *folders: Path, may_name: frozenset[str]) -> list[str]:
    """Every file in which one of them is left; only these may still name the photograph."""
    found = []
    for path in every_file(*folders):
        content = path.read_bytes()
        if traces.picture in content:
            found.append(f"the picture: {path.name}")
        if any(stretch in content for stretch in traces.stretches()):
            found.append(f"the template: {path.name}")
        if traces.codes in content:
            found.append(f"the codes: {path.name}")
        if traces.photo_id in content and path.name not in may_name:
            found.append(f"the id: {path.name}")
    return found
