"""Directories that are there whole or not at all, whoever is killed when."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import Unavailable

_SUMS = "SHA256.json"
_PASSING = ".passing-"
_PATIENCE_S = 120.0


@contextmanager
def only_one(root: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Let one process at a time into ``root``; the others wait, then give up. A killed one lets go by itself."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(root / ".lock", timeout=patience_s):
            _clean(root)
            yield
    except Timeout:
        raise Unavailable(
            f"Another process has been working in {root} for {patience_s:.0f} s."
        ) from None


@contextmanager
def appearing_whole(final: Path) -> Iterator[Path]:
    """Give a folder to fill; when that is done, put it in the place of ``final`` in one step."""
    with _passing(final.parent) as folder:
        yield folder
        sums = _sums(folder)
        (folder / _SUMS).write_text(json.dumps(sums, indent=1, sort_keys=True))
        _sync(folder)
        if final.exists():
            final.rename(Path(tempfile.mkdtemp(dir=final.parent, prefix=_PASSING)))
        folder.rename(final)
        _sync_one(final.parent)
    _clean(final.parent)


@contextmanager
def checked_copy(final: Path) -> Iterator[Path]:
    """Give a copy to work in, after proving that every file is as it was written.

    Torn files are found here, before a library that may crash on them sees them.
    """
    with _passing(final.parent) as folder:
        shutil.copytree(final, folder, dirs_exist_ok=True)
        expected = json.loads((folder / _SUMS).read_text())
        if _sums(folder) != expected:
            raise ValueError("files differ from when they were written")
        yield folder


@contextmanager
def _passing(root: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=root, prefix=_PASSING))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clean(root: Path) -> None:
    """Remove what killed processes left; only for the one that holds the lock."""
    for left in root.glob(f"{_PASSING}*"):
        shutil.rmtree(left, ignore_errors=True)


def _sums(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _SUMS
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
