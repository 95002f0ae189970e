"""What the desk sees of the patron who is open: who it is, what stands against them, what they have and wait for."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.holds.model import HoldShown
from faelles.circulation.holds.reading import holds_of_patron
from faelles.circulation.looking.model import LoanShown
from faelles.circulation.looking.operations import loans_of_patron
from faelles.fees.desk.operations import balances
from faelles.fees.exclusion.model import NoticeLine
from faelles.fees.exclusion.operations import standing_notices
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.ground.money import Ore
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.looking.model import PatronView
from faelles.patrons.looking.operations import show_patron
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings

LOOK: Final = "open_at_desk"
"""What a look at a patron is called in the log of looks."""
_MOST_SHOWN: Final = 200


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    patron: PatronView
    loans: Sequence[LoanShown]
    holds: Sequence[HoldShown]
    owed_ore: Ore
    exclusions: Sequence[NoticeLine]
    """That stand, or are to come."""
    today: date

    @property
    def card(self) -> str | None:
        """The card that is in use."""
        known = (
            each.value
            for each in self.patron.identifiers
            if each.kind is IdentifierKind.CARD and each.ended_at is None and each.value
        )
        return next(known, None)

    @property
    def ready(self) -> Sequence[HoldShown]:
        return [each for each in self.holds if each.state is HoldState.READY]

    @property
    def overdue(self) -> Sequence[LoanShown]:
        return [each for each in self.loans if each.is_overdue(self.today)]

    @property
    def age(self) -> int | None:
        """In whole years."""
        born = self.patron.birth_date
        if born is None:
            return None
        return self.today.year - born.year - ((self.today.month, self.today.day) < (born.month, born.day))


async def panel_of(tx: Transaction, caller: Caller, patron: PatronId) -> Panel:
    """Raises NotFoundError for nobody the caller may see. All of it is one look at the patron. Guardians and
    children are not named in it: the tabs that do say so (`relations_seen`).
    """
    view = await show_patron(tx, caller, patron, operation=LOOK, names_relations=False)
    settings = await current_settings(tx)
    owed, exclusions, holds = [], [], []
    if caller.may(Permission.FEE_VIEW):
        owed = await balances(tx, caller, patron, is_known=True)
    if any(each.balance_ore > 0 for each in owed):
        exclusions = await standing_notices(tx, caller, patron, is_known=True)
    if caller.may(Permission.HOLD_VIEW):
        holds = await holds_of_patron(tx, caller, patron, limit=_MOST_SHOWN, is_known=True)
    return Panel(
        patron=view,
        loans=await loans_of_patron(tx, caller, patron, limit=_MOST_SHOWN, is_known=True),
        holds=holds,
        owed_ore=Ore(sum(each.balance_ore for each in owed)),
        exclusions=exclusions,
        today=local_date(tx.now, settings.directory.agency.time_zone),
    )
