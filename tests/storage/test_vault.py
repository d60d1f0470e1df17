"""The vault: nothing readable on the disk, nothing half written, nothing altered unnoticed."""

import hashlib
import os
import signal
from pathlib import Path

import pytest

from storage.cipher import Cipher
from storage.errors import Unknown, VaultDamaged
from storage.vault import Vault
from tests.storage.conftest import KEY
from tests.storage.processes import die_in_a_put, end, start

PLAIN = b"a face nobody else may see, long enough to be found again" * 40
SHA256 = hashlib.sha256(PLAIN).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(root: Path) -> Vault:
    return Vault(root, Cipher(KEY))


def files_under(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_was_put_comes_back_under_its_hash(vault: Vault) -> None:
    assert vault.put(PLAIN) == SHA256
    assert vault.get(SHA256) == PLAIN


def test_the_plain_bytes_are_nowhere_on_the_disk(vault: Vault, root: Path) -> None:
    vault.put(PLAIN)
    assert not [path for path in files_under(root) if PLAIN[:57] in path.read_bytes()]


def test_putting_twice_keeps_one_file_and_makes_it_young(
    vault: Vault, root: Path
) -> None:
    vault.put(PLAIN)
    [file] = files_under(root)
    os.utime(file, (0, 0))
    before = file.stat()
    vault.put(PLAIN)
    [after] = [path.stat() for path in files_under(root)]
    assert before.st_ino == after.st_ino
    assert after.st_mtime > before.st_mtime


def test_only_the_owner_may_read_a_file(vault: Vault, root: Path) -> None:
    vault.put(PLAIN)
    assert [path.stat().st_mode & 0o777 for path in files_under(root)] == [0o600]


def test_an_altered_file_is_noticed(vault: Vault, root: Path) -> None:
    vault.put(PLAIN)
    [file] = files_under(root)
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    with pytest.raises(VaultDamaged):
        vault.get(SHA256)


def test_a_file_under_the_name_of_another_is_noticed(vault: Vault, root: Path) -> None:
    vault.put(PLAIN)
    [mine] = files_under(root)
    other = vault.put(b"another")
    [theirs] = [path for path in files_under(root) if path.name == other]
    theirs.write_bytes(mine.read_bytes())
    with pytest.raises(VaultDamaged):
        vault.get(other)


def test_putting_again_repairs_a_damaged_file(vault: Vault, root: Path) -> None:
    vault.put(PLAIN)
    [file] = files_under(root)
    file.write_bytes(b"")
    vault.put(PLAIN)
    assert vault.get(SHA256) == PLAIN


@pytest.mark.parametrize("id", [SHA256, "", "../" * 20 + "etc/passwd", SHA256.upper()])
def test_what_was_never_put_is_unknown(vault: Vault, id: str) -> None:
    with pytest.raises(Unknown):
        vault.get(id)


def test_a_removed_file_is_gone_and_may_be_removed_again(
    vault: Vault, root: Path
) -> None:
    vault.put(PLAIN)
    assert SHA256 in vault
    vault.remove(SHA256)
    vault.remove(SHA256)
    assert SHA256 not in vault
    assert files_under(root) == []


def test_a_process_killed_while_putting_leaves_nothing_that_can_be_seen(
    vault: Vault, root: Path
) -> None:
    assert end(start(die_in_a_put, root, PLAIN)) == -signal.SIGXFSZ
    assert files_under(root), "it was killed before it wrote anything"

    assert SHA256 not in vault
    with pytest.raises(Unknown):
        vault.get(SHA256)
    vault.put(PLAIN)
    assert vault.get(SHA256) == PLAIN


def test_the_parts_of_a_process_killed_long_ago_are_cleared(
    vault: Vault, root: Path
) -> None:
    part = root / "incoming" / "left"
    part.write_bytes(b"half a file")
    os.utime(part, (0, 0))
    Vault(root, Cipher(KEY))
    assert files_under(root) == []


def test_the_parts_of_a_living_process_are_left_alone(vault: Vault, root: Path) -> None:
    (root / "incoming" / "fresh").write_bytes(b"half a file")
    Vault(root, Cipher(KEY))
    assert len(files_under(root)) == 1
