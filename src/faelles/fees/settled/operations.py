"""Asking what settled claims."""

from collections.abc import Sequence

from faelles.fees.settled import store
from faelles.fees.settled.model import Settlement
from faelles.ground.database import Transaction
from faelles.ground.ids import ChargeId


async def settlements(tx: Transaction, charges: Sequence[ChargeId]) -> dict[ChargeId, Settlement]:
    """What settled each of `charges`, for doors that have just been shown the claims."""
    return await store.settlements(tx, charges)
