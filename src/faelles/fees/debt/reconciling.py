"""Holding the two sides' books against each other: a report that must be empty."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from faelles.fees.debt import files, rules, store
from faelles.fees.debt.model import Mismatch, TheirBalance
from faelles.fees.debt.operations import connect
from faelles.fees.payments.model import Outside
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.patrons.reach import require_division
from faelles.people.model import Caller, Permission

HEARD_WITHIN: Final = timedelta(days=7)
"""A message that nobody has acknowledged by then is on the report."""
_UNREADABLE: Final = "debt_balances_unreadable"


async def reconcile(database: Database, outside: Outside, caller: Caller) -> list[Mismatch]:
    """Everything that keeps the two sides from agreeing; with the debtor system's own balances where it tells them.

    Run it after an export and an import. Balances that cannot be read are themselves on the report.
    """
    system, isil, now = await database.run(caller.agency, caller.actor, lambda tx: connect(tx, outside))
    content = await system.balances(now)
    theirs: Sequence[TheirBalance] | None = None
    unread: list[Mismatch] = []
    if content is not None:
        try:
            _, theirs = files.decode(content, TheirBalance, expected="balances", agency=isil)
        except InvalidRequestError as problem:
            unread = [Mismatch(check=_UNREADABLE, subject=isil, why=problem.code, details=problem.parameters)]
    return unread + await database.run(caller.agency, caller.actor, lambda tx: compare(tx, caller, theirs))


async def compare(tx: Transaction, caller: Caller, theirs: Sequence[TheirBalance] | None) -> list[Mismatch]:
    """As `reconcile`, with the balances in hand; None: they are not known."""
    require_division(caller, Permission.DEBT_COLLECT, None)
    found = await store.check(tx, tx.now - HEARD_WITHIN)
    if theirs is None:
        return found
    return [*found, *rules.differences(await store.load_told(tx), {each.claim: each.amount_ore for each in theirs})]
