"""What other processes do in the tests of the storage: each function is the whole life of one."""

import asyncio
import resource
import signal
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import NOON, a_request, an_event
from tests.storage.conftest import KEY

spawning = get_context("spawn")
PATIENCE_S = 60


def start(life: Any, *arguments: Any) -> BaseProcess:
    process = spawning.Process(target=life, args=arguments, daemon=True)
    process.start()
    return process


def end(process: BaseProcess) -> int | None:
    """Wait for its end and return its exit code."""
    process.join(PATIENCE_S)
    return process.exitcode


def kill(process: BaseProcess) -> None:
    """kill -9: it has no chance to tidy up."""
    process.kill()
    process.join(PATIENCE_S)


def migrate(path: Path) -> None:
    async def life() -> None:
        database = Database(path, Cipher(KEY))
        await database.migrate()
        await database.close()

    asyncio.run(life())


def append(path: Path, name: str, count: int) -> None:
    """Append events from ``count`` tasks at once."""

    async def one(database: Database, number: int) -> None:
        async with database.transaction() as tx:
            await tx.audit.append(an_event(actor=name, facts={"number": number}))

    async def life() -> None:
        database = Database(path, Cipher(KEY))
        await asyncio.gather(*(one(database, number) for number in range(count)))
        await database.close()

    asyncio.run(life())


def claim_all(path: Path, name: str) -> None:
    """Claim and finish whatever there is, each in transactions of its own."""

    async def life() -> None:
        database = Database(path, Cipher(KEY))
        while await _claim_one(database, name):
            pass
        await database.close()

    asyncio.run(life())


async def _claim_one(database: Database, name: str) -> bool:
    async with database.transaction() as tx:
        item = await tx.work.claim(name, NOON, timedelta(minutes=1))
    if item is None:
        return False
    async with database.transaction() as tx:
        await tx.work.finish(item)
        await tx.audit.append(an_event(actor=name, facts={"item": item.id}))
    return True


def stop_in_a_transaction(path: Path, there: Event) -> None:
    """Write, say so, and never come to the commit."""

    async def life() -> None:
        database = Database(path, Cipher(KEY))
        async with database.transaction() as tx:
            await tx.requests.add(a_request(id=await tx.requests.next_number(2026)))
            await tx.audit.append(an_event())
            there.set()
            await asyncio.Event().wait()

    asyncio.run(life())


def die_in_a_put(root: Path, data: bytes) -> None:
    """Be killed by the kernel in the middle of writing the file, with no chance to tidy up."""
    vault = Vault(root, Cipher(KEY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(data) // 2, len(data) // 2))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    vault.put(data)
