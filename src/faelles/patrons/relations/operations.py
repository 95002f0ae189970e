"""Joining and leaving divisions; taking on and laying down the guardianship of a child."""

from datetime import date, timedelta

from faelles.ground import events
from faelles.ground.clock import local_date
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.fields import is_plausible
from faelles.ground.ids import DivisionId, PatronId
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.model import NewMembership, Patron, PatronKind
from faelles.patrons.reach import patron_for, patron_to_change, require_division
from faelles.patrons.relations import store
from faelles.patrons.relations.model import AddGuardian, EndOn
from faelles.patrons.rules import ADULT_AT, is_adult, membership_problems
from faelles.people.model import Caller, Permission


async def add_membership(tx: Transaction, caller: Caller, patron: PatronId, new: NewMembership) -> int:
    """Make the patron a member of a division; the membership's id. One at a time in each division."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "add_membership")
    if problems := list(membership_problems(new, known.kind)):
        raise InvalidRequestError(problems=problems)
    require_division(caller, Permission.PATRON_EDIT, DivisionId(new.division))
    added = await join(tx, known.id, new, await today_of(tx, known))
    await events.append(
        tx,
        about(known, PatronEvent.MEMBERSHIP_STARTED, division=new.division, role=new.role.value, group=new.group),
    )
    return added


async def end_membership(tx: Transaction, caller: Caller, patron: PatronId, membership: int, request: EndOn) -> None:
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "end_membership")
    found = next((each for each in await store.memberships(tx, patron) if each.id == membership), None)
    if found is None:
        raise NotFoundError("membership_unknown")
    require_division(caller, Permission.PATRON_EDIT, found.division)
    if not await store.end_membership(tx, patron, membership, await _last_day(tx, known, request)):
        raise ConflictError("period_ended_already")
    await events.append(
        tx,
        about(known, PatronEvent.MEMBERSHIP_ENDED, division=found.division, role=found.role.value, group=found.group),
    )


async def add_guardian(tx: Transaction, caller: Caller, patron: PatronId, request: AddGuardian) -> int:
    """Let somebody known answer for the patron from today; the guardianship's id."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "add_guardian")
    today = await today_of(tx, known)
    guardian = await fit_guardian(tx, caller, PatronId(request.guardian), today, field="guardian")
    if guardian.id == patron or known.kind is not PatronKind.PERSON:
        raise invalid_field("guardian", "guardian_not_fit")
    with patrons.named_conflicts():
        added = await store.insert_guardian(
            tx, patron, guardian.id, today, is_financially_responsible=request.is_financially_responsible
        )
    await events.append(tx, about(known, PatronEvent.GUARDIAN_ADDED))
    return added


async def end_guardian(tx: Transaction, caller: Caller, patron: PatronId, guardianship: int, request: EndOn) -> None:
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "end_guardian")
    held = await store.guardianships(tx, patron)
    if not any(each.id == guardianship and each.ward == patron for each in held):
        raise NotFoundError("guardianship_unknown")
    if not await store.end_guardian(tx, patron, guardianship, await _last_day(tx, known, request)):
        raise ConflictError("period_ended_already")
    await events.append(tx, about(known, PatronEvent.GUARDIAN_ENDED))


async def join(tx: Transaction, patron: PatronId, new: NewMembership, today: date, *, field: str = "group") -> int:
    """Store a membership that was found in order. The group must be the agency's or the nation's."""
    if new.group not in await patrons.groups(tx, [new.group]):
        raise invalid_field(field, "patron_group_unknown")
    with patrons.named_conflicts():
        return await store.insert_membership(
            tx, patron, new.division, new.role, group=new.group, first=new.starts_on or today, last=new.ends_on
        )


async def fit_guardian(tx: Transaction, caller: Caller, guardian: PatronId, today: date, *, field: str) -> Patron:
    """Somebody the caller may see, a living record, a person, and of age as far as we know."""
    found = await patron_for(tx, caller, guardian, Permission.PATRON_EDIT, "add_guardian")
    if found.kind is not PatronKind.PERSON or found.merged_into is not None:
        raise invalid_field(field, "guardian_not_fit")
    if not is_adult(found.birth_date, today):
        raise invalid_field(field, "guardian_not_adult", age=ADULT_AT)
    return found


async def today_of(tx: Transaction, patron: Patron) -> date:
    """The day it is where the patron's home branch stands."""
    return local_date(tx.now, (await patrons.branch(tx, patron.home_branch)).time_zone)


async def _last_day(tx: Transaction, patron: Patron, request: EndOn) -> date:
    if request.last_day is None:
        return await today_of(tx, patron) - timedelta(days=1)
    if not is_plausible(request.last_day):
        raise invalid_field("last_day", "date_not_plausible")
    return request.last_day
