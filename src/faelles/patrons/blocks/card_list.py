"""Which cards a desk must not lend to, for when it cannot ask: keyed hashes, and nothing that names anybody."""

import hmac
from datetime import datetime
from typing import Final

import msgspec

from faelles.ground import events
from faelles.ground.clock import local_date
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import BranchId
from faelles.patrons import store as patrons
from faelles.patrons.blocks import store
from faelles.patrons.events import PatronEvent, at_branch
from faelles.people.model import Caller, Permission, Place

_PURPOSE: Final = "blocked_cards"
_HASH_BYTES: Final = 4
"""Enough that hardly a card is taken for another. No secret: with the key a library's own numbers can be tried out."""


class BlockedCards(msgspec.Struct, frozen=True, kw_only=True):
    """`hashes` are the first four bytes, in hex, of HMAC-SHA-256 under `key` over a card's number as it is stored."""

    key: bytes
    hashes: tuple[str, ...]
    as_of: datetime


async def list_blocked_cards(tx: Transaction, caller: Caller, keyring: Keyring, branch: BranchId) -> BlockedCards:
    """The cards whose patrons are blocked at the branch today, and those reported lost or stolen.

    Found in the blocks alone: what a limit or a debt would say is known only when somebody is asked. A health card is
    not among them, for its number must not leave us in a form that can be tried out. Raises NotFoundError.
    """
    known = await patrons.branch(tx, branch)
    caller.require(Permission.OFFLINE, Place(known.division, branch))
    today = local_date(tx.now, known.time_zone)
    # Another key every day: two lists of different days cannot be laid beside each other.
    key = keyring.lookup_hash(_PURPOSE, tx.agency, today.isoformat())[1:]
    cards = await store.blocked_cards(tx, known.division, today)
    await events.append(tx, at_branch(branch, PatronEvent.BLOCKED_CARDS_LISTED, count=len(cards)))
    return BlockedCards(key=key, hashes=tuple(sorted({_short(key, card) for card in cards})), as_of=tx.now)


def _short(key: bytes, card: str) -> str:
    return hmac.digest(key, card.encode(), "sha256")[:_HASH_BYTES].hex()
