"""When the same message is the same deed, and when it is done again.

A machine that lost our answer sends its message again, perhaps over another connection: the key, made of terminal,
patron, item and transaction date, makes it one deed. But dates have seconds: a copy that was lent, returned and lent
again within one is three deeds. So where a key was used before, its answer counts only as long as what it says still
stands; else the deed gets a key of its own.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")

_KEPT = 10_000
"""More keys than all machines of a server use within the seconds that matter."""


class Repeats:
    """The keys this server has used lately. What it has forgotten counts as a repeat, which is the safe side."""

    def __init__(self) -> None:
        self._uses: OrderedDict[str, int] = OrderedDict()

    async def once(
        self,
        key: str | None,
        deed: Callable[[str | None], Awaitable[Answer]],
        still_stands: Callable[[Answer], Awaitable[bool]],
    ) -> Answer:
        """Do `deed` under the key, or tell its first answer again."""
        if key is None:
            return await deed(None)
        uses = self._uses.get(key, 0)
        for earlier in range(uses):
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
