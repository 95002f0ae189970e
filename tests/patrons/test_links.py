from datetime import timedelta

import pytest

from faelles.ground.errors import ConflictError, NotFoundError
from faelles.patrons.identification.sign_in import check_pin
from faelles.patrons.links.model import MOST_OPEN, UsePinReset
from faelles.patrons.links.operations import (
    make_pin_reset,
    make_verification,
    use_pin_reset,
    use_verification,
    whose,
)
from faelles.patrons.model import Contact
from faelles.patrons.profile.model import NewEmail, SetProfile
from faelles.patrons.profile.operations import set_profile, show_profile
from faelles.patrons.store import load
from patrons_desk import Desk, new_card


async def test_a_link_sets_a_pin_once(desk: Desk):
    card = new_card()
    patron = await desk.register(identifiers=(card,), pin="4711")
    made = await desk.run(lambda tx: make_pin_reset(tx, desk.keyring, patron))
    chosen = UsePinReset(token=made.token, pin="8080")
    await desk.run(lambda tx: use_pin_reset(tx, desk.keyring, chosen))
    agency = desk.town.agency
    assert await check_pin(desk.database, desk.keyring, agency, identifier=card.value, pin="8080") == patron
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: use_pin_reset(tx, desk.keyring, chosen))
    assert {"patron.pin_reset_requested", "patron.pin_set"} <= set(await desk.events())


async def test_a_pin_that_was_set_closes_the_other_mails_about_it(desk: Desk):
    patron = await desk.register()
    first, second = [await desk.run(lambda tx: make_pin_reset(tx, desk.keyring, patron)) for _ in range(2)]
    await desk.run(lambda tx: use_pin_reset(tx, desk.keyring, UsePinReset(token=second.token, pin="8080")))
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: use_pin_reset(tx, desk.keyring, UsePinReset(token=first.token, pin="9090")))


async def test_a_link_expires(desk: Desk):
    patron = await desk.register()
    made = await desk.run(lambda tx: make_pin_reset(tx, desk.keyring, patron))
    await desk.run(
        lambda tx: tx.execute(
            "UPDATE patron_link SET expires_at = $2 WHERE agency_id = $1", tx.agency, tx.now - timedelta(seconds=1)
        )
    )
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: use_pin_reset(tx, desk.keyring, UsePinReset(token=made.token, pin="8080")))


async def test_nobody_is_flooded_with_mail(desk: Desk):
    patron = await desk.register()
    made = [await desk.run(lambda tx: make_pin_reset(tx, desk.keyring, patron)) for _ in range(MOST_OPEN + 1)]
    assert made[-1] is None
    assert None not in made[:-1]


async def test_an_address_says_who_is_meant_or_that_several_are(desk: Desk):
    one = await desk.register(contact=Contact(email="Delt@example.dk"))
    assert await desk.run(lambda tx: whose(tx, desk.keyring, "delt@EXAMPLE.dk")) == [one]
    other = await desk.register()
    shared = SetProfile(emails=(NewEmail("egen@example.dk"), NewEmail("delt@example.dk")))
    await desk.run(lambda tx: set_profile(tx, desk.caller, other, shared))
    assert await desk.run(lambda tx: whose(tx, desk.keyring, "delt@example.dk")) == sorted((one, other))
    assert await desk.run(lambda tx: whose(tx, desk.keyring, "ukendt@example.dk")) == []


async def test_an_address_is_verified_by_its_mail_and_only_while_it_holds(desk: Desk):
    patron = await desk.register(contact=Contact(email="Karen@example.dk"))

    async def ask(tx):
        return await make_verification(tx, desk.keyring, (await load(tx, [patron]))[0])

    made, late = await desk.run(ask), await desk.run(ask)
    await desk.run(lambda tx: use_verification(tx, made.token))
    seen = await desk.run(lambda tx: show_profile(tx, desk.caller, patron))
    assert seen.emails[0].verified_at is not None
    with pytest.raises(ConflictError):
        await desk.run(ask)
    changed = SetProfile(emails=(NewEmail("ny@example.dk"),))
    await desk.run(lambda tx: set_profile(tx, desk.caller, patron, changed))
    with pytest.raises(NotFoundError):
        await desk.run(lambda tx: use_verification(tx, late.token))
