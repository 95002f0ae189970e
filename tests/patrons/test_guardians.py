from datetime import date

import pytest

from faelles.agencies.settings.model import GUARDIAN_VIEW, SetSetting
from faelles.agencies.settings.operations import set_setting
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.patrons.favourites.model import Favourite, FavouriteList, SetFavourites
from faelles.patrons.favourites.operations import set_own_favourites, show_own_favourites
from faelles.patrons.guardians.model import GuardianGiven
from faelles.patrons.guardians.operations import acting_for, children_for, own_children, require_guardian
from faelles.patrons.guardians.registering import register_with_guardian, replace_guardian
from faelles.patrons.looking.operations import show_patron
from faelles.patrons.model import Contact, NewMembership, Role
from faelles.patrons.profile.model import SetProfile
from faelles.patrons.profile.operations import set_profile
from faelles.patrons.relations.model import AddGuardian
from faelles.patrons.relations.operations import add_guardian
from faelles.people.model import system_caller
from patrons_desk import ANY_GROUP, Desk, new_cpr, signed_in, staff

BORN = date(2016, 4, 17)


async def allow(desk: Desk) -> None:
    system = system_caller(desk.town.agency)
    on = SetSetting(values=("true",))
    await desk.run(lambda tx: set_setting(tx, system, desk.town.library, GUARDIAN_VIEW, on))


async def family(desk: Desk, cpr: str):
    guardian = GuardianGiven(name="Wilhelm Dinesen", cpr=cpr, contact=Contact(email="wilhelm@example.dk"))
    request = desk.request("Ingeborg Dinesen", birth_date=BORN)
    return await desk.run(lambda tx: register_with_guardian(tx, desk.caller, desk.keyring, request, guardian))


async def test_a_guardian_sees_and_acts_for_the_child_they_pay_for(desk: Desk):
    await allow(desk)
    cpr = new_cpr().value
    made = await family(desk, cpr)
    parent = made.guardians[0]
    children = await desk.run(lambda tx: children_for(tx, desk.caller, desk.keyring, cpr))
    assert [child.id for child in children] == [made.patron]
    own = signed_in(desk.town, parent)
    assert [each.id for each in await desk.run(lambda tx: own_children(tx, own))] == [made.patron]
    acting = await desk.run(lambda tx: acting_for(tx, own, made.patron))
    assert (acting.patron, acting.actor) == (made.patron, own.actor)
    assert "guardian_view" in await desk.looks(made.patron)


async def test_a_web_site_sees_the_children_of_its_own_division_alone(desk: Desk):
    await allow(desk)
    cpr, town = new_cpr().value, desk.town
    guardian = GuardianGiven(name="Wilhelm Dinesen", cpr=cpr)
    pupils = (NewMembership(division=town.schools, role=Role.PUPIL, group=ANY_GROUP),)
    child = desk.request("Thomas Dinesen", birth_date=BORN, memberships=pupils)
    made = await desk.run(lambda tx: register_with_guardian(tx, desk.caller, desk.keyring, child, guardian))
    site = staff(town, division=town.library)
    before = await desk.looks(made.patron)
    with pytest.raises(NotFoundError, match="no_children"):
        await desk.run(lambda tx: children_for(tx, site, desk.keyring, cpr))
    with pytest.raises(ForbiddenError, match="guardian_of_nobody"):
        await desk.run(lambda tx: require_guardian(tx, site, desk.keyring, cpr, made.patron))
    assert await desk.looks(made.patron) == before
    assert [each.id for each in await desk.run(lambda tx: children_for(tx, desk.caller, desk.keyring, cpr))] == [
        made.patron
    ]


async def test_who_is_named_beside_a_patron_was_looked_at_too(desk: Desk):
    made = await family(desk, new_cpr().value)
    (parent,) = made.guardians
    for seen, named in ((made.patron, parent), (parent, made.patron)):
        before = await desk.looks(named)
        await desk.run(lambda tx, seen=seen: show_patron(tx, desk.caller, seen))
        assert sorted(await desk.looks(named)) == sorted([*before, "show_patron"])
        await desk.run(lambda tx, seen=seen: show_patron(tx, desk.caller, seen, names_relations=False))
        assert sorted(await desk.looks(named)) == sorted([*before, "show_patron"])


async def test_nobody_looks_where_the_library_does_not_let_them(desk: Desk):
    cpr = new_cpr().value
    made = await family(desk, cpr)
    with pytest.raises(ForbiddenError, match="guardian_view_off"):
        await desk.run(lambda tx: children_for(tx, desk.caller, desk.keyring, cpr))
    own = signed_in(desk.town, made.guardians[0])
    with pytest.raises(ForbiddenError, match="guardian_view_off"):
        await desk.run(lambda tx: acting_for(tx, own, made.patron))


async def test_a_guardian_who_does_not_pay_looks_only_where_the_child_lets_every_guardian(desk: Desk):
    await allow(desk)
    child, other = await desk.register("Bo Barn", birth_date=BORN), await desk.register("Far Far")
    await desk.run(
        lambda tx: add_guardian(tx, desk.caller, child, AddGuardian(guardian=other, is_financially_responsible=False))
    )
    own = signed_in(desk.town, other)
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: own_children(tx, own))
    await desk.run(lambda tx: set_profile(tx, desk.caller, child, SetProfile(guardian_sees=True)))
    assert [each.id for each in await desk.run(lambda tx: own_children(tx, own))] == [child]


async def test_a_grown_up_child_is_nobodys_to_see(desk: Desk):
    await allow(desk)
    grown, parent = await desk.register("Voksen Søn", birth_date=date(1990, 1, 1)), await desk.register("Mor Mor")
    await desk.run(lambda tx: add_guardian(tx, desk.caller, grown, AddGuardian(guardian=parent)))
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: acting_for(tx, signed_in(desk.town, parent), grown))


async def test_a_parent_who_is_a_patron_already_stays_one(desk: Desk):
    cpr = new_cpr().value
    first, second = await family(desk, cpr), await family(desk, cpr)
    assert first.guardians == second.guardians
    seen = await desk.run(lambda tx: show_patron(tx, desk.caller, first.guardians[0]))
    assert seen.contact.email == "wilhelm@example.dk"


async def test_another_guardian_takes_the_first_ones_place(desk: Desk):
    await allow(desk)
    cpr, other = new_cpr().value, GuardianGiven(name="Ny Værge", cpr=new_cpr().value)
    made = await family(desk, cpr)
    adult = await desk.run(lambda tx: replace_guardian(tx, desk.caller, desk.keyring, made.patron, other))
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: own_children(tx, signed_in(desk.town, made.guardians[0])))
    assert len(await desk.run(lambda tx: own_children(tx, signed_in(desk.town, adult)))) == 1


async def test_favourites_are_replaced_as_a_whole(desk: Desk):
    patron = await desk.register()
    own = signed_in(desk.town, patron)
    lists = (
        FavouriteList(name="Læs igen", favourites=(Favourite(record="870970-basis:1"), Favourite(record="2"))),
        FavouriteList(name="Tom"),
    )
    await desk.run(lambda tx: set_own_favourites(tx, own, SetFavourites(lists=lists)))
    assert await desk.run(lambda tx: show_own_favourites(tx, own)) == lists
    await desk.run(lambda tx: set_own_favourites(tx, own, SetFavourites(lists=())))
    assert await desk.run(lambda tx: show_own_favourites(tx, own)) == ()
