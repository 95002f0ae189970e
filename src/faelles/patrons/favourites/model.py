"""Lists of favourites."""

from typing import Annotated

from msgspec import Meta, Struct

from faelles.ground.fields import ShortText

RecordText = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class Favourite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A title by the id that the web site knows it by; of a periodical, the issue."""

    record: RecordText
    periodical_year: ShortText | None = None
    periodical_volume: ShortText | None = None
    periodical_number: ShortText | None = None


class FavouriteList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: ShortText
    favourites: Annotated[tuple[Favourite, ...], Meta(max_length=1000)] = ()


class SetFavourites(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All lists of a patron, in their order; none: they are gone."""

    lists: Annotated[tuple[FavouriteList, ...], Meta(max_length=50)]
