"""The night's updates from the person register: what is taken over, what is not, and what a bad register cannot do."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime

import msgspec
import pytest

from faelles.ground.errors import UnavailableError
from faelles.patrons.identifiers import made_up_cpr
from faelles.patrons.looking.operations import show_patron
from faelles.patrons.model import ChangePatron
from faelles.patrons.operations import change
from faelles.patrons.registers.model import Address, Changes, Person, PersonState, What
from faelles.patrons.registers.nightly import begin_register_updates
from faelles.patrons.registers.operations import refresh, register_by_cpr
from faelles.patrons.registers.port import BuiltInRegister
from faelles.patrons.registers.updating import (
    list_names_kept,
    rehearse_update,
    show_register_updates,
    update_from_register,
)
from patrons_desk import Desk, new_cpr

BORN = date(1984, 2, 3)
KAREN = Person(
    name="Karen Prøvesen", birth_date=BORN, address=Address(street="Åvej 1", postal_code="8000", city="Aarhus")
)
DAY = date(2027, 3, 1)


@dataclass
class Register:
    """Says of each number what it is told to, and tells of changes in order."""

    persons: dict[str, Person] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    is_away: bool = False
    before_answering: asyncio.Event | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, cpr: str, person: Person) -> None:
        self.persons[cpr] = person
        self.told.append(cpr)

    async def look_up(self, cpr: str, now: datetime) -> Person | None:  # noqa: ARG002 - the port
        self.asked.append(cpr)
        self.began.set()
        said = self.persons.get(cpr)
        if self.before_answering is not None:
            await self.before_answering.wait()
        if self.is_away:
            raise UnavailableError("register_not_set")
        return said

    async def changes(self, after: str | None, now: datetime) -> Changes:  # noqa: ARG002 - the port
        if self.is_away:
            raise UnavailableError("register_not_set")
        begin = int(after or 0)
        page = tuple(self.told[begin : begin + 2])
        return Changes(cprs=page, reached=str(begin + len(page)))


@pytest.fixture
def register() -> Register:
    return Register()


async def follower(desk: Desk, register: Register, person: Person = KAREN) -> tuple[int, str]:
    """A patron made by CPR number, and the number."""
    cpr = new_cpr(BORN).value
    register.persons[cpr] = person
    wanted = desk.request("-")
    made = await register_by_cpr(desk.database, desk.caller, desk.keyring, register, cpr, wanted)
    register.asked.clear()
    return made.patron, cpr


async def night(desk: Desk, register: Register) -> dict[str, int]:
    await desk.run(lambda tx: begin_register_updates(tx, DAY, None))
    return dict(await update_from_register(desk.database, desk.keyring, register, desk.town.agency))


async def seen(desk: Desk, patron: int):
    return await desk.run(lambda tx: show_patron(tx, desk.caller, patron))


async def test_name_and_address_follow_the_register(desk: Desk, register: Register):
    patron, cpr = await follower(desk, register)
    register.say(cpr, msgspec.structs.replace(KAREN, name="Karen Gift", address=Address(street="Nyvej 3", city="Ribe")))
    assert await night(desk, register) == {"asked": 1, "name": 1, "address": 1}
    known = await seen(desk, patron)
    assert (known.name, known.contact.street, known.contact.city) == ("Karen Gift", "Nyvej 3", "Ribe")
    assert await night(desk, register) == {}
    assert "patron.register_updated" in await desk.events()


async def test_a_death_blocks_once_and_protection_hides(desk: Desk, register: Register):
    patron, cpr = await follower(desk, register)
    register.say(cpr, msgspec.structs.replace(KAREN, state=PersonState.DECEASED, address_protected=True))
    assert await night(desk, register) == {"asked": 1, "protection": 1, "deceased": 1}
    register.told.append(cpr)
    assert await night(desk, register) == {"asked": 1}
    known = await seen(desk, patron)
    assert ([each.code.value for each in known.blocks], known.address_protected) == (["D"], True)


async def test_a_name_chosen_by_hand_stays_and_is_listed_until_somebody_fetches_it(desk: Desk, register: Register):
    patron, cpr = await follower(desk, register)
    version = (await seen(desk, patron)).version
    await desk.run(lambda tx: change(tx, desk.caller, patron, ChangePatron(version=version, name="Kaja Prøvesen")))
    register.say(cpr, msgspec.structs.replace(KAREN, name="Karen Gift"))
    assert await night(desk, register) == {"asked": 1, "name_kept": 1}
    register.told.append(cpr)
    assert await night(desk, register) == {"asked": 1, "name_kept": 1}
    assert (await seen(desk, patron)).name == "Kaja Prøvesen"
    [kept] = await desk.run(lambda tx: list_names_kept(tx, desk.caller))
    assert (kept.patron, kept.name, kept.name_said) == (patron, "Kaja Prøvesen", "Karen Gift")
    await refresh(desk.database, desk.caller, desk.keyring, register, patron)
    assert (await seen(desk, patron)).name == "Karen Gift"
    assert await desk.run(lambda tx: list_names_kept(tx, desk.caller)) == []


async def test_a_register_that_is_away_changes_nothing_and_is_asked_again(desk: Desk, register: Register):
    patron, cpr = await follower(desk, register)
    register.say(cpr, msgspec.structs.replace(KAREN, name="Karen Gift"))
    register.is_away = True
    assert await night(desk, register) == {}
    report = await desk.run(lambda tx: show_register_updates(tx, desk.caller))
    assert (report.is_done, report.failure) == (False, "register_not_set")
    register.is_away = False
    assert await update_from_register(desk.database, desk.keyring, register, desk.town.agency) == {}
    assert (await night(desk, register))["name"] == 1
    report = await desk.run(lambda tx: show_register_updates(tx, desk.caller))
    assert (report.is_done, report.waiting, report.failure) == (True, 0, None)
    assert report.counts == {"asked": 1, "name": 1}
    assert (await seen(desk, patron)).name == "Karen Gift"


async def test_who_is_nobody_any_more_or_has_no_name_stays_as_they_are(desk: Desk, register: Register):
    patron, cpr = await follower(desk, register)
    register.told.append(cpr)
    del register.persons[cpr]
    assert await night(desk, register) == {"asked": 1, "unknown": 1}
    register.say(cpr, Person(name=" "))
    assert await night(desk, register) == {}
    register.say(cpr, Person(name="Karen Prøvesen"))
    assert await night(desk, register) == {"asked": 1}
    known = await seen(desk, patron)
    assert (known.name, known.contact.street) == ("Karen Prøvesen", "Åvej 1")


async def test_an_answer_that_comes_after_a_newer_change_was_told_does_not_count(desk: Desk, register: Register):
    patron, cpr = await follower(desk, register)
    register.say(cpr, msgspec.structs.replace(KAREN, name="Karen Gammel"))
    await desk.run(lambda tx: begin_register_updates(tx, DAY, None))
    slow = Register(dict(register.persons), list(register.told), before_answering=asyncio.Event())
    first = asyncio.create_task(update_from_register(desk.database, desk.keyring, slow, desk.town.agency))
    await slow.began.wait()
    register.say(cpr, msgspec.structs.replace(KAREN, name="Karen Ny"))
    await update_from_register(desk.database, desk.keyring, register, desk.town.agency)
    assert (await seen(desk, patron)).name == "Karen Ny"
    slow.before_answering.set()
    await first
    assert (await seen(desk, patron)).name == "Karen Ny"


async def test_nobody_is_asked_about_but_those_made_by_number(desk: Desk, register: Register):
    by_hand = new_cpr(BORN)
    await desk.register("Hånd Skrevet", identifiers=(by_hand,), birth_date=BORN)
    register.say(by_hand.value, KAREN)
    assert await night(desk, register) == {}
    await follower(desk, register)
    assert await night(desk, register) == {}
    assert register.asked == []


async def test_a_rehearsal_tells_what_would_be_and_changes_nothing(desk: Desk, register: Register):
    patron, cpr = await follower(desk, register)
    register.say(cpr, msgspec.structs.replace(KAREN, name="Karen Gift", state=PersonState.DECEASED))
    for _ in range(2):
        [update] = await rehearse_update(desk.database, desk.keyring, register, desk.town.agency)
        assert (update.patron, update.what) == (patron, (What.NAME, What.DECEASED))
    known = await seen(desk, patron)
    assert (known.name, list(known.blocks)) == ("Karen Prøvesen", [])


async def test_the_pretended_register_tells_of_changes(tmp_path):
    register, cpr = BuiltInRegister(tmp_path / "told.jsonl"), made_up_cpr(BORN, 1)
    now = datetime(2027, 3, 1, tzinfo=None)  # noqa: DTZ001 - the port's parameter is not read
    before = await register.changes(None, now)
    await register.pretend(cpr, KAREN)
    told = await register.changes(before.reached, now)
    assert told.cprs == (cpr,)
    assert await register.look_up(cpr, now) == KAREN
    assert (await register.changes(told.reached, now)).cprs == ()
