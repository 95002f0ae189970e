"""Which operation a method and a path stand for."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import unquote

from faelles.doors.fbs.facts import Operation


class Found(NamedTuple):
    """What may be done at a path, by method, and the values its parameters have there, in order."""

    operations: Mapping[str, Operation]
    values: tuple[str, ...]


class _Shape(NamedTuple):
    """Paths of one length whose parameters stand in the same places, by the words in between."""

    spelt: Callable[[list[str]], Any]
    places: tuple[int, ...]
    by_words: dict[Any, dict[str, Operation]]


class Routes:
    """The paths of all operations by shape: `/patrons/{patronid}/loans/v2` is found before `/loans/{bookingid}`."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        shapes: dict[tuple[bool, ...], _Shape] = {}
        for operation in operations:
            words = _words(operation.path)
            is_parameter = tuple(word.startswith("{") for word in words)
            shape = shapes.setdefault(is_parameter, _shape(is_parameter))
            shape.by_words.setdefault(shape.spelt(words), {})[operation.method] = operation
        self._by_length: dict[int, list[_Shape]] = defaultdict(list)
        # A word that is spelt out goes before one that may be anything, the first word of a path before the next.
        for is_parameter in sorted(shapes):
            self._by_length[len(is_parameter)].append(shapes[is_parameter])

    def find(self, raw_path: str) -> Found | None:
        """`raw_path` as it was sent, so that an encoded slash parts nothing. None: there is no such path."""
        words = _words(raw_path)
        if "%" in raw_path:
            words = [unquote(word) for word in words]
        for spelt, places, by_words in self._by_length.get(len(words), ()):
            operations = by_words.get(spelt(words))
            if operations is not None:
                values = tuple([words[place] for place in places])
                if all(values):
                    return Found(operations, values)
        return None


def _words(path: str) -> list[str]:
    return path.strip("/").split("/")


def _shape(is_parameter: tuple[bool, ...]) -> _Shape:
    spelt = itemgetter(*(place for place, free in enumerate(is_parameter) if not free))
    return _Shape(spelt, tuple(place for place, free in enumerate(is_parameter) if free), {})
