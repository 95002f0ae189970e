"""Whom a scan at a terminal means."""

from faelles.doors.command.acting import Desk
from faelles.ground.errors import invalid_field
from faelles.ground.ids import PatronId
from faelles.patrons.looking.operations import holders


async def patron_meant(desk: Desk, scan: str) -> PatronId:
    """The one patron that a scan stands for now. What is done with them notes the look."""
    found = await holders(desk.tx, desk.caller, desk.keyring, scan)
    if len(found) != 1:
        raise invalid_field("card", "scan_ambiguous" if found else "patron_not_found")
    return found[0]
