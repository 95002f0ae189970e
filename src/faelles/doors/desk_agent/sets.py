"""Which copies lie on the pad, and whether all their parts do. Pure."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from faelles.doors.desk_agent import tags


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag as the pad reads it. `block`: its first bytes; `family`: its application family."""

    uid: str
    block: bytes
    family: int


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy on the pad. `seen`: the parts that lie there; it is complete when none is missing."""

    number: str
    owner: str
    parts: int
    seen: tuple[int, ...]
    uids: tuple[str, ...]
    is_secured: bool

    @property
    def is_complete(self) -> bool:
        return len(self.seen) == self.parts


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """All that lies on the pad; `unread` tags say nothing that a library would write."""

    copies: tuple[Copy, ...]
    unread: int


def lying(found: Sequence[Tag]) -> Lying:
    """The copies in the order of their numbers. Tags that do not agree on how many parts there are make none complete:
    the higher count holds.
    """
    by_copy: dict[tuple[str, str], list[tuple[Tag, tags.Part]]] = defaultdict(list)
    unread = 0
    for tag in found:
        part = tags.read(tag.block)
        if part is None:
            unread += 1
        else:
            by_copy[part.number, part.owner].append((tag, part))
    return Lying(copies=tuple(_copy(by_copy[key]) for key in sorted(by_copy)), unread=unread)


def _copy(found: Sequence[tuple[Tag, tags.Part]]) -> Copy:
    first = found[0][1]
    return Copy(
        number=first.number,
        owner=first.owner,
        parts=max(part.parts for _, part in found),
        seen=tuple(sorted({part.part for _, part in found})),
        uids=tuple(sorted(tag.uid for tag, _ in found)),
        is_secured=any(tag.family != tags.FREE for tag, _ in found),
    )
