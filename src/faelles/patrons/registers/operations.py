"""Registering patrons with what the register says, and fetching it anew for those who are patrons already.

The register is asked before any transaction is opened: a slow neighbour holds no connection.
"""

from msgspec import structs

from faelles.ground import events
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.ids import PatronId
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.identification.operations import reveal_cpr
from faelles.patrons.identifiers import IdentifierKind, read_cpr
from faelles.patrons.model import NewIdentifier, Patron, Registered, RegisterPatron
from faelles.patrons.operations import register
from faelles.patrons.registers import rules, store
from faelles.patrons.registers.blocking import block_deceased
from faelles.patrons.registers.model import Person, PersonState
from faelles.patrons.registers.port import PersonRegister
from faelles.people.model import Caller, Permission


async def person_with(register_: PersonRegister, cpr: str) -> Person:
    """Raises InvalidRequestError for what is no number, NotFoundError `person_unknown` for one that is nobody's,
    ConflictError `person_deceased`, UnavailableError where the register does not answer.
    """
    read = read_cpr(cpr)
    if read is None:
        raise invalid_field("cpr", "identifier_malformed", kind=IdentifierKind.CPR.value)
    found = await register_.look_up(read.number, utc_now())
    if found is None:
        raise NotFoundError("person_unknown")
    if found.state is PersonState.DECEASED:
        raise ConflictError("person_deceased")
    return found


def as_registration(person: Person, cpr: str, wanted: RegisterPatron) -> RegisterPatron:
    """The registration with name, birth date, address and protection as the register has them, and the number."""
    others = tuple(each for each in wanted.identifiers if each.kind is not IdentifierKind.CPR)
    return structs.replace(
        wanted,
        name=person.name,
        birth_date=person.birth_date or wanted.birth_date,
        address_protected=person.address_protected or wanted.address_protected,
        contact=person.contact(wanted.contact),
        identifiers=(NewIdentifier(IdentifierKind.CPR, cpr), *others),
    )


async def register_by_cpr(
    database: Database,
    caller: Caller,
    keyring: Keyring,
    register_: PersonRegister,
    cpr: str,
    request: RegisterPatron,
    *,
    key: str | None = None,
) -> Registered:
    """Register somebody by CPR number; what the register knows goes before what the request says. Raises as
    `person_with` and `register` do.
    """
    caller.require(Permission.PATRON_EDIT)
    person = await person_with(register_, cpr)
    filled = as_registration(person, cpr, request)
    return await database.run(
        caller.agency, caller.actor, lambda tx: register_as_said(tx, caller, keyring, filled, person, key=key)
    )


async def refresh(
    database: Database, caller: Caller, keyring: Keyring, register_: PersonRegister, patron: PatronId
) -> bool:
    """Fetch name, address and protection of a patron anew; whether anything was different. Whoever died is blocked.

    Needs PATRON_CPR besides PATRON_EDIT: the number leaves the house.
    """
    cpr = await database.run(caller.agency, caller.actor, lambda tx: reveal_cpr(tx, caller, keyring, patron))
    found = await register_.look_up(cpr, utc_now())
    if found is None:
        raise NotFoundError("person_unknown")

    async def take_over(tx: Transaction) -> bool:
        known = await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "register_refresh")
        return await apply_person(tx, known, found)

    return await database.run(caller.agency, caller.actor, take_over)


async def apply_person(tx: Transaction, known: Patron, person: Person) -> bool:
    """Take over what the register says of a patron who is locked, a name chosen by hand too: somebody asked for it.
    Protection that the desk gave stays.
    """
    changed = rules.taken_over(known, None, person)
    if changed != known:
        await patrons.update(tx, changed)
        await events.append(tx, about(changed, PatronEvent.CHANGED))
    await store.note(tx, known.id, person.name)
    has_died = rules.has_died(person) and await block_deceased(tx, known)
    return has_died or changed != known


async def register_as_said(
    tx: Transaction,
    caller: Caller,
    keyring: Keyring,
    request: RegisterPatron,
    person: Person,
    *,
    key: str | None = None,
) -> Registered:
    """Register somebody whom the register knows, and follow it from then on."""
    made = await register(tx, caller, keyring, request, key=key)
    await follow_register(tx, made.patron, person)
    return made


async def follow_register(tx: Transaction, patron: PatronId, person: Person) -> None:
    """Of a patron who was just registered with what `person` says: the nights keep it in step."""
    await store.note(tx, patron, person.name)
