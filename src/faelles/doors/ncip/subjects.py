"""What a message is about: the patron, title, copy, loan or request that its numbers stand for."""

from datetime import date
from typing import Final

from faelles.agencies.model import Branch
from faelles.catalog.model import Record
from faelles.catalog.operations import find_by_number
from faelles.circulation.holds.model import HoldShown, Placing
from faelles.circulation.holds.reading import may_be_named, show_hold
from faelles.circulation.looking.model import CopyShown, LoanShown
from faelles.circulation.looking.operations import loans_of_patron, show_copy
from faelles.doors.ncip.model import Asked, ProblemError
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.idempotency import answered
from faelles.ground.ids import HoldId
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.looking.model import PatronView
from faelles.patrons.looking.operations import holders, show_patron
from faelles.people.model import Caller
from faelles.policies.compiled import Settings

REQUEST: Final = "RequestId/RequestIdentifierValue"
RECORD: Final = "BibliographicId/BibliographicRecordId/BibliographicRecordIdentifier"
PICKUP: Final = "PickupLocation"
LOOK: Final = "ncip"
"""What a look at a patron is called in the log of looks."""
_LONGEST_ID: Final = 18


async def patron(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> PatronView:
    """Whoever the card, or CPR number, stands for just now: one look, whatever is asked of them."""
    found = await holders(tx, caller, keyring, asked.user)
    if len(found) > 1:
        raise ProblemError("Non-Unique User", asked.user_element)
    if not found:
        raise ProblemError("Unknown User", asked.user_element)
    return await show_patron(tx, caller, found[0], operation=LOOK, names_relations=False)


async def patron_named(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> PatronView | None:
    """As `patron`, where a message need not name one."""
    return await patron(tx, caller, keyring, asked) if asked.user else None


def card(known: PatronView) -> str:
    """A number that the patron is found by; our own where there is none to tell."""
    numbers = [each for each in known.identifiers if each.ended_at is None and each.value]
    cards = [each.value for each in numbers if each.kind is IdentifierKind.CARD]
    return next((each for each in cards if each is not None), str(known.id))


async def record(tx: Transaction, caller: Caller, faust: str, element: str) -> Record:
    found = await find_by_number(tx, caller, faust) if faust else ()
    if not found:
        raise ProblemError("Unknown Item", element, faust)
    return found[0]


async def copy(tx: Transaction, caller: Caller, asked: Asked) -> CopyShown:
    try:
        return await show_copy(tx, caller, asked.item)
    except NotFoundError as problem:
        raise ProblemError("Unknown Item", asked.item_element, asked.item) from problem


async def loan(tx: Transaction, caller: Caller, asked: Asked, borrower: PatronView) -> LoanShown:
    """What the patron has of the copy. Whoever else has it is not looked at."""
    lent = await copy(tx, caller, asked)
    if lent.loan is not None:
        # Loans go by their numbers: the first one after the number before it is the loan, or another.
        found = await loans_of_patron(tx, caller, borrower.id, after=lent.loan - 1, limit=1, is_known=True)
        if found and found[0].id == lent.loan:
            return found[0]
    raise ProblemError("Item Not Checked Out", asked.item_element, asked.item)


def key(asked: Asked) -> str | None:
    """What a request is kept under that the asker has a number of its own for: a repeat is the same request."""
    return f"ncip/{asked.from_isil}/{asked.request}" if asked.request else None


async def hold(tx: Transaction, caller: Caller, asked: Asked, of: PatronView | None) -> HoldShown:
    """By our number, or by the asker's own as long as its first answer is kept: one `of` the user who was named, else
    one that the asking library placed. Our numbers follow one another: whoever counts them up learns of nobody else's.
    """
    try:
        number = await _by_own_number(tx, asked) if asked.is_own_number else _by_ours(asked.request)
        if number is not None and await may_be_named(tx, caller, number, of.id if of else None):
            return await show_hold(tx, caller, number)
    except NotFoundError:
        pass
    raise ProblemError("Unknown Request", REQUEST, asked.request)


async def _by_own_number(tx: Transaction, asked: Asked) -> HoldId | None:
    placed = await answered(tx, "place_holds", key(asked), Placing)
    return placed.holds[0].hold if placed is not None else _by_ours(asked.request)


def _by_ours(told: str) -> HoldId | None:
    is_number = told.isascii() and told.isdigit() and len(told) <= _LONGEST_ID
    return HoldId(int(told)) if is_number else None


def branch(settings: Settings, told: str) -> Branch:
    """By the ISIL it is known by, or by its name."""
    named = {each.name.casefold(): each for each in settings.directory.branches.values()}
    found = settings.directory.branches_by_code.get(told) or named.get(told.casefold())
    if found is None:
        raise ProblemError("Unsupported Shipping Address Type", PICKUP, told)
    return found


def day(told: str, element: str) -> date | None:
    try:
        return date.fromisoformat(told[:10]) if told else None
    except ValueError as problem:
        raise ProblemError("Invalid Date", element, told, is_general=True) from problem
