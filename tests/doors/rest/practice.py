"""A room that is only here to try the frame out."""

import asyncio
from datetime import UTC, date, datetime

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody

from faelles.circulation.desk.blocks import BlockCode, CirculationRefusedError, block
from faelles.doors.rest.access import guarded, signed_in
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId, QueryText
from faelles.doors.rest.request import ApiRequest
from faelles.ground.errors import TooManyAttemptsError
from faelles.ground.fields import AmountOre, Id, ItemNumberText, LongText
from faelles.ground.ids import RuleId
from faelles.people.model import Permission

PERSON = "Karen Blixen"


class Parcel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: ItemNumberText
    amount_ore: AmountOre
    due_on: date
    note: LongText = ""
    label: bytes = b""
    lines: list[Id] = []


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    parcel: Parcel
    kept_at: datetime
    idempotency_key: str | None


@post("/", opt=guarded(Permission.CHECKOUT))
async def keep_parcel(request: ApiRequest, data: JSONBody[Parcel], idempotency_key: IdempotencyKey = None) -> Kept:
    return Kept(parcel=data, kept_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), idempotency_key=idempotency_key)


@get("/{parcel:int}", opt=guarded(Permission.CHECKOUT))
async def show_parcel(parcel: PathId, words: QueryText = None) -> list[str | int | None]:
    return [parcel, words]


@get("/", opt=guarded(Permission.CHECKOUT))
async def list_parcels(limit: Limit = 3, after: After = None) -> Page[int]:
    start = read_cursor(after, int) or 0
    return page(list(range(start + 1, min(start + limit, 7) + 1)), limit, key=lambda number: number)


@post("/refused", opt=guarded(Permission.CHECKOUT))
async def refuse_parcel() -> None:
    raise CirculationRefusedError([block(BlockCode.TOO_MANY_LOANS, RuleId(7), limit=3)])


@post("/locked", opt=guarded(Permission.CHECKOUT))
async def lock_out() -> None:
    raise TooManyAttemptsError("sign_in_needed", retry_after=30)


@post("/dropped", opt=guarded(Permission.CHECKOUT))
async def drop_parcel() -> None:
    raise RuntimeError(PERSON)


@post("/unstorable", opt=guarded(Permission.CHECKOUT))
async def store_too_much(request: ApiRequest) -> None:
    await request.run(lambda tx: tx.value("SELECT $1::bigint", 2**70))


@get("/language", opt=signed_in())
async def tell_language(request: ApiRequest) -> str:
    return request.caller.language.value


@post("/long", opt=guarded(Permission.CHECKOUT))
async def take_long() -> None:
    await asyncio.sleep(0.5)


router = Router(
    path="/parcels",
    route_handlers=[
        keep_parcel,
        show_parcel,
        list_parcels,
        refuse_parcel,
        lock_out,
        drop_parcel,
        store_too_much,
        tell_language,
        take_long,
    ],
    tags=["practice"],
)
