"""What a consent to a history is for: the patron sees what they have had at home."""

from datetime import datetime

from faelles.circulation.looking.model import LoanShown
from faelles.circulation.looking.operations import loans_of_patron
from faelles.ground.database import Read, Transaction
from faelles.patrons.model import Patron
from faelles.patrons.reach import asked_for, there
from faelles.people.model import Caller, Permission
from faelles.privacy.consents import store
from faelles.privacy.consents.model import ConsentKind


async def list_own_history(tx: Transaction, caller: Caller, *, after: int, limit: int) -> list[LoanShown]:
    """The caller's finished loans that they agreed to have kept, in the order of their ids."""
    found, since = await tx.together(
        asked_for(tx, caller, caller.oneself(), Permission.OWN_ACCOUNT, "loans_of_patron"), agreed_since(tx, caller)
    )
    return await own_history(tx, caller, there(found), since, after=after, limit=limit)


def agreed_since(tx: Transaction, caller: Caller) -> Read[datetime | None]:
    """Since when the caller agrees to a history, for `own_history`; None where they do not."""
    return store.standing_since(tx, caller.oneself(), ConsentKind.HISTORY)


async def own_history(
    tx: Transaction, caller: Caller, known: Patron, since: datetime | None, *, after: int = 0, limit: int
) -> list[LoanShown]:
    """As `list_own_history`, of whoever has been let through: what came back since they agreed. A consent does not
    reach back, and an earlier one that was withdrawn covers nothing any more.
    """
    if since is None:
        return []
    return await loans_of_patron(
        tx, caller, known.id, is_open=False, closed_since=since, after=after, limit=limit, is_known=True
    )
