"""Narrowing what a search found."""

import pytest

from faelles.catalog.facets.model import Match
from faelles.circulation.finding.model import Count, FindTitles, Standing
from faelles.circulation.finding.rules import facets, fitting
from faelles.ground.ids import BranchId, RecordId

HERE, THERE = BranchId(1), BranchId(2)
BOOK = Match(record=RecordId(1), material_type="book", language="dan", year=2001, creators=("Høeg, Peter",))
FILM = Match(
    record=RecordId(2), material_type="movie", language="eng", year=2010, creators=("Høeg, Peter", "August, B.")
)
OLD = Match(record=RecordId(3), material_type="book", language=None, year=None, creators=())
FOUND = [BOOK, FILM, OLD]
STANDING = {
    RecordId(1): Standing(record=RecordId(1), copies=2, there=(HERE, THERE)),
    RecordId(2): Standing(record=RecordId(2), copies=1, there=(THERE,)),
}


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({}, [BOOK, FILM, OLD]),
        ({"material_type": "book"}, [BOOK, OLD]),
        ({"language": "eng"}, [FILM]),
        ({"year": 2001}, [BOOK]),
        ({"creator": "Høeg, Peter"}, [BOOK, FILM]),
        ({"at_branch": HERE}, [BOOK]),
        ({"material_type": "book", "at_branch": THERE}, [BOOK]),
        ({"material_type": "movie", "language": "dan"}, []),
    ],
)
def test_only_what_has_everything_is_left(asked, left):
    assert fitting(FOUND, FindTitles(words="sne", **asked), STANDING) == left


def test_what_is_left_to_choose_from_is_counted():
    counted = facets(FOUND, STANDING)
    assert counted.material_types == (Count("book", 2), Count("movie", 1))
    assert counted.creators == (Count("Høeg, Peter", 2), Count("August, B.", 1))
    assert counted.years == (Count("2010", 1), Count("2001", 1))
    assert counted.branches == (Count("2", 2), Count("1", 1))
    assert counted.languages == (Count("dan", 1), Count("eng", 1))
