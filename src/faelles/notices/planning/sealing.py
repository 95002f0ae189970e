"""What only a notice knows (a code, a text written by hand) lies encrypted until it is sent."""

from typing import Final

from faelles.ground.crypto import Keyring
from faelles.ground.ids import AgencyId

_PURPOSE: Final = "notice"


def seal(keyring: Keyring, agency: AgencyId, text: str) -> bytes:
    return keyring.encrypt(_PURPOSE, agency, text)


def unseal(keyring: Keyring, agency: AgencyId, sealed: bytes) -> str:
    return keyring.decrypt(_PURPOSE, agency, sealed)
