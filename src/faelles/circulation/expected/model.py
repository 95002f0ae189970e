"""Fees that are not claims yet."""

from datetime import date

import msgspec

from faelles.ground.ids import DivisionId, LoanId
from faelles.ground.money import Ore


class ExpectedFee(msgspec.Struct, frozen=True, kw_only=True):
    """What loans that were lent together and due together would cost today. It may be more tomorrow."""

    division: DivisionId
    lent_on: date
    due_on: date
    amount_ore: Ore
    loans: tuple[LoanId, ...]
