import pytest
from httpx import AsyncClient

from doors.rest.callers import bearer, staff
from doors.rest.furniture import Furniture
from faelles.ground.crypto import Keyring
from faelles.people.model import Permission

API = "/api/v1"

Headers = dict[str, str]


def account(furnished: Furniture, more: str) -> str:
    return f"{API}/patrons/{furnished.objects['patron']}/{more}"


def charge(furnished: Furniture, more: str) -> str:
    return account(furnished, f"charges/{furnished.objects['charge']}/{more}")


def payment(furnished: Furniture, amount: int, reference: str = "terminal-1/1") -> dict[str, object]:
    return {"branch": furnished.objects["branch"], "amount_ore": amount, "means": "card", "reference": reference}


async def balance(client: AsyncClient, furnished: Furniture, librarian: Headers) -> int:
    answer = await client.get(account(furnished, "balances"), headers=librarian)
    (only,) = answer.json()["items"]
    return int(only["balance_ore"])


async def test_a_payment_is_taken_once_under_its_reference(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    first = await client.post(account(furnished, "payments"), json=payment(furnished, 4_000), headers=librarian)
    again = await client.post(account(furnished, "payments"), json=payment(furnished, 4_000), headers=librarian)
    other = await client.post(account(furnished, "payments"), json=payment(furnished, 5_000), headers=librarian)
    assert (first.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "payment_reference_known")
    assert await balance(client, furnished, librarian) == 6_000


async def test_more_than_is_owed_is_refused_with_what_is_owed(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    answer = await client.post(account(furnished, "payments"), json=payment(furnished, 10_001), headers=librarian)
    assert (answer.status_code, answer.json()["code"]) == (422, "payment_exceeds_debt")
    assert "100,00" in answer.text
    assert await balance(client, furnished, librarian) == 10_000


@pytest.mark.parametrize("amount", [0, -100, 1.5, "100", 10**30, None])
async def test_an_amount_is_a_whole_number_above_nothing(
    client: AsyncClient, furnished: Furniture, librarian: Headers, amount
):
    body = payment(furnished, amount)
    answer = await client.post(account(furnished, "payments"), json=body, headers=librarian)
    assert answer.status_code == 400
    assert await balance(client, furnished, librarian) == 10_000


@pytest.mark.parametrize("verb", ["waivers", "reductions"])
async def test_a_claim_is_let_go_in_part_or_whole(client: AsyncClient, furnished: Furniture, librarian: Headers, verb):
    body = {"branch": furnished.objects["branch"], "reason": "Bogen stod på hylden"}
    keyed = librarian | {"Idempotency-Key": "k-1"}
    part = await client.post(charge(furnished, verb), json=body | {"amount_ore": 3_000}, headers=keyed)
    again = await client.post(charge(furnished, verb), json=body | {"amount_ore": 3_000}, headers=keyed)
    assert part.json() == again.json()
    assert part.json()["outstanding_ore"] == 7_000
    whole = await client.post(charge(furnished, verb), json=body, headers=librarian)
    assert whole.json()["amount_ore"] == 7_000
    more = await client.post(charge(furnished, verb), json=body, headers=librarian)
    assert (more.status_code, more.json()["code"]) == (422, "claim_settled_already")


async def test_a_charge_by_hand_is_reversed_once(client: AsyncClient, furnished: Furniture, librarian: Headers):
    body = {"branch": furnished.objects["branch"], "reason": "Slået forkert ind"}
    path = account(furnished, f"ledger/{furnished.objects['ledger_entry']}/reversal")
    assert (await client.post(path, json=body, headers=librarian)).json()["amount_ore"] == -10_000
    again = await client.post(path, json=body, headers=librarian)
    assert (again.status_code, again.json()["code"]) == (409, "entry_reversed_already")
    assert await balance(client, furnished, librarian) == 0


async def test_claims_and_entries_are_told_in_the_callers_language(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    body = {"branch": furnished.objects["branch"], "kind": "card", "amount_ore": 2_000, "reason": "Tabt"}
    await client.post(account(furnished, "charges"), json=body, headers=librarian)
    danish = (await client.get(account(furnished, "charges"), headers=librarian)).json()["items"]
    english_speaking = librarian | {"Accept-Language": "en"}
    english = (await client.get(account(furnished, "ledger"), headers=english_speaking)).json()["items"]
    assert [(line["code"], line["text"]) for line in danish] == [
        ("charge_card", "Lånerkort"),
        ("charge_manual", "Andet"),
    ]
    assert [(line["text"], line["charge_text"]) for line in english] == [
        ("Charged", "Library card"),
        ("Charged", "Other"),
    ]


async def test_the_statement_comes_page_by_page(client: AsyncClient, furnished: Furniture, librarian: Headers):
    for number in range(3):
        await client.post(
            account(furnished, "payments"), json=payment(furnished, 100, f"r/{number}"), headers=librarian
        )
    path = account(furnished, "ledger")
    first = (await client.get(path, params={"limit": 3}, headers=librarian)).json()
    rest = (await client.get(path, params={"limit": 3, "after": first["next"]}, headers=librarian)).json()
    assert [line["amount_ore"] for line in first["items"] + rest["items"]] == [-100, -100, -100, 10_000]
    assert rest["next"] is None


async def test_patrons_read_their_own_account(client: AsyncClient, furnished: Furniture, reader: Headers):
    balances = (await client.get(f"{API}/own/balances", headers=reader)).json()["items"]
    charges = (await client.get(f"{API}/own/charges", params={"only_open": True}, headers=reader)).json()["items"]
    ledger = (await client.get(f"{API}/own/ledger", headers=reader)).json()["items"]
    assert [line["balance_ore"] for line in balances] == [10_000]
    assert [line["outstanding_ore"] for line in charges] == [10_000]
    assert [line["amount_ore"] for line in ledger] == [10_000]


async def test_who_is_liable_reads_whose_claim_it_is(
    client: AsyncClient, furnished: Furniture, librarian: Headers, reader: Headers
):
    child, guardian = furnished.number("child"), furnished.number("patron")
    body = {"branch": furnished.objects["branch"], "kind": "card", "amount_ore": 2_000, "reason": "Tabt"}
    await client.post(f"{API}/patrons/{child}/charges", json=body, headers=librarian)
    for path, headers in ((f"{API}/own", reader), (f"{API}/patrons/{guardian}", librarian)):
        charges = (await client.get(f"{path}/charges", params={"only_open": True}, headers=headers)).json()["items"]
        balances = (await client.get(f"{path}/balances", headers=headers)).json()["items"]
        assert [(line["for"], line["liable"]) for line in charges] == [(child, guardian), (guardian, guardian)]
        assert [(line["for"], line["balance_ore"]) for line in balances] == [(guardian, 10_000), (child, 2_000)]


async def test_a_patron_has_no_way_to_anybody_elses_account(client: AsyncClient, furnished: Furniture, reader: Headers):
    assert (await client.get(account(furnished, "ledger"), headers=reader)).status_code == 403


async def test_reversing_needs_what_making_needs(client: AsyncClient, furnished: Furniture, keyring: Keyring):
    waiving = {Permission.FEE_VIEW, Permission.FEE_WAIVE}
    headers = bearer(keyring, staff(furnished.town.agency, furnished.number("staff"), waiving))
    body = {"branch": furnished.objects["branch"], "reason": "x"}
    path = account(furnished, f"ledger/{furnished.objects['ledger_entry']}/reversal")
    assert (await client.post(path, json=body, headers=headers)).status_code == 403
