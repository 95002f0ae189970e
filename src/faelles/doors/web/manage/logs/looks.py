"""The log of looks: who saw a patron, and whom a colleague saw."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import cursor, read_cursor
from faelles.doors.web import sheet
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, PAGE, asked, manage_page
from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.access import Look
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.fields import Id, Scan
from faelles.ground.ids import PatronId, StaffId
from faelles.patrons.looking.model import AccessEntry
from faelles.patrons.looking.operations import access_report, identify, looks_of_staff
from faelles.people.model import Permission
from faelles.people.staff.model import Staff
from faelles.people.staff.operations import list_staff, show_staff

_PATRONS, _COLLEAGUES = Permission.PATRON_VIEW, Permission.PRIVACY
_SHEET_PAGE: Final = 500


class LooksAsked(msgspec.Struct, frozen=True, kw_only=True):
    """At one patron, or by one colleague."""

    patron: Id | None = None
    staff: Id | None = None
    after: Annotated[str, msgspec.Meta(max_length=400, pattern="^[A-Za-z0-9_-]*$")] = ""


class CardForm(msgspec.Struct, frozen=True, kw_only=True):
    card: Scan

    def __repr__(self) -> str:
        return "CardForm()"


class LookLine(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    actor: str
    """Kind and id, as the log has it."""
    operation: str
    patron: PatronId | None = None


@get("/manage/looks", opt=guarded(_PATRONS, example=Example(query={"patron": "{patron}"})))
async def show_looks(request: WebRequest) -> Response[bytes]:
    return await _looks(request, asked(request, LooksAsked))


async def _looks(request: WebRequest, wanted: LooksAsked, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        lines, more = await _page(tx, request, wanted, PAGE)
        return {
            "asked": wanted,
            "lines": lines,
            "more": more,
            "colleagues": await _colleagues(tx, request),
            "colleague": await show_staff(tx, request.caller, StaffId(wanted.staff)) if wanted.staff else None,
            "names": await names_of_staff(tx, request),
        }

    return manage_page(request, "looks", await request.run(work), refused=refused)


async def _page(
    tx: Transaction, request: WebRequest, wanted: LooksAsked, limit: int
) -> tuple[list[LookLine], str | None]:
    """The lines and where they go on."""
    if wanted.staff is not None:
        before = read_cursor(wanted.after or None, Look)
        looks = await looks_of_staff(tx, request.caller, StaffId(wanted.staff), before=before, limit=limit)
        lines = [LookLine(at=each.at, actor=each.actor, operation=each.operation, patron=each.person) for each in looks]
        return lines, cursor(looks[-1]) if len(looks) == limit else None
    if wanted.patron is None:
        return [], None
    moment = read_cursor(wanted.after or None, datetime)
    found = await access_report(tx, request.caller, PatronId(wanted.patron), before=moment, limit=limit)
    return [_line(each) for each in found], cursor(found[-1].at) if len(found) == limit else None


def _line(entry: AccessEntry) -> LookLine:
    return LookLine(at=entry.at, actor=entry.actor, operation=entry.operation)


async def _colleagues(tx: Transaction, request: WebRequest) -> list[Staff]:
    """Whom the caller may look up."""
    caller = request.caller
    if not (caller.may(_COLLEAGUES) and caller.may(Permission.PEOPLE_VIEW)):
        return []
    return await list_staff(tx, caller, limit=MOST_LISTED)


async def names_of_staff(tx: Transaction, request: WebRequest) -> dict[str, str]:
    """Of colleagues by the actors they are in the logs, for those who may know them."""
    if not request.caller.may(Permission.PEOPLE_VIEW):
        return {}
    return {f"staff:{each.id}": each.name for each in await list_staff(tx, request.caller, limit=MOST_LISTED)}


@post("/manage/looks", opt=guarded(_PATRONS, example=Example(body={"card": "{card}"})), status_code=200)
async def find_patron(request: WebRequest) -> Response[bytes]:
    """By card: no card stands in an address."""

    async def do() -> Response[bytes]:
        card = (await request.typed(CardForm)).card.strip()
        keyring = request.services.keyring
        found = await request.run(lambda tx: identify(tx, request.caller, keyring, card))
        if not found:
            raise invalid_field("card", "patron_unknown")
        return request.go_to(f"/manage/looks?patron={found[0].patron.id}")

    return await sent(request, "card", do, lambda refused: _looks(request, LooksAsked(), refused))


@get("/manage/looks.csv", opt=guarded(_PATRONS, example=Example(query={"patron": "{patron}"})))
async def looks_as_sheet(request: WebRequest) -> Response[bytes]:
    wanted = asked(request, LooksAsked)

    async def work(tx: Transaction) -> list[list[sheet.Cell]]:
        lines: list[LookLine] = []
        after: str | None = ""
        while after is not None and len(lines) < sheet.MOST_ROWS:
            page, after = await _page(tx, request, msgspec.structs.replace(wanted, after=after), _SHEET_PAGE)
            lines += page
        names = await names_of_staff(tx, request)
        return [_row(line, names, request) for line in lines]

    headings = ["web_when", "web_by_whom", "web_name", "web_patron", "web_what_for"]
    return sheet.sheet(request, "looks", headings, await request.run(work))


def _row(line: LookLine, names: dict[str, str], request: WebRequest) -> list[sheet.Cell]:
    return [
        line.at,
        i18n.text(f"actor_{line.actor.partition(':')[0]}", request.language),
        names.get(line.actor, ""),
        line.patron,
        i18n.text(f"access_{line.operation}", request.language),
    ]


router = Router(path="/", route_handlers=[find_patron, looks_as_sheet, show_looks])
