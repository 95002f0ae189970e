"""A whole offline log under one key. Each entry is taken by itself, in a transaction of its own; the answers are kept
when all are there. A log that broke off in the middle is sent again: what was taken is recognised entry by entry.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from faelles.circulation.loans.model import Outcome
from faelles.circulation.loans.offline import key_of
from faelles.circulation.loans.offline_model import OfflineAnswer, OfflineEntry
from faelles.ground import idempotency
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import Parameter
from faelles.people.model import Caller, Permission

_OPERATION: Final = "offline_log"
_NOTHING_CHANGED: Final = {Outcome.REFUSED, Outcome.ALLOWED}


class EntryTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one entry. `problem`: the code of why it means nothing, with the `parameters` of its sentence."""

    answer: OfflineAnswer | None = None
    problem: str | None = None
    parameters: dict[str, Parameter] = {}


async def taken_before(
    tx: Transaction, caller: Caller, keyring: Keyring, log: Sequence[OfflineEntry], key: str | None
) -> list[EntryTaken] | None:
    """What this log was answered under this key, entry by entry. Raises ConflictError where it was another log."""
    caller.require(Permission.OFFLINE)
    return await idempotency.recall(tx, _OPERATION, key, _digests(keyring, tx, log), list[EntryTaken])


async def keep_answers(
    tx: Transaction,
    caller: Caller,
    keyring: Keyring,
    log: Sequence[OfflineEntry],
    key: str | None,
    *,
    taken: list[EntryTaken],
) -> list[EntryTaken]:
    """Keep what the log was answered, unless nothing came of it; a twin that was quicker has the word."""
    if earlier := await taken_before(tx, caller, keyring, log, key):
        return earlier
    if any(each.answer is not None and each.answer.outcome not in _NOTHING_CHANGED for each in taken):
        await idempotency.remember(tx, _OPERATION, key, _digests(keyring, tx, log), taken)
    return taken


def _digests(keyring: Keyring, tx: Transaction, log: Sequence[OfflineEntry]) -> list[str]:
    """The log without its cards."""
    return [key_of(keyring, tx.agency, entry) for entry in log]
