"""The same request again: its key, and whether it asks the same."""

import msgspec

from faelles.circulation.desk.facts import EarlierAnswer
from faelles.ground.errors import ConflictError
from faelles.ground.idempotency import check_key, fingerprint


class Repeatable(msgspec.Struct, frozen=True):
    """The idempotency key of a request: whose, for what, and a digest of everything that was asked."""

    operation: str
    key: str | None
    fingerprint: bytes


def repeatable(operation: str, key: str | None, *asked: object) -> Repeatable:
    """The key of a request, with a digest of what was asked; without a key there is nothing to compare."""
    if key is None:
        return Repeatable(operation, None, b"")
    check_key(key)
    return Repeatable(operation, key, fingerprint(*asked))


def check_same(earlier: EarlierAnswer, repeat: Repeatable) -> None:
    """Refuse a key that was used for another request."""
    if earlier.fingerprint != repeat.fingerprint.hex():
        raise ConflictError("idempotency_key_reused")
