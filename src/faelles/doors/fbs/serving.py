"""Which operations are served, those whose verb has a handler, and what a client must hold for them."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from faelles.doors.fbs.call import Handler
from faelles.doors.fbs.facts import Operation, operations
from faelles.doors.fbs.handlers import (
    belongings,
    bookings,
    branches,
    catalog,
    changing,
    fees,
    guardians,
    interlibrary,
    loans,
    newsletters,
    patrons,
    registering,
    reservations,
    reserving,
    settings,
)
from faelles.people.model import Permission

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        **branches.HANDLERS,
        **catalog.HANDLERS,
        **patrons.HANDLERS,
        **changing.HANDLERS,
        **registering.HANDLERS,
        **guardians.HANDLERS,
        **belongings.HANDLERS,
        **settings.HANDLERS,
        **loans.HANDLERS,
        **reservations.HANDLERS,
        **reserving.HANDLERS,
        **fees.HANDLERS,
        **bookings.HANDLERS,
        **interlibrary.HANDLERS,
        **newsletters.HANDLERS,
    }
)
NEEDED: Final[Mapping[str, Permission]] = MappingProxyType(
    {
        "reservations": Permission.HOLD_VIEW,
        "add_reservations": Permission.HOLD_PLACE,
        "update_reservations": Permission.HOLD_PLACE,
        "delete_reservations": Permission.HOLD_PLACE,
        "create_bookings": Permission.HOLD_PLACE,
        "update_bookings": Permission.HOLD_PLACE,
        "delete_bookings": Permission.HOLD_PLACE,
        "renew_loans": Permission.RENEW,
        "fees": Permission.FEE_VIEW,
        "expected_fees": Permission.FEE_VIEW,
        "fee_transactions": Permission.FEE_VIEW,
        "pay_fees": Permission.FEE_PAY,
        "update_patron": Permission.PATRON_EDIT,
        "update_ward": Permission.PATRON_EDIT,
        "delete_patron": Permission.PATRON_EDIT,
        "add_mail_identifier": Permission.PATRON_EDIT,
        "consent_to_history": Permission.PATRON_EDIT,
        "consent_to_registry": Permission.PATRON_EDIT,
    }
)
"""What is done in the patron's own name, where the patron could do it whatever the client was given."""

_BY_THE_DOOR: Final = frozenset({"login"})


@cache
def served() -> tuple[Operation, ...]:
    return tuple(each for each in operations() if each.verb in HANDLERS or each.verb in _BY_THE_DOOR)
