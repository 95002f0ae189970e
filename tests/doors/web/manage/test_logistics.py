"""Sorter bins, float groups and vans on the screens."""

import re
from datetime import time

import pytest

from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.circulation.transit.model import Round, VanStop
from faelles.doors.web.manage.logistics.sorting import read_rules
from faelles.doors.web.manage.logistics.vans import read_van
from faelles.ground.errors import InvalidRequestError
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


async def test_a_van_is_made_drives_somewhere_else_and_is_retired(employee: Visitor, library: LendingLibrary):
    town = library.town
    made = await employee.send("/manage/vans", {"name": "Blå bil"})
    assert made.status_code == 303
    there = made.headers["location"].partition("?")[0]
    round_ = {"branch-1-0": town.suburb, "clock-1-0": "9.15", "branch-1-1": town.main, "place-1-1": "1", "like-5": "1"}
    assert (await employee.send(there, {"name": "Grøn bil", "place-1-0": "2"} | round_)).status_code == 303
    page = (await employee.get(there)).text
    assert len(re.findall(r"<p>[^<]+ → 09\.15 [^<]+</p>", page)) == 2
    assert "Mandag, Fredag" in (await employee.get("/manage/vans")).text
    wrong = await employee.send(there, {"name": "Grøn bil"} | round_ | {"clock-1-0": "kvart i ni"})
    assert (wrong.status_code, 'value="kvart i ni"' in wrong.text) == (400, True)
    assert (await employee.send("/manage/vans", {"name": "Grøn bil"})).status_code == 409
    assert (await employee.send(f"{there}/retired", {})).status_code == 303
    assert (await employee.get(there)).status_code == 404
    assert "Kommunen har ingen biler." in (await employee.get("/lists/vans")).text


def test_a_van_is_read_in_the_order_of_its_places_and_a_day_as_another():
    typed = {"name": "Bil", "branch-2-0": "7", "place-2-0": "2", "branch-2-1": "8", "place-2-1": "1", "clock-2-1": "8"}
    stops = (VanStop(branch=8, calls_at=time(8)), VanStop(branch=7))
    assert read_van(typed | {"like-3": "2"}).rounds == (Round(weekday=2, stops=stops), Round(weekday=3, stops=stops))
    with pytest.raises(InvalidRequestError) as refused:
        read_van(typed | {"branch-2-0": "x", "clock-2-1": "25"})
    assert {each.field for each in refused.value.problems} == {"branch-2-0", "clock-2-1"}
