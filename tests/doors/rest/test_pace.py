"""How fast one address may sign in, whoever asks and through whatever stands in between."""

from ipaddress import ip_network
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Request

from doors.web.sessions import session_of_staff
from faelles.doors.rest.app import ON_THIS_MACHINE, create_app
from faelles.doors.rest.pace import Bucket, SignInPace
from faelles.doors.web.app import create
from faelles.ground.actor import SYSTEM
from faelles.ground.config import read_config
from faelles.ground.crypto import Keyring, new_master_key
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import MisconfiguredError
from faelles.ground.i18n import Language
from faelles.people.model import NewToken, Subject, SubjectKind
from faelles.people.operations import issue_token
from town import found_town

OURS = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"))


def coming_from(peer: str, *told: str) -> Request[Any, Any, Any]:
    headers = [(b"x-forwarded-for", each.encode()) for each in told]
    return Request(cast("Any", {"type": "http", "client": (peer, 1), "headers": headers}))


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        ("203.0.113.5", (), "203.0.113.5"),
        ("203.0.113.5", ("198.51.100.1",), "203.0.113.5"),
        ("10.2.0.1", ("198.51.100.1",), "10.2.0.1"),
        ("127.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("127.0.0.1", ("6.6.6.6, 198.51.100.1, 10.1.2.3",), "198.51.100.1"),
        ("127.0.0.1", ("6.6.6.6", "198.51.100.1"), "198.51.100.1"),
        ("127.0.0.1", ("10.1.0.7",), "10.1.0.7"),
    ],
)
def test_only_our_own_proxies_are_believed(peer: str, told: tuple[str, ...], address: str):
    assert SignInPace(OURS).address_of(coming_from(peer, *told)) == address


def test_which_proxies_are_ours_is_a_setting():
    def read(**said: str) -> int:
        return len(read_config({"FAELLES_MASTER_KEY": new_master_key(), **said}).proxies)

    assert (read(), read(FAELLES_PROXIES=""), read(FAELLES_PROXIES="10.0.0.4, 10.1.0.0/16")) == (2, 0, 2)
    with pytest.raises(MisconfiguredError):
        read(FAELLES_PROXIES="proxy.example.dk")


async def test_pages_and_programs_sign_in_at_one_pace(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
):
    few = SignInPace(of_addresses=Bucket(per_second=0.001, burst=2))
    monkeypatch.setattr("faelles.doors.rest.app.SignInPace", lambda _: few)
    port = create_app(database, keyring, installation=ON_THIS_MACHINE, neighbours={"/": create})
    body = {"agency_isil": "DK-000000", "username": "nobody", "password": "nothing"}
    async with AsyncClient(transport=ASGITransport(cast("Any", port)), base_url="http://faelles.test") as http:
        assert (await http.post("/api/v1/sessions/staff", json=body)).status_code == 401
        form = {"agency": "DK-000000", "username": "nobody", "password": "nothing"}
        own = {"origin": "http://faelles.test"}
        assert (await http.post("/sign-in", data=form, headers=own)).status_code == 401
        refused = await http.post("/api/v1/sessions/staff", json=body)
        assert (refused.status_code, refused.json()["code"]) == (429, "asked_too_fast")
        assert int(refused.headers["retry-after"]) > 0
        assert (await http.post("/sign-in", data=form, headers=own)).status_code == 429
        assert (await http.get("/health")).status_code == 200
        for token, answer in ((await a_clients_token(database), 401), (await a_token(database), 429)):
            bearer = {"authorization": f"Bearer {token}"}
            assert (await http.post("/api/v1/sessions/staff", json=body, headers=bearer)).status_code == answer


async def a_clients_token(database: Database) -> str:
    """A web site's, which signs in the patrons of a town from one address."""
    town = await found_town(database)

    async def issued(tx: Transaction) -> str:
        client = await tx.value(
            "INSERT INTO api_client (agency_id, username, secret_hash, name, permissions)"
            " VALUES ($1, $2, '', 'Hjemmeside', '{}') RETURNING id",
            tx.agency,
            f"web{tx.agency}",
        )
        token = NewToken(subject=Subject(SubjectKind.CLIENT, client), language=Language.DANISH)
        return (await issue_token(tx, token)).secret

    return await database.run(town.agency, SYSTEM, issued)


async def a_token(database: Database) -> str:
    town = await found_town(database)
    return await database.run(town.agency, SYSTEM, lambda tx: session_of_staff(tx, frozenset()))
