"""Branches, placements, opening hours, closing dates, groups."""

from datetime import date, time

from doors.fbs.conftest import WebSite
from faelles.agencies.contacts.model import BranchContact
from faelles.agencies.contacts.operations import set_contact
from faelles.agencies.model import NewPlacement, Service
from faelles.agencies.opening.model import SetCalendarDays, SetOpeningHours, WeekdayHours
from faelles.agencies.opening.operations import set_calendar_days, set_opening_hours
from faelles.agencies.placements.operations import add_placements


async def test_branches_can_be_left_out(site: WebSite):
    shown = await site.get("/v1/{a}/branches", exclude=[site.isil + "00"])
    assert shown == [{"branchId": site.isil + "01", "title": "Forstaden"}]


async def test_how_a_branch_is_reached_is_what_was_written_down(site: WebSite):
    lending = site.library
    contact = BranchContact(street="Søgade 1", city="Nyby", email="hb@example.dk")
    await lending.run(lambda tx: set_contact(tx, lending.librarian, lending.town.main, contact))
    (shown,) = await site.get("/v1/{a}/branches/contact", branchIds=[site.isil + "00"])
    assert (shown["address"], shown["city"], shown["email"]) == ("Søgade 1", "Nyby", "hb@example.dk")
    assert (shown["title"], shown["phone"]) == ("Hovedbiblioteket", None)
    assert len(await site.get("/v1/{a}/branches/contact")) == 2


async def test_every_level_of_placement_has_its_names(site: WebSite):
    lending = site.library
    deep = NewPlacement(department="Børn", location="Stuen", sublocation="Hylde 3", section="Øko")
    new = (deep,)
    await lending.run(lambda tx: add_placements(tx, lending.librarian, lending.town.main, new))
    titles = {
        level: [each["title"] for each in await site.get(f"/v1/{{a}}/{level}")]
        for level in ("departments", "locations", "sublocations", "sections")
    }
    assert titles == {
        "departments": ["Børn", "Voksen"],
        "locations": ["Stuen"],
        "sublocations": ["Hylde 3"],
        "sections": ["Øko"],
    }
    assert (await site.get("/v1/{a}/sections"))[0]["sectionId"] == "øko"


async def test_opening_hours_tell_when_the_door_is_open_and_when_staff_are_there(site: WebSite):
    lending = site.library
    alone = SetOpeningHours(
        service=Service.UNSTAFFED,
        hours=(WeekdayHours(weekday=1, opens=time(7), closes=time(22)),),
        first_day=date(2020, 1, 1),
    )
    await lending.run(lambda tx: set_opening_hours(tx, lending.librarian, lending.town.main, alone))
    shown = await site.get(f"/v1/{{a}}/{site.isil}00/openinghours")
    assert shown[0] == {
        "branchId": site.isil + "00",
        "day": "MONDAY",
        "openHoursStartTime": "07:00:00",
        "openHoursEndTime": "22:00:00",
        "serviceHoursStartTime": "10:00:00",
        "serviceHoursEndTime": "18:00:00",
    }
    assert [each["day"] for each in shown][-1] == "SATURDAY"
    assert (await site.send("GET", "/v1/{a}/DK-000000/openinghours")).status_code == 404


async def test_a_closed_day_is_a_closing_date(site: WebSite):
    lending = site.library
    closed = SetCalendarDays(
        branches=(lending.town.main,), first_day=date(2027, 3, 3), last_day=date(2027, 3, 3), reason="Flytning"
    )
    await lending.run(lambda tx: set_calendar_days(tx, lending.librarian, closed))
    path = f"/v1/{{a}}/{site.isil}00/closingdates"
    shown = await site.get(path, startDate="2027-03-01", endDate="2027-03-07")
    assert shown == [
        {"branchId": site.isil + "00", "closingDate": "2027-03-03", "description": "Flytning"},
    ]
    years = await site.get(path, startDate="2026-01-01", endDate="2028-12-31")
    assert [each["closingDate"] for each in years if each["description"] == "Flytning"] == ["2027-03-03"]
    assert len({each["closingDate"] for each in years}) == len(years)
    for_ever = await site.send("GET", path, params={"startDate": "2026-01-01", "endDate": "2999-12-31"})
    assert for_ever.status_code == 400
    backwards = await site.send("GET", path, params={"startDate": "2027-03-07", "endDate": "2027-03-01"})
    assert backwards.status_code == 400


async def test_patron_groups_are_a_tree_that_counts_its_members(site: WebSite):
    for group in ("adult", "child", "adult"):
        await site.library.reader(group)
    root = await site.get("/v1/{a}/patrongroups")
    (person,) = (each for each in root["childGroups"] if each["name"] == "person")
    (adult,) = (each for each in person["childGroups"] if each["name"] == "adult")
    assert (root["membersCount"], adult["membersCount"]) == (3, 2)
