"""Which loans a caller may see."""

from faelles.circulation.loans.facts import Borrowed, LoanFacts
from faelles.people.model import Caller, Permission


def is_visible(caller: Caller, permission: Permission, loan: LoanFacts) -> bool:
    """Whether the caller may see this loan: a patron their own, staff anybody's; either in the divisions their
    permission reaches, for a school's door never shows the public library's loans, nor the other way round.
    """
    if caller.patron is not None:
        permission = Permission.OWN_ACCOUNT
        if not loan.is_borrowed_by(caller.patron):
            return False
    divisions = caller.divisions(permission)
    return divisions is None or loan.division in divisions


def visible_to(caller: Caller, permission: Permission, borrowed: Borrowed) -> Borrowed:
    """What the caller may see of these loans."""
    loans = tuple(each for each in borrowed.loans if is_visible(caller, permission, each.loan))
    return Borrowed(borrowed.patron, loans)
