"""Which operation a method and a path stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from faelles.doors.fbs.facts import Operation


@dataclass(slots=True)
class _Step:
    """One place in the tree of paths. A word that is spelt out goes before one that may be anything."""

    by_word: dict[str, "_Step"] = field(default_factory=dict)
    anything: "_Step | None" = None
    operations: dict[str, Operation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What may be done at a path, by method, and the values its parameters have there, in order."""

    operations: Mapping[str, Operation]
    values: tuple[str, ...]


class Routes:
    """The paths of all operations as a tree: `/patrons/{patronid}/loans/v2` is found before `/loans/{bookingid}`."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Step()
        for operation in operations:
            self._plant(operation)

    def _plant(self, operation: Operation) -> None:
        step = self._root
        for word in operation.path.strip("/").split("/"):
            if word.startswith("{"):
                step.anything = step.anything or _Step()
                step = step.anything
            else:
                step = step.by_word.setdefault(word, _Step())
        step.operations[operation.method] = operation

    def find(self, raw_path: str) -> Found | None:
        """`raw_path` as it was sent, so that an encoded slash parts nothing. None: there is no such path."""
        words = [unquote(word) for word in raw_path.strip("/").split("/")]
        return _found(self._root, words, ())


def _found(step: _Step, words: list[str], values: tuple[str, ...]) -> Found | None:
    if not words:
        return Found(step.operations, values) if step.operations else None
    spelt = step.by_word.get(words[0])
    found = _found(spelt, words[1:], values) if spelt else None
    if found is None and step.anything is not None and words[0]:
        found = _found(step.anything, words[1:], (*values, words[0]))
    return found
