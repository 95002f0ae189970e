"""What is scanned into a field that is for something else leads where it was meant to lead."""

import secrets

import pytest

from circulation.holds.wishing import title_of
from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.catalog.model import NewProvisionalRecord
from faelles.catalog.operations import create_provisional_record


async def test_a_card_scanned_where_a_name_is_searched_for_leads_to_its_patron(
    employee: Visitor, library: LendingLibrary
):
    reader = await library.reader()
    answer = await employee.send("/patrons", {"name": f" {reader.card.lower()}"})
    assert answer.headers["location"] == f"/patrons/{reader.id}"
    assert await library.looks_at(reader) == []  # the page that it leads to notes the look


async def test_a_number_that_is_nobodys_is_searched_for_as_a_name(employee: Visitor):
    answer = await employee.send("/patrons", {"name": f"X{secrets.randbelow(10**9)}"})
    assert answer.headers["location"] == "/patrons?found=true"


async def test_a_copy_scanned_where_a_title_is_searched_for_leads_to_its_title(
    employee: Visitor, library: LendingLibrary
):
    item = await library.copy()
    answer = await employee.get(f"/titles?q={item}")
    assert answer.headers["location"] == f"/titles/{await title_of(library, item)}"


@pytest.mark.parametrize("typed", ["9780306406157", "978-0-306-40615-7", "0-306-40615-2"])
async def test_an_isbn_leads_to_its_title(typed: str, employee: Visitor, library: LendingLibrary):
    new = NewProvisionalRecord(title="Med ISBN", isbn=typed)
    record = await library.run(lambda tx: create_provisional_record(tx, library.librarian, new))
    answer = await employee.get(f"/titles?q={typed}")
    assert answer.headers["location"] == f"/titles/{record.id}"


async def test_a_title_made_of_figures_is_searched_for(employee: Visitor):
    assert (await employee.get("/titles?q=1984")).status_code == 200


async def test_the_publishers_barcode_is_told_as_one_where_a_class_is_lent_to(
    employee: Visitor, library: LendingLibrary
):
    form = {"scan": "9780306406157", "branch": library.town.main, "key": secrets.token_hex(8)}
    answer = await employee.send("/group-loan/scans", form, headers={"x-fragment": "1"})
    assert "forlagets stregkode" in answer.text
