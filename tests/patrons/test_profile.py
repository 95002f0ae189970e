import pytest

from faelles.agencies.settings.model import NOTIFICATION_PROTOCOLS, SetSetting
from faelles.agencies.settings.operations import set_setting
from faelles.ground.errors import ForbiddenError, InvalidRequestError
from faelles.patrons.model import ChangePatron, Contact, PatronKind
from faelles.patrons.operations import change
from faelles.patrons.profile.model import NewEmail, NewInterest, NewPhone, OtherAddress, SetProfile
from faelles.patrons.profile.operations import (
    list_interests,
    offer_interest,
    set_own_profile,
    set_profile,
    show_own_profile,
    show_profile,
)
from faelles.people.model import Permission, system_caller
from patrons_desk import Desk, signed_in, staff


async def test_what_takes_notices_comes_first_and_is_where_notices_go(desk: Desk):
    patron = await desk.register(contact=Contact(email="gammel@example.dk"))
    emails = (NewEmail("Arbejde@Example.dk", takes_notices=False), NewEmail("hjem@example.dk"))
    phones = (NewPhone("12 34 56 78"),)
    own = signed_in(desk.town, patron)
    seen = await desk.run(lambda tx: set_own_profile(tx, own, SetProfile(emails=emails, phones=phones)))
    assert [(each.address, each.takes_notices) for each in seen.emails] == [
        ("hjem@example.dk", True),
        ("arbejde@example.dk", False),
    ]
    sql = "SELECT email, phone FROM patron WHERE agency_id = $1 AND id = $2"
    contact = await desk.rows(sql, desk.town.agency, patron)
    assert tuple(contact[0]) == ("hjem@example.dk", "12 34 56 78")
    assert "patron.email_changed" in await desk.events()


async def test_an_address_that_the_desk_wrote_is_there_too(desk: Desk):
    patron = await desk.register(contact=Contact(email="Karen@example.dk", phone="87 65 43 21"))
    seen = await desk.run(lambda tx: show_profile(tx, desk.caller, patron))
    assert [each.address for each in seen.emails] == ["Karen@example.dk"]
    assert [each.number for each in seen.phones] == ["87 65 43 21"]


async def test_a_new_address_at_the_desk_takes_the_old_one_away(desk: Desk):
    patron = await desk.register()
    first = SetProfile(emails=(NewEmail("en@example.dk"), NewEmail("to@example.dk")))
    await desk.run(lambda tx: set_profile(tx, desk.caller, patron, first))
    new = ChangePatron(version=2, contact=Contact(email="tre@example.dk"))
    await desk.run(lambda tx: change(tx, desk.caller, patron, new))
    seen = await desk.run(lambda tx: show_profile(tx, desk.caller, patron))
    assert [each.address for each in seen.emails] == ["tre@example.dk", "to@example.dk"]


async def test_a_protected_address_is_neither_shown_nor_written_over_unseen(desk: Desk):
    patron = await desk.register(address_protected=True, contact=Contact(email="hemmelig@example.dk"))
    stranger = staff(desk.town, without=Permission.PATRON_PROTECTED)
    seen = await desk.run(lambda tx: show_profile(tx, stranger, patron))
    assert (seen.emails, seen.phones) == (None, None)
    with pytest.raises(ForbiddenError):
        await desk.run(lambda tx: set_profile(tx, stranger, patron, SetProfile(emails=())))


async def test_only_what_is_offered_may_be_chosen(desk: Desk):
    patron = await desk.register()
    own, system = signed_in(desk.town, patron), system_caller(desk.town.agency)
    with pytest.raises(InvalidRequestError):
        await desk.run(lambda tx: set_own_profile(tx, own, SetProfile(interests=("krimi",))))
    with pytest.raises(InvalidRequestError):
        await desk.run(lambda tx: set_own_profile(tx, own, SetProfile(protocols=("digital-post",))))
    await desk.run(lambda tx: offer_interest(tx, system, NewInterest(code="krimi", name_da="Krimi", name_en="Crime")))
    protocols = SetSetting(values=("digital-post",))
    await desk.run(lambda tx: set_setting(tx, system, desk.town.library, NOTIFICATION_PROTOCOLS, protocols))
    wanted = SetProfile(interests=("krimi",), protocols=("digital-post",), takes_post=False)
    await desk.run(lambda tx: set_own_profile(tx, own, wanted))
    seen = await desk.run(lambda tx: show_own_profile(tx, own))
    assert (seen.interests, seen.protocols, seen.takes_post) == (("krimi",), ("digital-post",), False)
    assert [each.name for each in await desk.run(lambda tx: list_interests(tx, own))] == ["Krimi"]


@pytest.mark.parametrize(
    "request_",
    [
        SetProfile(contact_person="Bo Bedre"),
        SetProfile(isil="DK-700400"),
        SetProfile(emails=(NewEmail("ikke en adresse"),)),
        SetProfile(emails=(NewEmail("a@example.dk"), NewEmail("A@example.dk"))),
    ],
)
async def test_what_a_person_cannot_have_is_refused_by_its_field(desk: Desk, request_):
    patron = await desk.register()
    with pytest.raises(InvalidRequestError) as refused:
        await desk.run(lambda tx: set_profile(tx, desk.caller, patron, request_))
    assert refused.value.problems


async def test_an_institution_may_be_a_library_with_a_contact_person(desk: Desk):
    library = await desk.register("Fjernlånscentralen", kind=PatronKind.INSTITUTION)
    wanted = SetProfile(contact_person="Bo Bedre", isil="DK-700400")
    seen = await desk.run(lambda tx: set_profile(tx, desk.caller, library, wanted))
    assert (seen.contact_person, seen.isil) == ("Bo Bedre", "DK-700400")


async def test_a_second_address_is_kept_beside_the_first_and_protected_with_it(desk: Desk):
    patron = await desk.register(contact=Contact(street="Åvej 1", postal_code="8000", city="Aarhus C"))
    summer = OtherAddress(street="Klitten 4", postal_code="9990", city="Skagen", co_name="Karla")
    own = signed_in(desk.town, patron)
    seen = await desk.run(lambda tx: set_own_profile(tx, own, SetProfile(other_address=summer)))
    assert seen.other_address == summer
    seen = await desk.run(lambda tx: set_own_profile(tx, own, SetProfile(takes_post=False)))
    assert seen.other_address == summer
    hide = ChangePatron(version=1, address_protected=True)
    await desk.run(lambda tx: change(tx, desk.caller, patron, hide))
    stranger = staff(desk.town, without=Permission.PATRON_PROTECTED)
    assert (await desk.run(lambda tx: show_profile(tx, stranger, patron))).other_address is None
    with pytest.raises(ForbiddenError):
        await desk.run(lambda tx: set_profile(tx, stranger, patron, SetProfile(other_address=None)))
    seen = await desk.run(lambda tx: set_own_profile(tx, own, SetProfile(other_address=None)))
    assert seen.other_address is None
