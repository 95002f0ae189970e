"""What clients in the field send otherwise than the tables say, and are answered all the same."""

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doors.fbs.conftest import WebSite
from doors.fbs.test_fees import charged
from doors.fbs.test_reservations import in_queue, title
from faelles.doors.fbs.door import _parameters


async def test_numbers_come_as_texts_from_forms(site: WebSite):
    reader = await site.library.reader()
    loan = (await site.library.lend(reader, await site.library.copy())).loan
    fee = await charged(site, reader, 2_000)
    (renewed,) = await site.post(f"/{{a}}/patrons/{reader.id}/loans/renew/v2", [str(loan)])
    assert renewed["loanDetails"]["loanId"] == loan
    order = {"orderId": f"dibs-{reader.id}", "feeIds": [str(fee)]}
    (paid,) = await site.post(f"/v1/{{a}}/patron/{reader.id}/payment", order)
    assert (paid["feeId"], paid["paymentStatus"]) == (fee, "paymentRegistered")
    wrong = await site.send("POST", f"/{{a}}/patrons/{reader.id}/loans/renew/v2", json=["første"])
    assert (wrong.status_code, wrong.json()["validationErrors"][0]["field"]) == (400, "[0]")


async def test_what_a_reservation_keeps_comes_as_empty_texts(site: WebSite):
    reader = await site.library.reader()
    path = f"/{{a}}/patrons/{reader.id}/reservations"
    made = await site.post(f"{path}/v4", {"reservations": [{"recordId": await title(site), "expiryDate": ""}]})
    details = made["reservationResults"][0]["reservationDetails"]
    kept = {"reservationId": str(details["reservationId"]), "expiryDate": "", "pickupBranch": "", "activationDate": ""}
    assert await site.put(f"{path}/v3", {"reservations": [kept]}) == [details]


@pytest.mark.parametrize("listed", ["{0}&reservationid={1}", "{0},{1}", "{0}%2C{1}"])
async def test_lists_are_repeated_keys_or_have_commas(site: WebSite, listed: str):
    reader = await site.library.reader()
    numbers = [await title(site), await title(site)]
    wanted = {"reservations": [{"recordId": number} for number in numbers]}
    await site.post(f"/{{a}}/patrons/{reader.id}/reservations/v4", wanted)
    held = [each.id for each in await in_queue(site.library, reader)]
    path = f"/v1/{{a}}/patrons/{reader.id}/reservations?reservationid={listed.format(*held)}"
    assert (await site.send("DELETE", path)).status_code == 200
    assert await in_queue(site.library, reader) == []


@pytest.mark.parametrize(("flag", "count"), [("", 0), ("0", 0), ("False", 0), ("1", 1), ("true", 1)])
async def test_flags_come_as_words_and_numbers_and_empty(site: WebSite, flag: str, count: int):
    reader = await site.library.reader()
    fee = await charged(site, reader, 2_000)
    await site.post(f"/v1/{{a}}/patron/{reader.id}/payment", {"orderId": f"dibs-{reader.id}", "feeIds": [fee]})
    shown = await site.get(f"/{{a}}/patron/{reader.id}/fees/v2", includepaid=flag, includenonpayable="")
    assert len(shown) == count


async def test_an_agency_is_named_in_small_letters_too(site: WebSite):
    site.isil = site.isil.lower()
    assert await site.get("/v1/{a}/branches")


async def test_an_issue_of_which_nothing_is_said_is_none(site: WebSite):
    reader = await site.library.reader()
    nothing = {"volume": None, "volumeYear": "", "volumeNumber": None}
    wanted = {"reservations": [{"recordId": await title(site), "periodical": nothing}]}
    assert (await site.post(f"/{{a}}/patrons/{reader.id}/reservations/v4", wanted))["success"] is True


async def test_what_does_not_fit_is_named_as_the_version_names_it(site: WebSite):
    answer = await site.send("GET", f"/v1/{{a}}/{site.isil}00/closingdates?startDate=2027-01-01&endDate=2026-01-01")
    assert [each["field"] for each in answer.json()["validationErrors"]] == ["endDate"]
    settings = {"preferredPickupBranch": site.isil + "00"}
    for path, field in (("/v1/{a}/patrons", "cprNumber"), ("/{a}/patrons/v9", "personIdentifier")):
        answer = await site.send("POST", path, json={field: "nej", "pincode": "1234", "patron": settings})
        assert (answer.status_code, answer.json()["validationErrors"][0]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("method", "path", "sent", "field"),
    [
        ("POST", "/{a}/patrons/%d/reservations/v4", "[]", "body"),
        ("POST", "/{a}/patrons/%d/loans/renew/v2", "null", "body"),
        ("POST", "/{a}/patrons/preauthenticated/patronId/v4?%d", "9223372036854775808", "body"),
        ("PUT", "/{a}/patrons/%d/favorites/v1", "[{}]", "[0].name"),
    ],
)
async def test_what_does_not_fit_has_a_place_also_where_it_has_no_name(
    site: WebSite, method: str, path: str, sent: str, field: str
):
    reader = await site.library.reader()
    answer = await site.send(method, path % reader.id, content=sent)
    assert (answer.status_code, [each["field"] for each in answer.json()["validationErrors"]]) == (400, [field])


async def test_nobody_knows_what_is_closed_at_the_end_of_time(site: WebSite):
    answer = await site.send("GET", f"/v1/{{a}}/{site.isil}00/closingdates?startDate=9999-12-31")
    assert (answer.status_code, answer.json()["validationErrors"][0]["field"]) == (400, "startDate")


@given(st.text("ab&=+;%23cø"))
def test_a_query_is_taken_apart_as_the_library_takes_it(query: str):
    assert _parameters(query.encode()) == parse_qs(query)
