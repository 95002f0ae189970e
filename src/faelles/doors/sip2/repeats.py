"""When the same message is the same deed, and when it is done again.

A machine that lost our answer sends its message again, perhaps over another connection: the key, made of terminal,
patron, item and transaction date, makes it one deed. But dates have seconds: a copy that was lent, returned and lent
again within one is three deeds. So where a key was used before, its answer counts only as long as what it says still
stands; else the deed gets a key of its own.

On one connection the sequence number tells more: a message that is sent again has the number it had, so that another
number is another request, however alike the two are.
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
    """The sequence numbers under which one connection was answered, by the keys of its deeds."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers: dict[str, bytes] = {}

    def is_new(self, key: str | None, number: bytes | None) -> bool:
        """Whether the deed was asked for here before, and under another number."""
        return key is not None and number is not None and self._numbers.get(key, number) != number

    def note(self, key: str | None, number: bytes | None) -> None:
        if key is None or number is None:
            return
        if len(self._numbers) >= _KEPT_HERE:
            self._numbers.clear()
        self._numbers[key] = number


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
