"""The pages of the daily work, one line each."""

from typing import Final

from litestar import Router

from faelles.doors.web.groups import pages as groups
from faelles.doors.web.items import editing as items_editing
from faelles.doors.web.items import labels
from faelles.doors.web.items import pages as items
from faelles.doors.web.lists import crates, lending, picks, unfillable, vans
from faelles.doors.web.lists import pages as lists
from faelles.doors.web.money import disputes, fees, tills
from faelles.doors.web.patrons import cards, editing, messages, registering, relations
from faelles.doors.web.patrons import holds as patrons_holds
from faelles.doors.web.patrons import loans as patrons_loans
from faelles.doors.web.patrons import pages as patrons
from faelles.doors.web.titles import pages as titles
from faelles.doors.web.titles import queue

ROUTERS: Final[tuple[Router, ...]] = (
    cards.router,
    crates.router,
    disputes.router,
    editing.router,
    fees.router,
    groups.router,
    items.router,
    items_editing.router,
    labels.router,
    lending.router,
    lists.router,
    messages.router,
    patrons.router,
    patrons_holds.router,
    patrons_loans.router,
    picks.router,
    queue.router,
    registering.router,
    relations.router,
    tills.router,
    titles.router,
    unfillable.router,
    vans.router,
)
