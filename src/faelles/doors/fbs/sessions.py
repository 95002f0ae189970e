"""Who calls: an API client's session key, known for a minute without asking the database again.

The key is a session token of the client's (people/operations.py). What it stands for, and which divisions the client
reaches, is remembered for `KNOWN_FOR`: that long a disabled client or an ended session may go on. The door of machines
keeps their sign-ins as long.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.agencies.model import Division, DivisionKind
from faelles.doors.fbs.problems import AnsweredError
from faelles.ground.clock import local_date, utc_now
from faelles.ground.crypto import Keyring, secret_hash
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ForbiddenError, TooManyAttemptsError, UnauthenticatedError
from faelles.ground.ids import DivisionId
from faelles.people.model import Caller, Grant
from faelles.people.operations import session_by_token
from faelles.people.sign_in import sign_in_client
from faelles.policies.operations import current_settings

KNOWN_FOR: Final = 60.0
"""Seconds."""
_MOST_KNOWN: Final = 10_000
_LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Session:
    """A client that is signed in. `divisions`: those it reaches, by every ISIL they are known by, in capitals."""

    caller: Caller
    divisions: Mapping[str, DivisionId]
    callers: Mapping[DivisionId, Caller]
    """The client with what it may do in that one division."""


@dataclass(frozen=True, slots=True)
class _Known:
    session: Session
    until: float
    expires_at: float
    """Seconds since 1970."""


class Sessions:
    """Every session key this process was shown lately."""

    def __init__(self, database: Database, keyring: Keyring, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._keyring, self._clock = database, keyring, clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def begin(self, isil: str, username: str, password: str) -> str:
        """A session key for a client that may reach the agency `isil`.

        Raises AnsweredError 403 for wrong credentials and for a client that is not this agency's.
        """
        try:
            issued = await sign_in_client(self._database, self._keyring, username=username, secret=password)
        except (UnauthenticatedError, TooManyAttemptsError):
            raise AnsweredError(HTTPStatus.FORBIDDEN, "invalidClientCredentials", "sign_in_refused") from None
        division_of(await self.find(issued.secret), isil)
        return issued.secret

    async def find(self, key: str) -> Session:
        """The session behind `key`. Raises UnauthenticatedError, whatever is wrong with it."""
        if not key or len(key) > _LONGEST_KEY or not key.isascii():
            raise UnauthenticatedError("token_not_valid")
        hashed = secret_hash(key)
        known = self._known.get(hashed)
        if known is not None and known.until > self._clock() and known.expires_at > time.time():
            return known.session
        self._known.pop(hashed, None)
        return await self._ask(hashed, key)

    async def _ask(self, hashed: bytes, key: str) -> Session:
        asked_at = self._clock()
        found = await session_by_token(self._database, key)
        caller = found.caller
        divisions = await self._database.run(
            caller.agency, caller.actor, lambda tx: _reached(tx, caller), read_only=True
        )
        session = Session(caller, divisions, {each: _in_division(caller, each) for each in divisions.values()})
        self._known[hashed] = _Known(session, asked_at + KNOWN_FOR, found.expires_at.timestamp())
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return session


def division_of(session: Session, isil: str) -> DivisionId:
    """Raises ForbiddenError for an agency that the client does not reach, ours or another's or nobody's."""
    division = session.divisions.get(isil.upper())
    if division is None:
        raise ForbiddenError("agency_not_granted")
    return division


def _in_division(caller: Caller, division: DivisionId) -> Caller:
    grants = tuple(
        Grant(grant.permissions, division, grant.branch)
        for grant in caller.grants
        if grant.division in {None, division}
    )
    return msgspec.structs.replace(caller, grants=grants)


async def _reached(tx: Transaction, caller: Caller) -> Mapping[str, DivisionId]:
    """The divisions that a client has any grant in. The agency's own ISIL stands for its public library."""
    directory = (await current_settings(tx)).directory
    today = local_date(utc_now(), directory.agency.time_zone)
    within = {grant.division for grant in caller.grants}
    reached = [each for each in directory.divisions.values() if None in within or each.id in within]
    by_isil: dict[str, DivisionId] = {}
    for division in reached:
        if division.kind is DivisionKind.PUBLIC:
            by_isil[directory.agency.isil.upper()] = division.id
        by_isil |= dict.fromkeys(_isils(division, today), division.id)
    return MappingProxyType(by_isil)


def _isils(division: Division, today: date) -> list[str]:
    return [
        dated.isil.upper()
        for dated in division.isils
        if (dated.first_day is None or dated.first_day <= today) and (dated.given_up is None or dated.given_up > today)
    ]
