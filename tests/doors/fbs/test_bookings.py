"""Bookings of a web site's user, and what the library sees of them."""

from datetime import timedelta
from typing import Any

from circulation.lending_library import Reader
from doors.fbs.conftest import WebSite
from doors.fbs.test_catalog import titled
from faelles.bookings.lending import lend_booking
from faelles.bookings.model import LendBooking
from faelles.bookings.operations import list_bookings


async def bookable(site: WebSite) -> str:
    return await titled(site.library, await site.library.copy())


def wanted(site: WebSite, number: str, **given: Any) -> dict[str, Any]:
    today = site.today
    return {
        "recordId": number,
        "period": {"from": str(today + timedelta(days=40)), "to": str(today + timedelta(days=60))},
        "preferredMaterials": 1,
        "minimumMaterials": 1,
        "patronGroupId": 0,
        "automaticForwardLoan": False,
        "requestedFromBranchId": site.isil + "00",
        "deliverBranchId": site.isil + "01",
        "note": "Til 7.b",
    } | given


def path(reader: Reader) -> str:
    return f"/v1/{{a}}/patrons/{reader.id}/bookings"


async def in_library(site: WebSite, reader: Reader) -> list[Any]:
    return await site.library.run(lambda tx: list_bookings(tx, site.library.librarian, reader.id))


async def test_a_booking_is_made_changed_and_deleted_and_the_library_sees_it(site: WebSite):
    reader, number = await site.library.reader(), await bookable(site)
    (made,) = await site.post(path(reader), {"bookings": [wanted(site, number)]})
    assert (made["result"], made["booking"]["state"], made["booking"]["recordId"]) == ("success", "active", number)
    (seen,) = await in_library(site, reader)
    assert (str(seen.id), seen.copies, seen.note) == (made["booking"]["bookingId"], 1, "Til 7.b")
    later = made["booking"] | {"note": "Til 8.b", "period": made["booking"]["period"] | {"to": str(seen.first_day)}}
    (changed,) = await site.put(path(reader), {"bookings": [later]})
    assert (changed["result"], changed["booking"]["note"]) == ("success", "Til 8.b")
    assert (await in_library(site, reader))[0].last_day == seen.first_day
    assert await site.get(path(reader)) == [changed["booking"]]
    answer = await site.send("DELETE", path(reader), params={"bookingid": made["booking"]["bookingId"]})
    assert answer.status_code == 200
    assert await in_library(site, reader) == []


async def test_whoever_is_told_that_they_may_book_may(site: WebSite):
    reader, number = await site.library.reader(), await bookable(site)
    told = await site.get(f"/{{a}}/patrons/{reader.id}/v4")
    (made,) = await site.post(path(reader), {"bookings": [wanted(site, number)]})
    assert (told["patron"]["allowBookings"], made["result"]) == (True, "success")


async def test_of_a_batch_nothing_is_booked_where_anything_cannot_be(site: WebSite):
    reader, number = await site.library.reader(), await bookable(site)
    both = [wanted(site, number), wanted(site, number, preferredMaterials=2, minimumMaterials=2)]
    answers = await site.post(path(reader), {"bookings": both})
    assert [each["result"] for each in answers] == ["other", "notEnoughMaterials"]
    assert [each["booking"] for each in answers] == [None, None]
    (unknown,) = await site.post(path(reader), {"bookings": [wanted(site, "00000000")]})
    assert unknown["result"] == "other"


async def test_what_makes_no_sense_is_refused_by_its_field(site: WebSite):
    reader, number = await site.library.reader(), await bookable(site)
    past = wanted(site, number, period={"from": "2020-01-01", "to": "2020-02-01"})
    nowhere = wanted(site, number, deliverBranchId="DK-000000")
    few = wanted(site, number, preferredMaterials=-1, minimumMaterials=-1)
    assert await _wrong(site, reader, wanted(site, number), past) == ["bookings[1].period.from"]
    assert await _wrong(site, reader, wanted(site, number), nowhere) == ["bookings[1].deliverBranchId"]
    both = ["bookings[0].preferredMaterials", "bookings[0].minimumMaterials"]
    assert sorted(await _wrong(site, reader, few)) == sorted(both)
    answer = await site.send("DELETE", path(reader))
    assert answer.status_code == 400


async def _wrong(site: WebSite, reader: Reader, *bookings: dict[str, Any]) -> list[str]:
    answer = await site.send("POST", path(reader), json={"bookings": bookings})
    assert answer.status_code == 400
    return [each["field"] for each in answer.json()["validationErrors"]]


async def test_a_change_that_makes_no_sense_is_refused_by_its_field(site: WebSite):
    reader, number = await site.library.reader(), await bookable(site)
    (made,) = await site.post(path(reader), {"bookings": [wanted(site, number)]})
    past = made["booking"] | {"period": {"from": "2020-01-01", "to": "2020-02-01"}}
    answer = await site.send("PUT", path(reader), json={"bookings": [made["booking"], past]})
    assert [each["field"] for each in answer.json()["validationErrors"]] == ["bookings[1].period.from"]


async def test_who_asks_for_nought_at_least_is_content_with_one(site: WebSite):
    reader, number = await site.library.reader(), await bookable(site)
    (made,) = await site.post(path(reader), {"bookings": [wanted(site, number, minimumMaterials=0)]})
    assert (made["result"], made["booking"]["minimumMaterials"]) == ("success", 1)


async def test_information_and_loans_of_a_booking_in_every_version(site: WebSite):
    reader, number = await site.library.reader(), await bookable(site)
    (made,) = await site.post(path(reader), {"bookings": [wanted(site, number)]})
    for version in ("/v1/{a}/catalog/bookingInformation/%s", "/{a}/catalog/bookingInformation/%s/v3"):
        (told,) = await site.get(version % number)
        assert (told["branchId"], told["grossNumberAvailable"]) == (site.isil + "00", 1)
        assert told["bookingInfo"] == [{"period": made["booking"]["period"], "preferredMaterials": 1}]
    booking = int(made["booking"]["bookingId"])
    library = site.library
    site.library.clock.pass_days(40)
    lending = LendBooking(branch=library.town.main)
    await library.run(lambda tx: lend_booking(tx, library.librarian, library.keyring, booking, lending))
    for suffix in ("", "/v2"):
        prefix = "/v1/{a}" if not suffix else "/{a}"
        (loan,) = await site.get(f"{prefix}/patrons/{reader.id}/loans/{booking}{suffix}")
        assert loan["patronName"] == "Søren Låner"
    (shown,) = await site.get(path(reader))
    assert shown["state"] == "beingFulfilled"
    assert (await site.send("GET", f"/v1/{{a}}/catalog/bookingInformation/{'9' * 8}")).status_code == 404
