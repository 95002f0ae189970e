"""Which copies of a title there are, where they stand, and whether somebody may wait for one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from operator import attrgetter
from typing import Final

from faelles.catalog.numbers.operations import records_numbered
from faelles.circulation.availability import store
from faelles.circulation.availability.model import (
    Chosen,
    CopyStanding,
    Lent,
    LentCopy,
    Title,
    TitleAvailability,
    TitleFound,
    TitlesFound,
    TitleStanding,
)
from faelles.circulation.desk.facts import ItemState
from faelles.circulation.desk.issues import IssueNamed
from faelles.circulation.holds.facts import Copy
from faelles.circulation.holds.fitting import Demand, is_booked_soon, misfits, subject_of, supply_of
from faelles.ground.clock import local_date
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    IssueId,
    ItemId,
    LoanId,
    MaterialGroupId,
    PatronGroupId,
    PlacementId,
    RecordId,
)
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Question, Settings
from faelles.policies.model import ANY_PATRON
from faelles.policies.operations import settings_for

_ORDINARY: Final = "adult"
"""Whose rules are told where nobody in particular asks."""
_AGE_UNKNOWN: Final = -1

_ToldApart = tuple[BranchId, PlacementId, MaterialGroupId, str, bool, str, bool]
"""What the rules may tell copies apart by that wait where they belong; last, whether one is booked soon."""
_MAY_BE_WAITED_FOR: Final[Question[_ToldApart, bool]] = Question("may be waited for")


def titles_asked_for(tx: Transaction, caller: Caller, numbers: Sequence[str]) -> Read[TitlesFound]:
    """The titles that `numbers` name, in their order, and of what revision the rules are."""
    if caller.patron is None:
        caller.require(Permission.CATALOG_VIEW)
    caller.require(Permission.ITEM_VIEW)
    return store.titles(tx, numbers)


def due_days_asked_for(tx: Transaction, caller: Caller, numbers: Sequence[str]) -> Read[dict[ItemId, date]]:
    """When the copies of the titles that are out are due, by copy."""
    caller.require(Permission.ITEM_VIEW)
    return store.due_days(tx, numbers)


async def titles_standing(
    tx: Transaction,
    caller: Caller,
    division: DivisionId,
    numbers: Sequence[str],
    *,
    without: Collection[BranchId] = (),
) -> list[TitleStanding]:
    """Each of the titles that we know, in the order of `numbers`, with the copies in the division's branches,
    but for those `without`. Lost copies are left out.
    """
    found, due = await tx.together(titles_asked_for(tx, caller, numbers), due_days_asked_for(tx, caller, numbers))
    chosen = Chosen(await settings_for(tx, found.revision), division, without)
    return await standing_of(tx, chosen, found.titles, due)


async def standing_of(
    tx: Transaction, chosen: Chosen, titles: Sequence[TitleFound], due: Mapping[ItemId, date]
) -> list[TitleStanding]:
    """As `titles_standing`, of what `titles_asked_for` and `due_days_asked_for` gave in this transaction."""
    copies = [sorted(_counted(chosen, title.copies), key=attrgetter("item")) for title in titles]
    issues = {copy.issue for each in copies for copy in each if copy.issue is not None}
    show = partial(_standing, await store.issues(tx, sorted(issues)), due, _judge(chosen.settings, tx.now))
    return [
        TitleStanding(
            number=title.number,
            record=title.record,
            waiting=title.waiting,
            copies=tuple(show(copy) for copy in of_title),
        )
        for title, of_title in zip(titles, copies, strict=True)
    ]


def availability_of(chosen: Chosen, titles: Sequence[TitleFound], moment: datetime) -> list[TitleAvailability]:
    """What `standing_of` says of each title, without its copies: no more of them are judged than that takes."""
    is_reservable = _judge(chosen.settings, moment)
    found = []
    for title in titles:
        copies = _counted(chosen, title.copies)
        found.append(
            TitleAvailability(
                number=title.number,
                waiting=title.waiting,
                is_available=any(copy.is_free for copy in copies),
                is_reservable=any(map(is_reservable, copies)),
            )
        )
    return found


def _counted(chosen: Chosen, copies: Sequence[Copy]) -> list[Copy]:
    """The copies of the division's branches, but for those `without`; lost ones are none."""
    branches = chosen.settings.directory.branches
    return [
        copy
        for copy in copies
        if copy.state is not ItemState.LOST
        and branches[copy.owner_branch].division == chosen.division
        and copy.branch not in chosen.without
    ]


def _judge(settings: Settings, moment: datetime) -> Callable[[Copy], bool]:
    """Whether an ordinary adult may wait for a copy and pick it up where it belongs. Asked once of all copies that no
    rule tells apart: nobody's age is known, and a copy that is picked up where it belongs may be as new as it likes.
    """
    today = local_date(moment, settings.directory.agency.time_zone)
    known = settings.policy.conclusions(_MAY_BE_WAITED_FOR, moment)

    def judged(copy: Copy) -> bool:
        if not copy.comes_back:
            return False
        alike = (
            copy.owner_branch,
            copy.placement,
            copy.material_group,
            copy.kind,
            copy.not_for_loan,
            copy.condition,
            bool(copy.bookings) and is_booked_soon(copy, today),
        )
        found = known.get(alike)
        if found is None:
            found = known[alike] = _fits(settings, moment, today, copy)
        return found

    return judged


def _ordinary(settings: Settings) -> PatronGroupId:
    return next((id_ for id_, group in settings.patron_groups.items() if group.code == _ORDINARY), ANY_PATRON)


def _standing(
    issues: Mapping[IssueId, IssueNamed], due: Mapping[ItemId, date], is_reservable: Callable[[Copy], bool], copy: Copy
) -> CopyStanding:
    return CopyStanding(
        item=copy.item,
        number=copy.number,
        branch=copy.branch,
        placement=copy.placement,
        material_group=copy.material_group,
        issue=issues.get(copy.issue) if copy.issue is not None else None,
        is_on_shelf=copy.is_free,
        is_reservable=is_reservable(copy),
        due_on=due.get(copy.item),
    )


def _fits(settings: Settings, moment: datetime, today: date, copy: Copy) -> bool:
    terms_of = partial(settings.policy.terms, moment=moment)
    supply = supply_of(settings, copy, today, terms_of)
    demand = Demand(
        division=settings.directory.branches[copy.owner_branch].division,
        patron_group=_ordinary(settings),
        pickup=copy.owner_branch,
        age=_AGE_UNKNOWN,
        is_for_one_item=False,
        waived=frozenset(),
    )
    return not misfits(settings, terms_of(subject_of(settings, supply, demand)), supply, demand)


async def loans_per_title(
    tx: Transaction,
    caller: Caller,
    division: DivisionId,
    numbers: Sequence[str],
    *,
    first: date | None = None,
    last: date | None = None,
) -> list[Lent]:
    """How often each title that we know was lent in the division, from the first to the last day; None is open."""
    caller.require(Permission.ITEM_VIEW)
    titles = [Title(title.number, title.record) for title in await records_numbered(tx, caller, numbers)]
    return await store.lent(tx, titles, division, first, last)


async def copies_lent(tx: Transaction, loans: Sequence[LoanId]) -> dict[LoanId, LentCopy]:
    """What each of `loans` is of, for doors that have just been shown the loans."""
    return await store.lent_copies(tx, loans)


async def waiting_for(tx: Transaction, record: RecordId) -> int:
    """How many wait for the title, in the agency."""
    return await store.waiting(tx, record)


async def issues_of_title(tx: Transaction, record: RecordId) -> list[IssueNamed]:
    """What issues of a periodical there are, the latest year's first."""
    return await store.issues_of_title(tx, record)
