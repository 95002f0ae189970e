"""What a patron owes, for the patron: a question for `Transaction.together`."""

from collections.abc import Sequence

from faelles.circulation.claimed import store
from faelles.circulation.claimed.model import OwnClaim, OwnClaims
from faelles.ground.database import Read, Transaction
from faelles.patrons.reach import looked_at
from faelles.people.model import Caller


def own_claims_asked_for(tx: Transaction, caller: Caller, *, only_open: bool, limit: int) -> Read[OwnClaims]:
    """The claims on the caller's own accounts and those on the accounts of others that the caller is liable for, newest
    first, each with its copies. `own_claims_seen` is to be told of what was found.
    """
    return store.own_claims(tx, caller.oneself(), only_open=only_open, limit=limit)


async def own_claims_seen(tx: Transaction, caller: Caller, found: Sequence[OwnClaim]) -> None:
    await looked_at(tx, caller, "claims", sorted({each.for_patron for each in found}))
