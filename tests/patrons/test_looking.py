from datetime import date

import pytest

from faelles.ground.errors import ForbiddenError, InvalidRequestError, NotFoundError
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.looking.model import SearchPatrons
from faelles.patrons.looking.operations import access_report, identify, search, show_patron
from faelles.patrons.model import Contact, NewIdentifier
from faelles.people.model import Permission
from patrons_desk import Desk, new_card, signed_in, staff

HOME = Contact(street="Åvej 1", postal_code="8000", city="Aarhus C", email="hemmelig@example.dk", phone="12345678")


async def names(desk: Desk, caller=None, **wanted) -> list[str]:
    request = SearchPatrons(**wanted)
    return [each.name for each in await desk.run(lambda tx: search(tx, caller or desk.caller, request))]


async def test_names_are_found_by_parts_in_any_order_and_sorted_as_danes_do(desk: Desk):
    for name in ("Ægir Aabel", "Åse Abel", "Anna Abel", "Bo Abelsen", "Øjvind Abel", "Bo Berg"):
        await desk.register(name)
    assert await names(desk, name="abel") == ["Anna Abel", "Bo Abelsen", "Øjvind Abel", "Åse Abel"]
    assert await names(desk, name="abel, bo") == ["Bo Abelsen"]
    assert await names(desk, name="aabel") == ["Ægir Aabel"]
    assert await names(desk, name="100%") == []


async def test_a_list_goes_on_after_the_last_patron_of_the_page_before(desk: Desk):
    for number in range(7):
        await desk.register(f"Jens Jensen {number}")
    seen: list[str] = []
    after = None
    while True:
        request = SearchPatrons(name="jensen", after=after, limit=3)
        page = await desk.run(lambda tx, request=request: search(tx, desk.caller, request))
        if not page:
            break
        seen += [each.name for each in page]
        after = page[-1].id
    assert seen == [f"Jens Jensen {number}" for number in range(7)]


async def test_two_of_one_name_are_told_apart_by_birth_date(desk: Desk):
    await desk.register("Jens Jensen", birth_date=date(1980, 1, 1))
    await desk.register("Jens Jensen", birth_date=date(1990, 1, 1))
    assert await names(desk, birth_date=date(1990, 1, 1)) == ["Jens Jensen"]
    assert await names(desk, name="jensen", birth_date=date(1980, 1, 1)) == ["Jens Jensen"]
    assert await names(desk, name="jensen", birth_date=date(1970, 1, 1)) == []


async def test_a_search_for_nothing_is_refused(desk: Desk):
    with pytest.raises(InvalidRequestError):
        await names(desk)


async def test_every_patron_of_a_list_is_recorded_as_seen(desk: Desk):
    patrons = [await desk.register(f"Ole Olsen {number}") for number in range(3)]
    await names(desk, name="olsen", limit=2)
    assert [("search_patrons" in await desk.looks(patron)) for patron in patrons] == [True, True, False]


async def test_a_protected_address_is_withheld_in_lists_views_and_scans_while_the_name_stays(desk: Desk):
    email = NewIdentifier(IdentifierKind.EMAIL, "hemmelig@example.dk")
    card = new_card()
    patron = await desk.register("Ulla Hemmelig", address_protected=True, contact=HOME, identifiers=(email, card))
    caller = staff(desk.town, without=Permission.PATRON_PROTECTED)
    view = await desk.run(lambda tx: show_patron(tx, caller, patron))
    lines = await desk.run(lambda tx: search(tx, caller, SearchPatrons(name="hemmelig")))
    scanned = await desk.run(lambda tx: identify(tx, caller, desk.keyring, card.value))
    for shown in (view, lines, scanned):
        assert "Ulla Hemmelig" in str(shown)
        for secret in ("Åvej", "8000", "Aarhus", "example.dk", "12345678"):
            assert secret not in str(shown)


async def test_a_protected_address_is_for_who_holds_the_permission_where_the_patron_belongs(desk: Desk):
    patron = await desk.register(address_protected=True, contact=HOME)
    assert (await desk.run(lambda tx: show_patron(tx, desk.caller, patron))).contact == HOME


async def test_school_staff_see_only_patrons_of_their_division(desk: Desk):
    card = new_card()
    public = await desk.register("Anna Fælles", identifiers=(card,), birth_date=date(1980, 1, 1))
    await desk.register_pupil("Bo Fælles", birth_date=date(1980, 1, 1))
    school = staff(desk.town, division=desk.town.schools)
    assert await names(desk, school, name="fælles") == ["Bo Fælles"]
    assert await names(desk, school, birth_date=date(1980, 1, 1)) == ["Bo Fælles"]
    assert await desk.run(lambda tx: identify(tx, school, desk.keyring, card.value)) == []
    with pytest.raises(NotFoundError):
        # Here what is noted stays, also where the look is refused.
        await desk.database.look(desk.town.agency, school.actor, lambda tx: show_patron(tx, school, public))
    assert "show_patron" not in await desk.looks(public)


async def test_looking_needs_the_permission(desk: Desk):
    patron = await desk.register()
    nobody = staff(desk.town, without=Permission.PATRON_VIEW)
    for look in (
        lambda tx: show_patron(tx, nobody, patron),
        lambda tx: search(tx, nobody, SearchPatrons(name="Karen")),
        lambda tx: identify(tx, nobody, desk.keyring, "1"),
        lambda tx: access_report(tx, nobody, patron),
    ):
        with pytest.raises(ForbiddenError):
            await desk.run(look)


async def test_a_patron_reads_who_looked_and_nobody_elses_report(desk: Desk):
    patron, other = await desk.register(), await desk.register("Other")
    await desk.run(lambda tx: show_patron(tx, desk.caller, patron))
    own = signed_in(desk.town, patron)
    report = await desk.run(lambda tx: access_report(tx, own, patron))
    assert [(each.actor, each.operation) for each in report] == [
        ("staff:1", "show_patron"),
        ("staff:1", "register"),
    ]
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: access_report(tx, own, other))
