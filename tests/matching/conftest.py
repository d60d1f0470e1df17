"""A real engine, once for all tests, and the demonstration's portraits of people who do not exist."""

from collections.abc import Callable
from pathlib import Path

import pytest

import bot.sandbox
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.images import Image, decode
from bot.matching.weights import ModelFiles, prepare

PORTRAITS = Path(bot.sandbox.__file__).parent / "portraits"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def files(models: Path) -> ModelFiles:
    return prepare(models)


@pytest.fixture(scope="session")
def engine(files: ModelFiles) -> DeepFaceEngine:
    return DeepFaceEngine(files)


@pytest.fixture(scope="session")
def portrait_files() -> list[Path]:
    return sorted((PORTRAITS / "gallery").glob("*.webp"))


@pytest.fixture(scope="session")
def portrait(portrait_files: list[Path]) -> Callable[[int], Image]:
    return lambda number: decode(portrait_files[number].read_bytes()).image
