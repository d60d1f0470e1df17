"""What every test needs, and the whole bot behind its front door for those that need it."""

import asyncio
import gc
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

import pytest
import structlog
from hypothesis import settings

if TYPE_CHECKING:
    # Imported when first wanted: the bot takes longer to import than most tests to run.
    from storage.database import Database
    from tests.front import Enrolled, Workplace

# The machine that runs this may be busy: a slow example is no wrong one.
settings.register_profile("fis", deadline=None)
settings.load_profile("fis")

Open: TypeAlias = "Callable[..., AbstractAsyncContextManager[Workplace]]"


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: looking through it for garbage again and again takes a
    tenth of the time of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command that runs in the test's own process sets the log up for the stream it was given, which
    is closed when it ends: the next test would fail at its first line."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)


@pytest.fixture
async def db() -> "AsyncIterator[Database]":
    """An empty database in memory, for tests of services without anything around them."""
    from storage.cipher import Cipher
    from tests.driver import in_memory, without_threads

    with without_threads():
        database = await in_memory(Cipher(bytes(32)))
    yield database
    await database.close()


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> "Enrolled":
    """The real engine and a small gallery of people who do not exist, once for all tests."""
    from bot.matching.deepface_engine import DeepFaceEngine
    from bot.matching.weights import prepare
    from tests.front import Remembering, enrol_once

    engine = DeepFaceEngine(prepare(tmp_path_factory.mktemp("weights")))
    home = tmp_path_factory.mktemp("enrolled")
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(enrol_once(home, Remembering(engine)))
    finally:
        loop.close()


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder in memory where there is one: the database waits for the disk at every commit."""
    memory = Path("/dev/shm")  # noqa: S108  every folder in it is made anew, for its owner only
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture
def open_workplace(enrolled: "Enrolled", home: Path) -> Iterator[Open]:
    """Opens the whole bot with other settings than usual, by name."""
    from tests.driver import without_threads
    from tests.front import opened

    shutil.copy(enrolled.database, home / "fis.sqlite3")
    with without_threads():
        yield lambda **changes: opened(home, enrolled, **changes)


@pytest.fixture
async def workplace(open_workplace: Open) -> "AsyncIterator[Workplace]":
    async with open_workplace() as opened_workplace:
        yield opened_workplace
