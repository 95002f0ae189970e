"""Which operations are served: those whose verb has a handler."""

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
    interlibrary,
    loans,
    newsletters,
    patrons,
    registering,
    reservations,
    settings,
)

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        **branches.HANDLERS,
        **catalog.HANDLERS,
        **patrons.HANDLERS,
        **changing.HANDLERS,
        **registering.HANDLERS,
        **belongings.HANDLERS,
        **settings.HANDLERS,
        **loans.HANDLERS,
        **reservations.HANDLERS,
        **fees.HANDLERS,
        **bookings.HANDLERS,
        **interlibrary.HANDLERS,
        **newsletters.HANDLERS,
    }
)
_BY_THE_DOOR: Final = frozenset({"login"})


@cache
def served() -> tuple[Operation, ...]:
    return tuple(each for each in operations() if each.verb in HANDLERS or each.verb in _BY_THE_DOOR)
