import asyncio
from datetime import date, timedelta

import msgspec
import pytest

from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.looking.operations import identify, show_patron
from faelles.patrons.model import (
    ChangePatron,
    Contact,
    NewGuardian,
    NewIdentifier,
    NewMembership,
    PatronKind,
    RegisterPatron,
    Role,
)
from faelles.patrons.operations import change, register
from faelles.people.model import Permission
from patrons_desk import ANY_GROUP, Desk, new_card, new_cpr, staff

CHILD_BORN = date(2019, 3, 4)


async def show(desk: Desk, patron):
    return await desk.run(lambda tx: show_patron(tx, desk.caller, patron))


async def test_a_child_is_registered_with_card_pin_group_and_a_new_guardian_in_one_go(desk: Desk):
    guardian = NewGuardian(name="Mor Hansen", identifiers=(new_cpr(),), contact=Contact(phone="12345678"))
    request = desk.request(
        "Ida Hansen",
        identifiers=(new_card(), new_cpr(CHILD_BORN)),
        guardians=(guardian,),
        contact=Contact(street="Åvej 1", postal_code="8000", city="Aarhus C", email="ida@example.dk"),
        pin="1234",
    )
    registered = await desk.run(lambda tx: register(tx, desk.caller, desk.keyring, request))
    seen = await show(desk, registered.patron)
    assert seen.birth_date == CHILD_BORN
    assert seen.has_pin
    assert [each.role for each in seen.memberships] == [Role.BORROWER]
    assert [(each.guardian, each.guardian_name) for each in seen.guardianships] == [
        (registered.guardians[0], "Mor Hansen")
    ]
    assert seen.guardianships[0].is_financially_responsible
    assert (await desk.events()).count("patron.registered") == 2


async def test_the_cpr_number_stands_nowhere_in_clear(desk: Desk):
    cpr = new_cpr()
    patron = await desk.register(identifiers=(cpr,))
    stored = await desk.rows(
        "SELECT lookup, sealed FROM patron_identifier WHERE agency_id = $1 AND patron_id = $2", desk.town.agency, patron
    )
    assert cpr.value not in stored[0]["lookup"]
    assert cpr.value.encode() not in stored[0]["sealed"]
    assert cpr.value not in str(await show(desk, patron))
    assert cpr.value not in repr(cpr)


async def test_a_request_repeated_with_its_key_gets_the_first_answer(desk: Desk):
    request = desk.request(identifiers=(new_card(), new_cpr()))
    first = await desk.run(lambda tx: register(tx, desk.caller, desk.keyring, request, key="k1"))
    assert await desk.run(lambda tx: register(tx, desk.caller, desk.keyring, request, key="k1")) == first
    other = msgspec.structs.replace(request, name="Somebody Else")
    with pytest.raises(ConflictError, match="idempotency_key_reused"):
        await desk.run(lambda tx: register(tx, desk.caller, desk.keyring, other, key="k1"))


async def test_of_two_desks_that_give_one_card_number_exactly_one_is_told_yes(desk: Desk):
    card = new_card()
    outcomes = await asyncio.gather(
        *(desk.register(f"Patron {number}", identifiers=(card,)) for number in range(6)), return_exceptions=True
    )
    refused = [each for each in outcomes if isinstance(each, ConflictError)]
    assert len(refused) == 5
    assert {each.code for each in refused} == {"identifier_taken"}
    held = await desk.rows(
        "SELECT patron_id FROM patron_identifier WHERE agency_id = $1 AND lookup = $2", desk.town.agency, card.value
    )
    assert len(held) == 1


async def test_the_same_person_may_be_a_patron_next_door(desk: Desk, database, keyring: Keyring, neighbour):
    cpr = new_cpr()
    await desk.register(identifiers=(cpr,))
    there = Desk(database, keyring, neighbour)
    await there.register(identifiers=(cpr,))


async def test_another_agency_does_not_find_the_patron(desk: Desk, database, keyring: Keyring, neighbour):
    card = new_card()
    await desk.register(identifiers=(card,))
    there = Desk(database, keyring, neighbour)
    assert await there.run(lambda tx: identify(tx, there.caller, keyring, card.value)) == []


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"birth_date": utc_now().date() + timedelta(days=3)}, "birth_date", "birth_date_in_future"),
        ({"birth_date": date(1799, 1, 1)}, "birth_date", "date_not_plausible"),
        ({"kind": "group", "birth_date": CHILD_BORN}, "birth_date", "birth_date_only_for_persons"),
        ({"identifiers": [{"kind": "cpr", "value": "9999999999"}]}, "identifiers.0.value", "identifier_malformed"),
        ({"identifiers": [{"kind": "card", "value": "6105801234"}]}, "identifiers.0.value", "identifier_reads_as_cpr"),
        ({"identifiers": [{"kind": "cvr", "value": "29189846"}]}, "identifiers.0.kind", "identifier_not_for_this_kind"),
        (
            {"identifiers": [{"kind": "cpr", "value": "0102030000"}], "birth_date": "1904-02-01"},
            "birth_date",
            "birth_date_differs_from_cpr",
        ),
        ({"identifiers": []}, "identifiers", "identifier_needed"),
        (
            {"identifiers": [{"kind": "card", "value": "K1 234"}, {"kind": "card", "value": "k1234"}]},
            "identifiers.1.value",
            "identifier_repeated",
        ),
        ({"contact": {"email": "nobody"}}, "contact.email", "identifier_malformed"),
        ({"guardians": [{}]}, "guardians.0.patron", "guardian_known_or_new"),
        (
            {"guardians": [{"name": "Barn", "birth_date": CHILD_BORN}]},
            "guardians.0.birth_date",
            "guardian_not_adult",
        ),
        (
            {"memberships": [{"division": 1, "role": "borrower", "group": 1, "ends_on": "9999-12-31"}]},
            "memberships.0.ends_on",
            "date_not_plausible",
        ),
    ],
)
async def test_what_is_wrong_is_said_by_field_and_nothing_is_stored(desk: Desk, given, field, code):
    usual = {"name": "N. N.", "home_branch": desk.town.main, "identifiers": [new_card()]}
    plain = msgspec.to_builtins({**usual, **given})
    request = msgspec.convert(plain, type(desk.request()))
    with pytest.raises(InvalidRequestError) as caught:
        await desk.run(lambda tx: register(tx, desk.caller, desk.keyring, request))
    assert [(each.field, each.code) for each in caught.value.problems] == [(field, code)]
    assert await desk.rows("SELECT FROM patron WHERE agency_id = $1", desk.town.agency) == []


@pytest.mark.parametrize(
    "given", [{"name": "a\x00b"}, {"name": ""}, {"pin": "12"}, {"pin": "1234\n"}, {"note": "\x1b"}]
)
def test_what_cannot_be_stored_is_refused_before_anything_is_opened(given):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "N. N.", "home_branch": 1, **given}, RegisterPatron)


async def test_a_patron_group_of_another_agency_is_unknown(desk: Desk, database, neighbour):
    caller = staff(neighbour)
    group = await database.run(
        neighbour.agency,
        caller.actor,
        lambda tx: tx.value(
            "INSERT INTO patron_group (agency_id, parent_id, code, name_da, name_en)"
            " VALUES ($1, 1, 'own', 'x', 'x') RETURNING id",
            neighbour.agency,
        ),
    )
    membership = NewMembership(division=desk.town.library, role=Role.BORROWER, group=group)
    with pytest.raises(InvalidRequestError) as caught:
        await desk.register(memberships=(membership,))
    assert caught.value.problems[0].code == "patron_group_unknown"


async def test_a_branch_of_another_agency_is_unknown(desk: Desk, neighbour):
    with pytest.raises(NotFoundError, match="branch_unknown"):
        await desk.register(home_branch=neighbour.main)


async def test_registering_needs_the_permission_where_the_patron_belongs(desk: Desk):
    school = desk.as_caller(staff(desk.town, division=desk.town.schools))
    with pytest.raises(ForbiddenError):
        await school.register()
    with pytest.raises(ForbiddenError):
        await school.register(
            home_branch=desk.town.school,
            memberships=(NewMembership(division=desk.town.library, role=Role.BORROWER, group=ANY_GROUP),),
        )


async def test_an_institution_is_known_by_cvr_and_ean(desk: Desk):
    cvr, ean = NewIdentifier(IdentifierKind.CVR, "29189846"), NewIdentifier(IdentifierKind.EAN, "5790000000012")
    patron = await desk.register("Børnehaven Solen", kind=PatronKind.INSTITUTION, identifiers=(cvr, ean))
    for each in (cvr, ean):
        found = await desk.run(lambda tx, scan=each.value: identify(tx, desk.caller, desk.keyring, scan))
        assert [one.patron.id for one in found] == [patron]


async def test_of_two_who_change_one_version_the_second_is_told(desk: Desk):
    patron = await desk.register()
    outcomes = await asyncio.gather(
        *(
            desk.run(lambda tx, name=name: change(tx, desk.caller, patron, ChangePatron(version=1, name=name)))
            for name in ("Anna", "Berta")
        ),
        return_exceptions=True,
    )
    assert sorted(map(str, outcomes)) == ["2", "version_conflict"]


async def test_a_change_leaves_alone_what_it_does_not_name(desk: Desk):
    patron = await desk.register(contact=Contact(street="Åvej 1"), birth_date=CHILD_BORN)
    await desk.run(lambda tx: change(tx, desk.caller, patron, ChangePatron(version=1, home_branch=desk.town.suburb)))
    seen = await show(desk, patron)
    assert seen.contact == Contact(street="Åvej 1")
    assert (seen.home_branch, seen.birth_date, seen.version) == (desk.town.suburb, CHILD_BORN, 2)


async def test_who_may_not_see_a_protected_address_may_not_write_over_it(desk: Desk):
    patron = await desk.register(address_protected=True)
    caller = staff(desk.town, without=Permission.PATRON_PROTECTED)
    for request in (
        ChangePatron(version=1, contact=Contact(street="Her")),
        ChangePatron(version=1, address_protected=False),
    ):
        with pytest.raises(ForbiddenError):
            await desk.run(lambda tx, request=request: change(tx, caller, patron, request))
