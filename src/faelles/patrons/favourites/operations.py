"""Reading and replacing a patron's favourites."""

from faelles.ground import events
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons import reach
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.favourites import store
from faelles.patrons.favourites.model import FavouriteList, SetFavourites
from faelles.patrons.model import Patron
from faelles.patrons.own_account.operations import own_patron
from faelles.people.model import Caller, Permission


async def show_favourites(tx: Transaction, caller: Caller, patron: PatronId) -> tuple[FavouriteList, ...]:
    """What a web site asks for its user. What people like is for nobody else's eyes: the look is recorded."""
    known = await reach.patron_for(tx, caller, patron, Permission.PATRON_EDIT, "show_favourites")
    return await store.load(tx, known.id)


async def set_favourites(tx: Transaction, caller: Caller, patron: PatronId, request: SetFavourites) -> None:
    known = await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "set_favourites")
    await _write(tx, known, request)


async def show_own_favourites(tx: Transaction, caller: Caller) -> tuple[FavouriteList, ...]:
    return await store.load(tx, (await own_patron(tx, caller)).id)


async def set_own_favourites(tx: Transaction, caller: Caller, request: SetFavourites) -> None:
    await _write(tx, await own_patron(tx, caller, is_changed=True), request)


async def _write(tx: Transaction, known: Patron, request: SetFavourites) -> None:
    await store.replace(tx, known.id, request.lists)
    await events.append(tx, about(known, PatronEvent.FAVOURITES_CHANGED, lists=len(request.lists)))
