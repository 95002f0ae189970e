"""Branches and their days, staff, machines and logs on the screens."""

import re
from datetime import time, timedelta

import pytest

from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.doors.web.manage.organisation.week import read_day
from faelles.people.staff.operations import seed_roles


async def test_a_closing_tells_what_moves_before_it_is_saved(employee: Visitor, library: LendingLibrary):
    answer = await library.lend(await library.reader(), await library.copy())
    assert answer.due_on is not None
    form = {"branches": library.town.main, "first_day": answer.due_on, "reason": "Flytning"}
    tried = await employee.send("/manage/closings", form | {"do": "try"})
    assert "<strong>1</strong> afleveringsfrist flyttes" in tried.text
    assert "Luk dagene og flyt datoerne" in tried.text
    assert "Flytning" not in (await employee.get("/manage/closings")).text
    assert (await employee.send("/manage/closings", form | {"do": "save"})).status_code == 303
    assert "Flytning" in (await employee.get("/manage/closings")).text
    month = f"/manage/branches/{library.town.main}/hours?month={answer.due_on:%Y-%m}"
    assert "Flytning" in (await employee.get(month)).text


async def test_several_branches_are_closed_at_once(employee: Visitor, library: LendingLibrary):
    day = (library.clock.now + timedelta(days=40)).date()
    token = await employee.form_token()
    form = {"csrf": token, "first_day": str(day), "reason": "Fælles kursus", "do": "save"}
    branches = [str(library.town.main), str(library.town.suburb)]
    answer = await employee.http.post(
        "/manage/closings", data=form | {"branches": branches}, headers={"origin": "http://faelles.test"}
    )
    assert answer.status_code == 303
    assert (await employee.get("/manage/closings")).text.count("Fælles kursus") == 2


async def test_all_branches_of_a_division_are_closed_with_one_tick(employee: Visitor, library: LendingLibrary):
    town, day = library.town, (library.clock.now + timedelta(days=40)).date()
    form = {"first_day": day, "reason": "Personaledag", "do": "try", "divisions": town.library}
    tried = (await employee.send("/manage/closings", form)).text
    assert "Alle 2 filialer i Biblioteket" in tried
    assert re.findall(r'id="division-(\d+)"[^>]*checked', tried) == [str(town.library)]
    await employee.send("/manage/closings", form | {"do": "save", "branches": town.main})
    planned = (await employee.get("/manage/closings")).text
    closed = {int(branch) for branch in re.findall(r"/manage/branches/(\d+)/hours\?month", planned)}
    assert closed == {town.main, town.suburb}


async def test_a_closing_of_no_branch_says_that_one_is_to_be_chosen(employee: Visitor, library: LendingLibrary):
    form = {"first_day": (library.clock.now + timedelta(days=40)).date(), "reason": "Personaledag"}
    answer = await employee.send("/manage/closings", form)
    assert (answer.status_code, "Vælg mindst én filial" in answer.text) == (400, True)


async def test_a_week_is_typed_as_people_write_times(employee: Visitor, library: LendingLibrary):
    there = f"/manage/branches/{library.town.main}/hours"
    week = {"service": "unstaffed", "first_day": "2027-01-04", "day_1": "7-22.30"}
    assert (await employee.send(there, week)).status_code == 303
    assert "07.00\N{EN DASH}22.30" in (await employee.get(there)).text
    wrong = await employee.send(there, week | {"day_1": "aften", "day_2": "9"})
    assert wrong.status_code == 400
    assert wrong.text.count('aria-invalid="true"') == 2
    assert 'value="aften"' in wrong.text


async def test_a_branch_that_opens_twice_a_day_is_shown_and_saved_as_that(employee: Visitor, library: LendingLibrary):
    there = f"/manage/branches/{library.town.main}/hours"
    week = {
        "service": "staffed",
        "first_day": str(library.clock.now.date()),
        "day_1": "10-12 og 14-18",
        "day_2": "8-24",
    }
    assert (await employee.send(there, week)).status_code == 303
    page = (await employee.get(there)).text
    assert 'value="10.00-12.00, 14.00-18.00"' in page
    again = dict(re.findall(r'name="(day_\d)"[^>]*value="([^"]*)"', page))
    assert again["day_2"] == "08.00-24.00"
    assert (await employee.send(there, week | again)).status_code == 303


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("10-18", [(10, 18)]),
        ("14.00 til 18.00, 10:00\N{EN DASH}12:00", [(10, 12), (14, 18)]),
        ("10-12 og 14-18", [(10, 12), (14, 18)]),
        ("1000-1200;1400-1800", [(10, 12), (14, 18)]),
        ("10", None),
        ("10-12-14", None),
        ("10-12,", None),
        ("24.30-25", None),
        ("lukket", None),
    ],
)
def test_a_line_of_hours_is_read_or_refused(line: str, hours: list[tuple[int, int]] | None):
    read = read_day(line)
    assert read == (None if hours is None else [(time(opens), time(closes)) for opens, closes in hours])


async def test_a_colleague_is_added_given_a_role_and_let_out(employee: Visitor, library: LendingLibrary):
    await library.run(seed_roles)
    made = await employee.send("/manage/staff", {"username": "mette", "name": "Mette Ny", "language": "da"})
    person = made.headers["location"].partition("?")[0]
    role = await employee.send(person + "/roles", {"role": "librarian", "at": f"branch:{library.town.main}"})
    assert role.status_code == 303, role.text
    nowhere = await employee.send(person + "/roles", {"role": "librarian", "at": ""})
    assert (nowhere.status_code, 'id="role-at-error"' in nowhere.text) == (400, True)
    weak = await employee.send(person + "/password", {"password": "1234"})
    assert weak.status_code == 400
    assert "1234" not in weak.text
    await employee.send(person + "/able", {"is_disabled": "true"})
    assert "Adgangen er lukket." in (await employee.get(person + "?done=disabled")).text


async def test_a_machines_secret_is_shown_once(employee: Visitor, library: LendingLibrary):
    form = {"username": "hal-2", "kind": "self_check", "name": "Hal 2", "branch": library.town.main, "language": "da"}
    made = await employee.send("/manage/machines", form)
    assert "Skriv den ned nu" in made.text
    (secret,) = re.findall(r'<code class="breaks">([^<]+)</code>', made.text)
    (machine,) = set(re.findall(r'"(/manage/machines/\d+)"', made.text))
    assert secret not in (await employee.get(machine)).text


async def test_events_are_filtered_and_exported(employee: Visitor, library: LendingLibrary):
    item = await library.copy()
    await library.lend(await library.reader(), item)
    page = (await employee.get(f"/manage/events?item={item}&kind=loan*")).text
    assert "Udlånt" in page
    lines = (await employee.get(f"/manage/events.csv?item={item}")).content.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("Hvornår;")
    assert any(";Udlånt;loan.opened;" in line for line in lines)


async def test_looks_are_found_by_card_which_stands_in_no_address(employee: Visitor, library: LendingLibrary):
    reader = await library.reader()
    await library.lend(reader, await library.copy())
    answer = await employee.send("/manage/looks", {"card": reader.card})
    assert answer.headers["location"] == f"/manage/looks?patron={reader.id}"
    assert "Udlånte et materiale" in (await employee.get(answer.headers["location"])).text
    assert (await employee.send("/manage/looks", {"card": "K000000000"})).status_code == 400


@pytest.mark.parametrize(
    ("path", "field", "form"),
    [
        ("/manage/branches", "code", {"name": "Havnen", "kind": "public"}),
        ("/manage/machines", "username", {"kind": "sorter", "name": "Sortering", "language": "da"}),
        ("/manage/clients/new", "username", {"name": "Hjemmeside", "permissions": "catalog_view"}),
    ],
)
async def test_a_code_that_is_none_is_told_beside_its_field(
    employee: Visitor, library: LendingLibrary, path: str, field: str, form: dict[str, str]
):
    town = library.town
    sent = form | {field: "-½", "division": town.library, "branch": town.main}
    answer = await employee.send(path, {name: value for name, value in sent.items() if value})
    assert (answer.status_code, 'value="-½"' in answer.text) == (400, True)
    assert 'aria-invalid="true"' in answer.text
