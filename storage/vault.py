"""Image files, encrypted and named by the SHA-256 of what they hold."""

import fcntl
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.cipher import Cipher
from storage.errors import Unknown, VaultDamaged

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LEFT_OVER_S = 86_400


class Vault:
    """A directory of sealed files. All calls block: make them from a thread."""

    def __init__(self, root: Path, cipher: Cipher) -> None:
        self._root, self._cipher = root, cipher
        self._incoming = root / "incoming"
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._incoming.mkdir(mode=0o700, exist_ok=True)
        self._clear_left_over()

    def put(self, data: bytes) -> str:
        """Keep these bytes and return their SHA-256; putting them again makes the file young again."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._refresh(sha256)
        if not self._holds_whole(sha256):
            self._write(self._path(sha256), self._cipher.seal(data, _context(sha256)))
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes; raise Unknown if never put, VaultDamaged if they are no longer the same."""
        try:
            sealed = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise Unknown(f"There is no file {sha256}.") from None
        data = self._cipher.open(sealed, _context(sha256))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise VaultDamaged(f"the file {sha256} holds something else")
        return data

    def remove(self, sha256: str) -> None:
        """Destroy the file; one that is gone already stays gone."""
        path = self._path(sha256)
        path.unlink(missing_ok=True)
        if path.parent.exists():
            _sync_directory(path.parent)

    def left_alone(self) -> list[str]:
        """The files nobody has put for a day: of every younger one a row may still come to tell."""
        return [
            path.name
            for path in self._root.glob("??/??/*")
            if _SHA256.fullmatch(path.name) and _is_old(path)
        ]

    def remove_left_alone(self, sha256: str) -> bool:
        """Destroy the file, unless somebody has put it meanwhile."""
        with self._alone():
            if is_old := _is_old(self._path(sha256)):
                self.remove(sha256)
        return is_old

    def __contains__(self, sha256: str) -> bool:
        return self._path(sha256).exists()

    def _path(self, sha256: str) -> Path:
        if _SHA256.fullmatch(sha256) is None:
            raise Unknown(f"There is no file {sha256}.")
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _refresh(self, sha256: str) -> None:
        with self._alone(), suppress(FileNotFoundError):
            os.utime(self._path(sha256))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Between one look at a file's age and its end no other process makes it young."""
        handle = os.open(self._root, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _holds_whole(self, sha256: str) -> bool:
        with suppress(Unknown, VaultDamaged):
            return bool(self.get(sha256) is not None)
        return False

    def _write(self, path: Path, sealed: bytes) -> None:
        # The name appears with the whole file or not at all, whenever the power goes.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=self._incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        for directory in (path.parent, path.parent.parent, self._root):
            _sync_directory(directory)

    def _clear_left_over(self) -> None:
        """Parts of a process that was killed; a living one needs seconds, not a day."""
        for part in self._incoming.iterdir():
            if _is_old(part):
                part.unlink(missing_ok=True)  # another process clears, too


def _is_old(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime < time.time() - _LEFT_OVER_S
    return False


def _context(sha256: str) -> str:
    return f"vault:{sha256}"


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
