"""Titles as a web site shows them: which copies a division has, which are on the shelf, how often they were lent."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from faelles.circulation.availability.model import CopyStanding, TitleStanding
from faelles.circulation.availability.operations import loans_per_title, titles_standing
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.request import ApiRequest
from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import BranchId, DivisionId, RecordId
from faelles.people.model import Permission

Numbers = Annotated[tuple[ShortText, ...], msgspec.Meta(min_length=1, max_length=200)]


class TitlesOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Titles by the numbers that the outside knows them by (FAUST, ISBN, `870970-basis:...`)."""

    division: Id
    numbers: Numbers
    without_branches: Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)] = ()


class LentBetween(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From the first to the last day; left out: from the beginning, until now."""

    division: Id
    numbers: Numbers
    first_day: date | None = None
    last_day: date | None = None


class TitleReply(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    record: RecordId
    is_available: bool
    is_reservable: bool
    waiting: int
    copies: tuple[CopyStanding, ...]


class LentReply(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    loans: int


@post(
    "/titles/standing",
    status_code=200,
    opt=guarded(
        Permission.ITEM_VIEW, example=Example(body={"division": "{division}", "numbers": ["870970-basis:123"]})
    ),
    summary="Which copies of titles there are, and which are on the shelf",
)
async def show_titles_standing(request: ApiRequest, data: JSONBody[TitlesOf]) -> list[TitleReply]:
    """In the order of the numbers; what nobody knows is left out. Nothing of who has or awaits a copy."""
    without = {BranchId(branch) for branch in data.without_branches}
    found = await request.run(
        lambda tx: titles_standing(tx, request.caller, DivisionId(data.division), data.numbers, without=without)
    )
    return [_reply(each) for each in found]


def _reply(title: TitleStanding) -> TitleReply:
    return TitleReply(
        number=title.number,
        record=title.record,
        is_available=title.is_available,
        is_reservable=title.is_reservable,
        waiting=title.waiting,
        copies=title.copies,
    )


@post(
    "/titles/loans",
    status_code=200,
    opt=guarded(
        Permission.ITEM_VIEW, example=Example(body={"division": "{division}", "numbers": ["870970-basis:123"]})
    ),
    summary="How often titles were lent",
)
async def count_loans_of_titles(request: ApiRequest, data: JSONBody[LentBetween]) -> list[LentReply]:
    found = await request.run(
        lambda tx: loans_per_title(
            tx, request.caller, DivisionId(data.division), data.numbers, first=data.first_day, last=data.last_day
        )
    )
    return [LentReply(number=each.number, loans=each.loans) for each in found]


router = Router(path="/", tags=["titles"], route_handlers=[show_titles_standing, count_loans_of_titles])
