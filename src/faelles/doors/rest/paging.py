"""One shape for every list: keyset pages under an opaque cursor."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from faelles.ground.errors import invalid_field

Item = TypeVar("Item")
Key = TypeVar("Key")


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """`next` goes into `after` of the next request; null after the last page."""

    items: Sequence[Item]
    next: str | None


def page(items: Sequence[Item], limit: int, key: Callable[[Item], object]) -> Page[Item]:
    """The page made of `items`, of which the operation was asked for at most `limit`.

    `key` gives the sort key of an item, as the operation takes it to go on after that item: a plain value or a
    tuple of them. A full page has a `next`, even if nothing may come after it.
    """
    is_full = len(items) >= limit
    return Page(items=items, next=cursor(key(items[-1])) if is_full and items else None)


def read_cursor(after: str | None, kind: type[Key]) -> Key | None:
    """The sort key in a cursor that `page` made, None without one. Anything else is refused."""
    if after is None:
        return None
    try:
        packed = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise invalid_field("after", "cursor_malformed") from None


def cursor(key: object) -> str:
    """`key` as the opaque text that `read_cursor` reads."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(key)).rstrip(b"=").decode()
