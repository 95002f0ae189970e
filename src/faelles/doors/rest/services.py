"""What the routes of one running application share."""

from dataclasses import dataclass, field
from typing import Protocol

from faelles.doors.rest.pace import GuessPace, SignInPace
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.people.model import Caller


class Authenticator(Protocol):
    """Tells whose a bearer token is, or raises UnauthenticatedError."""

    async def __call__(self, token: str) -> Caller: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one process takes on before it says no."""

    requests_in_work: int = 200
    body_bytes: int = 1_048_576
    header_bytes: int = 16_384
    address_bytes: int = 1_048_576
    """As much may stand in a query as in a body: web sites ask for many records at once."""
    seconds_to_send: float = 20.0
    """For a client to send a whole request, headers and body."""
    seconds_idle: float = 30.0
    """Between two requests on one connection."""
    seconds_to_finish: float = 20.0
    """For requests in work when the server is told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    installation: Installation
    database: Database
    keyring: Keyring
    authenticate: Authenticator
    limits: Limits
    sign_in_pace: SignInPace = field(default_factory=SignInPace)
    guess_pace: GuessPace = field(default_factory=GuessPace)
