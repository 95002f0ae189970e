from datetime import timedelta

import pytest

from faelles.ground.clock import utc_now
from faelles.ground.errors import ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.patrons.identification.sign_in import check_pin
from faelles.patrons.model import AbsencePeriod, Contact
from faelles.patrons.own_account.model import ChangeOwn, ChangeOwnPin
from faelles.patrons.own_account.operations import (
    change_own,
    change_own_pin,
    remove_own_absence,
    set_own_absence,
    show_own,
)
from faelles.patrons.reach import patron_for
from faelles.people.model import Permission
from patrons_desk import Desk, new_card, signed_in


async def test_patrons_see_all_of_their_own_but_the_desks_note(desk: Desk):
    patron = await desk.register(address_protected=True, contact=Contact(street="Åvej 1"), note="Taler meget")
    seen = await desk.run(lambda tx: show_own(tx, signed_in(desk.town, patron)))
    assert seen.contact == Contact(street="Åvej 1")
    assert seen.note is None


async def test_patrons_change_contact_language_and_absence(desk: Desk):
    patron = await desk.register(address_protected=True)
    own = signed_in(desk.town, patron)
    contact = Contact(email="karen@example.dk")
    await desk.run(lambda tx: change_own(tx, own, ChangeOwn(version=1, contact=contact, language=Language.ENGLISH)))
    today = utc_now().date()
    away = AbsencePeriod(first_day=today, last_day=today + timedelta(days=3))
    absence = await desk.run(lambda tx: set_own_absence(tx, own, away))
    seen = await desk.run(lambda tx: show_own(tx, own))
    assert (seen.contact, seen.language, len(seen.absences)) == (contact, Language.ENGLISH, 1)
    await desk.run(lambda tx: remove_own_absence(tx, own, absence))
    assert (await desk.run(lambda tx: show_own(tx, own))).absences == []


async def test_a_new_pin_takes_the_old_one(desk: Desk):
    card = new_card()
    patron = await desk.register(identifiers=(card,), pin="4711")
    own = signed_in(desk.town, patron)
    with pytest.raises(InvalidRequestError):
        await change_own_pin(desk.database, desk.keyring, own, ChangeOwnPin(old="0000", new="8080"))
    await change_own_pin(desk.database, desk.keyring, own, ChangeOwnPin(old="4711", new="8080"))
    agency = desk.town.agency
    assert await check_pin(desk.database, desk.keyring, agency, identifier=card.value, pin="8080") == patron


async def test_patrons_see_themselves_also_where_nothing_can_be_written(desk: Desk):
    patron = await desk.register()
    own = signed_in(desk.town, patron)
    seen = await desk.database.run(
        own.agency,
        own.actor,
        lambda tx: patron_for(tx, own, patron, Permission.OWN_ACCOUNT, "show_own"),
        read_only=True,
    )
    assert seen.id == patron


async def test_an_erased_patron_is_nobody_also_to_themselves(desk: Desk):
    gone = signed_in(desk.town, PatronId(404))
    with pytest.raises(NotFoundError, match="patron_unknown"):
        await desk.run(lambda tx: show_own(tx, gone))
    with pytest.raises(NotFoundError, match="patron_unknown"):
        await desk.run(lambda tx: change_own(tx, gone, ChangeOwn(version=1, language=Language.ENGLISH)))


async def test_staff_have_no_own_account(desk: Desk):
    with pytest.raises(ForbiddenError):
        await desk.run(lambda tx: show_own(tx, desk.caller))
