"""What can be asked together with other things, in one message."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Read(Generic[Found]):
    """A question that gives one row with one text, mostly JSON, and what makes of it what is meant.

    Stores hand them out for whoever has more to ask (`Transaction.together`).
    """

    sql: str
    values: tuple[object, ...]
    made_of: Callable[[str], Found]


def only(read: Read[list[Found]]) -> Read[Found | None]:
    """The one thing that is found, if it is."""
    return Read(read.sql, read.values, lambda text: next(iter(read.made_of(text)), None))
