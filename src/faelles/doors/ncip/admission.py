"""Which library asks: an API client of the library that is asked, known by its ISIL and its secret."""

import hmac
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from faelles.doors.ncip.model import Asked, ProblemError
from faelles.doors.rest.services import Services
from faelles.ground.clock import utc_now
from faelles.ground.crypto import secret_hash
from faelles.ground.errors import TooManyAttemptsError, UnauthenticatedError
from faelles.patrons.identification.sign_in import check_pin
from faelles.people.model import Caller, Permission
from faelles.people.operations import caller_by_token
from faelles.people.sign_in import sign_in_client

_GOOD_FOR: Final = timedelta(minutes=1)
"""How long a client that was disabled may still ask."""
_MOST: Final = 1000


class Admission:
    """Signs in whoever asks, and remembers it for a minute: the secret comes with every message."""

    def __init__(self, services: Services) -> None:
        self._database, self._keyring, self._pace = services.database, services.keyring, services.guess_pace
        self._known: OrderedDict[str, tuple[bytes, datetime, Caller]] = OrderedDict()

    async def caller(self, asked: Asked, address: str) -> Caller:
        """Raises ProblemError for a library that is not known, or not by that secret, TooManyAttemptsError where
        somebody guesses from `address`.
        """
        name, offered, now = _name(asked), secret_hash(asked.secret), utc_now()
        known = self._known.get(name)
        if known is not None and known[1] > now and hmac.compare_digest(known[0], offered):
            return known[2]
        with self._pace.at_secrets(address) as guess:
            try:
                token = await sign_in_client(self._database, self._keyring, username=name, secret=asked.secret)
            except (UnauthenticatedError, TooManyAttemptsError) as problem:
                failed = "Agency Authentication Failed"
                raise ProblemError(failed, "FromAgencyAuthentication", is_general=True) from problem
            guess.was_right = True
        caller = await caller_by_token(self._database, token.secret)
        self._known[name] = (offered, now + _GOOD_FOR, caller)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return caller

    async def check_user(self, caller: Caller, asked: Asked) -> None:
        """A PIN that was sent along must be the user's. Raises ProblemError, TooManyAttemptsError for a library that
        guesses.
        """
        if not asked.pin:
            return
        caller.require(Permission.PATRON_VIEW)
        database, keyring = self._database, self._keyring
        with self._pace.at_pins(caller) as guess:
            try:
                await check_pin(database, keyring, caller.agency, identifier=asked.user, pin=asked.pin)
            except (UnauthenticatedError, TooManyAttemptsError) as problem:
                raise ProblemError("User Authentication Failed", "AuthenticationInput") from problem
            guess.was_right = True


def _name(asked: Asked) -> str:
    return f"{asked.to_isil}.ncip-{asked.from_isil}".lower()
