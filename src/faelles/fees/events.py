"""The facts of the room: every movement of money is one event, about one claim of one account. Nobody is named."""

from faelles.fees.model import AgeClass, ChargeKind, Claim, ClaimFacts, EntryKind, Posting
from faelles.ground.events import Dimension, Event
from faelles.ground.ids import DivisionId
from faelles.ground.money import Ore

_KINDS = {
    EntryKind.CHARGE: "fee_charged",
    EntryKind.PAYMENT: "fee_paid",
    EntryKind.REDUCTION: "fee_reduced",
    EntryKind.WAIVER: "fee_waived",
    EntryKind.REVERSAL: "fee_reversed",
}


def claimed(claim: Claim, amount: Ore) -> Event:
    """A claim was raised or grew by `amount`. The write that makes account and claim fills in their ids."""
    return Event(
        kind=_KINDS[EntryKind.CHARGE],
        loan=claim.loan,
        dimensions=_dimensions(amount, claim.division, claim.kind, claim.step, claim.age_class),
    )


def posted(posting: Posting, claim: ClaimFacts | None, division: DivisionId) -> Event:
    """`claim` None: credit was made or used."""
    kind, step, age_class = (claim.kind, claim.step, claim.age_class) if claim else (None, None, None)
    return Event(
        kind=_KINDS[posting.kind],
        account=posting.account,
        subject=posting.charge,
        dimensions=_dimensions(posting.amount_ore, division, kind, step, age_class),
    )


def _dimensions(
    amount: Ore, division: DivisionId, kind: ChargeKind | None, step: int | None, age_class: AgeClass | None
) -> dict[str, Dimension]:
    """`amount_ore` as in the ledger: above zero what is owed grows."""
    return {
        "amount_ore": amount,
        "division": division,
        "charge_kind": kind,
        "step": step,
        "age_class": age_class,
    }
