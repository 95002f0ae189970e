"""Importing a school's roster: read the file, look everybody up, plan, and (unless it is a dry run) write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from faelles.ground import events
from faelles.ground.clock import local_date
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.ids import BranchId, PatronGroupId, PatronId
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.bulk import PreparedMembership, PreparedPatron, load_patrons, membership_columns, new_patron_id
from faelles.patrons.classes import store
from faelles.patrons.classes.model import Enrolment, ImportRoster, LineOutcome, Pupil, RosterReport
from faelles.patrons.classes.operations import by_patron, found_class
from faelles.patrons.classes.planning import ClassKey, Known, Placed, Plan, numbered, plan
from faelles.patrons.classes.roster import Read, read_roster
from faelles.patrons.classes.rules import class_name
from faelles.patrons.events import PatronEvent, at_branch
from faelles.patrons.identification import store as identification
from faelles.patrons.identification.operations import give
from faelles.patrons.identifiers import IdentifierKind, lookups
from faelles.patrons.model import Branch, Contact, Role
from faelles.patrons.relations import store as relations
from faelles.people.model import Caller, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class _School:
    """Where an import takes place, and when."""

    request: ImportRoster
    branch_id: BranchId
    branch: Branch
    today: date

    def membership(self, pupil: Pupil) -> PreparedMembership:
        is_pupil = pupil.role == "pupil"
        return PreparedMembership(
            division=self.branch.division,
            role=Role.PUPIL if is_pupil else Role.TEACHER,
            group=PatronGroupId(self.request.pupil_group if is_pupil else self.request.teacher_group),
            starts_on=self.today,
        )


async def import_roster(tx: Transaction, caller: Caller, keyring: Keyring, request: ImportRoster) -> RosterReport:
    """Import a roster and report on every line. The same file again changes nothing.

    People are known by UNI-Login or CPR number. A line that cannot be taken is refused by itself; the others are taken.
    Raises InvalidRequestError where the file as a whole is none.
    """
    school = await _school(tx, caller, request)
    await store.serialise_imports(tx, school.branch_id)
    lines = read_roster(request.file, school.today)
    known = await _known(tx, keyring, school, lines)
    made = plan(lines, known, school.today, whole_school=request.whole_school)
    await reach.looked_at(tx, caller, "import_roster", list(known.names))
    new = {} if request.dry_run else await _write(tx, keyring, school, known, made)
    gone = {each.patron for each in made.ended} - {each.patron for each in made.placed}
    return RosterReport(
        lines=numbered(made.lines(), new),
        classes_started=[class_name(*key, school.today) for key in made.new_classes(known)],
        left=sorted(gone),
        dry_run=request.dry_run,
    )


async def _school(tx: Transaction, caller: Caller, request: ImportRoster) -> _School:
    branch_id = BranchId(request.branch)
    branch = await patrons.branch(tx, branch_id)
    reach.require_branch(caller, Permission.PATRON_EDIT, branch.division, branch_id)
    wanted = {field: getattr(request, field) for field in ("pupil_group", "teacher_group", "class_group")}
    groups = await patrons.groups(tx, list(wanted.values()))
    for field, group in wanted.items():
        if group not in groups:
            raise invalid_field(field, "patron_group_unknown")
    organisations = await patrons.groups_of_organisations(tx, list(wanted.values()))
    for field in ("pupil_group", "teacher_group"):
        if wanted[field] in organisations:
            raise invalid_field(field, "patron_group_of_organisations")
    return _School(request=request, branch_id=branch_id, branch=branch, today=local_date(tx.now, branch.time_zone))


async def _known(tx: Transaction, keyring: Keyring, school: _School, lines: Sequence[Read]) -> Known:
    """What the library knows of everybody on the roster and of everybody in the school's classes."""
    pupils = [line for line in lines if isinstance(line, Pupil)]
    cpr = {
        lookup: each.cpr
        for each in pupils
        if each.cpr
        for lookup in lookups(keyring, tx.agency, IdentifierKind.CPR, each.cpr)
    }
    logins = [each.uni_login for each in pupils if each.uni_login]
    held = [each for each in await identification.find(tx, [*cpr, *logins]) if each.ended_at is None]
    found = {each.patron for each in held}
    theirs = [each for each in await identification.of_patrons(tx, list(found)) if each.ended_at is None]
    enrolled = await store.enrolled(tx, school.branch_id, school.today)
    return Known(
        by_uni_login={each.lookup: each.patron for each in held if each.kind is IdentifierKind.UNI_LOGIN},
        by_cpr={cpr[each.lookup]: each.patron for each in held if each.kind is IdentifierKind.CPR},
        names={each.id: each.name for each in await patrons.load(tx, list(found))},
        have_uni_login=frozenset(each.patron for each in theirs if each.kind is IdentifierKind.UNI_LOGIN),
        have_cpr=frozenset(each.patron for each in theirs if each.kind is IdentifierKind.CPR),
        classes={(each.starting_year, each.track): each.patron for each in await store.at_branch(tx, school.branch_id)},
        enrolled=by_patron(enrolled),
    )


async def _write(
    tx: Transaction, keyring: Keyring, school: _School, known: Known, made: Plan
) -> Mapping[int, PatronId]:
    """Carry the plan out; the ids of new patrons by line number."""
    classes = {**known.classes, **await _start_classes(tx, school, made.new_classes(known))}
    people = await _create(tx, keyring, school, made)
    await _add_identifiers(tx, keyring, known, made)
    await store.leave(tx, made.ended, school.today)
    await _enrol(tx, school, made, classes, people)
    await _keep_memberships(tx, school, made, people)
    await events.append(
        tx,
        at_branch(
            school.branch_id,
            PatronEvent.ROSTER_IMPORTED,
            **{outcome.value: sum(line.outcome is outcome for line in made.lines()) for outcome in LineOutcome},
            left=len(made.ended),
        ),
    )
    return {each.pupil.line: people[each.person] for each in made.placed}


async def _start_classes(tx: Transaction, school: _School, keys: Sequence[ClassKey]) -> dict[ClassKey, PatronId]:
    return {
        key: await found_class(tx, school.branch_id, school.branch, key, school.request.class_group) for key in keys
    }


async def _create(tx: Transaction, keyring: Keyring, school: _School, made: Plan) -> dict[str, PatronId]:
    """Register who is new; everybody's id by `Placed.person`."""
    people = {each.person: each.patron for each in made.placed if each.patron is not None}
    new: dict[str, PreparedPatron] = {}
    for each in made.placed:
        if each.patron is None and each.person not in new:
            new[each.person] = _prepared(school, each)
    await load_patrons(tx, keyring, list(new.values()), since=school.today)
    return {**people, **{person: each.id for person, each in new.items()}}


def _prepared(school: _School, placed: Placed) -> PreparedPatron:
    pupil = placed.pupil
    identifiers = ((IdentifierKind.UNI_LOGIN, pupil.uni_login), (IdentifierKind.CPR, pupil.cpr))
    return PreparedPatron(
        id=new_patron_id(),
        name=pupil.name,
        home_branch=school.branch_id,
        birth_date=pupil.birth_date,
        contact=Contact(email=pupil.email),
        identifiers=tuple((kind, value) for kind, value in identifiers if value),
        memberships=(school.membership(pupil),),
    )


async def _add_identifiers(tx: Transaction, keyring: Keyring, known: Known, made: Plan) -> None:
    """Whoever is known by one of the two gets the other, if they have none."""
    for each in {each.patron: each for each in made.placed if each.patron is not None}.values():
        patron, pupil = each.patron, each.pupil
        if patron is None:
            continue
        if pupil.uni_login and patron not in known.have_uni_login:
            await give(tx, keyring, patron, [(IdentifierKind.UNI_LOGIN, pupil.uni_login)])
        if pupil.cpr and patron not in known.have_cpr:
            await give(tx, keyring, patron, [(IdentifierKind.CPR, pupil.cpr)])


async def _enrol(
    tx: Transaction,
    school: _School,
    made: Plan,
    classes: Mapping[ClassKey, PatronId],
    people: Mapping[str, PatronId],
) -> None:
    wanted = [
        Enrolment(class_id=classes[each.class_key], patron=people[each.person], role=each.pupil.role)
        for each in made.placed
        if each.outcome is not LineOutcome.UNCHANGED
    ]
    with patrons.named_conflicts():
        await store.enrol(tx, wanted, school.today)


async def _keep_memberships(tx: Transaction, school: _School, made: Plan, people: Mapping[str, PatronId]) -> None:
    """Everybody on the roster is a member of the division; a pupil who is in no class any more was one until
    yesterday.
    """
    placed = {people[each.person]: each for each in made.placed}
    missing = await store.without_membership(tx, list(placed), school.branch.division, school.today)
    prepared = [(patron, school.membership(placed[patron].pupil)) for patron in missing]
    if prepared:
        with patrons.named_conflicts():
            await patrons.insert_memberships(tx, membership_columns(prepared))
    left = [each.patron for each in made.ended]
    for patron, membership in await store.pupils_without_class(tx, left, school.branch.division, school.today):
        await relations.end_membership(tx, patron, membership, school.today - timedelta(days=1))
