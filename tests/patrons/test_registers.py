"""The person register and the nation's login, real ones pretended by a server on the loopback."""

import json
from datetime import UTC, date, datetime

import pytest

from faelles.ground.config import Installation, RegisterConfig
from faelles.ground.errors import ConflictError, NotFoundError, UnauthenticatedError, UnavailableError
from faelles.ground.signed_http import SIGNATURE_HEADER
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.looking.operations import show_patron
from faelles.patrons.model import NewIdentifier
from faelles.patrons.registers.login import BuiltInLogin, OpenIdLogin, login_provider, sign_in_by_login
from faelles.patrons.registers.model import Address, Person, PersonState
from faelles.patrons.registers.operations import refresh, register_by_cpr
from faelles.patrons.registers.port import BuiltInRegister, HttpRegister, NoRegister, person_register
from neighbour_server import answering
from patrons_desk import Desk, new_cpr

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BORN = date(1984, 2, 3)
KAREN = Person(
    name="Karen Prøvesen",
    birth_date=BORN,
    address=Address(street="Åvej 1", postal_code="8000", city="Aarhus C"),
    municipality="751",
)


class Says:
    def __init__(self, person: Person | None) -> None:
        self.person = person

    async def look_up(self, cpr: str, now: datetime) -> Person | None:  # noqa: ARG002 - the port
        return self.person


def installed(tmp_path, *, is_production: bool = False, **settings: str) -> Installation:
    return Installation(
        is_production=is_production,
        public_url="http://127.0.0.1",
        exchange_directory=tmp_path,
        register=RegisterConfig(**settings),
    )


async def by_cpr(desk: Desk, person: Person | None, cpr: str, **given):
    request = desk.request("-", **given)
    work = register_by_cpr(desk.database, desk.caller, desk.keyring, Says(person), cpr, request)
    return (await work).patron


async def test_name_address_and_birth_date_are_the_registers(desk: Desk):
    patron = await by_cpr(desk, KAREN, new_cpr(BORN).value)
    seen = await desk.run(lambda tx: show_patron(tx, desk.caller, patron))
    assert (seen.name, seen.birth_date, seen.contact.street) == ("Karen Prøvesen", BORN, "Åvej 1")
    assert IdentifierKind.CPR in [each.kind for each in seen.identifiers]


async def test_nobody_and_the_dead_are_not_registered(desk: Desk):
    with pytest.raises(NotFoundError, match="person_unknown"):
        await by_cpr(desk, None, new_cpr().value)
    dead = Person(name="Gorm Gammel", state=PersonState.DECEASED)
    with pytest.raises(ConflictError, match="person_deceased"):
        await by_cpr(desk, dead, new_cpr().value)


async def test_a_protected_address_is_protected_from_the_first_moment(desk: Desk):
    hidden = Person(name="Cæcilie Prøvesen", address_protected=True, address=Address(street="Åvej 2"))
    patron = await by_cpr(desk, hidden, new_cpr().value)
    assert (await desk.run(lambda tx: show_patron(tx, desk.caller, patron))).address_protected


async def test_moves_and_deaths_are_taken_over(desk: Desk):
    patron = await by_cpr(desk, KAREN, new_cpr(BORN).value)
    moved = Person(name="Karen Gift", address=Address(street="Nyvej 3"), state=PersonState.DECEASED)
    assert await refresh(desk.database, desk.caller, desk.keyring, Says(moved), patron)
    assert not await refresh(desk.database, desk.caller, desk.keyring, Says(moved), patron)
    seen = await desk.run(lambda tx: show_patron(tx, desk.caller, patron))
    assert (seen.name, seen.contact.street) == ("Karen Gift", "Nyvej 3")
    assert [each.code.value for each in seen.blocks] == ["D"]


async def test_the_pretended_register_knows_only_numbers_that_nobody_can_have():
    register = BuiltInRegister()
    assert await register.look_up("0101901234", NOW) is None
    assert await register.look_up(made_up_cpr(BORN, 100), NOW) is None
    found = await register.look_up(made_up_cpr(BORN, 1), NOW)
    assert found is not None
    assert found.birth_date == BORN


def test_nothing_pretends_in_production(tmp_path):
    assert isinstance(person_register(installed(tmp_path)), BuiltInRegister)
    assert isinstance(login_provider(installed(tmp_path)), BuiltInLogin)
    assert isinstance(person_register(installed(tmp_path, is_production=True)), NoRegister)
    with pytest.raises(NotFoundError):
        login_provider(installed(tmp_path, is_production=True))
    assert isinstance(person_register(installed(tmp_path, url="https://x", secret="s")), HttpRegister)


async def test_the_real_register_is_asked_under_a_signature_with_the_number_in_the_body(tmp_path):
    person = {"person": {"name": "Ib Eksempel", "birth_date": "1984-02-03", "address": {"city": "Ribe"}}}
    async with answering({"/persons": json.dumps(person)}) as (url, heard):
        register = person_register(installed(tmp_path, url=url, secret="sixteen characters"))
        found = await register.look_up("0302846000", NOW)
    assert found == Person(name="Ib Eksempel", birth_date=BORN, address=Address(city="Ribe"))
    assert SIGNATURE_HEADER.lower() in heard[0].headers
    assert heard[0].path == "/persons"
    assert json.loads(heard[0].body) == {"cpr": "0302846000"}


async def test_an_answer_that_is_none_leaves_registering_by_hand(tmp_path):
    async with answering({"/persons": "<html>"}) as (url, _):
        register = person_register(installed(tmp_path, url=url, secret="sixteen characters"))
        with pytest.raises(UnavailableError):
            await register.look_up("0302846000", NOW)
    with pytest.raises(UnavailableError):
        await NoRegister().look_up("0302846000", NOW)


async def test_the_nations_login_opens_a_session(desk: Desk):
    cpr = made_up_cpr(date(1970, 1, 1), 321)
    await desk.register(identifiers=(NewIdentifier(IdentifierKind.CPR, cpr),))
    answers = {
        "/oauth/token": json.dumps({"access_token": "abc"}),
        "/userinfo": json.dumps({"attributes": {"cpr": cpr, "uniqueId": "x"}}),
    }
    async with answering(answers) as (url, heard):
        given = {"agency_isil": desk.town.isil, "code": "the-code", "return_url": "https://bibliotek.example.dk"}
        provider = OpenIdLogin(url, "faelles", "secret")
        token = await sign_in_by_login(desk.database, desk.keyring, provider, **given)
    assert token.secret
    assert "code=the-code" in heard[0].body
    assert heard[1].headers["authorization"] == "Bearer abc"


async def test_a_stranger_gets_the_answer_of_a_wrong_code(desk: Desk):
    given = {"agency_isil": desk.town.isil, "return_url": "https://bibliotek.example.dk"}
    for code in ("built-in/" + made_up_cpr(date(1971, 1, 1), 1), "built-in/0101701234", "nonsense"):
        with pytest.raises(UnauthenticatedError):
            await sign_in_by_login(desk.database, desk.keyring, BuiltInLogin(), code=code, **given)
