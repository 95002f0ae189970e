"""What a patron has, what one loan is, where a copy is, and what a scan may mean."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from faelles.circulation.looking import store
from faelles.circulation.looking.model import CopyShown, FoundCopy, LoanShown
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Scan
from faelles.ground.ids import LoanId, PatronId
from faelles.patrons.looking.operations import candidates, identifiers_asked_for
from faelles.patrons.model import EndedWhy
from faelles.patrons.reach import looked_at, patron_for
from faelles.people.model import Caller, Permission, listed


async def loans_of_patron(
    tx: Transaction,
    caller: Caller,
    patron: PatronId,
    *,
    is_open: bool = True,
    after: int = 0,
    limit: int = 50,
    is_known: bool = False,
    closed_since: datetime | None = None,
) -> list[LoanShown]:
    """The loans of a patron, for staff in the divisions they work for, for the patron their own. Closed ones are there
    only as long as retention lets them be. A patron sees those that were closed since `closed_since`, and without it
    none: from when on that is, the consent to a history says. `is_known`: the caller was let through to the patron in
    this transaction.
    """
    permission = caller.own_or(Permission.PATRON_VIEW)
    if not is_known:
        await patron_for(tx, caller, patron, permission, "loans_of_patron")
    if caller.patron is not None and not is_open and closed_since is None:
        return []
    return await store.loans_of(
        tx,
        patron,
        is_open=is_open,
        divisions=listed(caller.divisions(permission)),
        closed_since=closed_since,
        after=after,
        limit=limit,
    )


async def show_loan(tx: Transaction, caller: Caller, loan: LoanId, *, known: Collection[PatronId] = ()) -> LoanShown:
    """One loan, with who has it: a look at a patron, and recorded as one. `known`: whom the caller saw before in this
    transaction.
    """
    caller.require(Permission.PATRON_VIEW)
    found = await store.find_loan(tx, loan)
    divisions = caller.divisions(Permission.PATRON_VIEW)
    if found is None or (divisions is not None and found.division not in divisions):
        raise NotFoundError("loan_not_found")
    parties = (found.borrower, found.second_borrower)
    seen = [patron for patron in parties if patron is not None and patron not in known]
    await looked_at(tx, caller, "show_loan", seen)
    return found


async def show_copy(tx: Transaction, caller: Caller, number: str) -> CopyShown:
    """Where a copy is. Its loan is named only to those who may see loans of its division."""
    caller.require(Permission.ITEM_VIEW)
    found = await tx.ask(store.copy_asked_for(tx, number))
    if found is None:
        raise NotFoundError("material_not_found")
    return _shown_to(caller, found)


def _shown_to(caller: Caller, found: FoundCopy) -> CopyShown:
    """The copy, less its loan for those who may not see loans of its division."""
    visible = caller.divisions(Permission.PATRON_VIEW) if caller.may(Permission.PATRON_VIEW) else frozenset()
    may_see_loan = visible is None or found.division in visible
    return found.copy if may_see_loan else msgspec.structs.replace(found.copy, loan=None)


class ScanMeaning(StrEnum):
    NOTHING = "nothing"
    PATRON = "patron"
    ITEM = "item"
    ASK = "ask"
    """It fits more than one thing: ten digits may be an item and a health card."""


class ScanRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    scan: Scan

    def __repr__(self) -> str:
        return "ScanRequest()"


class ScanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a scan may stand for."""

    meaning: ScanMeaning
    patrons: tuple[PatronId, ...] = ()
    item: CopyShown | None = None
    ended_why: EndedWhy | None = None
    """Where it is one patron's, and stands for them no longer: the card was reported stolen, say."""


async def identify_scan(tx: Transaction, caller: Caller, keyring: Keyring, request: ScanRequest) -> ScanAnswer:
    """Look a scan up among patrons and items both; where both have it, the person at the desk is asked."""
    caller.require(Permission.ITEM_VIEW)
    identifiers, found = await tx.together(
        identifiers_asked_for(tx, caller, keyring, request.scan), store.copy_asked_for(tx, request.scan.strip())
    )
    standing = await candidates(tx, caller, identifiers)
    patrons = {candidate.patron.id for candidate in standing}
    fitting = len(patrons) + (found is not None)
    if fitting > 1:
        meaning = ScanMeaning.ASK
    elif patrons:
        meaning = ScanMeaning.PATRON
    else:
        meaning = ScanMeaning.ITEM if found else ScanMeaning.NOTHING
    return ScanAnswer(
        meaning=meaning,
        patrons=tuple(sorted(patrons)),
        item=_shown_to(caller, found) if found else None,
        ended_why=standing[0].ended_why if len(patrons) == 1 else None,
    )
