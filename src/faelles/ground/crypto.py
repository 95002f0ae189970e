"""Keys and what is made with them: keyed hashes to find by, encryption to keep by, signatures to trust by.

One master key per installation (32 bytes, base64 in `FAELLES_MASTER_KEY`). Every use has a key of its own, derived
with HKDF from the master key, the purpose and, where data belongs to one municipality, the agency. Stored values
carry the id of the master key they were made with, so a new master key can be introduced beside the old ones:
the first key listed in the environment makes new values, all listed keys can read.

If every copy of the master key is lost, no CPR number can be read and no PIN can be checked any more. Passwords do
not depend on it. See docs/operations/keys.md.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from faelles.ground.errors import MisconfiguredError
from faelles.ground.ids import AgencyId

KEY_BYTES = 32
_NONCE_BYTES = 12
_SALT_BYTES = 16
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class MasterKey:
    """`identifier` is 1-255 and stands in front of every value made with the key."""

    identifier: int
    secret: bytes

    def __repr__(self) -> str:
        return f"MasterKey({self.identifier})"


@lru_cache(maxsize=4096)
def _derived(secret: bytes, purpose: str, agency: int) -> bytes:
    info = f"faelles/{purpose}/{agency}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


@lru_cache(maxsize=4096)
def _begun(secret: bytes, purpose: str, agency: int) -> hmac.HMAC:
    return hmac.new(_derived(secret, purpose, agency), digestmod="sha256")


def _mac(secret: bytes, purpose: str, agency: int, message: bytes) -> bytes:
    """HMAC-SHA-256 under the key of a purpose. Each scan takes three, and to copy one that is begun costs a third."""
    made = _begun(secret, purpose, agency).copy()
    made.update(message)
    return made.digest()


class Keyring:
    """The installation's keys, newest first."""

    def __init__(self, keys: Sequence[MasterKey]) -> None:
        if not keys:
            raise MisconfiguredError("master_key_missing")
        self._keys = tuple(keys)
        self._by_identifier = {key.identifier: key for key in keys}

    def marks(self) -> dict[int, bytes]:
        """By which each key is known again, by its number. They tell nothing of the keys."""
        return {key.identifier: _mac(key.secret, "mark", 0, b"") for key in self._keys}

    def lookup_hash(self, purpose: str, agency: AgencyId, value: str) -> bytes:
        """The value to store and to search for: key id, then HMAC-SHA-256 under the agency's own key."""
        return self._keyed(self._keys[0], purpose, agency, value)

    def lookup_hashes(self, purpose: str, agency: AgencyId, value: str) -> list[bytes]:
        """One lookup hash per key still in use, to find what was stored under an older one."""
        return [self._keyed(key, purpose, agency, value) for key in self._keys]

    @staticmethod
    def _keyed(key: MasterKey, purpose: str, agency: AgencyId, value: str) -> bytes:
        return bytes([key.identifier]) + _mac(key.secret, purpose, agency, value.encode())

    def encrypt(self, purpose: str, agency: AgencyId, text: str) -> bytes:
        """AES-256-GCM: key id, nonce, ciphertext with tag."""
        key = self._keys[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(_derived(key.secret, purpose, agency)).encrypt(nonce, text.encode(), None)
        return bytes([key.identifier]) + nonce + sealed

    def decrypt(self, purpose: str, agency: AgencyId, sealed: bytes) -> str:
        """The text that `encrypt` sealed, with whichever key it names.

        Raises cryptography's InvalidTag where the value was altered, or sealed for another agency or purpose.
        """
        key = self._by_identifier.get(sealed[0])
        if key is None:
            raise MisconfiguredError("master_key_unknown", identifier=sealed[0])
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        return AESGCM(_derived(key.secret, purpose, agency)).decrypt(nonce, ciphertext, None).decode()

    def hash_pin(self, agency: AgencyId, pin: str) -> bytes:
        """Key id, salt, HMAC. Four digits are not saved by a slow hash; the server's key and the lockout save them."""
        salt = secrets.token_bytes(_SALT_BYTES)
        return self._pin_digest(self._keys[0], agency, salt, pin)

    def pin_matches(self, agency: AgencyId, pin: str, stored: bytes | None) -> bool:
        """Whether `pin` is the one in `stored`. Takes the same time where there is none."""
        known = stored or bytes([self._keys[0].identifier]) + bytes(_SALT_BYTES + KEY_BYTES)
        key = self._by_identifier.get(known[0], self._keys[0])
        made = self._pin_digest(key, agency, known[1 : 1 + _SALT_BYTES], pin)
        return hmac.compare_digest(made, known) and stored is not None

    @staticmethod
    def _pin_digest(key: MasterKey, agency: AgencyId, salt: bytes, pin: str) -> bytes:
        return bytes([key.identifier]) + salt + _mac(key.secret, "pin", agency, salt + pin.encode())

    def sign(self, purpose: str, message: bytes) -> bytes:
        """Key id and HMAC over `message`."""
        key = self._keys[0]
        return bytes([key.identifier]) + _mac(key.secret, purpose, 0, message)

    def signature_matches(self, purpose: str, message: bytes, signature: bytes) -> bool:
        key = self._by_identifier.get(signature[0]) if signature else None
        if key is None:
            return False
        made = _mac(key.secret, purpose, 0, message)
        return hmac.compare_digest(made, signature[1:])


def new_secret() -> str:
    """A random secret for a token or a machine: 256 bits, safe in a URL and in a header."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def secret_hash(secret: str) -> bytes:
    """How a random secret is stored. It has 256 bits of its own, so a plain hash cannot be guessed backwards."""
    return hashlib.sha256(secret.encode()).digest()


def parse_master_keys(text: str) -> tuple[MasterKey, ...]:
    """Read `FAELLES_MASTER_KEY`: `id:base64` separated by commas, newest first, e.g. `2:q83v...=,1:Zm9v...=`."""
    keys = tuple(_parse_master_key(part.strip()) for part in text.split(",") if part.strip())
    if not keys or len({key.identifier for key in keys}) < len(keys):
        raise MisconfiguredError("master_key_malformed")
    return keys


def _parse_master_key(text: str) -> MasterKey:
    identifier, _, encoded = text.partition(":")
    try:
        key = MasterKey(int(identifier), base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error):
        raise MisconfiguredError("master_key_malformed") from None
    if len(key.secret) != KEY_BYTES or not 1 <= key.identifier <= 255:  # noqa: PLR2004 - the identifier is one byte
        raise MisconfiguredError("master_key_malformed")
    return key


def new_master_key() -> str:
    """A fresh key in the form that `parse_master_keys` reads."""
    return "1:" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
