"""What the debtor system says, applied once each, whatever order it comes in.

An answer is kept under its own name before anything is done about it. One about something that is not known is parked,
and looked at again whenever more comes in.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from faelles.fees import ledger
from faelles.fees.books_store import load_accounts_beside, load_claims, load_debts
from faelles.fees.debt import answer_store, events, files
from faelles.fees.debt.model import MONEY, Answer, AnswerKind, FilesImported, HandedOver, Imported
from faelles.fees.debt.operations import connect
from faelles.fees.desk.model import Means, NewPayment
from faelles.fees.desk.taking import COLLECTED, take
from faelles.fees.model import EntryKind, Posting
from faelles.fees.operations import post
from faelles.fees.payments.model import Outside
from faelles.fees.store import load_live_entries
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, FaellesError, InvalidRequestError, invalid_field
from faelles.ground.events import append
from faelles.ground.ids import ChargeId
from faelles.ground.log import logger
from faelles.ground.money import Ore
from faelles.patrons import store as patrons
from faelles.patrons.reach import looked_at, require_division
from faelles.people.model import Caller, Permission

PARKED_AT_A_TIME: Final = 1000
FARTHEST_AHEAD: Final = 1000
"""Files come numbered from 1 on. One far beyond the last is numbered by something else: the gap would never close."""
LONGEST_NAME: Final = 200
_FORGIVING: Final = {AnswerKind.REDUCTION: EntryKind.REDUCTION, AnswerKind.WRITE_OFF: EntryKind.WAIVER}

_log = logger("fees.debt")


class _Fate(StrEnum):
    APPLIED = "applied"
    REPEATED = "repeated"
    PARKED = "parked"
    CONTRADICTED = "contradicted"


async def import_files(database: Database, outside: Outside, caller: Caller) -> FilesImported:
    """Take in every file that waits at the debtor system; each in one transaction, settled after it."""
    require_division(caller, Permission.DEBT_COLLECT, None)
    system, isil, now = await database.run(caller.agency, caller.actor, lambda tx: connect(tx, outside))
    fates: Counter[_Fate] = Counter()
    refused: list[str] = []
    waiting = await system.collect(now)
    for file in waiting:
        content = file.content
        try:
            head, answers = files.decode(content, Answer, expected="answers", agency=isil)
            fates += await database.run(
                caller.agency,
                caller.actor,
                lambda tx, head=head, answers=answers, content=content: _take_file(  # type: ignore[misc]  # bound here
                    tx, caller, head.number, content, answers
                ),
            )
        except (InvalidRequestError, ConflictError) as problem:
            name = _printable(file.name)
            _log.warning("file set aside", agency=caller.agency, file=name, reason=problem.code)
            refused.append(name)
            await database.run(
                caller.agency,
                caller.actor,
                lambda tx, name=name, problem=problem, content=content: _set_aside(  # type: ignore[misc]  # bound here
                    tx, name, problem, content
                ),
            )
            await system.set_aside(file, now)
        else:
            await system.settle(file, now)
    return FilesImported(files=len(waiting) - len(refused), refused=tuple(refused), answers=_counted(fates))


async def _set_aside(tx: Transaction, name: str, problem: FaellesError, content: bytes) -> None:
    """On the report it stays until somebody has seen to it: what it says is in nobody's books."""
    await answer_store.keep_refused_file(tx, name, files.digest(content), problem)
    await append(tx, events.file_set_aside(problem.code))


async def import_answers(tx: Transaction, caller: Caller, answers: Sequence[Answer]) -> Imported:
    """Take in what the debtor system says by message. Raises InvalidRequestError for what is incomplete."""
    require_division(caller, Permission.DEBT_COLLECT, None)
    return _counted(await _take(tx, caller, answers))


async def _take_file(
    tx: Transaction, caller: Caller, number: int, content: bytes, answers: Sequence[Answer]
) -> Counter[_Fate]:
    require_division(caller, Permission.DEBT_COLLECT, None)
    digest = files.digest(content)
    if number > await answer_store.latest_file(tx) + FARTHEST_AHEAD:
        raise ConflictError("debt_file_far_ahead", number=number)
    if await answer_store.insert_file(tx, number, digest, len(answers)):
        return await _take(tx, caller, answers)
    if await answer_store.load_file(tx, number) != digest:
        raise ConflictError("debt_file_number_reused", number=number)
    return Counter({_Fate.REPEATED: len(answers)})


async def _take(tx: Transaction, caller: Caller, answers: Sequence[Answer]) -> Counter[_Fate]:
    if not all(answer.is_complete for answer in answers):
        raise invalid_field("answers", "debt_answer_incomplete")
    parked = await answer_store.lock_parked(tx, PARKED_AT_A_TIME)
    await _lock_patrons(tx, caller, [*parked, *answers])
    for waiting in parked:
        if await _apply(tx, waiting):
            await _done(tx, waiting)
    return Counter([await _take_one(tx, answer) for answer in answers])


async def _lock_patrons(tx: Transaction, caller: Caller, answers: Sequence[Answer]) -> None:
    charges = [answer.claim for answer in answers if answer.claim is not None]
    concerned = await answer_store.patrons_of(tx, charges) if charges else []
    await patrons.lock(tx, concerned)
    await looked_at(tx, caller, "debt_import", concerned)


async def _take_one(tx: Transaction, answer: Answer) -> _Fate:
    if not await answer_store.keep(tx, answer):
        kept = await answer_store.load(tx, answer.id)
        if kept is None or not answer.says_again(kept):
            await answer_store.note_contradicted(tx, answer.id)
            return _Fate.CONTRADICTED
        if not await answer_store.open_again(tx, answer.id):
            return _Fate.REPEATED
    if not await _apply(tx, answer):
        return _Fate.PARKED
    await _done(tx, answer)
    return _Fate.APPLIED


async def _done(tx: Transaction, answer: Answer) -> None:
    await answer_store.note_applied(tx, answer.id)
    await append(tx, events.answered(answer))


async def _apply(tx: Transaction, answer: Answer) -> bool:
    """Whether it speaks of something and somebody we know, and was applied to it."""
    if answer.kind is AnswerKind.ACKNOWLEDGEMENT:
        return await answer_store.acknowledge(tx, answer.message or 0)
    if answer.kind is AnswerKind.REFUSAL:
        return await answer_store.refuse(tx, answer.message or 0, answer.reason or answer.kind)
    claim = await answer_store.load_handed_over(tx, ChargeId(answer.claim or 0)) if answer.kind in MONEY else None
    if claim is None or (answer.kind is AnswerKind.PAYMENT and claim.patron is None):
        # Whose it was is forgotten, so nothing is owed of it: nobody could have the money, and who paid gets it back.
        return False
    if answer.kind is AnswerKind.PAYMENT:
        await _pay(tx, claim, answer)
    else:
        await _forgive(tx, claim, answer)
    await answer_store.note_heard(tx, claim.charge, answer.amount_ore or 0)
    return True


async def _pay(tx: Transaction, claim: HandedOver, answer: Answer) -> None:
    """First for the claim it was paid for, then for whatever else is owed there; the rest is credit."""
    debts = await load_debts(tx, await load_accounts_beside(tx, claim.account))
    new = NewPayment(
        account=claim.account,
        reference=f"{COLLECTED}{answer.id}",
        means=Means.COLLECTED,
        amount_ore=Ore(answer.amount_ore or 0),
        branch=None,
    )
    in_order = sorted(debts, key=lambda debt: debt.charge != claim.charge)
    if await take(tx, new, in_order, division=claim.division) is None:
        raise ConflictError("payment_reference_known")


async def _forgive(tx: Transaction, claim: HandedOver, answer: Answer) -> None:
    """As far as something is owed of it: it may have been paid here meanwhile."""
    owed = ledger.outstanding(await load_live_entries(tx, [claim.charge]))
    amount = min(owed, Ore(answer.amount_ore or 0))
    if amount <= 0:
        return
    posting = Posting(
        account=claim.account,
        charge=claim.charge,
        kind=_FORGIVING[answer.kind],
        amount_ore=Ore(-amount),
        reason=answer.reason or answer.kind,
    )
    await post(tx, [posting], await load_claims(tx, [claim.charge]), division=claim.division, branch=None)


def _printable(name: str) -> str:
    """As it can be kept and shown, whatever the other side calls it."""
    return "".join(each if each.isprintable() else "?" for each in name)[:LONGEST_NAME] or "?"


def _counted(fates: Counter[_Fate]) -> Imported:
    return Imported(
        applied=fates[_Fate.APPLIED],
        repeated=fates[_Fate.REPEATED],
        parked=fates[_Fate.PARKED],
        contradicted=fates[_Fate.CONTRADICTED],
    )
