"""Putting answers together, and giving the same one to the same request again."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from faelles.circulation.desk.facts import EarlierAnswer, ItemFacts
from faelles.circulation.desk.repeats import Repeatable, check_same
from faelles.circulation.loans.facts import Borrowed
from faelles.circulation.loans.model import (
    CheckoutAnswer,
    ItemShown,
    LossAnswer,
    RenewalAnswer,
    ReturnAnswer,
    UndoAnswer,
)

AboutCopy = TypeVar("AboutCopy", CheckoutAnswer, ReturnAnswer, RenewalAnswer, LossAnswer, UndoAnswer)
Answer = TypeVar("Answer", CheckoutAnswer, ReturnAnswer, LossAnswer, UndoAnswer)


def answered_before(
    earlier: EarlierAnswer | None, repeat: Repeatable, answer_type: type[Answer], item: ItemFacts | None
) -> Answer | None:
    """What the key was answered the first time, with the copy shown as it is now. The key with another request is an
    error.
    """
    if earlier is None:
        return None
    check_same(earlier, repeat)
    answer = msgspec.convert(earlier.answer, answer_type)
    on_checkout = isinstance(answer, CheckoutAnswer)
    return msgspec.structs.replace(answer, item=shown(item, on_checkout=on_checkout) if item else None)


def renewed_before(
    earlier: EarlierAnswer | None, repeat: Repeatable, borrowed: Sequence[Borrowed]
) -> list[RenewalAnswer] | None:
    """As `answered_before`, for the loans that were renewed together."""
    if earlier is None:
        return None
    check_same(earlier, repeat)
    items = {each.loan.id: shown(each.item, on_checkout=True) for whose in borrowed for each in whose.loans}
    answers = msgspec.convert(earlier.answer, list[RenewalAnswer])
    return [msgspec.structs.replace(answer, item=items.get(answer.loan)) for answer in answers]


def kept(answer: AboutCopy) -> AboutCopy:
    """What is kept of an answer: ids, codes and amounts. The copy is shown anew when the answer is given again, so that
    no title lies about beside whoever borrowed it.
    """
    return msgspec.structs.replace(answer, item=None)


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
    notes = tuple(note.text for note in item.notes if (note.on_checkout if on_checkout else note.on_return))
    return ItemShown(
        number=item.number,
        title=item.title,
        issue=item.issue,
        creators=item.creators,
        material_type=item.material_type,
        material_group=item.material_group,
        owner_branch=item.owner_branch,
        placement=item.default_placement,
        classification=item.classification,
        notes=notes,
        missing_parts=item.missing_parts,
    )
