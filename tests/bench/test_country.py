"""The bench's data set follows from a counter: every agency has its share, and nobody is used twice."""

from faelles.agencies.seeds import agency_seeds
from faelles.bench.country import BLOCK, FREE_COPIES, Country, shares
from faelles.bench.model import FULL, SMALL
from faelles.bench.summary import percentile, spread


def country(patrons=40):
    return Country(patrons=patrons, agencies=[7, 9], first_patrons=[1, 21], branches={7: [1, 2], 9: [3]})


def test_every_agency_has_whole_blocks_and_together_they_have_everybody():
    for size in (FULL, SMALL):
        counts = shares(agency_seeds(), size.patrons)
        assert sum(counts) == size.patrons
        assert all(count >= BLOCK and count % BLOCK == 0 for count in counts)


def test_no_free_copy_is_named_twice():
    errands = [country().free(number) for number in range(40 * FREE_COPIES)]
    assert len({errand.item for errand in errands}) == len(errands)


def test_a_patron_belongs_to_one_agency_and_goes_to_its_branches():
    errands = [country().free(number) for number in range(80)]
    assert {(errand.agency, errand.branch) for errand in errands} == {(7, 1), (7, 2), (9, 3)}
    assert all((int(errand.card[1:]) <= BLOCK) == (errand.agency == 7) for errand in errands)


def test_a_percentile_is_a_value_that_was_measured():
    assert [percentile([1.0, 2.0, 3.0, 4.0], percent) for percent in (50, 95, 99)] == [2.0, 4.0, 4.0]


def test_the_spread_tells_the_middle_and_both_ends():
    found = spread([3.0, 1.0, 2.0])
    assert (found.median, found.lowest, found.highest) == (2.0, 1.0, 3.0)
