"""To whom we lend: off without an agreement, which the lender gives and either side reads."""

from faelles.circulation.holds.counter import today_in
from faelles.circulation.sharing import agreement_store
from faelles.circulation.sharing.model import Agreement, GiveAgreement
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.events import Event, append
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings


async def give_agreement(tx: Transaction, caller: Caller, request: GiveAgreement) -> int:
    """Let another municipality's patrons have our copies, from a day on; the agreement's id."""
    caller.require_throughout(Permission.AGENCY_EDIT)
    borrower = await agreement_store.agency_with_isil(tx, request.borrower)
    if borrower is None:
        raise invalid_field("borrower", "agency_unknown")
    first = request.first_day or today_in(await current_settings(tx), tx)
    if request.last_day is not None and request.last_day < first:
        raise invalid_field("last_day", "agreement_ends_before_it_begins")
    given = await agreement_store.give(tx, borrower, first, request.last_day)
    await append(tx, Event(kind="lending.agreed", subject=given, dimensions={"borrower": borrower}))
    return given


async def end_agreement(tx: Transaction, caller: Caller, agreement: int) -> None:
    """Lend nothing more under an agreement after today; what is under way goes on."""
    caller.require_throughout(Permission.AGENCY_EDIT)
    if not await agreement_store.end(tx, agreement, today_in(await current_settings(tx), tx)):
        raise NotFoundError("agreement_unknown")
    await append(tx, Event(kind="lending.ended", subject=agreement))


async def list_agreements(tx: Transaction, caller: Caller) -> list[Agreement]:
    """What we lend to whom, and who lends to us."""
    caller.require(Permission.AGENCY_VIEW)
    return await agreement_store.agreements(tx)
