"""What stands in a patron's way before it is known what they want. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.facts import Standing
from faelles.circulation.desk.patron_rules import against_debt, against_membership, standing_blocks
from faelles.circulation.self_service.model import LoanSeen
from faelles.ground.ids import DivisionId
from faelles.policies.compiled import Terms
from faelles.policies.knobs import DEBT_LIMIT_ORE, MAX_LOANS, OVERDUE_BLOCKS_CHECKOUT, Effect


def blocks_at_machine(
    patron: Standing, loans: Sequence[LoanSeen], division: DivisionId, today: date, *, terms: Terms
) -> tuple[Block, ...]:
    """Every reason why nothing is lent to them at a machine of the division, whatever the material. `loans` are theirs
    there, `terms` those of their group for any material.
    """
    return (
        *against_membership(patron, division, today),
        *standing_blocks(patron, division, today, is_self_service=True),
        *against_debt(patron, division, terms[DEBT_LIMIT_ORE]),
        *_against_loans(loans, today, terms),
    )


def _against_loans(loans: Sequence[LoanSeen], today: date, terms: Terms) -> Iterator[Block]:
    overdue = sum(loan.counts_as_overdue(today) for loan in loans)
    count = sum(loan.is_answered_for for loan in loans)
    effect, most = terms[OVERDUE_BLOCKS_CHECKOUT], terms[MAX_LOANS]
    if overdue and effect.value is Effect.REFUSE:
        yield block(BlockCode.HAS_OVERDUES, effect.rule_id, count=overdue)
    if most.value is not None and count >= most.value:
        yield block(BlockCode.TOO_MANY_LOANS, most.rule_id, count=count, limit=most.value)
