"""What the debtor system is to be told is written down in the night; the worker's rounds deliver it."""

from datetime import date, time
from typing import Final

from faelles.fees.debt.operations import write_messages
from faelles.fees.neighbours.model import Role
from faelles.fees.neighbours.store import load
from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice


async def write(tx: Transaction, _day: date, _place: str | None) -> Slice:
    """One file; nothing where the agency has chosen no debtor system."""
    if await load(tx, Role.DEBTS) is None:
        return Slice()
    written = await write_messages(tx)
    return Slice(
        next="more" if written.file is not None else None,
        counts={"debt_claims": written.claims, "debt_adjustments": written.adjustments},
    )


WRITE_DEBT_MESSAGES: Final = Job(name="write_debt_messages", work=write, at=time(1, 30))
