"""Starting classes, filling them by hand or from a roster, and asking who is in them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from faelles.ground import events
from faelles.ground.clock import local_date
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, PatronId
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.classes import store
from faelles.patrons.classes.model import AddClassMember, ClassMember, Enrolment, SchoolClass, StartClass
from faelles.patrons.classes.planning import ClassKey
from faelles.patrons.classes.rules import as_track, class_name
from faelles.patrons.events import PatronEvent, at_branch
from faelles.patrons.looking.operations import summaries
from faelles.patrons.model import Branch, Contact, NewMembership, PatronKind, Role
from faelles.patrons.relations.operations import join
from faelles.people.model import Caller, Permission


async def start_class(tx: Transaction, caller: Caller, request: StartClass) -> PatronId:
    """Start a class; its patron id. ConflictError `class_known_once` where the school has it."""
    branch_id = BranchId(request.branch)
    branch = await patrons.branch(tx, branch_id)
    reach.require_branch(caller, Permission.PATRON_EDIT, branch.division, branch_id)
    return await found_class(tx, branch_id, branch, (request.starting_year, as_track(request.track)), request.group)


async def found_class(tx: Transaction, branch_id: BranchId, branch: Branch, key: ClassKey, group: int) -> PatronId:
    """Write a class: a group patron of the school, named so that the name lasts, and a borrower of the division."""
    starting_year, track = key
    class_id = await patrons.insert(
        tx,
        kind=PatronKind.GROUP,
        name=f"{branch.name} {track} {starting_year}",
        birth_date=None,
        home_branch=branch_id,
        language=Language.DANISH,
        address_protected=False,
        contact=Contact(),
    )
    with patrons.named_conflicts():
        await store.insert(tx, class_id, branch_id, starting_year, track)
    membership = NewMembership(division=branch.division, role=Role.BORROWER, group=group)
    await join(tx, class_id, membership, local_date(tx.now, branch.time_zone))
    await events.append(tx, at_branch(branch_id, PatronEvent.CLASS_STARTED, starting_year=starting_year))
    return class_id


async def list_classes(
    tx: Transaction, caller: Caller, branch_id: BranchId, on: date | None = None
) -> list[SchoolClass]:
    """A school's classes with their names on a day (today), the youngest first."""
    branch = await patrons.branch(tx, branch_id)
    reach.require_division(caller, Permission.PATRON_VIEW, branch.division)
    day = on or local_date(tx.now, branch.time_zone)
    return [_shown(each, day) for each in await store.at_branch(tx, branch_id)]


async def classes_of(tx: Transaction, caller: Caller, patron: PatronId) -> list[SchoolClass]:
    """The classes somebody is in today; those beyond the caller's reach are left out. For who sees the patron."""
    seen, found = caller.divisions(Permission.PATRON_VIEW), []
    for each in await store.of_member(tx, patron):
        branch = await patrons.branch(tx, each.branch)
        if seen is None or branch.division in seen:
            found.append(_shown(each, local_date(tx.now, branch.time_zone)))
    return found


def _shown(found: store.StoredClass, day: date) -> SchoolClass:
    return SchoolClass(
        patron=found.patron,
        branch=found.branch,
        starting_year=found.starting_year,
        track=found.track,
        name=class_name(found.starting_year, found.track, day),
        ended_on=found.ended_on,
    )


async def list_members(
    tx: Transaction, caller: Caller, class_id: PatronId, on: date | None = None
) -> list[ClassMember]:
    """Who is in a class on a day (today), in the order of names; those beyond the caller's reach are left out."""
    branch, _ = await _class_for(tx, caller, class_id, Permission.PATRON_VIEW)
    members = {
        each.patron: each for each in await store.members(tx, class_id, on or local_date(tx.now, branch.time_zone))
    }
    return [
        ClassMember(
            patron=line,
            role=members[line.id].role,
            starts_on=members[line.id].starts_on,
            ends_on=members[line.id].ends_on,
        )
        for line in await summaries(tx, caller, list(members), "list_class")
    ]


async def add_class_member(tx: Transaction, caller: Caller, class_id: PatronId, request: AddClassMember) -> None:
    """Put somebody into a class from a day (today) on. ConflictError `in_class_once`."""
    branch, found = await _class_for(tx, caller, class_id, Permission.PATRON_EDIT)
    patron = PatronId(request.patron)
    known = await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "add_class_member")
    if known.kind is not PatronKind.PERSON:
        raise invalid_field("patron", "role_only_for_persons", role=request.role)
    enrolment = Enrolment(class_id=class_id, patron=patron, role=request.role)
    with patrons.named_conflicts():
        await store.enrol(tx, [enrolment], request.starts_on or local_date(tx.now, branch.time_zone))
    await events.append(tx, at_branch(found.branch, PatronEvent.CLASS_MEMBER_ADDED, role=request.role))


async def end_class_member(tx: Transaction, caller: Caller, class_id: PatronId, patron: PatronId) -> None:
    """Take somebody out of a class: yesterday was the last day."""
    branch, found = await _class_for(tx, caller, class_id, Permission.PATRON_EDIT)
    await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "end_class_member")
    today = local_date(tx.now, branch.time_zone)
    if not await store.leave(tx, [Enrolment(class_id=class_id, patron=patron, role="pupil")], today):
        raise ConflictError("not_in_class")
    await events.append(tx, at_branch(found.branch, PatronEvent.CLASS_MEMBER_ENDED))


async def _class_for(
    tx: Transaction, caller: Caller, class_id: PatronId, permission: Permission
) -> tuple[Branch, store.StoredClass]:
    """A class of a division the caller reaches."""
    caller.require(permission)
    found = await store.one(tx, class_id)
    if found is None:
        raise NotFoundError("class_unknown")
    branch = await patrons.branch(tx, found.branch)
    divisions = caller.divisions(permission)
    if divisions is not None and branch.division not in divisions:
        raise NotFoundError("class_unknown")
    return branch, found


def by_patron(enrolled: Sequence[Enrolment]) -> Mapping[PatronId, Sequence[Enrolment]]:
    found: defaultdict[PatronId, list[Enrolment]] = defaultdict(list)
    for each in enrolled:
        found[each.patron].append(each)
    return found
