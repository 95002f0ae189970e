"""When the same message is the same deed, and when it is done again.

A machine that lost our answer sends its message again, perhaps over another connection: the key, made of terminal,
patron, item and transaction date, makes it one deed. But dates have seconds: a copy that was lent, returned and lent
again within one is three deeds. So where a key was used before, its answer counts only as long as what it says still
stands; else the deed gets a key of its own.

On one connection the sequence number tells more: a message that is sent again has the number it had, and nothing with
another number has come between. Otherwise it is another request, however alike the two are: the numbers soon come
round again.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")

_KEPT = 10_000
"""More keys than all machines of a server use within the seconds that matter."""
_KEPT_HERE = 32
"""More than one machine uses within them."""


class Heard:
    """What one connection asked for, and in which turn: a turn lasts until another sequence number comes."""

    __slots__ = ("_number", "_turn", "_turns")

    def __init__(self) -> None:
        self._number: bytes | None = None
        self._turn = 0
        self._turns: dict[str, int] = {}

    def message(self, number: bytes | None) -> None:
        """A message with this sequence number; None without one."""
        if number != self._number:
            self._number = number
            self._turn += 1

    def is_new(self, key: str | None) -> bool:
        """Whether the deed was asked for here in an earlier turn. Without sequence numbers nobody can tell."""
        return key is not None and self._number is not None and self._turns.get(key, self._turn) != self._turn

    def note(self, key: str | None) -> None:
        """The deed was asked for in this turn."""
        if key is None or self._number is None:
            return
        self._turns.pop(key, None)
        self._turns[key] = self._turn
        if len(self._turns) > _KEPT_HERE:
            del self._turns[next(iter(self._turns))]


class Repeats:
    """The keys this server has used lately. What it has forgotten counts as a repeat, which is the safe side."""

    def __init__(self) -> None:
        self._uses: OrderedDict[str, int] = OrderedDict()

    async def once(
        self,
        key: str | None,
        deed: Callable[[str | None], Awaitable[Answer]],
        still_stands: Callable[[Answer], Awaitable[bool]],
        *,
        is_new: bool = False,
    ) -> Answer:
        """Do `deed` under the key, or tell its first answer again, unless `is_new`."""
        if key is None:
            return await deed(None)
        uses = self._uses.get(key, 0)
        for earlier in range(0 if is_new else uses):
            answer = await deed(_numbered(key, earlier))
            if await still_stands(answer):
                return answer
        answer = await deed(_numbered(key, uses))
        self._note(key, uses + 1)
        return answer

    def _note(self, key: str, uses: int) -> None:
        self._uses[key] = uses
        self._uses.move_to_end(key)
        if len(self._uses) > _KEPT:
            self._uses.popitem(last=False)


def _numbered(key: str, number: int) -> str:
    return f"{key}/{number}" if number else key
