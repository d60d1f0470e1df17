"""Sealing: AES-256-GCM, bound to the place where the sealed data belongs."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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
        derive = HKDF(hashes.SHA256(), KEY_BYTES, None, b"fis-bot keyed hash")
        self._hash_key = derive.derive(key)

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

    def keyed_hash(self, text: str, context: str) -> str:
        """Always the same for the same text and context; whoever has no key can neither make it nor
        try out which text it is of."""
        said = f"{context}\n{text}".encode()
        return hmac.digest(self._hash_key, said, hashlib.sha256).hex()

    def open_text(self, sealed: bytes, context: str) -> str:
        return self.open(sealed, context).decode()
