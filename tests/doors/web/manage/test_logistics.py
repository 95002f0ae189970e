"""Sorter bins and float groups on the screens."""

import re

from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.doors.web.manage.logistics.sorting import read_rules
from faelles.people.machines.terminal import Alert, SortRule

SORTER = {"username": "sortering", "kind": "sorter", "name": "Sorteringen", "language": "da"}


async def test_a_sorters_rules_are_put_in_order_and_taken_away(employee: Visitor, library: LendingLibrary):
    made = await employee.send("/manage/machines", SORTER | {"branch": library.town.main})
    (machine,) = set(re.findall(r'"(/manage/machines/\d+)"', made.text))
    there = f"{machine}/sorting"
    assert "Ingen regler" in (await employee.get(there)).text
    rules = {"bin-0": "3", "destination-0": library.town.suburb, "place-0": "2", "bin-1": "9", "alert-1": "other"}
    assert (await employee.send(there, rules | {"place-1": "1", "default_bin": "1"})).status_code == 303
    page = (await employee.get(there)).text
    assert page.index("Nogen skal se på det</span>") < page.index("Skal til: ")
    assert "<strong>1</strong></td><td>Når ingen regel passer" in page
    unknown = await employee.send(there, rules | {"destination-0": 10**6})
    assert unknown.status_code in (400, 404)
    wrong = await employee.send(there, rules | {"bin-0": "x" * 50})
    assert wrong.status_code == 400
    assert 'aria-invalid="true"' in wrong.text
    assert (await employee.send(there, {"bin-0": "", "bin-1": ""})).status_code == 303
    assert "Ingen regler" in (await employee.get(there)).text


def test_a_rule_without_a_place_is_the_last():
    typed = {
        "bin-0": "1",
        "place-0": "",
        "bin-1": "2",
        "place-1": "7",
        "hold-1": "true",
        "bin-2": " ",
        "alert-2": "other",
    }
    assert read_rules(typed) == (SortRule(bin="2", hold=True), SortRule(bin="1"))
    assert read_rules({"bin-4": "5", "alert-4": "hold_here"}) == (SortRule(bin="5", alert=Alert.HOLD_HERE),)


async def test_a_float_group_is_made_given_room_and_dissolved(employee: Visitor, library: LendingLibrary):
    town = library.town
    made = await employee.send("/manage/floats", {"name": "Byen", "branches": [town.main, town.suburb]})
    assert made.status_code == 303
    there = made.headers["location"].partition("?")[0]
    subject = {"subject-0": "Romaner", "material_group-0": 1, f"room-0-{town.main}": 40, f"room-0-{town.suburb}": ""}
    whole = {"name": "Hele byen", "branches": [town.main, town.suburb]} | subject
    assert (await employee.send(there, whole)).status_code == 303
    page = (await employee.get(there)).text
    assert re.search(r'name="room-0-\d+"[^>]* value="40"', page)
    assert "Hele byen" in (await employee.get("/manage/floats")).text
    alone = await employee.send(there, whole | {"branches": [town.main]})
    assert alone.status_code == 400
    assert 'value="40"' in alone.text
    assert (await employee.send(f"{there}/dissolved", {})).status_code == 303
    assert "Ingen flydegrupper" in (await employee.get("/manage/floats")).text
