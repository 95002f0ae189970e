"""Links by mail: to choose a PIN, to prove an address; the token is in the mail and nowhere else."""

import re
from pathlib import Path

import pytest

from faelles.agencies.settings.model import PIN_RESET_PAGE, SetSetting
from faelles.agencies.settings.operations import set_setting
from faelles.ground.config import Installation
from faelles.ground.errors import NotFoundError
from faelles.notices.links import unsubscribing
from faelles.notices.links.operations import ask_pin_reset, ask_verification, send_pin_reset
from faelles.notices.wishes.operations import show_own_wishes
from faelles.patrons.identification.sign_in import check_pin
from faelles.patrons.links.model import Asked, UsePinReset
from faelles.patrons.links.operations import use_pin_reset, use_verification
from faelles.patrons.own_account.operations import show_own
from faelles.patrons.profile.model import NewEmail, SetProfile
from faelles.patrons.profile.operations import set_own_profile, show_own_profile
from patrons_desk import signed_in

HERE = Installation(is_production=False, public_url="https://faelles.example", exchange_directory=Path("var"))
TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def token_in(body: str) -> str:
    found = TOKEN.search(body)
    assert found is not None
    return found[0]


async def test_a_mailed_link_chooses_a_pin(post):
    reader, library = await post.reader(), post.library
    own = signed_in(library.town, reader.id)
    address = (await library.run(lambda tx: show_own(tx, own))).contact.email
    asked = await library.run(lambda tx: ask_pin_reset(tx, library.keyring, HERE, address.upper()))
    assert asked is Asked.SENT
    await post.send()
    body = post.mail[-1].body
    assert "https://faelles.example/pin-reset/" in body
    chosen = UsePinReset(token=token_in(body), pin="8080")
    await library.run(lambda tx: use_pin_reset(tx, library.keyring, chosen))
    agency = library.town.agency
    assert await check_pin(library.database, library.keyring, agency, identifier=reader.card, pin="8080") == reader.id


async def test_nobody_is_written_to_who_is_not_there(post):
    library = post.library
    asked = await library.run(lambda tx: ask_pin_reset(tx, library.keyring, HERE, "ukendt@example.dk"))
    assert asked is Asked.NOBODY
    await post.send()
    assert post.mail == []


async def test_the_link_leads_to_the_page_that_the_library_chose(post):
    reader, library = await post.reader(), post.library
    page = SetSetting(values=("https://bibliotek.example.dk/pin?t={token}",))
    await library.run(lambda tx: set_setting(tx, library.librarian, library.town.library, PIN_RESET_PAGE, page))
    await library.run(lambda tx: send_pin_reset(tx, library.librarian, library.keyring, HERE, reader.id))
    await post.send()
    assert "https://bibliotek.example.dk/pin?t=" in post.mail[-1].body


async def test_a_mailed_link_proves_the_address(post):
    reader, library = await post.reader(), post.library
    own = signed_in(library.town, reader.id)
    await library.run(lambda tx: ask_verification(tx, own, library.keyring, HERE))
    await post.send()
    token = token_in(post.mail[-1].body)
    await library.run(lambda tx: use_verification(tx, token))
    assert (await library.run(lambda tx: show_own_profile(tx, own))).emails[0].verified_at is not None


async def test_an_address_that_takes_no_notices_still_gets_what_must_be_said(post):
    reader, library = await post.reader(), post.library
    own = signed_in(library.town, reader.id)
    (first,) = (await library.run(lambda tx: show_own_profile(tx, own))).emails
    muted = SetProfile(emails=(NewEmail(first.address, takes_notices=False),))
    await library.run(lambda tx: set_own_profile(tx, own, muted))
    library.clock.pass_days(1)
    assert await post.night() == 0
    await library.run(lambda tx: ask_pin_reset(tx, library.keyring, HERE, first.address))
    await post.send()
    assert [each.recipient for each in post.mail] == [first.address]


async def test_a_mail_says_where_to_choose_and_one_click_turns_its_kinds_off(post):
    post.public_url = "https://faelles.example"
    reader, _ = await post.late(3)
    library = post.library
    await post.night()
    await post.send()
    assert post.mail[-1].body.endswith("\n\nVælg, hvad du vil høre om: https://faelles.example/mine/notices")
    address, _, token = post.mail[-1].unsubscribe.rpartition("/")
    assert f"{address}/" == post.public_url + unsubscribing.UNSUBSCRIBE_PATH
    assert str(reader.id) not in post.mail[-1].unsubscribe
    for _ in range(2):
        await unsubscribing.unsubscribe(library.database, library.keyring, token)
    wishes = await library.run(lambda tx: show_own_wishes(tx, signed_in(library.town, reader.id)))
    assert dict(wishes.kinds) == {"overdue_1": False}
    await post.late(3, reader)
    await post.night()
    post.mail.clear()
    await post.send()
    assert "Afleveringsfristen er overskredet" not in post.subjects


async def test_what_must_be_said_says_so_and_a_code_says_nothing_of_it(post):
    post.public_url = "https://faelles.example"
    reader = await post.reader()
    item = await post.library.copy()
    await post.library.lend(reader, item)
    await post.library.lose(item)
    await post.read_events()
    await post.send()
    (bill,) = (each for each in post.mail if each.subject == "Regning for erstatning")
    assert (bill.body.split("\n")[-1], bill.unsubscribe) == ("Beskeder som denne kan ikke fravælges.", "")
    await post.library.run(lambda tx: send_pin_reset(tx, post.library.librarian, post.library.keyring, HERE, reader.id))
    await post.send()
    assert ("fravælges" in post.mail[-1].body, post.mail[-1].unsubscribe) == (False, "")


async def test_a_link_that_was_altered_turns_nothing_off(post):
    keyring, agency = post.library.keyring, post.library.town.agency
    token = unsubscribing.token_of(keyring, agency, 4711)
    assert unsubscribing.read_token(keyring, token) == (agency, 4711)
    altered = token[:-1] + ("A" if token[-1] == "B" else "B")
    for wrong in ("", "x", "æ", token[:-3], altered, "B" + token[1:]):
        with pytest.raises(NotFoundError):
            unsubscribing.read_token(keyring, wrong)
    with pytest.raises(NotFoundError):
        await unsubscribing.unsubscribe(post.library.database, keyring, token)
