"""Which code is good now. RFC 6238 with what every telephone's program knows: SHA-1, six digits, half a minute."""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECONDS: Final = 30
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20
SHORTEST_SECRET_BYTES: Final = 16
"""RFC 4226, 4: at least 128 bits."""
_STEPS_APART: Final = (0, -1, 1)
"""How far a telephone's clock may be off: RFC 6238, 5.2, recommends one step of delay."""
RECOVERY_CODES: Final = 10
_RECOVERY_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_RECOVERY_LENGTH: Final = 10


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def matching_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """The half minute whose code this is; None for a wrong one, and for one that was used, or is older than that."""
    typed = "".join(code.split())
    totp = TOTP(secret, _DIGITS, SHA1(), SECONDS)  # noqa: S303 - an HMAC of it is sound, and telephones know no other
    current = int(now.timestamp()) // SECONDS
    good = [step for apart in _STEPS_APART if (step := current + apart) > last_step]
    found = [step for step in good if hmac.compare_digest(totp.generate(step * SECONDS), typed.encode())]
    return found[0] if found else None


def base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def address_of(secret: bytes, *, issuer: str, username: str) -> str:
    """What the picture says (the key URI that telephones read)."""
    label = quote(f"{issuer}:{username}", safe=":")
    return f"otpauth://totp/{label}?" + urlencode({"secret": base32(secret), "issuer": issuer}, quote_via=quote)


def new_recovery_codes() -> list[str]:
    """Letters and digits that nobody mistakes, in two groups: 49 bits each."""
    codes = ["".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_typed(code: str) -> str:
    """A recovery code without what people put between its letters."""
    return "".join(letter for letter in code.lower() if letter.isalnum())
