"""Availability, holdings and loans per record."""

import secrets
from typing import Any

import pytest
from msgspec.structs import replace

from circulation.lending_library import LendingLibrary
from doors.fbs.conftest import WebSite
from faelles.catalog.rules import faust_check_digit
from faelles.circulation.availability.model import Chosen
from faelles.circulation.availability.operations import availability_of, titles_asked_for
from faelles.circulation.desk.facts import BookedDays
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.model import PlaceHold, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.doors.fbs.facts import models, operations
from faelles.ground.database import Transaction
from faelles.policies.operations import current_settings


def faust() -> str:
    while True:
        stem = f"5{secrets.randbelow(10**6):06d}"
        if (digit := faust_check_digit(stem)) is not None:
            return f"{stem}{digit}"


async def titled(lending: LendingLibrary, item: str) -> str:
    """The copy's title becomes one of the agency's own, known by a number; the number."""
    number = faust()
    owner = lending.town.isil.partition("-")[2]
    await lending.run(
        lambda tx: tx.execute(
            "UPDATE record SET identifier = $3 WHERE agency_id = $1 AND identifier = $2",
            tx.agency,
            f"test:{item}",
            f"{owner}-katalog:{number}",
        )
    )
    return number


@pytest.fixture
async def item(site: WebSite) -> str:
    return await site.library.copy()


@pytest.fixture
async def number(site: WebSite, item: str) -> str:
    return await titled(site.library, item)


def paths(verb: str) -> list[str]:
    return [
        each.path.removeprefix("/external").replace("{agencyid}", "{a}") for each in operations() if each.verb == verb
    ]


async def test_every_version_says_whether_a_title_is_there_and_can_be_had(site: WebSite, item: str, number: str):
    reader = await site.library.reader()
    for path in paths("availability"):
        answer = await site.get(path, recordid=["99999999", number, number])
        assert [(each["recordId"], each["available"], each["reservable"]) for each in answer] == [
            ("99999999", False, False),
            (number, True, True),
        ]
    await site.library.lend(reader, item)
    assert (await site.get(paths("availability")[-1], recordid=[number]))[0] == {
        "recordId": number,
        "available": False,
        "reservable": True,
        "reservations": 0,
    }


async def test_the_second_version_counts_reservations_where_the_first_does_not(site: WebSite, number: str):
    for what in ("availability", "holdings"):
        (first,) = await site.get(f"/v1/{{a}}/catalog/{what}", recordid=[number])
        (second,) = await site.get(f"/v2/{{a}}/catalog/{what}", recordid=[number])
        assert second == first | {"reservations": 0}


async def test_a_hold_is_counted_and_an_excluded_branch_is_not(site: WebSite, item: str, number: str):
    lending, reader = site.library, await site.library.reader()
    request = PlaceHold(patron=Borrower(patron=reader.id), wish=Wish(item=item), pickup=lending.town.main)
    await lending.run(lambda tx: place_hold(tx, lending.librarian, lending.keyring, request))
    (answer,) = await site.get("/{a}/catalog/availability/v3", recordid=[number], exclude=[site.isil + "00"])
    assert (answer["reservations"], answer["available"], answer["reservable"]) == (1, False, False)


async def test_every_version_lists_the_copies_where_they_stand(site: WebSite, item: str, number: str):
    reader = await site.library.reader()
    lent = await site.library.lend(reader, item)
    for operation in (each for each in operations() if each.verb == "holdings"):
        path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}")
        answer, nothing = await site.get(path, recordid=[number, "99999999"])
        assert answer.keys() == models()[operation.reply.name].keys() == nothing.keys()
        assert (nothing["recordId"], nothing["reservable"], nothing["holdings"]) == ("99999999", False, [])
        (holdings,) = answer["holdings"]
        assert holdings["branch"] == {"branchId": site.isil + "00", "title": "Hovedbiblioteket"}
        placement = holdings.get("lmsPlacement") or holdings
        assert placement["department"] == {"departmentId": "voksen", "title": "Voksen"}
        (material,) = holdings["materials"]
        assert (material["itemNumber"], material["available"], material["periodical"]) == (item, False, None)
        assert material.get("returnDate", str(lent.due_on)) == str(lent.due_on)
        assert material.get("materialGroupName") or material["materialGroup"]["name"] == "book_adult"


async def test_what_cannot_be_reserved_says_so(site: WebSite):
    number = await titled(site.library, await site.library.copy("book_adult", not_for_loan="Håndbogssamling"))
    (answer,) = await site.get("/{a}/catalog/availability/v3", recordid=[number])
    assert (answer["available"], answer["reservable"]) == (True, False)


async def test_a_copy_kept_for_somebody_says_nothing_of_another_like_it(site: WebSite, item: str, number: str):
    library = site.library
    today = site.today

    async def reservable(tx: Transaction) -> list[bool]:
        chosen = Chosen(await current_settings(tx), library.town.library)
        (title,) = (await tx.ask(titles_asked_for(tx, library.librarian, [number]))).titles
        (free,) = title.copies
        kept = replace(free, bookings=(BookedDays(is_mine=False, starts=today, last_day=today, ends=today),))
        titles = [title._replace(copies=copies) for copies in ((kept,), (kept, free), (free, kept))]
        return [each.is_reservable for each in availability_of(chosen, titles, tx.now)]

    assert await library.run(reservable) == [False, True, True]


async def test_loans_are_counted_per_record_and_period(site: WebSite, item: str, number: str):
    await site.library.lend(await site.library.reader(), item)
    today = str(site.today)
    path = "/{a}/catalog/numberOfLoansPerRecord/v1"
    assert await site.get(path, recordid=[number, "99999999"]) == [{"recordId": number, "numberOfLoans": 1}]
    counted: list[Any] = await site.get(path, recordid=[number], startDate="2020-01-01", endDate=today)
    assert counted == [{"recordId": number, "numberOfLoans": 1}]
    counted = await site.get(path, recordid=[number], endDate="2020-01-01")
    assert counted == [{"recordId": number, "numberOfLoans": 0}]


async def test_records_are_asked_for_in_bounded_number(site: WebSite):
    answer = await site.send("GET", "/{a}/catalog/availability/v3", params={"recordid": [str(n) for n in range(4_000)]})
    assert answer.status_code == 400
    assert answer.json()["validationErrors"][0]["field"] == "recordid"
    answer = await site.send("GET", "/{a}/catalog/availability/v3")
    assert (answer.status_code, answer.json()["validationErrors"][0]["field"]) == (400, "recordid")
    answer = await site.send("GET", "/{a}/catalog/numberOfLoansPerRecord/v1", params={"startDate": "i går"})
    assert (answer.status_code, answer.json()["validationErrors"][0]["field"]) == (400, "startDate")
