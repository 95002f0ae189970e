"""The pages of the daily work, one line each."""

from typing import Final

from litestar import Router

from faelles.doors.web.lists import pages as lists
from faelles.doors.web.money import disputes, fees, tills
from faelles.doors.web.patrons import cards, editing, messages, registering, relations
from faelles.doors.web.patrons import holds as patrons_holds
from faelles.doors.web.patrons import loans as patrons_loans
from faelles.doors.web.patrons import pages as patrons
from faelles.doors.web.titles import pages as titles

ROUTERS: Final[tuple[Router, ...]] = (
    cards.router,
    disputes.router,
    editing.router,
    fees.router,
    lists.router,
    messages.router,
    patrons.router,
    patrons_holds.router,
    patrons_loans.router,
    registering.router,
    relations.router,
    tills.router,
    titles.router,
)
