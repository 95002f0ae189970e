"""Whom a scan at a terminal means."""

from faelles.doors.command.acting import Desk
from faelles.ground.ids import PatronId
from faelles.patrons.looking.operations import meant


async def patron_meant(desk: Desk, scan: str) -> PatronId:
    """The one patron that a scan stands for now. What is done with them notes the look."""
    return await meant(desk.tx, desk.caller, desk.keyring, scan)
