"""Narrowing what was found. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from faelles.catalog.facets.model import Match
from faelles.circulation.finding.model import Count, Facets, FindTitles, Standing
from faelles.ground.ids import RecordId

_MOST_VALUES: Final = 8
_MOST_BRANCHES: Final = 12


def fitting(matches: Sequence[Match], asked: FindTitles, standing: Mapping[RecordId, Standing]) -> list[Match]:
    """Those that have everything that is asked of them, in their order."""
    return [each for each in matches if _fits(each, asked, standing.get(each.record))]


def _fits(match: Match, asked: FindTitles, standing: Standing | None) -> bool:
    return (
        asked.material_type in (None, match.material_type)
        and asked.language in (None, match.language)
        and asked.year in (None, match.year)
        and (asked.creator is None or asked.creator in match.creators)
        and (asked.at_branch is None or (standing is not None and asked.at_branch in standing.there))
    )


def facets(found: Sequence[Match], standing: Mapping[RecordId, Standing]) -> Facets:
    """What is left to choose from."""
    years = Counter(str(each.year) for each in found if each.year is not None)
    there = Counter(str(branch) for each in found if each.record in standing for branch in standing[each.record].there)
    return Facets(
        material_types=_most(Counter(each.material_type for each in found)),
        languages=_most(Counter(each.language for each in found if each.language is not None)),
        years=tuple(Count(year, years[year]) for year in sorted(years, reverse=True)[:_MOST_VALUES]),
        creators=_most(Counter(name for each in found for name in _once(each.creators))),
        branches=_most(there, _MOST_BRANCHES),
    )


def _once(names: Iterable[str]) -> set[str]:
    return set(names)


def _most(counted: Counter[str], most: int = _MOST_VALUES) -> tuple[Count, ...]:
    """The most frequent first; those of one number in the order of their names."""
    ranked = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Count(value, titles) for value, titles in ranked[:most])
