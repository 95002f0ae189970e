"""What the browser keeps for us between two steps of signing in: it can neither read nor change it, and it runs out."""

import base64
import binascii
from typing import Protocol, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag

from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.errors import MisconfiguredError, UnauthenticatedError
from faelles.ground.ids import NATION


class Expiring(Protocol):
    @property
    def expires_at(self) -> int:
        """Seconds since 1970."""


Kept = TypeVar("Kept", bound=Expiring)


def seal(keyring: Keyring, purpose: str, kept: Expiring) -> str:
    content = keyring.encrypt(purpose, NATION, msgspec.json.encode(kept).decode())
    return base64.urlsafe_b64encode(content).decode()


def unseal(keyring: Keyring, purpose: str, sealed: str, kind: type[Kept], *, code: str) -> Kept:
    """Raises UnauthenticatedError with `code` for what we did not seal, or too long ago."""
    try:
        text = keyring.decrypt(purpose, NATION, base64.urlsafe_b64decode(sealed))
        kept = msgspec.json.decode(text, type=kind)
    except (binascii.Error, ValueError, IndexError, InvalidTag, MisconfiguredError, msgspec.DecodeError):
        raise UnauthenticatedError(code) from None
    if utc_now().timestamp() >= kept.expires_at:
        raise UnauthenticatedError(code)
    return kept
