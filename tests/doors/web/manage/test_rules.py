"""Rules on the screens: seen with where they come from, tried out, set, ended and brought back."""

from datetime import timedelta

import pytest

from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.doors.web.manage.policies import values
from faelles.doors.web.manage.policies.sections import SECTIONS
from faelles.doors.web.manage.policies.spot import read_spot
from faelles.ground.errors import NotFoundError
from faelles.ground.i18n import Language
from faelles.policies.knobs import KNOBS
from faelles.policies.shown import knob_shown

PAGE = "/manage/policies/loan_days"


def cell(library: LendingLibrary) -> dict[str, object]:
    return {"at": "agency", "patron": library.groups["adult"], "material": 1}


def address(library: LendingLibrary) -> str:
    return PAGE + "?" + "&".join(f"{name}={value}" for name, value in cell(library).items())


async def test_a_rule_is_set_seen_and_kept_in_history(employee: Visitor, library: LendingLibrary):
    answer = await employee.send(PAGE, cell(library) | {"value": "17", "reason": "Forsøg"})
    assert answer.status_code == 303, answer.text
    page = (await employee.get(answer.headers["location"])).text
    assert "Reglen er gemt" in page
    assert page.count("17 dage") >= 2
    assert "Forsøg" in page
    assert "17 dage" in (await employee.get(f"/manage/policies?patron={library.groups['adult']}&only_here=true")).text


async def test_trying_a_rule_out_counts_the_loans_and_changes_nothing(employee: Visitor, library: LendingLibrary):
    await library.lend(await library.reader(), await library.copy())
    example = {"branch_1": library.town.main, "patron_1": library.groups["adult"], "material_1": 1}
    answer = await employee.send(PAGE, cell(library) | example | {"value": "17", "do": "try"})
    assert answer.status_code == 200
    assert "Det ville blive anderledes" in answer.text
    assert "17 dage" in answer.text
    assert 'data-unsaved="changed"' in answer.text
    assert "17 dage" not in (await employee.get(address(library))).text


async def test_what_does_not_fit_is_told_beside_the_field_and_nothing_typed_is_lost(
    employee: Visitor, library: LendingLibrary
):
    answer = await employee.send(PAGE, cell(library) | {"value": "mange", "reason": "Husk mig"})
    assert answer.status_code == 400
    assert "Lånetid skal være et antal hele dage" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="mange"' in answer.text
    assert 'value="Husk mig"' in answer.text


async def test_a_former_value_is_brought_back_and_a_rule_is_ended(employee: Visitor, library: LendingLibrary):
    for value in ("17", "19"):
        await employee.send(PAGE, cell(library) | {"value": value})
        library.clock.now += timedelta(minutes=1)
    assert (await employee.send(PAGE + "/restored", cell(library) | {"value": "17"})).status_code == 303
    page = (await employee.get(address(library))).text
    assert '<p class="big">17 dage</p>' in page
    end = (
        next(line for line in page.splitlines() if "/manage/rules/" in line).split("/manage/rules/")[1].split("/end")[0]
    )
    await employee.send(f"/manage/rules/{end}/end", cell(library) | {"knob": "loan_days"})
    assert '<p class="big">17 dage</p>' not in (await employee.get(address(library))).text


@pytest.mark.parametrize("at", ["town", "branch", "branch:x", "branch:0", "agency:4", "branch:99999999999999999999"])
def test_a_place_that_is_none_is_refused(at: str):
    with pytest.raises(NotFoundError):
        read_spot(at, None, None)


def test_every_knob_stands_in_a_section_once():
    named = [knob for knobs in SECTIONS.values() for knob in knobs]
    assert len(named) == len(set(named))
    assert set(named) <= set(KNOBS)


@pytest.mark.parametrize("name", sorted(KNOBS))
def test_what_a_form_shows_means_the_same_when_it_comes_back(name: str):
    knob = knob_shown(KNOBS[name], None, Language.DANISH)
    assert values.read(knob, values.typed(knob, knob.default)) == knob.default


@pytest.mark.parametrize(
    ("typed", "ore"),
    [("20", 2000), ("20,5", 2050), ("1.234,50", 123450), ("20 kr.", 2000), ("0,05", 5), ("tyve", "tyve"), ("-5", "-5")],
)
def test_kroner_are_read_as_danes_write_them(typed: str, ore: object):
    knob = knob_shown(KNOBS["fee_overdue_adult_1_7"], None, Language.DANISH)
    assert values.read(knob, typed) == ore
