"""The hold shelf: looking over it, and letting go what nobody collected."""

from datetime import date

from faelles.circulation.desk.parties import parties_of
from faelles.circulation.holds.line import read_line
from faelles.circulation.holds.model import ClosedWhy
from faelles.circulation.shelf import expiry_store, store
from faelles.circulation.shelf.expiry_store import ExpiredHold
from faelles.circulation.shelf.model import LeftOnShelf, OnShelf, ToClear
from faelles.circulation.transit.operations import place_of
from faelles.fees.model import Uncollected
from faelles.fees.operations import charge_uncollected
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, HoldId, PatronId
from faelles.ground.jobs import Slice
from faelles.ground.money import Ore
from faelles.patrons.reach import patron_for
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Settings
from faelles.policies.knobs import HOLD_NOT_COLLECTED_FEE_ORE
from faelles.policies.model import ANY_PATRON, Subject
from faelles.policies.operations import current_settings


async def list_shelf(
    tx: Transaction, caller: Caller, branch: BranchId, *, after: int = 0, limit: int = 50
) -> list[OnShelf]:
    """What stands ready at the branch, by shelf number."""
    await _require(tx, caller, branch)
    return await store.on_shelf(tx, branch, after=after, limit=limit)


async def list_to_clear(
    tx: Transaction, caller: Caller, branch: BranchId, *, after: int = 0, limit: int = 50
) -> list[ToClear]:
    """What stands there for nobody. Each is scanned when it is taken away, and the scan says where it goes."""
    await _require(tx, caller, branch)
    return await store.to_clear(tx, branch, after=after, limit=limit)


async def _require(tx: Transaction, caller: Caller, branch: BranchId) -> None:
    caller.require(Permission.LOGISTICS)
    caller.require(Permission.LOGISTICS, place_of(await current_settings(tx), branch))


async def uncollected_by(tx: Transaction, caller: Caller, patron: PatronId) -> LeftOnShelf:
    """How often a patron left on the shelf what was ready for them, in the divisions the caller works for. Counts what
    retention has not forgotten. Raises NotFoundError for a patron whom the caller may not see.
    """
    await patron_for(tx, caller, patron, Permission.HOLD_VIEW, "holds_of_patron")
    divisions = caller.divisions(Permission.HOLD_VIEW)
    return LeftOnShelf(holds=await expiry_store.count_uncollected(tx, patron, ClosedWhy.NOT_COLLECTED, divisions))


async def expire_shelf(tx: Transaction, day: date, cursor: str | None) -> Slice:
    """Let go the next hold whose deadline lay before `day`: it expires, with a fee where a rule asks one, and the copy
    is the next in line's at once. It stays on the shelf until it is cleared.
    """
    expired = await expiry_store.load_expired(tx, day, int(cursor or 0))
    if expired is None:
        return Slice()
    if expired.facts is None:
        return Slice(next=str(expired.hold))
    settings = await current_settings(tx)
    await expiry_store.expire(tx, expired.hold, ClosedWhy.NOT_COLLECTED)
    charged = await _charge(tx, settings, expired.hold, expired.facts, day)
    has_next = await _hand_on(tx, settings, expired.facts, day)
    return Slice(
        next=str(expired.hold), counts={"holds_expired": 1, "handed_on": int(has_next), "charged": int(charged > 0)}
    )


async def _hand_on(tx: Transaction, settings: Settings, facts: ExpiredHold, day: date) -> bool:
    """The copy is bound to the first in line that it fits; whether there is one."""
    found = (await read_line(tx, settings, facts.record, facts.copy, facts.waiting, day)).first
    if found.hold is None:
        return False
    await expiry_store.capture(tx, found.hold.id, facts.item, found.passed)
    return True


async def _charge(tx: Transaction, settings: Settings, hold: HoldId, facts: ExpiredHold, day: date) -> Ore:
    """What the patron's library asks for leaving it there; øre."""
    if facts.patron is None:
        return Ore(0)
    subject = Subject(
        item=settings.at_division(facts.division),
        patron=settings.at_division(facts.division),
        desk=settings.at_branch(facts.pickup),
        patron_group=facts.patron_group or ANY_PATRON,
    )
    fee = settings.policy.terms(subject, tx.now)[HOLD_NOT_COLLECTED_FEE_ORE]
    raised = await charge_uncollected(
        tx,
        Uncollected(
            parties=parties_of(facts.patron, day),
            division=facts.division,
            branch=facts.pickup,
            hold=hold,
            amount_ore=Ore(fee.value),
            rule=fee.rule_id,
            currency=settings.directory.agency.currency,
        ),
    )
    return raised.amount_ore if raised else Ore(0)
