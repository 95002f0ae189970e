"""The Danish alphabet for lists that are put in order here, and not by the database: æ, ø and å after z, aa as å."""

from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

_LETTERS: Final = str.maketrans("æäøöåéèêëáàâãíìîïóòôõúùûüýÿçñð", "{{||}eeeeaaaaiiiioooouuuyyycnd")


class Named(Protocol):
    @property
    def name(self) -> str: ...


Kind = TypeVar("Kind", bound=Named)


def danish_sort_key(words: str) -> str:
    """As the database's function of the same name."""
    return words.lower().replace("aa", "å").translate(_LETTERS)


def by_name(named: Iterable[Kind]) -> list[Kind]:
    """In the order of their names."""
    return sorted(named, key=lambda each: danish_sort_key(each.name))
