"""A supplier's program beside the pad, which may be slow."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from faelles.doors.desk_agent import pad
from faelles.doors.desk_agent.pad import SupplierPad


class Ears:
    """What the program hears; it says nothing by itself."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.lines.append(line)

    async def drain(self) -> None:
        return None


async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(monkeypatch: pytest.MonkeyPatch):
    mouth, ears = asyncio.StreamReader(), Ears()
    supplier = SupplierPad(cast("Any", SimpleNamespace(stdin=ears, stdout=mouth)))
    monkeypatch.setattr(pad, "_ANSWER_WITHIN", 0.01)
    with pytest.raises(TimeoutError):
        await supplier.read()
    monkeypatch.undo()
    mouth.feed_data(b'{"tags": []}\n{"done": true}\n')
    assert await supplier.write_family("E004", 7)
    mouth.feed_data(b'{"tags": [{"uid": "E004", "block": "00", "family": 7}]}\n')
    assert [tag.uid for tag in await supplier.read()] == ["E004"]
    assert len(ears.lines) == 3
