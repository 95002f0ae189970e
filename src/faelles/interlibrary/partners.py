"""Which system an agency's orders go to."""

from faelles.agencies.directory import load_directory
from faelles.ground.config import Installation
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, invalid_field
from faelles.ground.events import Event, append
from faelles.ground.web_addresses import is_fit
from faelles.interlibrary import store
from faelles.interlibrary.model import Adapter, SetPartner
from faelles.interlibrary.port import BuiltInPartner, Iso18626Partner, Partner
from faelles.patrons.reach import require_division
from faelles.people.model import Caller, Permission


async def set_partner(tx: Transaction, caller: Caller, installation: Installation, request: SetPartner) -> None:
    """Choose the system for the whole agency; in production only over a closed line, and none that pretends."""
    require_division(caller, Permission.AGENCY_EDIT, None)
    is_real = request.adapter is Adapter.ISO18626
    if not is_real and installation.is_production:
        raise invalid_field("adapter", "neighbour_only_pretends")
    if is_real != (request.address is not None):
        raise invalid_field("address", "neighbour_address_needed")
    if installation.is_production and not is_fit(request.address or ""):
        raise invalid_field("address", "neighbour_needs_https")
    await store.save_partner(tx, request)
    await append(tx, Event(kind="interlibrary_partner.set", dimensions={"adapter": request.adapter}))


async def partner_of(tx: Transaction, installation: Installation) -> tuple[Partner, str]:
    """The agency's system, and the ISIL that it knows us by; outside production a pretended one where none is chosen.

    Raises ConflictError `interlibrary_partner_missing`.
    """
    chosen = await store.partner(tx)
    ours = (await load_directory(tx)).agency.isil
    address = chosen[1] if chosen else None
    if address is not None:
        return Iso18626Partner(address), ours
    if installation.is_production:
        raise ConflictError("interlibrary_partner_missing")
    return BuiltInPartner(), ours
