"""The token of a link: made from the link's number under the installation's key, so that it stands nowhere."""

import uuid
from typing import Final

from faelles.ground.crypto import Keyring, secret_hash
from faelles.ground.ids import AgencyId

_PURPOSE: Final = "patron link"
_UUID_BYTES: Final = 16


def token_of(keyring: Keyring, agency: AgencyId, link: int) -> str:
    """A UUID of 122 bits that nobody can guess: web sites that speak the older interface expect that form."""
    digest = keyring.lookup_hash(_PURPOSE, agency, str(link))[1 : 1 + _UUID_BYTES]
    return str(uuid.UUID(bytes=digest, version=4))


def hash_of(token: str) -> bytes:
    """What a token is found by."""
    return secret_hash(token.strip().lower())
