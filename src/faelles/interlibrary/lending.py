"""Another library asks us for a title: it waits in our queue, as the patron that it is here, and is told so."""

from dataclasses import dataclass
from datetime import datetime

from faelles.catalog.numbers.operations import records_numbered
from faelles.circulation.availability.operations import issues_of_title
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.changing import cancel_holds
from faelles.circulation.holds.model import CancelHolds, PlaceHolds, Wish
from faelles.circulation.holds.operations import place_holds
from faelles.ground import events
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, UnavailableError
from faelles.ground.ids import HoldId, PatronId, RecordId
from faelles.interlibrary import store
from faelles.interlibrary.events import moved
from faelles.interlibrary.model import Direction, ItemRequested, RequestedResult, State, Wanted
from faelles.interlibrary.partners import partner_of
from faelles.interlibrary.port import Partner
from faelles.patrons import store as patrons
from faelles.people.model import Caller, Permission

_SEALED_FOR = "interlibrary end user"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What was entered, and who is to be told."""

    request: int
    hold: HoldId
    partner: Partner
    ours: str
    now: datetime


async def item_requested(
    database: Database, caller: Caller, keyring: Keyring, installation: Installation, asked: ItemRequested
) -> RequestedResult:
    """Put the asking library in the queue, and tell it; where it cannot be told, it does not wait either.

    Needs HOLD_PLACE where the library is at home here.
    """
    caller.require(Permission.HOLD_PLACE)

    async def enter(tx: Transaction) -> _Waiting | RequestedResult:
        return await _enter(tx, caller, keyring, installation, asked)

    try:
        entered = await database.run(caller.agency, caller.actor, enter)
    except ConflictError as problem:
        if problem.code == "interlibrary_partner_missing":
            return RequestedResult.SENDING_FAILED
        raise
    if isinstance(entered, RequestedResult):
        return entered
    if await _is_told(entered, asked):
        return RequestedResult.OK
    await database.run(caller.agency, caller.actor, lambda tx: _take_back(tx, caller, entered))
    return RequestedResult.SENDING_FAILED


async def _is_told(entered: _Waiting, asked: ItemRequested) -> bool:
    try:
        return await entered.partner.expect(entered.ours, asked.requesting_isil, entered.request, entered.now)
    except UnavailableError:
        return False


async def _enter(
    tx: Transaction, caller: Caller, keyring: Keyring, installation: Installation, asked: ItemRequested
) -> _Waiting | RequestedResult:
    libraries = await store.libraries(tx, asked.requesting_isil)
    titles = await records_numbered(tx, caller, [asked.record_number])
    wish = await _wish(tx, titles[0].record, asked) if titles else None
    if not libraries:
        return RequestedResult.PATRON_NOT_FOUND
    if not titles or wish is None:
        return RequestedResult.RECORD_NOT_FOUND
    library = libraries[0]
    home = (await patrons.load(tx, [library]))[0].home_branch
    placing = await place_holds(
        tx, caller, keyring, PlaceHolds(patron=Borrower(patron=library), wishes=(wish,), pickup=home)
    )
    hold = placing.holds[0].hold
    if placing.is_refused or hold is None:
        return RequestedResult.NOT_RESERVABLE
    partner, ours = await partner_of(tx, installation)
    request = await _note(tx, keyring, library, hold, asked, title=placing.holds[0].title, record=titles[0].record)
    return _Waiting(request, hold, partner, ours, tx.now)


async def _wish(tx: Transaction, record: RecordId, asked: ItemRequested) -> Wish | None:
    """The title, or the one issue of it that fits what was said; None where none does, or several do."""
    said = (asked.periodical_year, asked.periodical_volume, asked.periodical_number)
    if not any(said):
        return Wish(record=record)
    found = [
        issue.id
        for issue in await issues_of_title(tx, record)
        if all(
            want in (None, have) for want, have in zip(said, (str(issue.year), issue.volume, issue.number), strict=True)
        )
    ]
    return Wish(issue=found[0]) if len(found) == 1 else None


async def _note(
    tx: Transaction,
    keyring: Keyring,
    library: PatronId,
    hold: HoldId,
    asked: ItemRequested,
    *,
    title: str | None,
    record: RecordId,
) -> int:
    known = (await patrons.load(tx, [library]))[0]
    wanted = Wanted(
        title=title or asked.record_number,
        record=record,
        identifier=asked.record_number,
        periodical_year=asked.periodical_year,
        periodical_volume=asked.periodical_volume,
        periodical_number=asked.periodical_number,
    )
    request = await store.insert(
        tx,
        Direction.LENDING,
        library,
        wanted,
        division=(await patrons.branch(tx, known.home_branch)).division,
        branch=known.home_branch,
        partner=asked.requesting_isil,
        end_user=keyring.encrypt(_SEALED_FOR, tx.agency, asked.end_user),
        hold=hold,
    )
    found = await store.find(tx, request)
    if found is not None:
        await events.append(tx, moved(found, State.REQUESTED))
    return request


async def _take_back(tx: Transaction, caller: Caller, entered: _Waiting) -> None:
    await cancel_holds(tx, caller, CancelHolds(holds=(entered.hold,)))
    await store.move(tx, entered.request, State.CANCELLED)
    found = await store.find(tx, entered.request)
    if found is not None:
        await events.append(tx, moved(found, State.CANCELLED))
