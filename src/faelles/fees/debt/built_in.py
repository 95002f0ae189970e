"""A debtor system that only pretends, for demonstrations and tests. Refused in production.

It believes what it is told, acknowledges every message, and answers in files as a real one would. Its memory is a file.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from faelles.fees.debt import files
from faelles.fees.debt.model import Answer, AnswerKind, OutMessage, TheirBalance

if TYPE_CHECKING:
    from faelles.fees.debt.port import NamedFile


class _Memory(msgspec.Struct, kw_only=True):
    balances: dict[int, int] = {}
    heard: int = 0
    """The last file that was taken in."""
    answers: list[Answer] = []
    """Not yet settled by the library, each in a file of its own."""
    answered: int = 0

    def owe(self, claim: int, amount: int) -> None:
        """So much more; what is settled is not remembered."""
        owed = self.balances.pop(claim, 0) + amount
        if owed:
            self.balances[claim] = owed


class BuiltInDebtorSystem:
    def __init__(self, directory: Path, isil: str) -> None:
        self._file = directory / "memory.json"
        self._isil = isil

    async def deliver(self, number: int, content: bytes, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        memory = self._memory()
        if number <= memory.heard:
            return
        _, messages = files.decode(content, OutMessage, expected="messages", agency=self._isil)
        for message in messages:
            memory.owe(message.claim, message.amount_ore)
            acknowledged = Answer(id=f"ack-{message.number}", kind=AnswerKind.ACKNOWLEDGEMENT, message=message.number)
            self._say(memory, acknowledged)
        memory.heard = number
        self._keep(memory)

    async def collect(self, now: datetime) -> "Sequence[NamedFile]":  # noqa: ARG002 - the port's signature
        from faelles.fees.debt.port import NamedFile  # noqa: PLC0415 - the port knows this adapter

        memory = self._memory()
        first = memory.answered - len(memory.answers) + 1
        return [
            NamedFile(f"answers-{number:08d}.jsonl", self._file_of(number, answer))
            for number, answer in enumerate(memory.answers, start=first)
        ]

    async def settle(self, file: "NamedFile", now: datetime) -> None:  # noqa: ARG002 - the port's signature
        memory = self._memory()
        number = int(file.name.removeprefix("answers-").removesuffix(".jsonl"))
        first = memory.answered - len(memory.answers) + 1
        memory.answers = memory.answers[max(number - first + 1, 0) :]
        self._keep(memory)

    async def set_aside(self, file: "NamedFile", now: datetime) -> None:
        await self.settle(file, now)

    async def balances(self, now: datetime) -> bytes | None:
        memory = self._memory()
        lines = [TheirBalance(claim=claim, amount_ore=owed) for claim, owed in sorted(memory.balances.items())]
        head = files.Head(content="balances", agency=self._isil, number=max(memory.heard, 1), made_at=now)
        return files.encode(head, lines)

    def receive(self, kind: AnswerKind, claim: int, amount: int) -> Answer:
        """Somebody pays there, or the debt is reduced or written off."""
        memory = self._memory()
        memory.owe(claim, -amount)
        answer = Answer(id=f"{kind}-{memory.answered + 1}", kind=kind, claim=claim, amount_ore=amount)
        self._say(memory, answer)
        self._keep(memory)
        return answer

    def _say(self, memory: _Memory, answer: Answer) -> None:
        memory.answers.append(answer)
        memory.answered += 1

    def _file_of(self, number: int, answer: Answer) -> bytes:
        # The same bytes whenever it is asked for: a file that changes is refused.
        made_at = datetime(2000, 1, 1, tzinfo=UTC)
        return files.encode(files.Head(content="answers", agency=self._isil, number=number, made_at=made_at), [answer])

    def _memory(self) -> _Memory:
        if not self._file.exists():
            return _Memory()
        return msgspec.json.decode(self._file.read_bytes(), type=_Memory)

    def _keep(self, memory: _Memory) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".part")
        draft.write_bytes(msgspec.json.encode(memory))
        draft.replace(self._file)
