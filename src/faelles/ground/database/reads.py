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
