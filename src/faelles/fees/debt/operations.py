"""Handing claims over, and keeping the debtor system in step with the ledger.

What is to be said is found by comparison, not by remembering every place that moves money: whatever way a claim
changed, the next export tells the difference. Files are numbered and written down before they are delivered, so one
that nobody knows to have arrived is delivered again.
"""

from datetime import datetime, timedelta
from typing import Final

from faelles.fees.debt import answer_store, events, files, store
from faelles.fees.debt.model import (
    ClaimShown,
    Debtor,
    Due,
    Exported,
    MessageKind,
    OutMessage,
    OutMessageKept,
    SettleAnswer,
    SettleFile,
    Terms,
)
from faelles.fees.debt.port import DebtorSystem, debtor_system_of
from faelles.fees.neighbours.model import Role
from faelles.fees.neighbours.operations import neighbour_for
from faelles.fees.payments.model import Outside
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.events import append
from faelles.ground.ids import ChargeId, PatronId
from faelles.ground.money import Ore
from faelles.patrons import store as patrons
from faelles.patrons.identification import store as identification
from faelles.patrons.identifiers import IdentifierKind, unseal
from faelles.patrons.reach import looked_at, require_division
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Settings
from faelles.policies.knobs import DEBT_HANDOVER_AFTER_DAYS, DEBT_HANDOVER_FROM_ORE
from faelles.policies.model import Subject
from faelles.policies.operations import current_settings

A_FILE: Final = 2000
"""Messages in one file at most, of each kind."""


async def export(database: Database, outside: Outside, caller: Caller) -> Exported:
    """Write down what is to be told, and deliver it with whatever was not delivered before. Two at once do it once.

    Raises ConflictError where the agency has no debtor system, UnavailableError where that does not answer: then the
    next export delivers.
    """
    result = await database.run(caller.agency, caller.actor, lambda tx: _write(tx, outside, caller))
    await deliver(database, outside, caller)
    return result


async def deliver(database: Database, outside: Outside, caller: Caller) -> int:
    """Deliver what is written down and not known to have arrived; how many files."""
    numbers = await database.run(caller.agency, caller.actor, store.list_undelivered)
    for number in numbers:
        await _deliver(database, outside, caller, number)
    return len(numbers)


async def messages(tx: Transaction, outside: Outside, caller: Caller, *, after: int, limit: int) -> list[OutMessage]:
    """The outbox after a message, for a debtor system that fetches for itself."""
    require_division(caller, Permission.DEBT_COLLECT, None)
    settings = await current_settings(tx)
    kept = await store.list_messages(tx, settings.directory.agency.time_zone, file=None, after=after, limit=limit)
    return await _with_debtors(tx, outside, caller, kept)


async def list_claims(tx: Transaction, caller: Caller, *, after: int, limit: int) -> list[ClaimShown]:
    """What is at the debtor system, in the divisions that the caller may collect for."""
    caller.require(Permission.DEBT_COLLECT)
    return await store.list_claims(tx, caller.divisions(Permission.DEBT_COLLECT), after=after, limit=limit)


async def offer_again(tx: Transaction, caller: Caller, charge: ChargeId) -> None:
    """Hand over once more what the debtor system refused, its reason having been dealt with: the next export does."""
    division = await store.division_of_claim(tx, charge)
    caller.require(Permission.DEBT_COLLECT)
    if division is None:
        raise NotFoundError("claim_not_handed_over")
    require_division(caller, Permission.DEBT_COLLECT, division)
    await store.offer_again(tx, charge)


async def settle_answer(tx: Transaction, caller: Caller, request: SettleAnswer) -> None:
    """Take an answer off the report that waits for what will never come, or that came again with other words: somebody
    has seen to it with the debtor system. It moves no money. Raises NotFoundError where no answer of that name does so.
    """
    require_division(caller, Permission.DEBT_COLLECT, None)
    answer = await answer_store.settle(tx, request.answer, request.reason)
    if answer is None:
        raise NotFoundError("debt_answer_not_open")
    await append(tx, events.answer_settled(answer))


async def settle_file(tx: Transaction, caller: Caller, request: SettleFile) -> None:
    """Take a file off the report that was set aside: the debtor system has sent it anew, or it was none. Raises
    NotFoundError where no file of that name is on it.
    """
    require_division(caller, Permission.DEBT_COLLECT, None)
    if not await answer_store.settle_file(tx, request.file, request.reason):
        raise NotFoundError("debt_file_not_open")
    await append(tx, events.file_settled())


async def connect(tx: Transaction, outside: Outside) -> tuple[DebtorSystem, str, datetime]:
    """The agency's debtor system, the agency's ISIL, and the moment."""
    known = await neighbour_for(tx, outside.keyring, outside.installation, Role.DEBTS)
    isil = (await current_settings(tx)).directory.agency.isil
    return debtor_system_of(known, outside.installation, isil), isil, tx.now


async def _write(tx: Transaction, outside: Outside, caller: Caller) -> Exported:
    require_division(caller, Permission.DEBT_COLLECT, None)
    await neighbour_for(tx, outside.keyring, outside.installation, Role.DEBTS)
    return await write_messages(tx)


async def write_messages(tx: Transaction) -> Exported:
    """Put the next file of what is to be told into the outbox; whoever comes at the same time waits."""
    first, file = await store.lock_counters(tx)
    settings = await current_settings(tx)
    due: list[Due] = await store.list_changed(tx, A_FILE)
    for terms in _terms(settings, tx.now):
        due += await store.list_new(tx, terms, A_FILE)
    claims = sum(each.kind is MessageKind.CLAIM for each in due)
    result = Exported(claims=claims, adjustments=len(due) - claims, file=file if due else None)
    if due:
        await store.write_file(tx, due, first, file)
        await append(tx, *(events.told(each, number) for number, each in enumerate(due, start=first)))
        await append(tx, events.exported(result))
    return result


def _terms(settings: Settings, now: datetime) -> list[Terms]:
    """The divisions that hand over, and when."""
    found = []
    for division in settings.directory.divisions:
        place = settings.at_division(division)
        terms = settings.policy.terms(Subject(item=place, patron=place, desk=place), now)
        days = terms[DEBT_HANDOVER_AFTER_DAYS].value
        if days is not None:
            least = Ore(terms[DEBT_HANDOVER_FROM_ORE].value)
            found.append(Terms(division=division, raised_before=now - timedelta(days=days), from_ore=least))
    return found


async def _deliver(database: Database, outside: Outside, caller: Caller, number: int) -> None:
    async def render(tx: Transaction) -> tuple[DebtorSystem, bytes, datetime]:
        system, isil, now = await connect(tx, outside)
        zone = (await current_settings(tx)).directory.agency.time_zone
        lines = await _with_debtors(tx, outside, caller, await store.list_messages(tx, zone, file=number))
        head = files.Head(content="messages", agency=isil, number=number, made_at=now)
        return system, files.encode(head, lines), now

    system, content, now = await database.run(caller.agency, caller.actor, render)
    await system.deliver(number, content, now)
    await database.run(caller.agency, caller.actor, lambda tx: store.note_delivered(tx, number))


async def _with_debtors(
    tx: Transaction, outside: Outside, caller: Caller, kept: list[OutMessageKept]
) -> list[OutMessage]:
    wanted = {each.addressee for each in kept if each.kind is MessageKind.CLAIM and each.addressee is not None}
    debtors = await _debtors(tx, outside, sorted(wanted))
    await looked_at(tx, caller, "debt_export", sorted(debtors))
    return [
        OutMessage(
            number=each.number,
            kind=each.kind,
            claim=each.charge,
            amount_ore=each.amount_ore,
            currency=each.currency,
            charge=each.charge_kind,
            raised_on=each.raised_on,
            debtor=debtors.get(each.addressee) if each.kind is MessageKind.CLAIM and each.addressee else None,
        )
        for each in kept
    ]


async def _debtors(tx: Transaction, outside: Outside, wanted: list[PatronId]) -> dict[PatronId, Debtor]:
    """Who they are, as the debtor system must know them: that is what their CPR numbers are kept for."""
    numbers = {
        each.patron: unseal(outside.keyring, tx.agency, each.sealed)
        for each in await identification.of_patrons(tx, wanted)
        if each.kind is IdentifierKind.CPR and each.sealed is not None and each.ended_at is None
    }
    return {
        each.id: Debtor(
            patron=each.id,
            cpr=numbers.get(each.id),
            name=each.name,
            street=each.contact.street,
            postal_code=each.contact.postal_code,
            city=each.contact.city,
        )
        for each in await patrons.load(tx, wanted)
    }
