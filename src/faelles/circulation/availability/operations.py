"""Which copies of a title there are, where they stand, and whether somebody may wait for one."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import partial
from typing import Final

from faelles.catalog.numbers.model import Numbered
from faelles.catalog.numbers.operations import records_asked_for, records_numbered
from faelles.circulation.availability import store
from faelles.circulation.availability.model import (
    CopyStanding,
    IssueNamed,
    Lent,
    LentCopy,
    Title,
    TitleAvailability,
    TitleStanding,
)
from faelles.circulation.desk.facts import ItemState
from faelles.circulation.holds.facts import Copy
from faelles.circulation.holds.fitting import Demand, misfits, subject_of, supply_of
from faelles.circulation.holds.queue_store import supply_asked_for
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, DivisionId, IssueId, ItemId, LoanId, PatronGroupId, RecordId
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Settings, Terms
from faelles.policies.model import ANY_PATRON, Subject
from faelles.policies.operations import revision_asked_for, settings_for

_ORDINARY: Final = "adult"
"""Whose rules are told where nobody in particular asks."""
_AGE_UNKNOWN: Final = -1


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
    revision, titles = await tx.together(revision_asked_for(tx), records_asked_for(tx, caller, numbers))
    settings = await settings_for(tx, revision)
    return await standing_of(tx, caller, division, titles, settings=settings, without=without)


async def standing_of(
    tx: Transaction,
    caller: Caller,
    division: DivisionId,
    titles: Sequence[Numbered],
    *,
    settings: Settings,
    without: Collection[BranchId] = (),
) -> list[TitleStanding]:
    """As `titles_standing`, of titles that are known, by settings that were read in this transaction."""
    caller.require(Permission.ITEM_VIEW)
    records = [title.record for title in titles]
    supply, waiting, due = await tx.together(
        supply_asked_for(tx, records), store.waiting(tx, records), store.due_days(tx, records)
    )
    copies = _counted(supply, settings, division, without)
    issues = {copy.issue for each in copies.values() for copy in each if copy.issue is not None}
    show = partial(_standing, await store.issues(tx, sorted(issues)), due, _judge(settings, tx))
    return [
        TitleStanding(
            number=title.number,
            record=title.record,
            waiting=waiting.get(title.record, 0),
            copies=tuple(show(copy) for copy in copies[title.record]),
        )
        for title in titles
    ]


async def availability_of(
    tx: Transaction,
    caller: Caller,
    division: DivisionId,
    titles: Sequence[Numbered],
    *,
    settings: Settings,
    without: Collection[BranchId] = (),
) -> list[TitleAvailability]:
    """What `standing_of` says of each title, without its copies: no more of them are judged than that takes."""
    caller.require(Permission.ITEM_VIEW)
    records = [title.record for title in titles]
    supply, waiting = await tx.together(supply_asked_for(tx, records), store.waiting(tx, records))
    copies = _counted(supply, settings, division, without)
    is_reservable = _judge(settings, tx)
    return [
        TitleAvailability(
            number=title.number,
            waiting=waiting.get(title.record, 0),
            is_available=any(copy.is_free for copy in copies[title.record]),
            is_reservable=any(is_reservable(copy) for copy in copies[title.record]),
        )
        for title in titles
    ]


def _counted(
    supply: Sequence[tuple[RecordId, Copy]], settings: Settings, division: DivisionId, without: Collection[BranchId]
) -> defaultdict[RecordId, list[Copy]]:
    """The copies of the division's branches, but for those `without`, by title; lost ones are none."""
    branches = settings.directory.branches
    by_record: defaultdict[RecordId, list[Copy]] = defaultdict(list)
    for record, copy in supply:
        is_ours = branches[copy.owner_branch].division == division and copy.branch not in without
        if is_ours and copy.state is not ItemState.LOST:
            by_record[record].append(copy)
    return by_record


def _judge(settings: Settings, tx: Transaction) -> Callable[[Copy], bool]:
    """Whether an ordinary adult may wait for a copy and pick it up where it belongs."""
    today = local_date(tx.now, settings.directory.agency.time_zone)
    terms_of = partial(settings.policy.terms, moment=tx.now)
    judged = _of_class(partial(_fits, settings, terms_of, _ordinary(settings), today))
    return lambda copy: copy.comes_back and judged(copy)


def _ordinary(settings: Settings) -> PatronGroupId:
    return next((id_ for id_, group in settings.patron_groups.items() if group.code == _ORDINARY), ANY_PATRON)


def _of_class(judge: Callable[[Copy], bool]) -> Callable[[Copy], bool]:
    """`judge`, asked once for all copies that no rule tells apart: nobody's age is known, and a copy that is picked up
    where it belongs may be as new as it likes.
    """
    known: dict[tuple[object, ...], bool] = {}

    def judged(copy: Copy) -> bool:
        alike = (
            copy.owner_branch,
            copy.placement,
            copy.material_group,
            copy.kind,
            copy.not_for_loan,
            copy.condition,
        )
        if alike not in known:
            known[alike] = judge(copy)
        return known[alike]

    return judged


def _standing(
    issues: dict[IssueId, IssueNamed], due: dict[ItemId, date], is_reservable: Callable[[Copy], bool], copy: Copy
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


def _fits(
    settings: Settings, terms_of: Callable[[Subject], Terms], group: PatronGroupId, today: date, copy: Copy
) -> bool:
    supply = supply_of(settings, copy, today, terms_of)
    demand = Demand(
        division=settings.directory.branches[copy.owner_branch].division,
        patron_group=group,
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
    return (await tx.ask(store.waiting(tx, [record]))).get(record, 0)


async def issues_of_title(tx: Transaction, record: RecordId) -> list[IssueNamed]:
    """What issues of a periodical there are, the latest year's first."""
    return await store.issues_of_title(tx, record)
