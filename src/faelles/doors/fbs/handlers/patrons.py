"""Who somebody is: by card and PIN, by what a trusted login said, by id."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler
from faelles.doors.fbs.handlers.showing import COMPANY, GROUP, LIBRARY, PERSON, patron_type, show_patron
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError, TooManyAttemptsError, UnauthenticatedError
from faelles.ground.ids import PatronId
from faelles.patrons.identification.sign_in import check_pin
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.looking.operations import stands_for
from faelles.patrons.model import Patron
from faelles.people.model import Permission

VALID: Final = "VALID"
_INVALID: Final = models.AuthenticatedPatron(authenticate_status="INVALID")
_LOCKED_OUT: Final = models.AuthenticatedPatron(authenticate_status="LOANER_LOCKED_OUT")


class Credentials(msgspec.Struct, frozen=True, rename="camel"):
    library_card_number: str
    pincode: str

    def __repr__(self) -> str:
        return "Credentials()"


async def authenticate(call: Call) -> models.AuthenticatedPatron:
    """Whose card and PIN these are. An unknown card and a wrong PIN are answered alike, and counted alike."""
    call.caller.require(Permission.PATRON_VIEW)
    given, services = call.body(Credentials), call.services
    with services.guess_pace.at_pins(call.caller) as guess:
        try:
            patron = await check_pin(
                services.database,
                services.keyring,
                call.caller.agency,
                identifier=given.library_card_number,
                pin=given.pincode,
            )
        except UnauthenticatedError:
            return _INVALID
        except TooManyAttemptsError:
            return _LOCKED_OUT
        guess.was_right = True
    return await _recognised(call, patron)


async def preauthenticated(call: Call) -> models.AuthenticatedPatron:
    """Whoever carries the civil registration number that a trusted login told the client."""
    return await _preauthenticated(call, frozenset({IdentifierKind.CPR}))


async def preauthenticated_by_unilogin(call: Call) -> models.AuthenticatedPatron:
    return await _preauthenticated(call, frozenset({IdentifierKind.UNI_LOGIN}))


async def preauthenticated_by_any(call: Call) -> models.AuthenticatedPatron:
    """Whoever is recognised by what the client was told: a civil registration number, a card, a UNI-Login."""
    return await _preauthenticated(call, frozenset(IdentifierKind))


async def preauthenticated_by_id(call: Call) -> models.AuthenticatedPatron:
    return await _recognised(call, PatronId(call.sent))


async def _preauthenticated(call: Call, kinds: Collection[IdentifierKind]) -> models.AuthenticatedPatron:
    scan, keyring = str(call.sent), call.services.keyring

    patron = await call.read(lambda tx: stands_for(tx, call.caller, keyring, scan, kinds))
    return _INVALID if patron is None else await _recognised(call, patron)


async def _recognised(call: Call, patron: PatronId) -> models.AuthenticatedPatron:
    """The patron, if they are this division's to serve; else nobody."""

    async def work(tx: Transaction) -> models.AuthenticatedPatron:
        return await authenticated(tx, call, await call.patron_known(tx, patron))

    try:
        return await call.look(work)
    except NotFoundError:
        return _INVALID


async def authenticated(tx: Transaction, call: Call, known: Patron) -> models.AuthenticatedPatron:
    """The answer about somebody who was recognised, with as much of them as the version asked for shows."""
    if call.operation.reply is not None and call.operation.reply.name == "PatronAuthenticationResponse":
        kind = await patron_type(tx, call, known)
        return models.AuthenticatedPatron(authenticate_status=VALID, patron_id=known.id, patron_type=kind)
    return models.AuthenticatedPatron(authenticate_status=VALID, patron=await show_patron(tx, call, known))


async def patron(call: Call) -> models.AuthenticatedPatron:
    """Everything about the patron in the path."""

    async def work(tx: Transaction) -> models.AuthenticatedPatron:
        return await authenticated(tx, call, await call.patron_known(tx))

    return await call.look(work)


def _of_type(wanted: str) -> Handler:
    async def handler(call: Call) -> models.Patron:
        async def work(tx: Transaction) -> models.Patron:
            known = await call.patron_known(tx)
            if await patron_type(tx, call, known) != wanted:
                raise NotFoundError("patron_unknown")
            return await show_patron(tx, call, known)

        return await call.run(work)

    return handler


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "authenticate": authenticate,
        "preauthenticated": preauthenticated,
        "preauthenticated_by_unilogin": preauthenticated_by_unilogin,
        "preauthenticated_by_any": preauthenticated_by_any,
        "preauthenticated_by_id": preauthenticated_by_id,
        "patron": patron,
        "person_patron": _of_type(PERSON),
        "company_patron": _of_type(COMPANY),
        "library_patron": _of_type(LIBRARY),
        "group_patron": _of_type(GROUP),
    }
)
