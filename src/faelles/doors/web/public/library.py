"""Whose catalogue somebody looks through: their own municipality's, or the one they chose."""

from dataclasses import dataclass
from typing import Final

from faelles.doors.web.place import remembered_agency
from faelles.doors.web.request import WebRequest
from faelles.ground.actor import SYSTEM
from faelles.ground.ids import AgencyId
from faelles.people.model import Caller, Grant, Permission
from faelles.people.operations import agency_behind_isil

_LOOKING: Final = frozenset({Permission.CATALOG_VIEW, Permission.ITEM_VIEW})


@dataclass(frozen=True, slots=True)
class Library:
    """`visitor`: whoever looks, with no other right than that; `reader`: the patron who is signed in."""

    agency: AgencyId
    isil: str
    visitor: Caller
    reader: Caller | None


async def library_of(request: WebRequest, chosen: str = "") -> Library | None:
    """The one of whoever is signed in; else the chosen one, else the one that this browser remembers; else none."""
    caller = request.signed_in
    isil = chosen.strip() or remembered_agency(request)
    if caller is not None:
        agency: AgencyId | None = caller.agency
    else:
        agency = await agency_behind_isil(request.services.database, isil) if isil else None
    if agency is None:
        return None
    visitor = Caller(agency=agency, actor=SYSTEM, language=request.language, grants=(Grant(_LOOKING),))
    reader = caller if caller is not None and caller.patron is not None else None
    return Library(agency, isil, visitor, reader)
