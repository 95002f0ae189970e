"""Tills, online payments and debts over REST."""

from httpx import AsyncClient

from doors.rest.furniture import Furniture

API = "/api/v1"

Headers = dict[str, str]


async def balance(client: AsyncClient, reader: Headers) -> list[int]:
    answer = await client.get(f"{API}/own/balances", headers=reader)
    return [line["balance_ore"] for line in answer.json()["items"]]


async def test_a_day_at_the_till(client: AsyncClient, furnished: Furniture, librarian: Headers):
    objects = furnished.objects
    payment = {
        "branch": objects["branch"],
        "amount_ore": 4_000,
        "means": "cash",
        "reference": "bon/1",
        "till": objects["open_till"],
    }
    paid = await client.post(f"{API}/patrons/{objects['patron']}/payments", json=payment, headers=librarian)
    assert paid.status_code == 201
    counted = {"counted": [{"means": "cash", "amount_ore": 53_900}], "note": "Talt to gange"}
    report = await client.post(f"{API}/tills/{objects['open_till']}/closing", json=counted, headers=librarian)
    (cash,) = report.json()["lines"]
    assert (cash["taken_ore"], cash["expected_ore"], cash["difference_ore"]) == (4_000, 54_000, -100)
    again = await client.post(f"{API}/tills/{objects['open_till']}/closing", json=counted, headers=librarian)
    assert (again.status_code, again.json()["code"]) == (409, "till_not_open")
    shown = await client.get(f"{API}/till-sessions/{objects['till_session']}", headers=librarian)
    assert shown.json() == report.json()


async def test_a_patron_pays_at_the_built_in_provider(client: AsyncClient, furnished: Furniture, reader: Headers):
    wish = {"charges": [furnished.objects["charge"]], "return_url": "https://bibliotek.example/"}
    keyed = reader | {"Idempotency-Key": "pay-1"}
    order = (await client.post(f"{API}/own/payment-orders", json=wish, headers=keyed)).json()
    again = (await client.post(f"{API}/own/payment-orders", json=wish, headers=keyed)).json()
    assert order == again
    said = {"order": order["reference"], "state": "authorized"}
    for _ in range(2):
        answer = await client.post(f"{API}/payments/built-in/{furnished.objects['isil']}", json=said)
        assert (answer.status_code, answer.json()["state"]) == (201, "captured")
    assert await balance(client, reader) == [0]
    shown = await client.get(f"{API}/own/payment-orders/{order['id']}", headers=reader)
    assert shown.json()["captured_ore"] == 10_000


async def test_a_callback_without_the_right_signature_is_nobodys(
    client: AsyncClient, furnished: Furniture, reader: Headers
):
    body = {"payload": furnished.objects["callback_payload"], "signature": "t=1,v1=" + "0" * 64}
    answer = await client.post(f"{API}/payments/callbacks/{furnished.objects['isil']}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_wrong")
    assert await balance(client, reader) == [10_000]


async def test_debts_go_out_come_back_and_agree(client: AsyncClient, furnished: Furniture, librarian: Headers):
    exported = await client.post(f"{API}/debts/exports", headers=librarian)
    assert exported.json() == {"claims": 0, "adjustments": 0, "file": None}
    imported = await client.post(f"{API}/debts/imports", headers=librarian)
    assert imported.json()["answers"]["applied"] == 1
    told = await client.get(f"{API}/debts/messages", headers=librarian)
    (message,) = told.json()["items"]
    assert (message["claim"], message["amount_ore"]) == (furnished.objects["debt_claim"], 5_000)
    assert furnished.marker in message["debtor"]["name"]
    settled = {"answer": furnished.objects["parked_answer"], "reason": "Aftalt i telefonen"}
    set_aside = {"file": furnished.objects["refused_file"], "reason": "Kommet igen, hel"}
    for status in (204, 404):
        for what, body in (("answers", settled), ("files", set_aside)):
            seen_to = await client.post(f"{API}/debts/{what}/settlements", json=body, headers=librarian)
            assert seen_to.status_code == status
    report = await client.get(f"{API}/debts/reconciliation", headers=librarian)
    assert report.json() == {"items": [], "next": None}
    answer = {"id": "B-1", "kind": "payment", "claim": furnished.objects["debt_claim"], "amount_ore": 2_000}
    for applied in (1, 0):
        said = await client.post(f"{API}/debts/answers", json={"answers": [answer]}, headers=librarian)
        assert said.json()["applied"] == applied
    claims = await client.get(f"{API}/debts/claims", headers=librarian)
    assert [(line["told_ore"], line["outstanding_ore"]) for line in claims.json()["items"]] == [(3_000, 3_000)]


async def test_a_difference_is_told_in_the_callers_language(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    english = librarian | {"Accept-Language": "en"}
    report = (await client.get(f"{API}/debts/reconciliation", headers=english)).json()["items"]
    assert {(line["check"], line["text"]) for line in report} >= {
        ("debt_file_undelivered", "The file was not delivered")
    }


async def test_who_owes_too_much_is_written_to_and_can_read_it(
    client: AsyncClient, furnished: Furniture, librarian: Headers, reader: Headers
):
    objects = furnished.objects
    charge = {"branch": objects["branch"], "kind": "manual", "amount_ore": 15_000, "reason": "Kaffe"}
    await client.post(f"{API}/patrons/{objects['patron']}/charges", json=charge, headers=librarian)
    written = await client.post(f"{API}/exclusions/notices", headers=librarian)
    assert written.json() == {"written": 1, "last": None}
    (mine,) = (await client.get(f"{API}/own/exclusions", headers=reader)).json()["items"]
    (theirs,) = (await client.get(f"{API}/patrons/{objects['patron']}/exclusions", headers=librarian)).json()["items"]
    assert mine == theirs
    # The letter is written, and not yet taken by anybody: its time does not run.
    assert (mine["debt_ore"], mine["standing"]) == (25_000, "untold")
    (listed,) = (await client.get(f"{API}/exclusions", headers=librarian)).json()["items"]
    assert listed == {**mine, "patron": objects["patron"]}


async def test_a_secret_is_never_shown(client: AsyncClient, furnished: Furniture, librarian: Headers):
    body = {"adapter": "http", "address": "https://pay.example/v1", "secret": "a-secret-of-sixteen-or-more"}
    answer = await client.put(f"{API}/payments/provider", json=body, headers=librarian)
    assert answer.json() == {"secret": None}
    shown = await client.get(f"{API}/payments/provider", headers=librarian)
    assert "secret" not in shown.text
    assert shown.json()["address"] == "https://pay.example/v1"
