"""Staff, roles, machines, clients, tokens and support grants over REST."""

import httpx
import pytest

from doors.rest.callers import bearer
from doors.rest.furniture import Furniture
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.i18n import Language
from faelles.people.model import Caller, Grant, Permission

API = "/api/v1"

Headers = dict[str, str]


@pytest.fixture
def manager(keyring: Keyring, furnished: Furniture) -> Headers:
    """Staff who may lend and see to people at the main branch, and no more."""
    permissions = frozenset({Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT, Permission.CHECKOUT})
    caller = Caller(
        agency=furnished.town.agency,
        actor=Actor(ActorKind.STAFF, 999_999),
        language=Language.ENGLISH,
        grants=(Grant(permissions, furnished.town.library, furnished.town.main),),
    )
    return bearer(keyring, caller)


async def test_a_colleague_is_added_given_a_role_and_signs_in(
    client: httpx.AsyncClient, furnished: Furniture, librarian: Headers
) -> None:
    new = {"username": "aase", "name": "Åse Æbelø", "password": "blue herring 4 lunch"}
    added = await client.post(f"{API}/staff", json=new, headers=librarian)
    assert added.status_code == 201
    user = f"{API}/staff/{added.json()['id']}"
    role = {"role": "desk", "branch": furnished.town.main}
    held = (await client.post(f"{user}/roles", json=role, headers=librarian)).json()["id"]
    shown = (await client.get(user, headers=librarian)).json()
    assert shown["name"] == "Åse Æbelø"
    assert shown["roles"] == [
        {"id": held, "role": "desk", "division": furnished.town.library, "branch": furnished.town.main}
    ]
    sign_in = {"agency_isil": furnished.town.isil, "username": "aase", "password": "blue herring 4 lunch"}
    assert (await client.post(f"{API}/sessions/staff", json=sign_in)).status_code == 201
    assert (await client.delete(f"{user}/roles/{held}", headers=librarian)).status_code == 204
    assert (await client.get(user, headers=librarian)).json()["roles"] == []


async def test_a_taken_username_is_a_conflict(
    client: httpx.AsyncClient, furnished: Furniture, librarian: Headers
) -> None:
    new = {"username": furnished.objects["username"], "name": "En til"}
    answer = await client.post(f"{API}/staff", json=new, headers=librarian)
    assert (answer.status_code, answer.json()["code"]) == (409, "staff_username_taken")


async def test_a_manager_of_a_branch_gives_roles_there_and_nowhere_else(
    client: httpx.AsyncClient, furnished: Furniture, manager: Headers
) -> None:
    added = await client.post(f"{API}/staff", json={"username": "bo", "name": "Bo"}, headers=manager)
    roles = f"{API}/staff/{added.json()['id']}/roles"
    for place, status in (
        ({"branch": furnished.town.main}, 201),
        ({"branch": furnished.town.suburb}, 403),
        ({"division": furnished.town.library}, 403),
        ({}, 403),
    ):
        answer = await client.post(roles, json={"role": "desk"} | place, headers=manager)
        assert answer.status_code == status, answer.text


async def test_staff_come_page_by_page(client: httpx.AsyncClient, furnished: Furniture, librarian: Headers) -> None:
    for username in ("aa", "bb"):
        await client.post(f"{API}/staff", json={"username": username, "name": username}, headers=librarian)
    first = (await client.get(f"{API}/staff", params={"limit": 2}, headers=librarian)).json()
    rest = (await client.get(f"{API}/staff", params={"after": first["next"]}, headers=librarian)).json()
    assert [user["username"] for user in first["items"]] == ["aa", "bb"]
    assert {user["id"] for user in rest["items"]} == {furnished.number("staff"), furnished.number("careful_staff")}
    assert rest["next"] is None


async def test_a_machines_secret_is_shown_once(
    client: httpx.AsyncClient, furnished: Furniture, librarian: Headers
) -> None:
    new = {"username": "hal", "kind": "self_check", "name": "I hallen", "branch": furnished.town.main}
    made = (await client.post(f"{API}/machines", json=new, headers=librarian)).json()
    assert made["username"] == f"{furnished.town.isil.lower()}.hal"
    listed = await client.get(f"{API}/machines", headers=librarian)
    assert made["secret"] not in listed.text
    fresh = (await client.post(f"{API}/machines/{made['id']}/secret", headers=librarian)).json()
    for secret, status in ((made["secret"], 401), (fresh["secret"], 201)):
        sign_in = {"username": made["username"], "secret": secret}
        assert (await client.post(f"{API}/sessions/machine", json=sign_in)).status_code == status


async def test_sessions_are_listed_and_ended(
    client: httpx.AsyncClient, furnished: Furniture, librarian: Headers
) -> None:
    holder: dict[str, str | int] = {"kind": "staff", "id": furnished.number("staff")}
    (session,) = (await client.get(f"{API}/tokens", params=holder, headers=librarian)).json()["items"]
    assert session["id"] == furnished.objects["token"]
    assert "token" not in session
    assert (await client.delete(f"{API}/tokens/{session['id']}", headers=librarian)).status_code == 204
    ended = await client.post(f"{API}/tokens/revoke", json=holder, headers=librarian)
    assert ended.json() == {"number": 0}


async def test_the_same_support_grant_sent_twice_is_one(client: httpx.AsyncClient, librarian: Headers) -> None:
    headers = librarian | {"idempotency-key": "grant-1"}
    grant = {"reason": "Fejl ved fornyelse", "hours": 2}
    first = await client.post(f"{API}/support-grants", json=grant, headers=headers)
    again = await client.post(f"{API}/support-grants", json=grant, headers=headers)
    assert first.json() == again.json()
    other = await client.post(f"{API}/support-grants", json=grant | {"hours": 3}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len((await client.get(f"{API}/support-grants", headers=librarian)).json()["items"]) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/staff", {"username": "Store Bogstaver", "name": "x"}),
        ("/staff", {"username": "ok", "name": ""}),
        ("/staff", {"username": "ok", "name": "x\u0000"}),
        ("/roles", {"code": "r", "name": "r", "permissions": ["fly"]}),
        ("/machines", {"username": "m", "kind": "robot", "name": "x", "branch": 1}),
        ("/machines", {"username": "m", "kind": "door", "name": "x", "branch": 10**30}),
        ("/support-grants", {"reason": "x", "hours": 169}),
        ("/support-grants", {"reason": "x", "hours": 0}),
    ],
)
async def test_bad_input_is_refused_clearly(
    client: httpx.AsyncClient, librarian: Headers, path: str, body: dict[str, object]
) -> None:
    answer = await client.post(API + path, json=body, headers=librarian)
    assert answer.status_code == 400, answer.text


async def test_ids_that_no_row_can_have_are_not_found(client: httpx.AsyncClient, librarian: Headers) -> None:
    for path in ("/staff/9007199254740991", "/machines/9007199254740991/secret", "/clients/4294967296/secret"):
        method = "GET" if path.startswith("/staff") else "POST"
        answer = await client.request(method, API + path, headers=librarian)
        assert answer.status_code == 404, answer.text
