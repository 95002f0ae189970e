"""What a self-check, a sorter or a door asks for. Somebody is recognised by card and PIN; then the operations of the
other rooms do what they do for everybody.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.facts import Membership, Standing
from faelles.circulation.desk.model import Borrower
from faelles.circulation.desk.opening import Desk, open_desk
from faelles.circulation.desk.scans import Scanned, check_pin, scanned
from faelles.circulation.loans.corrections import undo_checkout, undo_return
from faelles.circulation.loans.model import UndoAnswer, UndoRequest
from faelles.circulation.self_service import copy_store, store
from faelles.circulation.self_service.model import (
    AtMachine,
    CancelAtMachine,
    CopyTold,
    HeldTold,
    ItemSeen,
    PatronSeen,
    PayAtMachine,
    Recognised,
)
from faelles.circulation.self_service.rules import blocks_at_machine
from faelles.fees.desk.model import Pay, Receipt
from faelles.fees.desk.operations import pay
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, HoldId, LoanId, PatronId
from faelles.patrons import store as patrons
from faelles.patrons.blocks.kept_cards import block_kept_card, let_in_again
from faelles.patrons.identifiers import lookup_keys
from faelles.people.model import Caller, Permission, Place
from faelles.policies.compiled import Terms
from faelles.policies.knobs import DEBT_LIMIT_ORE, MAX_LOANS
from faelles.policies.model import ANY_PATRON, ScopePath, Subject

CANCELLED_WITHIN = timedelta(hours=1)
"""A machine cancels what went wrong in its hands just now; what is older is for the desk."""
_JUST_NOW = timedelta(minutes=1)


async def patron_at_machine(
    tx: Transaction, caller: Caller, keyring: Keyring, who: AtMachine, *, with_contact: bool = False
) -> Recognised:
    """Whom the card stands for in the machine's division, and what they have and owe there.

    The look is recorded, a wrong PIN counted; `tx` must commit. Raises ForbiddenError for a machine that shows nobody.
    """
    place = place_of(caller)
    caller.require(Permission.PATRON_STATUS, place)
    card = scanned_at(tx, keyring, who)
    facts = await store.load_patron(tx, card.keys, card.attempt, place.division, "patron_at_machine")
    if barred := await check_pin(tx, keyring, card, facts, who.pin):
        return Recognised(block=barred)
    desk = await open_desk(tx, caller, facts.revision, who.branch, Permission.PATRON_STATUS)
    if facts.patron is None or not _belongs_here(desk, facts.patron):
        ended = facts.ended_identifier
        unknown = block(BlockCode.CARD_ENDED, why=ended) if ended else block(BlockCode.PATRON_NOT_FOUND)
        return Recognised(block=unknown)
    seen = _seen(desk, facts, facts.patron)
    if with_contact:
        seen = await _with_contact(tx, seen)
    return Recognised(patron=seen, is_proven=who.pin is not None)


def place_of(caller: Caller) -> Place:
    """Where the machine stands. Raises NotFoundError for a caller that is no machine."""
    grant = next((each for each in caller.grants if each.branch is not None and each.branch == caller.stands_in), None)
    if grant is None or grant.branch is None or grant.division is None:
        raise NotFoundError("branch_unknown")
    return Place(grant.division, grant.branch)


def _belongs_here(desk: Desk, patron: Standing) -> bool:
    """Whether the machine's division may see them, as its staff may (`patrons/reach.py`)."""
    if patron.memberships:
        return any(each.division == desk.place.division for each in patron.memberships)
    return desk.branch_of(patron.home_branch).division == desk.place.division


def scanned_at(tx: Transaction, keyring: Keyring, who: AtMachine) -> Scanned:
    return scanned(keyring, tx.agency, Borrower(card=who.card))


def _seen(desk: Desk, facts: store.SeenFacts, patron: Standing) -> PatronSeen:
    today, division = desk.local_day(desk.now), desk.place.division
    membership = patron.membership_in(division, today)
    holding = membership if membership and membership.holds_on(today) else None
    terms = _terms(desk, membership)
    return PatronSeen(
        id=patron.id,
        name=patron.name,
        birth_date=patron.birth_date,
        language=Language(patron.language),
        home_branch=patron.home_branch,
        group=desk.settings.patron_groups[holding.group].code if holding else None,
        member_until=holding.last_day if holding else None,
        blocks=blocks_at_machine(patron, facts.loans, division, today, terms=terms),
        balance_ore=patron.balance_in(division),
        max_loans=terms[MAX_LOANS].value,
        debt_limit_ore=terms[DEBT_LIMIT_ORE].value,
        currency=desk.currency,
        today=today,
        loans=facts.loans,
        claims=facts.claims,
        holds=facts.holds,
    )


def _terms(desk: Desk, membership: Membership | None) -> Terms:
    """The limits of the patron's group here, whatever the material."""
    agency, division = desk.settings.directory.agency.id, desk.place.division
    here = ScopePath(agency, division, desk.branch)
    subject = Subject(
        item=here,
        patron=ScopePath(agency, division),
        desk=here,
        patron_group=membership.group if membership else ANY_PATRON,
    )
    return desk.settings.policy.terms(subject, desk.now)


async def _with_contact(tx: Transaction, seen: PatronSeen) -> PatronSeen:
    known = await patrons.load(tx, [seen.id])
    if not known or known[0].address_protected:
        return seen
    return msgspec.structs.replace(seen, contact=known[0].contact)


async def item_at_machine(tx: Transaction, caller: Caller, number: str) -> ItemSeen | None:
    """A copy, and where it is."""
    caller.require(Permission.ITEM_VIEW)
    return await copy_store.load_item(tx, number)


async def copies_at_machine(tx: Transaction, caller: Caller, numbers: Sequence[str]) -> Mapping[str, CopyTold]:
    """Copies by their numbers, for lists that tell more of each."""
    caller.require(Permission.ITEM_VIEW)
    return await copy_store.load_copies(tx, numbers)


async def held_at_machine(tx: Transaction, caller: Caller, holds: Sequence[HoldId]) -> Mapping[HoldId, HeldTold]:
    """What each of the holds is for, for lists that tell more of it."""
    caller.require(Permission.PATRON_STATUS)
    return await copy_store.load_held(tx, holds)


async def returned_by(tx: Transaction, caller: Caller, number: str, branch: BranchId) -> PatronId | None:
    """The patron number of whose loan of the copy was returned at the branch just now."""
    caller.require(Permission.RETURN)
    return await copy_store.returned_by(tx, number, branch, tx.now - _JUST_NOW)


async def number_of(tx: Transaction, caller: Caller, keyring: Keyring, card: str) -> PatronId | None:
    """The patron number of whoever has the card."""
    caller.require(Permission.PATRON_STATUS)
    keys = lookup_keys(keyring, tx.agency, card)
    return await store.number_of(tx, keys) if keys else None


async def card_of_number(tx: Transaction, caller: Caller, number: PatronId) -> str | None:
    """A card of the patron with that number, for whoever was told it in place of the card."""
    caller.require(Permission.PATRON_STATUS)
    return await store.card_of_number(tx, number)


async def language_of(tx: Transaction, caller: Caller, keyring: Keyring, card: str) -> Language:
    """What whoever has the card is spoken to in; the caller's own language for nobody we know."""
    keys = lookup_keys(keyring, tx.agency, card)
    found = await store.language_of(tx, keys) if keys else None
    return Language(found) if found else caller.language


async def barred_from(
    tx: Transaction, keyring: Keyring, who: AtMachine, card: Scanned, facts: store.WhoFacts
) -> Block | None:
    """Why nobody is recognised."""
    if barred := await check_pin(tx, keyring, card, facts, who.pin):
        return barred
    return None if facts.patron else block(BlockCode.PATRON_NOT_FOUND)


async def pay_at_machine(
    tx: Transaction, caller: Caller, keyring: Keyring, request: PayAtMachine
) -> tuple[Block | None, Receipt | None]:
    """Take a payment: either the receipt, or why nobody was recognised. Raises as `fees.desk.pay`."""
    caller.require(Permission.FEE_PAY)
    patron, barred = await recognise(tx, keyring, request.who)
    if patron is None:
        return barred, None
    paying = Pay(
        branch=request.who.branch,
        amount_ore=request.amount_ore,
        currency=request.currency,
        means=request.means,
        reference=request.reference,
        charges=() if request.charge is None else (request.charge,),
    )
    return None, await pay(tx, caller, patron.id, paying)


async def recognise(
    tx: Transaction, keyring: Keyring, who: AtMachine
) -> tuple[store.Known, None] | tuple[None, Block | None]:
    """Whom a card and a PIN stand for, or why for nobody."""
    card = scanned_at(tx, keyring, who)
    facts = await store.load_who(tx, card.keys, card.attempt, None)
    barred = await barred_from(tx, keyring, who, card, facts)
    return (facts.patron, None) if facts.patron and not barred else (None, barred)


async def block_at_machine(
    tx: Transaction, caller: Caller, keyring: Keyring, who: AtMachine, *, reason: str | None
) -> None:
    """Block whoever the card stands for: the machine kept it, or it was tried too often. Nobody: nothing is done."""
    patron, _ = await recognise(tx, keyring, who)
    if patron is not None:
        await block_kept_card(tx, caller, patron.id, place_of(caller), reason=reason)


async def enable_at_machine(tx: Transaction, caller: Caller, keyring: Keyring, who: AtMachine) -> None:
    """Lift what this machine blocked. A block that staff have put on stands."""
    patron, _ = await recognise(tx, keyring, who)
    if patron is not None:
        await let_in_again(tx, caller, patron.id, place_of(caller))


async def lent_as(tx: Transaction, number: str) -> LoanId | None:
    """The loan that is open on an item just now, for whoever wonders whether an earlier answer still stands."""
    return await copy_store.lent_as(tx, number)


async def cancel_checkout(tx: Transaction, caller: Caller, request: CancelAtMachine) -> UndoAnswer | None:
    """Undo what was lent here a moment ago; None where nothing was. Raises ConflictError where it has moved on."""
    caller.require(Permission.CHECKOUT)
    loan = await copy_store.lent_here_since(tx, request.item, BranchId(request.branch), tx.now - CANCELLED_WITHIN)
    if loan is None:
        return None
    return await undo_checkout(tx, caller, UndoRequest(loan=loan, branch=request.branch), needs=Permission.CHECKOUT)


async def cancel_return(
    tx: Transaction, caller: Caller, keyring: Keyring, who: AtMachine, item: str
) -> tuple[bool, Block | None]:
    """Undo a return made here a moment ago by whom the card stands for: whether the item is on loan to them now, or why
    nobody was recognised. A machine gives back what it took without asking for a PIN; a wrong one is nobody. `tx` must
    commit, for it counts.
    """
    caller.require(Permission.RETURN)
    card = scanned_at(tx, keyring, who)
    facts = await store.load_who(tx, card.keys, card.attempt, item)
    if barred := await barred_from(tx, keyring, who, card, facts):
        return False, barred
    if facts.holds_item:
        return True, None
    loan = await copy_store.returned_here_since(tx, item, BranchId(who.branch), tx.now - CANCELLED_WITHIN, card.keys)
    if loan is None:
        return False, None
    await undo_return(tx, caller, UndoRequest(loan=loan, branch=who.branch), needs=Permission.RETURN)
    return True, None
