"""Turning off what a mail was about, with one click and without signing in (RFC 8058).

The address in the mail's header names the message and nobody: whoever has the mail may do this and no more. It is
signed, for message numbers can be guessed, and the same for every try, as the bytes of a mail must be.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Final

from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import AgencyId
from faelles.notices.model import Notice, kinds
from faelles.notices.wishes import store
from faelles.notices.wishes.operations import turn_off

UNSUBSCRIBE_PATH: Final = "/api/v1/notices/unsubscribe/"
CHOICES_PATH: Final = "/mine/notices"
"""Where patrons choose what they hear of."""
_PURPOSE: Final = "unsubscribe"
_AGENCY_BYTES, _MESSAGE_BYTES = 4, 8
_NUMBERS: Final = _AGENCY_BYTES + _MESSAGE_BYTES


def may_be_turned_off(kind: str) -> bool:
    """Neither what must be said nor a code that was just asked for."""
    return not (kinds()[kind].must or kinds()[kind].urgent)


def is_optional(notices: Iterable[Notice]) -> bool:
    """Whether a message says anything that its reader may turn off."""
    return any(may_be_turned_off(notice.kind) for notice in notices)


def token_of(keyring: Keyring, agency: AgencyId, message: int) -> str:
    numbers = int(agency).to_bytes(_AGENCY_BYTES) + message.to_bytes(_MESSAGE_BYTES)
    return base64.urlsafe_b64encode(numbers + keyring.sign(_PURPOSE, numbers)).rstrip(b"=").decode()


def read_token(keyring: Keyring, token: str) -> tuple[AgencyId, int]:
    """The agency and its message. Raises NotFoundError `link_unknown` for what we never signed."""
    try:
        content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotFoundError("link_unknown") from None
    numbers, signature = content[:_NUMBERS], content[_NUMBERS:]
    if not keyring.signature_matches(_PURPOSE, numbers, signature):
        raise NotFoundError("link_unknown")
    return AgencyId(int.from_bytes(numbers[:_AGENCY_BYTES])), int.from_bytes(numbers[_AGENCY_BYTES:])


async def unsubscribe(database: Database, keyring: Keyring, token: str) -> None:
    """Say no more of the kinds that the message was about, to whom it was sent; what must be said is said all the same.
    Done twice it is done once. Raises NotFoundError for a message that is gone.
    """
    agency, message = read_token(keyring, token)

    async def work(tx: Transaction) -> None:
        said = await store.said_in(tx, message)
        if not said:
            raise NotFoundError("link_unknown")
        for patron in sorted({patron for patron, _ in said}):
            unwanted = [kind for whose, kind in said if whose == patron and may_be_turned_off(kind)]
            await turn_off(tx, patron, unwanted)

    await database.run(agency, SYSTEM, work)
