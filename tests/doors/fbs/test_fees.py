"""Fees and payments of a web site's user."""

import asyncio
from typing import Any

from circulation.lending_library import Reader
from doors.fbs.conftest import WebSite
from doors.fbs.test_loans import age
from doors.fbs.test_reservations import path_of, versions
from faelles.agencies.settings.model import PAYMENTS, SetSetting
from faelles.agencies.settings.operations import set_setting
from faelles.doors.fbs.facts import models
from faelles.fees.desk.model import ManualCharge, ManualKind, Reverse
from faelles.fees.desk.operations import charge_manually, reverse


async def charged(site: WebSite, reader: Reader, ore: int, reason: str = "Ødelagt bog") -> int:
    lending = site.library
    charge = ManualCharge(branch=lending.town.main, kind=ManualKind.MANUAL, amount_ore=ore, reason=reason)
    return (await lending.run(lambda tx: charge_manually(tx, lending.librarian, reader.id, charge))).charge


async def test_every_version_shows_what_is_owed(site: WebSite):
    reader = await site.library.reader()
    fee = await charged(site, reader, 12_050)
    for operation in versions("fees"):
        (answer,) = await site.get(path_of(operation, reader), includepaid="false", includenonpayable="true")
        assert answer.keys() == models()[operation.reply.name].keys()
        assert (answer["feeId"], answer["amount"], answer["type"]) == (fee, 120.5, "fee")
        assert (answer["payableByClient"], answer["paidDate"], answer["materials"]) == (True, None, [])
        assert answer["dueDate"] == answer["creationDate"] == str(site.today)
        assert answer["reasonMessage"] == "Ødelagt bog"


async def test_a_lost_book_is_a_compensation_with_its_material(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    item = await lending.copy()
    await lending.lend(reader, item)
    await lending.lose(item)
    shown = await site.get(f"/{{a}}/patron/{reader.id}/fees/v2", includepaid=False, includenonpayable=False)
    assert {each["type"] for each in shown} == {"compensation"}
    assert shown[0]["materials"][0]["materialItemNumber"] == item
    assert shown[0]["materials"][0]["materialGroup"]["name"] == "book_adult"


async def test_every_version_pays_whole_fees_once_per_order(site: WebSite):
    for operation in versions("pay_fees"):
        reader = await site.library.reader()
        fees = [await charged(site, reader, 2_000), await charged(site, reader, 3_000)]
        order = {"orderId": f"dibs-{reader.id}", "feeIds": [*fees, 99_999_999]}
        answer = await site.post(path_of(operation, reader), order)
        statuses = [each["paymentStatus"] for each in answer]
        assert statuses == ["paymentRegistered", "paymentRegistered", "paymentNotAllowedByClient"]
        assert await site.library.owed(reader) == 0
        assert await site.post(path_of(operation, reader), order) == answer
        again = await site.post(path_of(operation, reader), order | {"orderId": f"other-{reader.id}"})
        assert again[0]["paymentStatus"] == "paymentRegisteredByDifferentOrderId"
        assert again[0]["confirmationId"] is None
        path = f"/{{a}}/patron/{reader.id}/fees/v2"
        assert await site.get(path, includepaid=False, includenonpayable=True) == []
        settled = await site.get(path, includepaid=True, includenonpayable=True)
        assert {each["paidDate"] for each in settled} == {str(site.today)}


async def test_of_orders_at_once_one_pays_and_the_others_are_told_so(site: WebSite):
    reader = await site.library.reader()
    fee = await charged(site, reader, 2_000)
    orders = [{"orderId": f"dibs-{reader.id}-{number % 4}", "feeIds": [fee]} for number in range(12)]
    path = f"/{{a}}/patron/{reader.id}/payment/v2"
    answers = [told for (told,) in await asyncio.gather(*(site.post(path, order) for order in orders))]
    paid = {each["orderId"] for each in answers if each["paymentStatus"] == "paymentRegistered"}
    others = {each["paymentStatus"] for each in answers if each["orderId"] not in paid}
    assert (len(paid), others) == (1, {"paymentRegisteredByDifferentOrderId"})
    assert len({each["confirmationId"] for each in answers if each["orderId"] in paid}) == 1
    assert await site.library.owed(reader) == 0


async def test_another_patrons_fee_is_not_paid(site: WebSite):
    reader, other = await site.library.reader(), await site.library.reader()
    fee = await charged(site, other, 2_000)
    (answer,) = await site.post(f"/{{a}}/patron/{reader.id}/payment/v2", {"orderId": "1", "feeIds": [fee]})
    assert answer["paymentStatus"] == "paymentNotAllowedByClient"
    assert await site.library.owed(other) == 2_000


async def test_where_web_sites_offer_no_payment_the_fee_is_only_shown(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    fee = await charged(site, reader, 2_000)
    off = SetSetting(values=("false",))
    await lending.run(lambda tx: set_setting(tx, lending.librarian, lending.town.library, PAYMENTS, off))
    path = f"/{{a}}/patron/{reader.id}/fees/v2"
    assert await site.get(path, includepaid=False, includenonpayable=False) == []
    (shown,) = await site.get(path, includepaid=False, includenonpayable=True)
    assert shown["payableByClient"] is False
    (answer,) = await site.post(f"/{{a}}/patron/{reader.id}/payment/v2", {"orderId": "1", "feeIds": [fee]})
    assert answer["paymentStatus"] == "paymentNotAllowedByClient"


async def test_an_order_that_is_none_is_named(site: WebSite):
    reader = await site.library.reader()
    wrong: list[tuple[Any, str]] = [
        ({"feeIds": []}, "orderId"),
        ({"orderId": "", "feeIds": []}, "orderId"),
        ({"orderId": "1", "feeIds": ["x"]}, "feeIds[0]"),
        ({"orderId": "1", "feeIds": [-1]}, "feeIds"),
        ({"orderId": "1", "feeIds": None}, "feeIds"),
    ]
    for order, field in wrong:
        answer = await site.send("POST", f"/{{a}}/patron/{reader.id}/payment/v2", json=order)
        assert (answer.status_code, answer.json()["validationErrors"][0]["field"]) == (400, field)
    answer = await site.send("GET", f"/{{a}}/patron/{reader.id}/fees/v2", params={"includepaid": "måske"})
    assert answer.status_code == 400


async def test_every_entry_on_a_fee_is_told_with_what_undid_it(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    fee = await charged(site, reader, 2_000)
    await site.post(f"/{{a}}/patron/{reader.id}/payment/v2", {"orderId": "1", "feeIds": [fee]})
    path = f"/{{a}}/patron/{reader.id}/fee/{fee}/transactions/v1"
    first, second = await site.get(path)
    assert (first["type"], first["amount"], first["parentTransactionId"]) == ("creation", 20.0, None)
    assert (second["type"], second["amount"], second["feeId"]) == ("payment", 20.0, fee)
    undo = Reverse(branch=lending.town.main, reason="Fejl")
    await lending.run(lambda tx: reverse(tx, lending.librarian, second["transactionId"], reader.id, undo))
    third = (await site.get(path))[-1]
    assert (third["type"], third["parentTransactionId"]) == ("payment_reduction", second["transactionId"])
    assert (await site.send("GET", f"/{{a}}/patron/{reader.id}/fee/99999999/transactions/v1")).status_code == 404


async def test_an_overdue_loan_says_what_it_would_cost_today(site: WebSite):
    reader, item = await site.library.reader(), await site.library.copy()
    await site.library.lend(reader, item)
    path = f"/{{a}}/patron/{reader.id}/fee/expected-fees/v1"
    assert await site.get(path) == []
    await age(site, 60)
    (expected,) = await site.get(path)
    assert (expected["feeId"], expected["payableByClient"], expected["dueDate"]) == (-1, False, None)
    assert expected["amount"] > 0
    assert expected["materials"][0]["materialItemNumber"] == item
    assert await site.library.owed(reader) == 0


async def test_who_owes_too_much_is_blocked_until_it_is_paid(site: WebSite):
    reader = await site.library.reader()
    fee = await charged(site, reader, 100_000)
    path = f"/{{a}}/patrons/person/{reader.id}/v4"
    (block,) = (await site.get(path))["blockStatus"]
    assert (block["blockedReason"], block["blockedSince"]) == ("E", str(site.today))
    await site.post(f"/{{a}}/patron/{reader.id}/payment/v2", {"orderId": "1", "feeIds": [fee]})
    assert (await site.get(path))["blockStatus"] is None
