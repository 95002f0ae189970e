"""Newsletters, with the system that sends them pretended on the loopback."""

import json
from pathlib import Path

import pytest

from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError, InvalidRequestError, NotFoundError
from faelles.newsletters.model import Choice, Newsletter, SetProvider, Subscription
from faelles.newsletters.operations import chosen_by, forget_provider, offered, set_provider, subscribe, unsubscribe
from faelles.people.model import Caller, system_caller
from neighbour_server import answering
from patrons_desk import signed_in
from town import Town

NEWS = {"newsletters": [{"list_id": "nyt", "name": "Nyt fra biblioteket", "tags": [{"id": "7", "name": "Børn"}]}]}
HERE = Installation(is_production=False, public_url="http://127.0.0.1", exchange_directory=Path("var"))


async def choose(database: Database, keyring: Keyring, caller: Caller, address: str) -> None:
    wanted = SetProvider(address=address, secret="sixteen-characters")
    await database.run(caller.agency, caller.actor, lambda tx: set_provider(tx, caller, keyring, HERE, wanted))


async def test_what_there_is_and_what_somebody_chose_is_the_providers_word(
    database: Database, keyring: Keyring, town: Town
):
    caller = system_caller(town.agency)
    answers = {path: json.dumps(NEWS) for path in ("/newsletters", "/subscriptions", "/subscribe", "/unsubscribe")}
    async with answering(answers) as (url, heard):
        await choose(database, keyring, caller, url)
        expected = Newsletter(list_id="nyt", name="Nyt fra biblioteket", tags=(Choice(id="7", name="Børn"),))
        assert list(await offered(database, caller, keyring)) == [expected]
        assert list(await chosen_by(database, caller, keyring, "Karen@example.dk")) == [expected]
        wanted = Subscription(email="karen@example.dk", newsletters=(Newsletter(list_id="nyt"),))
        await subscribe(database, caller, keyring, wanted)
        await unsubscribe(database, caller, keyring, wanted)
    assert [each.path for each in heard] == ["/newsletters", "/subscriptions", "/subscribe", "/unsubscribe"]
    assert json.loads(heard[1].body) == {"email": "karen@example.dk"}
    assert json.loads(heard[2].body)["newsletters"][0]["list_id"] == "nyt"


async def test_an_agency_without_a_system_has_no_newsletters(database: Database, keyring: Keyring, town: Town):
    caller = system_caller(town.agency)
    with pytest.raises(NotFoundError, match="newsletters_not_set"):
        await offered(database, caller, keyring)
    await choose(database, keyring, caller, "http://127.0.0.1:9")
    await database.run(caller.agency, caller.actor, lambda tx: forget_provider(tx, caller))
    with pytest.raises(NotFoundError, match="newsletters_not_set"):
        await offered(database, caller, keyring)


async def test_who_is_no_staff_and_what_is_no_address_is_refused(database: Database, keyring: Keyring, town: Town):
    stranger = signed_in(town, 4711)
    with pytest.raises(ForbiddenError):
        await chosen_by(database, stranger, keyring, "karen@example.dk")
    with pytest.raises(InvalidRequestError):
        await chosen_by(database, system_caller(town.agency), keyring, "ikke en adresse")
