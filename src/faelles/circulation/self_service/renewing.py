"""Renewing at a machine: one loan or all of them, by the number of the item or a part of its title."""

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.repeats import repeatable
from faelles.circulation.desk.scans import pin_missing, proven
from faelles.circulation.loans.model import RenewalRequest
from faelles.circulation.loans.operations import renew, renew_loaded
from faelles.circulation.self_service import copy_store, store
from faelles.circulation.self_service.model import RenewAtMachine, RenewedAtMachine
from faelles.circulation.self_service.operations import barred_from, recognise, scanned_at
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.i18n import Language
from faelles.people.model import Caller, Permission


async def renew_at_machine(
    tx: Transaction, caller: Caller, keyring: Keyring, request: RenewAtMachine, key: str | None = None
) -> RenewedAtMachine:
    """Renew one loan or all of them. What is on loan to somebody else is renewed only `for_others`."""
    caller.require(Permission.RENEW)
    if unproven := pin_missing(caller, request.who.pin):
        return RenewedAtMachine(block=unproven)
    if request.item is not None:
        return await _renew_item(tx, caller, keyring, request, request.item, key=key)
    if request.title is not None:
        return await _renew_titled(tx, caller, keyring, request, request.title, key=key)
    card = scanned_at(tx, keyring, request.who)
    facts = await store.load_who(tx, card.keys, card.attempt, None)
    barred = await barred_from(tx, keyring, request.who, card, facts)
    if barred is not None or facts.patron is None:
        return RenewedAtMachine(block=barred)
    patron = None if request.loans else facts.patron.id
    wanted = RenewalRequest(branch=request.who.branch, loans=request.loans, patron=patron, dry_run=request.dry_run)
    answers = await renew(tx, proven(caller), wanted, key)
    return RenewedAtMachine(answers=tuple(answers), language=Language(facts.patron.language))


async def _renew_item(
    tx: Transaction, caller: Caller, keyring: Keyring, request: RenewAtMachine, item: str, *, key: str | None
) -> RenewedAtMachine:
    """One loan: who it is and what it depends on come in one message."""
    card = scanned_at(tx, keyring, request.who)
    wanted = RenewalRequest(branch=request.who.branch, item=item, dry_run=request.dry_run)
    repeat = repeatable("renew", key, wanted)
    facts, loans = await store.load_who_and_loan(tx, card.keys, card.attempt, item, repeat)
    barred = await barred_from(tx, keyring, request.who, card, facts)
    if barred is not None or facts.patron is None:
        return RenewedAtMachine(block=barred)
    language = Language(facts.patron.language)
    if stranger := _not_theirs(facts, for_others=request.for_others):
        return RenewedAtMachine(block=stranger, language=language)
    answers = await renew_loaded(tx, caller, wanted, loans, repeat)
    return RenewedAtMachine(answers=tuple(answers), language=language)


async def _renew_titled(
    tx: Transaction, caller: Caller, keyring: Keyring, request: RenewAtMachine, title: str, *, key: str | None
) -> RenewedAtMachine:
    """Which loan it is, is for whoever has proven that it is theirs."""
    patron, barred = await recognise(tx, keyring, request.who)
    if patron is None:
        return RenewedAtMachine(block=barred)
    item = await copy_store.lent_titled(tx, patron.id, title)
    if item is None:
        return RenewedAtMachine(block=block(BlockCode.LOAN_NOT_FOUND), language=Language(patron.language))
    return await _renew_item(tx, caller, keyring, request, item, key=key)


def _not_theirs(facts: store.WhoFacts, *, for_others: bool) -> Block | None:
    if facts.holds_item or (facts.is_lent and for_others):
        return None
    return block(BlockCode.LOAN_NOT_FOUND)
