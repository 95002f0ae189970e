"""A printer that asks nothing: receipts and slips as lines of text."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Printer(Protocol):
    async def print(self, lines: Sequence[str]) -> bool:
        """Whether it was taken."""
        ...


@dataclass(frozen=True, slots=True)
class SystemPrinter:
    """One of the computer's own, through `lp` (CUPS). `name` empty: the default one."""

    name: str = ""

    async def print(self, lines: Sequence[str]) -> bool:
        chosen = ["-d", self.name] if self.name else []
        try:
            program = await asyncio.create_subprocess_exec(
                "lp", *chosen, "-s", "-", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
            )
        except OSError:
            return False
        await program.communicate("\n".join([*lines, ""]).encode())
        return program.returncode == 0


@dataclass
class PretendedPrinter:
    """Keeps what it was given."""

    sheets: list[tuple[str, ...]] = field(default_factory=list)

    async def print(self, lines: Sequence[str]) -> bool:
        self.sheets.append(tuple(lines))
        return True
