"""The desk: one field that takes every scan, and the answer to each, newest on top.

What a scan means is looked up, never guessed: a card opens its patron, a copy is lent to the patron who is open, or
with none open taken back; what is both is asked about, what is neither is searched for. The browser sends the scans one
by one, in their order, each with a key, so that one sent twice is done once.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.catalog.operations import search_words
from faelles.catalog.rules import normal_isbn
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans import corrections, operations
from faelles.circulation.loans.model import CheckoutRequest, RenewalRequest, ReturnRequest, UndoRequest
from faelles.circulation.looking.operations import ScanAnswer, ScanMeaning, ScanRequest, identify_scan
from faelles.doors.desk_agent import address
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import QueryId
from faelles.doors.web.desk import answers
from faelles.doors.web.desk.answers import Entry
from faelles.doors.web.desk.numbers import as_number, may_be_card, other_number
from faelles.doors.web.desk.panel import Panel, panel_of
from faelles.doors.web.desk.reasons import winning_rules
from faelles.doors.web.place import desk_of
from faelles.doors.web.request import FormKey, WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, ItemNumberText, Scan, ShortText
from faelles.ground.ids import PatronId
from faelles.patrons.looking.model import SearchPatrons
from faelles.patrons.looking.operations import search as search_patrons
from faelles.people.model import Permission

_MOST_FOUND: Final = 10
_SHORTEST_NAME: Final = 2


class ScanForm(msgspec.Struct, frozen=True, kw_only=True):
    """One scan at `branch`. `patron` is who is open; `meaning` answers the question what it is."""

    scan: Scan
    branch: Id
    key: FormKey
    patron: Id | None = None
    meaning: ScanMeaning | None = None

    def __repr__(self) -> str:
        return "ScanForm()"


class OverrideForm(msgspec.Struct, frozen=True, kw_only=True):
    """Lend all the same: `blocks` with commas between, and why."""

    item: ItemNumberText
    branch: Id
    key: FormKey
    patron: Id
    blocks: Annotated[str, msgspec.Meta(max_length=1000)]
    reason: ShortText


class UndoForm(msgspec.Struct, frozen=True, kw_only=True):
    loan: Id
    branch: Id
    key: FormKey
    was_return: bool = False
    patron: Id | None = None


class RenewForm(msgspec.Struct, frozen=True, kw_only=True):
    """All that the patron has, or one loan."""

    branch: Id
    key: FormKey
    patron: Id
    loan: Id | None = None


@get("/desk", opt=guarded(Permission.CHECKOUT, example=Example()))
async def show(request: WebRequest, patron: QueryId = None) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        desk = await desk_of(tx, request)
        open_patron = await panel_of(tx, request.caller, PatronId(patron)) if patron else None
        return {"desk": desk, "panel": open_patron, "desk_agent": address.ADDRESS}

    return request.page("desk/page.html", await request.run(work))


@post(
    "/desk/scans",
    opt=guarded(
        Permission.CHECKOUT, example=Example(body={"scan": "{card}", "branch": "{branch}", "key": "a-scan-of-a-card"})
    ),
    status_code=200,
)
async def scan(request: WebRequest) -> Response[bytes]:
    """One scan, done or told why not."""
    form = await request.typed(ScanForm)
    return await _told(request, lambda tx: _answered(tx, request, form))


async def _told(request: WebRequest, work: Callable[[Transaction], Awaitable[Entry]]) -> Response[bytes]:
    """What `work` answers, with the open patron as they are after it, where more than a loan has changed."""

    async def whole(tx: Transaction) -> tuple[Entry, Panel | None]:
        entry = await work(tx)
        if entry.patron is None or entry.keeps_panel:
            return entry, None
        return entry, await panel_of(tx, request.caller, entry.patron)

    entry, panel = await request.run(whole)
    return request.page("desk/answer.html", {"entry": entry, "panel": panel})


async def _answered(tx: Transaction, request: WebRequest, form: ScanForm) -> Entry:
    typed = as_number(form.scan.strip())
    known = await identify_scan(tx, request.caller, request.services.keyring, ScanRequest(scan=typed))
    match form.meaning or known.meaning:
        case ScanMeaning.PATRON if known.patrons:
            return answers.opened(known, request.language) if len(known.patrons) == 1 else _asked(known, typed)
        case ScanMeaning.ITEM if form.patron is not None:
            asked = CheckoutRequest(borrower=Borrower(patron=form.patron), item=typed, branch=form.branch)
            return await _checked_out(tx, request, asked, form.key)
        case ScanMeaning.ITEM:
            return await _take_back(tx, request, form, typed)
        case ScanMeaning.ASK:
            return _asked(known, typed)
        case _:
            return await _unknown(tx, request, form, typed)


def _asked(known: ScanAnswer, typed: str) -> Entry:
    return Entry(tone=answers.Tone.ASK, code="web_scan_fits_several", scanned=typed, choices=known.patrons, known=known)


async def _checked_out(tx: Transaction, request: WebRequest, asked: CheckoutRequest, key: str) -> Entry:
    answer = await operations.checkout(tx, request.caller, request.services.keyring, asked, key)
    rules = await winning_rules(tx, answer.blocks, request.language)
    return answers.of_checkout(answer, request, asked.item, PatronId(asked.borrower.patron or 0), rules)


async def _take_back(tx: Transaction, request: WebRequest, form: ScanForm, item: str) -> Entry:
    asked = ReturnRequest(item=item, branch=form.branch)
    return answers.of_return(await operations.return_item(tx, request.caller, asked, form.key), request, item)


async def _unknown(tx: Transaction, request: WebRequest, form: ScanForm, typed: str) -> Entry:
    """No card and no copy: a foreign book is recognised by the return; a name or a title is searched for."""
    if typed.isdigit():
        if len(typed) == answers.ITEM_NUMBER_DIGITS and form.patron is None:
            return await _take_back(tx, request, form, typed)
        return await other_number(tx, request, typed)
    if normal_isbn(typed):
        return await other_number(tx, request, typed)
    caller = request.caller
    people = (
        await search_patrons(tx, caller, SearchPatrons(name=typed, limit=_MOST_FOUND + 1))
        if len(typed) >= _SHORTEST_NAME
        else []
    )
    titles = await search_words(tx, caller, typed, limit=_MOST_FOUND)
    if not people and not titles.records and may_be_card(typed):
        return Entry(tone=answers.Tone.STOP, code="web_scan_unknown", scanned=typed)
    code = "web_scan_found" if people or titles.records else "web_scan_nothing_found"
    return Entry(
        tone=answers.Tone.ASK,
        code=code,
        scanned=typed,
        people=tuple(people[:_MOST_FOUND]),
        titles=titles.records,
        are_more_people=len(people) > _MOST_FOUND,
        are_more_titles=titles.next_skip is not None,
    )


@post(
    "/desk/overrides",
    opt=guarded(
        Permission.CHECKOUT,
        example=Example(
            body={
                "item": "{item_number}",
                "branch": "{branch}",
                "key": "an-override",
                "patron": "{patron}",
                "blocks": "too_many_loans",
                "reason": "De skal bruges i morgen",
            }
        ),
    ),
    status_code=200,
)
async def override(request: WebRequest) -> Response[bytes]:
    """Lend what was refused, over the blocks that were shown."""
    form = await request.typed(OverrideForm)
    shown = form.blocks.split(",")
    asked = CheckoutRequest(
        borrower=Borrower(patron=form.patron),
        item=form.item,
        branch=form.branch,
        overrides=frozenset(code for code in BlockCode if code in shown),
        reason=form.reason,
    )
    return await _told(request, lambda tx: _checked_out(tx, request, asked, form.key))


@post(
    "/desk/undo",
    opt=guarded(
        Permission.UNDO, example=Example(body={"loan": "{loan}", "branch": "{branch}", "key": "undo-it-please"})
    ),
    status_code=200,
)
async def undo(request: WebRequest) -> Response[bytes]:
    form = await request.typed(UndoForm)
    verb = corrections.undo_return if form.was_return else corrections.undo_checkout

    async def work(tx: Transaction) -> Entry:
        done = await verb(tx, request.caller, UndoRequest(loan=form.loan, branch=form.branch), form.key)
        return answers.of_undo(
            done, request, None if form.patron is None else PatronId(form.patron), was_return=form.was_return
        )

    return await _told(request, work)


@post(
    "/desk/renewals",
    opt=guarded(
        Permission.RENEW, example=Example(body={"branch": "{branch}", "key": "renew-it-all", "patron": "{patron}"})
    ),
    status_code=200,
)
async def renew(request: WebRequest) -> Response[bytes]:
    """What the open patron has: all of it, or one loan."""
    form = await request.typed(RenewForm)
    loans = (form.loan,) if form.loan else ()
    asked = RenewalRequest(branch=form.branch, loans=loans, patron=None if loans else form.patron)

    async def work(tx: Transaction) -> Entry:
        renewed = await operations.renew(tx, request.caller, asked, form.key)
        return answers.of_renewals(renewed, request, PatronId(form.patron))

    return await _told(request, work)


router = Router(path="/", route_handlers=[override, renew, scan, show, undo])
