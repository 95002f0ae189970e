"""The facts of debt collection. Money that moves is told by the ledger."""

from faelles.fees.debt.model import Answer, Due, Exported
from faelles.ground.events import Event


def told(due: Due, message: int) -> Event:
    """`debt_claim_told` or `debt_adjustment_told`."""
    return Event(
        kind=f"debt_{due.kind}_told", subject=due.charge, dimensions={"message": message, "amount_ore": due.amount_ore}
    )


def exported(result: Exported) -> Event:
    return Event(
        kind="debt_exported",
        subject=result.file,
        dimensions={"claims": result.claims, "adjustments": result.adjustments},
    )


def answer_settled(answer: Answer) -> Event:
    return Event(
        kind="debt_answer_settled",
        subject=answer.claim,
        dimensions={"kind": answer.kind.value, "message": answer.message, "amount_ore": answer.amount_ore},
    )


def file_set_aside(why: str) -> Event:
    return Event(kind="debt_file_set_aside", dimensions={"why": why})


def file_settled() -> Event:
    return Event(kind="debt_file_settled")


def answered(answer: Answer) -> Event:
    """`debt_payment_received`, `debt_refusal_received` ...; `subject` is the claim, of money."""
    return Event(
        kind=f"debt_{answer.kind}_received",
        subject=answer.claim,
        dimensions={"message": answer.message, "amount_ore": answer.amount_ore},
    )
