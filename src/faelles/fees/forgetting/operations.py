"""Forgetting whose money it was. The books stay: what the law on book-keeping asks for is kept without a name."""

from datetime import datetime
from typing import Final

from faelles.fees.forgetting import store
from faelles.fees.model import ChargeKind
from faelles.ground.database import Transaction
from faelles.ground.forgetting import Forgotten
from faelles.ground.ids import AccountId, PatronId

_REPLACEMENTS: Final = (ChargeKind.REPLACEMENT, ChargeKind.PROCESSING)
_FEES: Final = tuple(kind for kind in ChargeKind if kind not in _REPLACEMENTS)


async def forget_fees(tx: Transaction, before: datetime) -> Forgotten:
    """Who was liable for, and which loans were behind, fees that were settled before that moment."""
    return Forgotten(await store.forget_claims(tx, _FEES, before))


async def forget_replacements(tx: Transaction, before: datetime) -> Forgotten:
    return Forgotten(await store.forget_claims(tx, _REPLACEMENTS, before))


async def forget_letters(tx: Transaction, before: datetime) -> Forgotten:
    """To whom a notice of exclusion went, when nothing has been owed since that moment."""
    return Forgotten(await store.forget_letters(tx, before))


async def forget_accounts(tx: Transaction, before: datetime) -> Forgotten:
    """Whose an account was, when the book-keeping year of its latest entry ended before that moment."""
    accounts = await store.old_accounts(tx, before)
    await store.unlink(tx, accounts)
    return Forgotten(len(accounts))


async def accounts_of(tx: Transaction, patron: PatronId) -> list[tuple[AccountId, datetime | None]]:
    """A patron's accounts, each with the end of the book-keeping year of its latest entry; None: without entries."""
    return await store.accounts_of(tx, patron)


async def erase(tx: Transaction, patron: PatronId) -> None:
    """Everything that links a patron, who owes nothing, to the books."""
    await store.erase(tx, patron, [account for account, _ in await store.accounts_of(tx, patron)])
