"""The night's updates from the person register: of those who were registered by CPR number, whoever it tells of.

The night says that it is time (`nightly.py`); a worker then asks, outside any transaction. What is still to be asked
stands in the database, so that it may be killed anywhere and run twice at once: an answer counts only for whoever still
holds the claim it was asked under, and a register that is away changes nothing.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from faelles.ground import events
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import UnavailableError
from faelles.ground.ids import AgencyId, PatronId
from faelles.ground.log import logger
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.identifiers import IdentifierKind, lookups, read_cpr, unseal
from faelles.patrons.registers import rules, store
from faelles.patrons.registers.blocking import block_deceased, is_blocked_as_deceased
from faelles.patrons.registers.model import NameKept, Person, Record, RegisterReport, Update, What
from faelles.patrons.registers.port import ChangingRegister
from faelles.people.model import Caller, Permission, listed

_log = logger("patrons.registers")

_AT_ONCE: Final = 20
_LEASE: Final = timedelta(minutes=5)
"""As long as asking about so many may take."""
_PAUSE: Final = timedelta(minutes=15)
"""Before a register that was away is asked again."""


async def update_from_register(
    database: Database, keyring: Keyring, register: ChangingRegister, agency: AgencyId
) -> Mapping[str, int]:
    """Ask what the night left to be asked in an agency, and take it over; what was done, where anything was due."""
    if not await database.run(agency, SYSTEM, store.is_due, read_only=True):
        return {}
    total: Counter[str] = Counter()
    try:
        await _hear_changes(database, keyring, register, agency)
        while done := await _ask_some(database, keyring, register, agency):
            total.update(done)
    except UnavailableError as problem:
        code = problem.code
        _log.warning("person register away", agency=agency, reason=code)
        await database.run(agency, SYSTEM, lambda tx: store.fail(tx, code, _PAUSE))
    else:
        await database.run(agency, SYSTEM, store.end)
    return dict(total)


async def rehearse_update(
    database: Database, keyring: Keyring, register: ChangingRegister, agency: AgencyId
) -> list[Update]:
    """What an update would do now; asks the register and changes nothing. Raises UnavailableError."""
    told: list[str] = []
    place = await database.run(agency, SYSTEM, store.reached, read_only=True)
    while True:
        page = await register.changes(place, utc_now())
        told += page.cprs
        if not page.cprs or page.reached in (None, place):
            break
        place = page.reached
    keys = _keys(keyring, agency, told)
    records = await database.run(agency, SYSTEM, lambda tx: store.wanted_or_told(tx, keys), read_only=True)
    return [found for each in records if (found := await _rehearsed(database, keyring, register, agency, each))]


async def show_register_updates(tx: Transaction, caller: Caller) -> RegisterReport:
    """How far the updates are."""
    caller.require(Permission.PATRON_CPR)
    return await store.report(tx)


async def list_names_kept(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[NameKept]:
    """Patrons whose name was chosen by hand and is another than the register's; each look is recorded."""
    caller.require(Permission.PATRON_CPR)
    divisions = listed(caller.divisions(Permission.PATRON_CPR))
    found = await store.names_kept(tx, divisions, after=after, limit=limit)
    await reach.looked_at(tx, caller, "register_names_kept", [each.patron for each in found])
    return found


async def _hear_changes(database: Database, keyring: Keyring, register: ChangingRegister, agency: AgencyId) -> None:
    """Note whom the register tells of, as far as it tells. The place moves with what was noted."""
    place = await database.run(agency, SYSTEM, store.reached, read_only=True)
    while True:
        page = await register.changes(place, utc_now())
        if page.reached is None or page.reached == place:
            return
        keys, place = _keys(keyring, agency, page.cprs), page.reached
        await database.run(agency, SYSTEM, partial(store.want, lookups=keys, place=place))
        if not page.cprs:
            return


def _keys(keyring: Keyring, agency: AgencyId, cprs: Sequence[str]) -> list[str]:
    """Under which the numbers are kept here. What is no number is nobody."""
    read = [found.number for each in cprs if (found := read_cpr(each)) is not None]
    return [key for number in read for key in lookups(keyring, agency, IdentifierKind.CPR, number)]


async def _ask_some(database: Database, keyring: Keyring, register: ChangingRegister, agency: AgencyId) -> Counter[str]:
    """Ask about some that nobody else asks about, and take over each answer by itself."""
    holder = secrets.token_hex(8)
    records = await database.run(agency, SYSTEM, lambda tx: store.claim(tx, holder, _LEASE, _AT_ONCE))
    total: Counter[str] = Counter()
    try:
        for each in records:
            person = await _look_up(keyring, register, agency, each)
            work = partial(_take_over, record=each, person=person, holder=holder)
            done = await database.run(agency, SYSTEM, work)
            total.update(done)
    except UnavailableError:
        await database.run(agency, SYSTEM, lambda tx: store.let_go(tx, holder))
        raise
    return total


async def _look_up(keyring: Keyring, register: ChangingRegister, agency: AgencyId, record: Record) -> Person | None:
    if record.sealed is None:
        return None
    person = await register.look_up(unseal(keyring, agency, record.sealed), utc_now())
    if person is not None and not rules.is_usable(person):
        raise UnavailableError("register_answer_unreadable")
    return person


async def _take_over(tx: Transaction, record: Record, person: Person | None, holder: str) -> Counter[str]:
    await patrons.lock(tx, [record.patron])
    said = await store.still_mine(tx, record.patron, holder)
    found = await patrons.load(tx, [record.patron])
    if said is None or not found:
        return Counter()
    what: tuple[What, ...] = (What.UNKNOWN,)
    if person is not None:
        known = found[0]
        changed = rules.taken_over(known, said, person)
        what = rules.what_differs(known, changed, person)
        if changed != known:
            await patrons.update(tx, changed)
        if rules.has_died(person) and await block_deceased(tx, known):
            what = (*what, What.DECEASED)
        if said_of := [each for each in what if each is not What.NAME_KEPT]:
            dimensions = {each.value: True for each in said_of}
            await events.append(tx, about(known, PatronEvent.REGISTER_UPDATED, **dimensions))
    await store.settle(tx, record.patron, person.name if person else None)
    counts = Counter({"asked": 1, **{each.value: 1 for each in what}})
    await store.count(tx, counts)
    return counts


async def _rehearsed(
    database: Database, keyring: Keyring, register: ChangingRegister, agency: AgencyId, record: Record
) -> Update | None:
    person = await _look_up(keyring, register, agency, record)
    if person is None:
        return Update(patron=record.patron, what=(What.UNKNOWN,))

    async def compare(tx: Transaction) -> tuple[What, ...]:
        return await _compared(tx, record.patron, record.name_said, person)

    what = await database.run(agency, SYSTEM, compare, read_only=True)
    return Update(patron=record.patron, what=what) if what else None


async def _compared(tx: Transaction, patron: PatronId, said: str, person: Person) -> tuple[What, ...]:
    found = await patrons.load(tx, [patron])
    if not found:
        return ()
    what = rules.what_differs(found[0], rules.taken_over(found[0], said, person), person)
    dies = rules.has_died(person) and not await is_blocked_as_deceased(tx, patron)
    return (*what, What.DECEASED) if dies else what
