"""Lending to a class: a list of pupils and a stack, scanned in pairs or in the order of the list.

Every scan is answered by itself, so that nothing waits for a button: a card says whose turn it is, a copy is lent to
them and the turn goes to the next on the list. The browser sends the scans one by one, each with a key.
"""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import QueryParameter

from faelles.agencies.model import BranchKind
from faelles.circulation.loans import corrections
from faelles.circulation.loans.groups import GroupCheckoutRequest, Pair, SwapRequest, checkout_group, swap
from faelles.circulation.loans.model import UndoRequest
from faelles.circulation.looking.operations import ScanMeaning, ScanRequest, identify_scan
from faelles.doors.rest.access import Example, guarded
from faelles.doors.web.desk import answers
from faelles.doors.web.desk.answers import Entry, Tone
from faelles.doors.web.desk.numbers import as_number, code_of_unknown
from faelles.doors.web.desk.reasons import winning_rules
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import FormKey, WebRequest
from faelles.ground.alphabet import danish_sort_key
from faelles.ground.database import Transaction
from faelles.ground.fields import HIGHEST_ID, Id, Scan
from faelles.ground.ids import PatronId
from faelles.patrons.classes.model import ClassMember, SchoolClass
from faelles.patrons.classes.operations import list_classes, list_members
from faelles.patrons.looking.operations import summaries
from faelles.people.model import Permission

_LEND: Final = Permission.CHECKOUT
ClassId = Annotated[int, QueryParameter(name="class", ge=0, le=HIGHEST_ID)]


class ScanForm(msgspec.Struct, frozen=True, kw_only=True):
    """`patron`: whose turn it is. `answering`: the class that answers for all loans; else everybody for their own."""

    scan: Scan
    branch: Id
    key: FormKey
    patron: Id | None = None
    answering: Id | None = None

    def __repr__(self) -> str:
        return "ScanForm()"


class SwapForm(msgspec.Struct, frozen=True, kw_only=True):
    loan: Id
    other: Id
    key: FormKey


class UndoForm(msgspec.Struct, frozen=True, kw_only=True):
    loan: Id
    branch: Id
    key: FormKey


class GroupPage(msgspec.Struct, frozen=True, kw_only=True):
    """`chosen`: the class; 0: nobody in particular, and cards are scanned. `members` are its pupils, by name."""

    desk: Desk
    classes: list[SchoolClass]
    chosen: int
    members: list[ClassMember]


@get("/group-loan", opt=guarded(_LEND, example=Example()))
async def show(request: WebRequest, class_id: ClassId = 0) -> Response[bytes]:
    page = await request.run(lambda tx: _page(tx, request, class_id))
    return request.page("groups/page.html", msgspec.structs.asdict(page))


async def _page(tx: Transaction, request: WebRequest, chosen: int) -> GroupPage:
    desk = await desk_of(tx, request)
    may_see = request.caller.may(Permission.PATRON_VIEW)
    schools = [each for each in desk.branches if each.kind is not BranchKind.PUBLIC] if may_see else []
    reach = request.caller.divisions(Permission.PATRON_VIEW) if may_see else frozenset()
    classes: list[SchoolClass] = []
    for school in schools:
        if reach is None or school.division in reach:
            classes += await list_classes(tx, request.caller, school.id)
    members = await list_members(tx, request.caller, PatronId(chosen)) if chosen else []
    return GroupPage(
        desk=desk,
        classes=[each for each in classes if each.ended_on is None],
        chosen=chosen,
        members=sorted(members, key=lambda each: (each.role != "pupil", danish_sort_key(each.patron.name))),
    )


@post(
    "/group-loan/scans",
    opt=guarded(_LEND, example=Example(body={"scan": "{card}", "branch": "{branch}", "key": "a-scan-of-a-card"})),
    status_code=200,
)
async def scan(request: WebRequest) -> Response[bytes]:
    """A card: their turn. A copy: lent to whose turn it is, or told why not."""
    form = await request.typed(ScanForm)

    async def work(tx: Transaction) -> tuple[Entry, str]:
        entry = await _answered(tx, request, form)
        return entry, await _name_of(tx, request, entry)

    entry, name = await request.run(work)
    return request.page("groups/answer.html", {"entry": entry, "name": name})


async def _answered(tx: Transaction, request: WebRequest, form: ScanForm) -> Entry:
    typed = as_number(form.scan.strip())
    known = await identify_scan(tx, request.caller, request.services.keyring, ScanRequest(scan=typed))
    is_copy = known.item is not None and (known.meaning is ScanMeaning.ITEM or form.patron is not None)
    if is_copy and form.patron is not None:
        return await _lend(tx, request, form, typed)
    if known.patrons:
        if len(known.patrons) > 1:
            return Entry(tone=Tone.STOP, code="scan_ambiguous", scanned=typed)
        return answers.opened(known, request.language)
    code = "web_group_card_first" if is_copy else code_of_unknown(typed)
    return Entry(tone=Tone.STOP, code=code, scanned=typed)


async def _lend(tx: Transaction, request: WebRequest, form: ScanForm, item: str) -> Entry:
    borrower = form.patron or 0
    asked = GroupCheckoutRequest(
        branch=form.branch, pairs=(Pair(item=item, borrower=borrower),), first_borrower=form.answering
    )
    (answer,) = await checkout_group(tx, request.caller, request.services.keyring, asked, form.key)
    rules = await winning_rules(tx, answer.answer.blocks, request.language)
    return answers.of_checkout(answer.answer, request, item, PatronId(borrower), rules)


async def _name_of(tx: Transaction, request: WebRequest, entry: Entry) -> str:
    """Of whoever it is about, for the screen."""
    if entry.patron is None or not request.caller.may(Permission.PATRON_VIEW):
        return ""
    lines = await summaries(tx, request.caller, [entry.patron], "identify_patron")
    return lines[0].name if lines else ""


@post(
    "/group-loan/swap",
    opt=guarded(_LEND, example=Example(body={"loan": "{loan}", "other": "{other_loan}", "key": "swap-those-two"})),
    status_code=200,
)
async def exchange(request: WebRequest) -> Response[bytes]:
    """Two pupils got each other's books."""
    form = await request.typed(SwapForm)
    asked = SwapRequest(loan=form.loan, other=form.other)
    await request.run(lambda tx: swap(tx, request.caller, asked, form.key))
    entry = Entry(tone=Tone.DONE, code="web_group_swapped")
    return request.page("groups/answer.html", {"entry": entry, "name": ""})


@post(
    "/group-loan/undo",
    opt=guarded(
        Permission.UNDO, example=Example(body={"loan": "{loan}", "branch": "{branch}", "key": "undo-it-please"})
    ),
    status_code=200,
)
async def undo(request: WebRequest) -> Response[bytes]:
    form = await request.typed(UndoForm)
    asked = UndoRequest(loan=form.loan, branch=form.branch)
    done = await request.run(lambda tx: corrections.undo_checkout(tx, request.caller, asked, form.key))
    entry = answers.of_undo(done, request, None, was_return=False)
    return request.page("groups/answer.html", {"entry": entry, "name": ""})


router = Router(path="/", route_handlers=[exchange, scan, show, undo])
