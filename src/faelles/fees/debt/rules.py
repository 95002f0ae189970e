"""Where the two sides differ. Pure."""

from collections.abc import Mapping

from faelles.fees.debt.model import Mismatch


def differences(told: Mapping[int, int], theirs: Mapping[int, int]) -> list[Mismatch]:
    """What the debtor system believes and should not, claim by claim; by how much. What is owed nothing of it need not
    name.
    """
    claims = sorted(told.keys() | theirs.keys())
    return [
        Mismatch(check="debt_balance_differs", subject=str(claim), amount_ore=theirs.get(claim, 0) - told.get(claim, 0))
        for claim in claims
        if theirs.get(claim, 0) != told.get(claim, 0)
    ]
