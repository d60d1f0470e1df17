"""Sealing: AES-256-GCM, bound to the place where the sealed data belongs."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import VaultDamaged

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"  # leaves room for another key or algorithm


class Cipher:
    """Seals text and bytes under one key; ``context`` names the place and is checked on opening."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes, not {len(key)}")
        self._aead = AESGCM(key)

    def seal(self, plain: str | bytes, context: str) -> bytes:
        data = plain.encode() if isinstance(plain, str) else plain
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._aead.encrypt(nonce, data, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the plain bytes; raise VaultDamaged if altered, moved from elsewhere or of another key."""
        head = len(_FORMAT)
        nonce, rest = sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :]
        if not sealed.startswith(_FORMAT) or len(nonce) < _NONCE_BYTES:
            raise VaultDamaged(f"{context} is not sealed data")
        try:
            return self._aead.decrypt(nonce, rest, context.encode())
        except InvalidTag:
            raise VaultDamaged(f"{context} does not open") from None

    def open_text(self, sealed: bytes, context: str) -> str:
        return self.open(sealed, context).decode()
