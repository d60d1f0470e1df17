"""Sealing, and what it notices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.cipher import Cipher
from storage.errors import VaultDamaged

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CONTEXT = "requests.factual_basis:FIS-2026-000123"


@given(st.text(), st.text())
def test_what_was_sealed_opens_again_in_its_place(text: str, context: str) -> None:
    cipher = Cipher(KEY)
    assert cipher.open_text(cipher.seal(text, context), context) == text


@given(st.binary())
def test_bytes_come_back_as_bytes(data: bytes) -> None:
    cipher = Cipher(KEY)
    assert cipher.open(cipher.seal(data, CONTEXT), CONTEXT) == data


def test_the_same_text_is_sealed_differently_every_time() -> None:
    cipher = Cipher(KEY)
    assert len({cipher.seal("the same", CONTEXT) for _ in range(100)}) == 100


def test_sealed_data_does_not_open_in_another_place() -> None:
    cipher = Cipher(KEY)
    with pytest.raises(VaultDamaged):
        cipher.open(cipher.seal("text", CONTEXT), CONTEXT + "4")


def test_sealed_data_does_not_open_with_another_key() -> None:
    with pytest.raises(VaultDamaged):
        Cipher(OTHER_KEY).open(Cipher(KEY).seal("text", CONTEXT), CONTEXT)


def test_every_altered_byte_is_noticed() -> None:
    sealed = Cipher(KEY).seal("text", CONTEXT)
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(VaultDamaged):
            Cipher(KEY).open(bytes(altered), CONTEXT)


def test_every_cut_is_noticed() -> None:
    sealed = Cipher(KEY).seal("text", CONTEXT)
    for length in range(len(sealed)):
        with pytest.raises(VaultDamaged):
            Cipher(KEY).open(sealed[:length], CONTEXT)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(bytes(length))
