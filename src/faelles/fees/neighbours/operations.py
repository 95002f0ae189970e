"""Choosing the neighbours, and finding them when something is to be said."""

from typing import Final
from urllib.parse import urlsplit

from faelles.fees.neighbours import store
from faelles.fees.neighbours.model import (
    Adapter,
    KnownNeighbour,
    Neighbour,
    NeighbourSet,
    Role,
    SetNeighbour,
)
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring, new_secret
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, MisconfiguredError, NotFoundError, invalid_field
from faelles.ground.events import Event, append
from faelles.ground.web_addresses import is_fit
from faelles.patrons.reach import require_division
from faelles.people.model import Caller, Permission

_PURPOSE: Final = "money neighbour"
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


async def set_neighbour(
    tx: Transaction,
    caller: Caller,
    keyring: Keyring,
    installation: Installation,
    role: Role,
    request: SetNeighbour,
) -> NeighbourSet:
    """Choose the system for `role`, for the whole agency. Raises InvalidRequestError for what cannot be used, the
    pretended ones in production among it.
    """
    require_whole_agency(caller)
    _check(installation, role, request)
    known = await store.load(tx, role)
    # Who pretended needed no secret that anybody was told.
    has_one = known is not None and (known[0].adapter is request.adapter or known[0].adapter is not Adapter.BUILT_IN)
    made = None if request.secret or has_one else new_secret()
    if request.secret is None and known is not None and has_one:
        sealed = known[1]
    else:
        sealed = keyring.encrypt(_PURPOSE, tx.agency, request.secret or made or "")
    await store.save(tx, role, request, sealed)
    await append(tx, Event(kind="money_neighbour_set", dimensions={"role": role, "adapter": request.adapter}))
    return NeighbourSet(secret=made)


async def show_neighbour(tx: Transaction, caller: Caller, role: Role) -> Neighbour:
    """Raises NotFoundError where none was chosen."""
    require_whole_agency(caller)
    known = await store.load(tx, role)
    if known is None:
        raise NotFoundError("money_neighbour_missing")
    return known[0]


async def neighbour_for(tx: Transaction, keyring: Keyring, installation: Installation, role: Role) -> KnownNeighbour:
    """The neighbour to speak to. Raises ConflictError where none was chosen, MisconfiguredError for a pretended one in
    production.
    """
    known = await store.load(tx, role)
    if known is None:
        raise ConflictError("money_neighbour_missing")
    neighbour, sealed = known
    if neighbour.adapter is Adapter.BUILT_IN and installation.is_production:
        raise MisconfiguredError("neighbour_only_pretended", agency=tx.agency, role=role.value)
    return KnownNeighbour(neighbour=neighbour, secret=keyring.decrypt(_PURPOSE, tx.agency, sealed))


async def refuse_pretended(database: Database) -> None:
    """For production: raise MisconfiguredError where any agency relies on a built-in system."""
    for agency, role in await store.pretended(database):
        raise MisconfiguredError("neighbour_only_pretended", agency=agency, role=role.value)


def require_whole_agency(caller: Caller) -> None:
    require_division(caller, Permission.MONEY_SETUP, None)


def _check(installation: Installation, role: Role, request: SetNeighbour) -> None:
    if request.adapter is Adapter.FILE_DROP and role is not Role.DEBTS:
        raise invalid_field("adapter", "neighbour_takes_no_files")
    if request.adapter is Adapter.BUILT_IN and installation.is_production:
        raise invalid_field("adapter", "neighbour_only_pretends")
    if (request.adapter is Adapter.HTTP) != (request.address is not None):
        raise invalid_field("address", "neighbour_address_needed")
    if request.address is not None and not _is_safe(request.address, installation):
        raise invalid_field("address", "neighbour_needs_https")


def _is_safe(address: str, installation: Installation) -> bool:
    """Over an open line only to this very machine, and not in production."""
    if installation.is_production:
        return is_fit(address)
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in _THIS_MACHINE
