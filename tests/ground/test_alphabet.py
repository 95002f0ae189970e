"""Names in the order of the Danish alphabet."""

from dataclasses import dataclass

import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.alphabet import by_name, danish_sort_key
from faelles.ground.database import Database
from faelles.ground.ids import NATION

IN_ORDER = ["Ada", "Émile", "Zoe", "Ærø", "Øbro", "Ørestad", "Østerbro", "Aabenraa", "Åskolen"]


@dataclass(frozen=True)
class Place:
    name: str


def test_names_are_in_the_order_of_the_danish_alphabet():
    assert [each.name for each in by_name(Place(name) for name in sorted(IN_ORDER))] == IN_ORDER


@pytest.mark.parametrize("words", [*IN_ORDER, "Müller", "Göteborg", "Çelik", "Łódź", "AARHUS", "ﬁ", ""])
async def test_the_order_is_the_databases(words: str, database: Database):
    async with database.transaction(NATION, SYSTEM) as tx:
        assert danish_sort_key(words) == await tx.value("SELECT danish_sort_key($1)", words)
