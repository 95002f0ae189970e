"""Why one patron would borrow one copy on these terms: the knobs as a check-out would find them, each with the rule
that won and those that lost.
"""

from typing import Annotated

import msgspec

from faelles.circulation.desk.model import Borrower
from faelles.circulation.desk.opening import open_desk
from faelles.circulation.loans.cases import subject_of
from faelles.circulation.looking import store
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.fields import Code, Id, ScannedItem, trim
from faelles.ground.ids import PatronId
from faelles.patrons.looking.operations import holders
from faelles.patrons.reach import patron_for, require_division
from faelles.people.model import Caller, Permission
from faelles.policies.model import Scope, ScopeNode, Subject
from faelles.policies.operations import current_settings, explain
from faelles.policies.requests import Coordinates, Explain, ExplanationShown, Moment
from faelles.policies.shown import Names


class ExplainCheckout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """This item, lent to this borrower at this branch."""

    borrower: Borrower
    item: ScannedItem
    branch: Id
    knobs: Annotated[list[Code], msgspec.Meta(max_length=100)] = []
    """None named: all."""
    at: Moment | None = None
    """None: now."""

    def __post_init__(self) -> None:
        trim(self, "item")

    def __repr__(self) -> str:
        return f"ExplainCheckout(item={self.item}, branch={self.branch})"


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules see of a check-out, by name."""

    patron_group: str
    """Of the patron's membership in the division that owns the item; without one no group counts."""
    material_group: str
    division: str
    placement: str
    """Branch, department and shelf where the item belongs."""
    desk: str


class CheckoutExplained(msgspec.Struct, frozen=True, kw_only=True):
    """`coordinates` say the same as `parties`, and may be asked about further."""

    coordinates: Coordinates
    parties: Parties
    knobs: list[ExplanationShown]


async def explain_checkout(
    tx: Transaction, caller: Caller, keyring: Keyring, request: ExplainCheckout
) -> CheckoutExplained:
    """The knobs for one patron and one item: a look at the patron, and recorded as one.

    Raises NotFoundError for whom or what there is not here, ConflictError for a scan that fits two patrons,
    ForbiddenError where the patrons of the item's division are not for the caller to see.
    """
    caller.require(Permission.POLICY_VIEW)
    patron = await _patron(tx, caller, keyring, request.borrower)
    facts, item = await store.patron_facts(tx, patron), await store.item_facts(tx, request.item)
    if item is None:
        raise NotFoundError("material_not_found")
    settings = await current_settings(tx)
    desk = await open_desk(tx, caller, settings.revision, request.branch, Permission.POLICY_VIEW)
    require_division(caller, Permission.PATRON_VIEW, desk.division_of(item))
    subject = subject_of(desk, facts, item, request.at or tx.now)
    asked = Explain(coordinates=_coordinates(subject), knobs=request.knobs, at=request.at)
    return CheckoutExplained(
        coordinates=asked.coordinates,
        parties=_parties(subject, Names(settings, caller.language)),
        knobs=await explain(tx, caller, asked),
    )


async def _patron(tx: Transaction, caller: Caller, keyring: Keyring, borrower: Borrower) -> PatronId:
    """Whom the card or the id stands for, if it is somebody the caller may see."""
    wanted = borrower.patron
    if borrower.card is not None:
        found = await holders(tx, caller, keyring, borrower.card)
        if len(found) > 1:
            raise ConflictError("scan_ambiguous")
        wanted = found[0] if found else None
    if wanted is None:
        raise NotFoundError("patron_unknown")
    return (await patron_for(tx, caller, PatronId(wanted), Permission.PATRON_VIEW, "explain_checkout")).id


def _coordinates(subject: Subject) -> Coordinates:
    return Coordinates(
        item_branch=subject.item.branch,
        item_placement=subject.item.placement,
        patron_division=subject.patron.division,
        desk_branch=subject.desk.branch,
        patron_group=subject.patron_group,
        material_group=subject.material_group,
        loan_kind=subject.loan_kind,
    )


def _parties(subject: Subject, names: Names) -> Parties:
    return Parties(
        patron_group=names.patron_group(subject.patron_group),
        material_group=names.material_group(subject.material_group),
        division=_place(names, Scope.DIVISION, subject.patron.division),
        placement=_place(names, Scope.PLACEMENT, subject.item.placement),
        desk=_place(names, Scope.BRANCH, subject.desk.branch),
    )


def _place(names: Names, scope: Scope, place: int | None) -> str:
    return "" if place is None else names.place(ScopeNode(scope, place))
