"""Looking at patrons. Whatever is handed out was first withheld from, and then recorded for, whoever asked."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from faelles.ground.access import Look, looks_at, looks_by
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Read
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.fields import is_plausible
from faelles.ground.ids import DivisionId, PatronGroupId, PatronId, StaffId
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.blocks import store as blocks
from faelles.patrons.blocks.model import Absence, Block
from faelles.patrons.identification import store as identification
from faelles.patrons.identifiers import IdentifierKind, lookup_keys
from faelles.patrons.looking import store
from faelles.patrons.looking.model import (
    AccessEntry,
    Beside,
    Candidate,
    PatronSummary,
    PatronView,
    SearchPatrons,
    ShownIdentifier,
)
from faelles.patrons.model import Identifier, Patron
from faelles.patrons.reach import Divisions
from faelles.patrons.relations import store as relations
from faelles.patrons.relations.model import Guardianship, Membership
from faelles.people.model import Caller, Permission
from faelles.people.staff.operations import show_staff


async def show_patron(
    tx: Transaction,
    caller: Caller,
    patron: PatronId,
    *,
    operation: str = "show_patron",
    names_relations: bool = True,
) -> PatronView:
    """One patron, as the caller may see them. A merged one says whom it became. `operation`: what the look is for.
    Guardians and children are named in it, and that is a look at them; without `names_relations` the caller tells
    nobody of them, or says so to `relations_seen`.
    """
    answers = await tx.together(
        reach.asked_for(tx, caller, patron, Permission.PATRON_VIEW, operation), *_asked_beside(tx, patron)
    )
    divisions = caller.divisions(Permission.PATRON_VIEW)
    shown = _view(caller, reach.there(answers[0]), Beside(*answers[1:]), divisions)
    if names_relations:
        await relations_seen(tx, caller, shown, operation)
    return shown


async def relations_seen(tx: Transaction, caller: Caller, shown: PatronView, operation: str) -> None:
    """Record that the caller saw who the patron's guardians and children are."""
    named = {person for each in shown.guardianships for person in (each.ward, each.guardian)}
    await reach.looked_at(tx, caller, operation, sorted(named - {shown.id}))


async def view(tx: Transaction, caller: Caller, known: Patron, divisions: Divisions) -> PatronView:
    """A patron who was reached, less what `divisions` and address protection keep from the caller."""
    return _view(caller, known, Beside(*await tx.together(*_asked_beside(tx, known.id))), divisions)


def _asked_beside(
    tx: Transaction, patron: PatronId
) -> tuple[
    Read[list[Identifier]], Read[list[Membership]], Read[list[Guardianship]], Read[list[Block]], Read[list[Absence]]
]:
    return (
        identification.asked_for(tx, [patron]),
        relations.memberships_asked_for(tx, patron),
        relations.guardianships_asked_for(tx, patron),
        blocks.standing_asked_for(tx, patron),
        blocks.absences_asked_for(tx, patron),
    )


def _view(caller: Caller, known: Patron, beside: Beside, divisions: Divisions) -> PatronView:
    sees_contact = reach.may_see_contact(caller, known)
    return PatronView(
        id=known.id,
        kind=known.kind,
        name=known.name,
        birth_date=known.birth_date,
        home_branch=known.home_branch,
        language=known.language,
        address_protected=known.address_protected,
        contact=known.contact if sees_contact else None,
        identifiers=[_shown(each, sees_contact=sees_contact) for each in beside.identifiers],
        memberships=[each for each in beside.memberships if divisions is None or each.division in divisions],
        guardianships=beside.guardianships,
        blocks=[
            each for each in beside.blocks if divisions is None or each.division is None or each.division in divisions
        ],
        absences=beside.absences,
        has_pin=known.has_pin,
        is_temporary=known.is_temporary,
        keeps_history=known.keeps_history,
        note=known.note,
        merged_into=known.merged_into,
        version=known.version,
        registered_at=known.registered_at,
    )


def _shown(identifier: Identifier, *, sees_contact: bool) -> ShownIdentifier:
    is_hidden = identifier.kind is IdentifierKind.CPR or (identifier.kind is IdentifierKind.EMAIL and not sees_contact)
    return ShownIdentifier(
        id=identifier.id,
        kind=identifier.kind,
        value=None if is_hidden else identifier.lookup,
        valid_from=identifier.valid_from,
        ended_at=identifier.ended_at,
        ended_why=identifier.ended_why,
    )


async def search(tx: Transaction, caller: Caller, request: SearchPatrons) -> list[PatronSummary]:
    """Patrons within reach by parts of the name, birth date or both, at most `limit`, in the order of names."""
    caller.require(Permission.PATRON_VIEW)
    divisions = caller.divisions(Permission.PATRON_VIEW)
    words = (request.name or "").replace(",", " ").split()
    after = None if request.after is None else PatronId(request.after)
    if request.birth_date is not None and not is_plausible(request.birth_date):
        raise invalid_field("birth_date", "date_not_plausible")
    if words:
        found = await store.named(tx, words, request.birth_date, divisions, after=after, limit=request.limit)
    elif request.birth_date is not None:
        found = await store.born_on(tx, request.birth_date, divisions, after=after, limit=request.limit)
    else:
        raise invalid_field("name", "search_for_something")
    return await summaries(tx, caller, found, "search_patrons")


async def identify(tx: Transaction, caller: Caller, keyring: Keyring, scan: str) -> list[Candidate]:
    """Whom a scan stands for, of those within reach: nobody, one, or several to be asked about. Where it stands for
    somebody now, who it once stood for is left out.
    """
    found = await tx.ask(identifiers_asked_for(tx, caller, keyring, scan))
    return await candidates(tx, caller, found)


async def stands_for(
    tx: Transaction,
    caller: Caller,
    keyring: Keyring,
    scan: str,
    kinds: Collection[IdentifierKind] = frozenset(IdentifierKind),
) -> PatronId | None:
    """The one patron of `holders`."""
    reached = await holders(tx, caller, keyring, scan, kinds)
    return reached[0] if len(reached) == 1 else None


async def meant(tx: Transaction, caller: Caller, keyring: Keyring, scan: str) -> PatronId:
    """The one patron that a scan stands for now, as `holders`. Raises InvalidRequestError, about `card`, for none and
    for several.
    """
    found = await holders(tx, caller, keyring, scan)
    if len(found) != 1:
        raise invalid_field("card", "scan_ambiguous" if found else "patron_not_found")
    return found[0]


async def holders(
    tx: Transaction,
    caller: Caller,
    keyring: Keyring,
    scan: str,
    kinds: Collection[IdentifierKind] = frozenset(IdentifierKind),
) -> list[PatronId]:
    """The patrons within reach whom a scan of one of `kinds` stands for now. Nobody is shown by that, so nothing is
    recorded: who goes on to show them does.
    """
    found = await tx.ask(identifiers_asked_for(tx, caller, keyring, scan))
    holding = [each.patron for each in found if each.kind in kinds and each.ended_at is None]
    return [each.id for each in reach.visible(caller, await patrons.load(tx, holding))] if holding else []


def identifiers_asked_for(tx: Transaction, caller: Caller, keyring: Keyring, scan: str) -> Read[list[Identifier]]:
    """What `identify` begins with, together with more that is asked; `candidates` says whom the caller may see."""
    caller.require(Permission.PATRON_VIEW)
    return identification.found_asked_for(tx, lookup_keys(keyring, tx.agency, scan))


async def candidates(tx: Transaction, caller: Caller, found: Sequence[Identifier]) -> list[Candidate]:
    """As `identify`, of the identifiers that were found."""
    caller.require(Permission.PATRON_VIEW)
    holding = [each for each in found if each.ended_at is None] or found
    lines = await summaries(tx, caller, [each.patron for each in holding], "identify_patron")
    shown = {line.id: line for line in lines}
    by_patron = {each.patron: each for each in reversed(holding)}
    return [
        Candidate(patron=shown[each.patron], kind=each.kind, ended_at=each.ended_at, ended_why=each.ended_why)
        for each in by_patron.values()
        if each.patron in shown
    ]


async def summaries(tx: Transaction, caller: Caller, found: Sequence[PatronId], operation: str) -> list[PatronSummary]:
    """One line for each of `found` that is within the caller's reach, in the order of names; every one is recorded."""
    if not found:
        return []
    loaded, identifiers = await tx.together(patrons.asked_for(tx, found), identification.asked_for(tx, found))
    reached = reach.visible(caller, loaded)
    cards = {
        each.patron: each.lookup
        for each in reversed(identifiers)
        if each.kind is IdentifierKind.CARD and each.ended_at is None
    }
    await reach.looked_at(tx, caller, operation, [each.id for each in reached])
    return [summary_of(caller, each, cards.get(each.id)) for each in reached]


def summary_of(caller: Caller, patron: Patron, card: str | None) -> PatronSummary:
    """One line about a patron who was reached, less what address protection keeps from the caller."""
    sees = reach.may_see_contact(caller, patron)
    return PatronSummary(
        id=patron.id,
        kind=patron.kind,
        name=patron.name,
        birth_date=patron.birth_date,
        home_branch=patron.home_branch,
        address_protected=patron.address_protected,
        street=patron.contact.street if sees else None,
        postal_code=patron.contact.postal_code if sees else None,
        city=patron.contact.city if sees else None,
        card=card,
        is_temporary=patron.is_temporary,
    )


async def access_report(
    tx: Transaction,
    caller: Caller,
    patron: PatronId,
    *,
    before: datetime | None = None,
    limit: int = 200,
    is_known: bool = False,
) -> list[AccessEntry]:
    """Who looked at a patron, the latest first, also under the temporary records that became theirs: for staff with
    PATRON_VIEW, and for the patron (GDPR article 15). `is_known`: staff were let through to the patron, with that
    permission, in this transaction.
    """
    if caller.patron is None:
        if not is_known:
            await reach.patron_for(tx, caller, patron, Permission.PATRON_VIEW, "access_report")
    elif caller.oneself() != patron:
        raise NotFoundError("patron_unknown")
    persons = [patron, *await store.merged_into(tx, patron)]
    return [
        AccessEntry(at=look.at, actor=look.actor, operation=look.operation)
        for look in await looks_at(tx, persons, before=before, limit=limit)
    ]


async def looks_of_staff(
    tx: Transaction, caller: Caller, staff: StaffId, *, before: Look | None = None, limit: int = 200
) -> list[Look]:
    """Whom a colleague looked at, the latest first: a municipality's check of its own staff, for those who answer for
    privacy in the whole agency. Raises NotFoundError. The patrons are told: this too is a look at them.
    """
    caller.require_throughout(Permission.PRIVACY)
    await show_staff(tx, caller, staff)
    found = await looks_by(tx, Actor(ActorKind.STAFF, staff), before=before, limit=limit)
    await reach.looked_at(tx, caller, "looks_of_staff", list(dict.fromkeys(look.person for look in found)))
    return found


async def members_of_groups(
    tx: Transaction, caller: Caller, division: DivisionId, day: date
) -> dict[PatronGroupId, int]:
    """How many patrons each group of a division has on a day: figures, nobody is looked at."""
    reach.require_division(caller, Permission.PATRON_VIEW, division)
    return await store.members(tx, division, day)
