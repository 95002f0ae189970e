"""Asking for a link, and mailing it. Only the mail knows the token; it is kept sealed until it has gone."""

from typing import Final

from faelles.agencies.settings.model import PIN_RESET_PAGE, VERIFICATION_PAGE
from faelles.agencies.settings.operations import text_of
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.notices.model import kinds
from faelles.notices.planning.operations import say
from faelles.patrons import reach
from faelles.patrons.links import operations as links
from faelles.patrons.links.model import Asked, MadeLink, Purpose
from faelles.patrons.own_account.operations import own_patron
from faelles.people.model import Caller, Permission

_PAGES: Final = {
    Purpose.PIN_RESET: (PIN_RESET_PAGE, "/pin-reset/{token}"),
    Purpose.EMAIL_VERIFICATION: (VERIFICATION_PAGE, "/email-verification/{token}"),
}


async def ask_pin_reset(tx: Transaction, keyring: Keyring, installation: Installation, typed: str) -> Asked:
    """Mail a link to whoever an e-mail address, card or number belongs to. A public door tells nobody which of the
    answers it was.
    """
    found = await links.whose(tx, keyring, typed)
    if len(found) != 1:
        return Asked.SEVERAL if found else Asked.NOBODY
    made = await links.make_pin_reset(tx, keyring, found[0])
    if made is not None:
        await _mail(tx, keyring, installation, Purpose.PIN_RESET, made)
    return Asked.SENT


async def send_pin_reset(
    tx: Transaction, caller: Caller, keyring: Keyring, installation: Installation, patron: PatronId
) -> None:
    """Mail a link to a patron who asks for it at the desk."""
    await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "send_pin_reset")
    made = await links.make_pin_reset(tx, keyring, patron)
    if made is not None:
        await _mail(tx, keyring, installation, Purpose.PIN_RESET, made)


async def ask_verification(tx: Transaction, caller: Caller, keyring: Keyring, installation: Installation) -> None:
    """Mail a link to the signed-in patron's first e-mail address."""
    known = await own_patron(tx, caller, is_changed=True)
    made = await links.make_verification(tx, keyring, known)
    if made is not None:
        await _mail(tx, keyring, installation, Purpose.EMAIL_VERIFICATION, made)


async def send_verification(
    tx: Transaction, caller: Caller, keyring: Keyring, installation: Installation, patron: PatronId
) -> None:
    """Mail a link to a patron's first e-mail address, from the desk or a web site."""
    known = await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "send_verification")
    made = await links.make_verification(tx, keyring, known)
    if made is not None:
        await _mail(tx, keyring, installation, Purpose.EMAIL_VERIFICATION, made)


async def _mail(
    tx: Transaction, keyring: Keyring, installation: Installation, purpose: Purpose, made: MadeLink
) -> None:
    key, own_page = _PAGES[purpose]
    page = await text_of(tx, made.division, key) or installation.public_url + own_page
    kind = kinds()[purpose.value]
    text = page.replace("{token}", made.token)
    await say(tx, keyring, kind, made.patron, made.division, occasion=f"link/{made.id}", text=text)
