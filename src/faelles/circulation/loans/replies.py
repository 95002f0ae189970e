"""Putting answers together, and giving the same one to the same request again."""

from typing import TypeVar

import msgspec

from faelles.circulation.loans.facts import EarlierAnswer, ItemFacts
from faelles.circulation.loans.model import CheckoutAnswer, ItemShown, RenewalAnswer
from faelles.circulation.loans.store import Repeatable
from faelles.ground.errors import ConflictError
from faelles.ground.idempotency import check_key, fingerprint

Answer = TypeVar("Answer")


def repeatable(operation: str, key: str | None, *asked: object) -> Repeatable:
    """The key of a request, with a digest of what was asked; without a key there is nothing to compare."""
    if key is None:
        return Repeatable(operation, None, b"")
    check_key(key)
    return Repeatable(operation, key, fingerprint(*asked))


def answered_before(earlier: EarlierAnswer | None, repeat: Repeatable, answer_type: type[Answer]) -> Answer | None:
    """What the key was answered the first time. The key with another request is an error."""
    if earlier is None:
        return None
    if earlier.fingerprint != repeat.fingerprint.hex():
        raise ConflictError("idempotency_key_reused")
    return msgspec.convert(earlier.answer, answer_type)


def as_checkout(renewed: RenewalAnswer) -> CheckoutAnswer:
    """A renewal told as the check-out that it was scanned as."""
    return CheckoutAnswer(
        outcome=renewed.outcome,
        loan=renewed.loan,
        due_on=renewed.due_on,
        renewals=renewed.renewals,
        item=renewed.item,
        blocks=renewed.blocks,
        overridden=renewed.overridden,
        charged_ore=renewed.charged_ore,
    )


def shown(item: ItemFacts, *, on_checkout: bool) -> ItemShown:
    """What the desk sees of the copy, with the notes that speak at this moment."""
    notes = tuple(note.text for note in item.notes or () if (note.on_checkout if on_checkout else note.on_return))
    return ItemShown(
        number=item.number,
        title=item.title,
        creators=item.creators,
        material_type=item.material_type,
        notes=notes,
        missing_parts=item.missing_parts or (),
    )
