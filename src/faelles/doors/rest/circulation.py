"""Circulation over REST: lending, taking back, renewing, undoing, and what goes wrong with copies.

A refusal is a problem, 422, with every block in it; a renewal of several loans answers each by itself.
"""

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody

from faelles.circulation.loans import corrections, groups, losses, offline, operations
from faelles.circulation.loans.blocks import Block, CirculationRefusedError
from faelles.circulation.loans.model import (
    CheckoutAnswer,
    CheckoutRequest,
    LossAnswer,
    LossRequest,
    Outcome,
    RenewalAnswer,
    RenewalRequest,
    ReturnAnswer,
    ReturnRequest,
    UndoAnswer,
    UndoRequest,
)
from faelles.circulation.looking import operations as looking
from faelles.circulation.looking.model import CopyShown, LoanShown
from faelles.circulation.merging import merge_patrons
from faelles.circulation.worklist import operations as worklist
from faelles.circulation.worklist.model import Settle, WorkEntry
from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathCode, PathId, QueryId
from faelles.doors.rest.request import ApiRequest
from faelles.ground import i18n
from faelles.ground.fields import Id
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, LoanId, PatronId
from faelles.patrons.merging.model import Merged, MergePatrons
from faelles.people.model import Permission

MOST_OFFLINE_ENTRIES: Final = 500
_EACH_BY_ITSELF: Final = "each loan is answered by itself, one that is not there as well"


class Message(msgspec.Struct, frozen=True):
    """What a person should hear, with its code."""

    code: str
    text: str


class CheckoutReply(CheckoutAnswer, frozen=True, kw_only=True):
    messages: list[Message]


class ReturnReply(ReturnAnswer, frozen=True, kw_only=True):
    messages: list[Message]


class BlockReply(Block, frozen=True, kw_only=True):
    text: str


class RenewalReply(RenewalAnswer, frozen=True, kw_only=True):
    """`blocks` with their texts."""

    blocks: tuple[BlockReply, ...] = ()


def _messages(codes: Iterable[str], language: Language) -> list[Message]:
    return [Message(code, i18n.text(code, language)) for code in codes]


def _blocks(blocks: Iterable[Block], language: Language) -> tuple[BlockReply, ...]:
    return tuple(
        BlockReply(**msgspec.structs.asdict(block), text=i18n.text(block.code, language, block.parameters))
        for block in blocks
    )


@post(
    "/checkouts",
    opt=guarded(
        Permission.CHECKOUT,
        example=Example(body={"borrower": {"card": "{card}"}, "item": "{item_number}", "branch": "{branch}"}),
    ),
    status_code=200,
    summary="Lend an item",
)
async def check_out(
    request: ApiRequest, data: JSONBody[CheckoutRequest], idempotency_key: IdempotencyKey = None
) -> CheckoutReply:
    """Lends, or renews what the patron has already. 422 with every block, its rule and who may override it."""
    services = request.services
    answer = await request.run(
        lambda tx: operations.checkout(tx, request.caller, services.keyring, data, idempotency_key)
    )
    if answer.outcome is Outcome.REFUSED:
        raise CirculationRefusedError(answer.blocks)
    messages = _messages([f"outcome_{answer.outcome.value}", *answer.warnings], request.language)
    return CheckoutReply(**msgspec.structs.asdict(answer), messages=messages)


@post(
    "/returns",
    opt=guarded(
        Permission.RETURN,
        example=Example(
            body={"item": "{lent_item_number}", "branch": "{branch}"},
            answers_neighbours="a foreign item is recognised at any desk",
        ),
    ),
    status_code=200,
    summary="Take an item back",
)
async def take_back(
    request: ApiRequest, data: JSONBody[ReturnRequest], idempotency_key: IdempotencyKey = None
) -> ReturnReply:
    """Whether it is on loan or not, ours or another municipality's; `next` says where it goes now."""
    answer = await request.run(lambda tx: operations.return_item(tx, request.caller, data, idempotency_key))
    if answer.outcome is Outcome.REFUSED:
        raise CirculationRefusedError(answer.blocks)
    messages = _messages([f"outcome_{answer.outcome.value}", *answer.warnings], request.language)
    return ReturnReply(**msgspec.structs.asdict(answer), messages=messages)


@post(
    "/renewals",
    opt=guarded(
        Permission.RENEW,
        example=Example(body={"loans": ["{loan}"], "branch": "{branch}"}, answers_neighbours=_EACH_BY_ITSELF),
    ),
    status_code=200,
    summary="Renew loans",
)
async def renew(
    request: ApiRequest, data: JSONBody[RenewalRequest], idempotency_key: IdempotencyKey = None
) -> list[RenewalReply]:
    """By loans, by patron (all that is open) or by item. Each loan is answered by itself."""
    answers = await request.run(lambda tx: operations.renew(tx, request.caller, data, idempotency_key))
    return _renewals(answers, request.language)


def _renewals(answers: Iterable[RenewalAnswer], language: Language) -> list[RenewalReply]:
    return [
        RenewalReply(**(msgspec.structs.asdict(answer) | {"blocks": _blocks(answer.blocks, language)}))
        for answer in answers
    ]


@post(
    "/checkouts/group",
    opt=guarded(
        Permission.CHECKOUT,
        example=Example(body={"branch": "{branch}", "pairs": [{"item": "{item_number}", "borrower": "{patron}"}]}),
    ),
    status_code=200,
    summary="Lend a stack to a class, pair by pair",
)
async def check_out_group(
    request: ApiRequest, data: JSONBody[groups.GroupCheckoutRequest], idempotency_key: IdempotencyKey = None
) -> list[groups.PairAnswer]:
    """One transaction; each pair is answered by itself, and one that is refused does not stop the others."""
    keyring = request.services.keyring
    return await request.run(lambda tx: groups.checkout_group(tx, request.caller, keyring, data, idempotency_key))


@post(
    "/loans/swap",
    opt=guarded(Permission.CHECKOUT, example=Example(body={"loan": "{loan}", "other": "{other_loan}"})),
    status_code=200,
    summary="Swap the borrowers of two loans",
)
async def swap_loans(
    request: ApiRequest, data: JSONBody[groups.SwapRequest], idempotency_key: IdempotencyKey = None
) -> groups.SwapAnswer:
    return await request.run(lambda tx: groups.swap(tx, request.caller, data, idempotency_key))


@post(
    "/checkouts/undo",
    opt=guarded(Permission.UNDO, example=Example(body={"loan": "{loan}", "branch": "{branch}"})),
    status_code=200,
    summary="Undo a check-out",
)
async def undo_checkout(
    request: ApiRequest, data: JSONBody[UndoRequest], idempotency_key: IdempotencyKey = None
) -> UndoAnswer:
    return await request.run(lambda tx: corrections.undo_checkout(tx, request.caller, data, idempotency_key))


@post(
    "/returns/undo",
    opt=guarded(Permission.UNDO, example=Example(body={"loan": "{returned_loan}", "branch": "{branch}"})),
    status_code=200,
    summary="Undo a return",
)
async def undo_return(
    request: ApiRequest, data: JSONBody[UndoRequest], idempotency_key: IdempotencyKey = None
) -> UndoAnswer:
    """The loan is open as before; the fee for handing it in late is taken back."""
    return await request.run(lambda tx: corrections.undo_return(tx, request.caller, data, idempotency_key))


_COPY_HERE: Final = Example(body={"item": "{lent_item_number}", "branch": "{branch}"})


@post(
    "/losses",
    opt=guarded(Permission.LOST, example=_COPY_HERE),
    status_code=200,
    summary="Say that a copy is lost",
)
async def declare_lost(
    request: ApiRequest, data: JSONBody[LossRequest], idempotency_key: IdempotencyKey = None
) -> LossAnswer:
    """On loan: the borrower is charged for another one, once. Not on loan: it is missing."""
    return await request.run(lambda tx: losses.declare_lost(tx, request.caller, data, idempotency_key))


@post(
    "/losses/claims-returned",
    opt=guarded(Permission.LOST, example=_COPY_HERE),
    status_code=200,
    summary="Note that the borrower says it was returned",
)
async def claim_returned(
    request: ApiRequest, data: JSONBody[LossRequest], idempotency_key: IdempotencyKey = None
) -> LossAnswer:
    """The clock stops, and the shelves are searched: an entry on the work list."""
    return await request.run(lambda tx: losses.claim_returned(tx, request.caller, data, idempotency_key))


@post(
    "/losses/found",
    opt=guarded(
        Permission.RETURN,
        example=Example(
            body={"item": "{lent_item_number}", "branch": "{branch}"},
            answers_neighbours="a foreign item is recognised at any desk",
        ),
    ),
    status_code=200,
    summary="Say that a copy was found on our own shelf",
)
async def found(
    request: ApiRequest, data: JSONBody[LossRequest], idempotency_key: IdempotencyKey = None
) -> ReturnReply:
    """As a return, but the borrower owes nothing for being late; what was claimed for another copy falls away."""
    asked = ReturnRequest(item=data.item, branch=data.branch, found=True, dry_run=data.dry_run)
    answer = await request.run(lambda tx: operations.return_item(tx, request.caller, asked, idempotency_key))
    if answer.outcome is Outcome.REFUSED:
        raise CirculationRefusedError(answer.blocks)
    messages = _messages([f"outcome_{answer.outcome.value}", *answer.warnings], request.language)
    return ReturnReply(**msgspec.structs.asdict(answer), messages=messages)


class OfflineLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened while nobody could ask, oldest first."""

    entries: Annotated[list[offline.OfflineEntry], msgspec.Meta(min_length=1, max_length=MOST_OFFLINE_ENTRIES)]


@post(
    "/offline-transactions",
    opt=guarded(
        Permission.OFFLINE,
        example=Example(
            body={
                "entries": [
                    {
                        "what": "checkout",
                        "item": "{item_number}",
                        "card": "{card}",
                        "branch": "{branch}",
                        "happened_at": "2026-06-01T10:00:00Z",
                    }
                ]
            },
        ),
    ),
    status_code=200,
    summary="Take an offline log as facts",
)
async def record_offline(request: ApiRequest, data: JSONBody[OfflineLog]) -> list[offline.OfflineAnswer]:
    """Each entry in a transaction of its own; sent again, it changes nothing. Conflicts are on the work list."""
    keyring = request.services.keyring
    return [
        await request.run(lambda tx, entry=entry: offline.record_offline(tx, request.caller, keyring, entry))  # type: ignore[misc]  # a default binds the loop's variable
        for entry in data.entries
    ]


@get("/work", opt=guarded(Permission.WORKLIST, example=Example()), summary="What somebody must look at")
async def list_work(
    request: ApiRequest, branch: QueryId = None, limit: Limit = 50, after: After = None
) -> Page[WorkEntry]:
    cursor = read_cursor(after, int) or 0
    chosen = BranchId(branch) if branch is not None else None
    entries = await request.run(
        lambda tx: worklist.list_work(tx, request.caller, branch=chosen, after=cursor, limit=limit)
    )
    return page(entries, limit, key=lambda entry: entry.id)


@post(
    "/work/{entry:int}/settlement",
    opt=guarded(Permission.WORKLIST, example=Example(path={"entry": "{work_entry}"}, body={"how": "Talt med låneren"})),
    status_code=200,
    summary="Settle an entry of the work list",
)
async def settle_work(request: ApiRequest, entry: PathId, data: JSONBody[Settle]) -> WorkEntry:
    return await request.run(lambda tx: worklist.settle(tx, request.caller, entry, data))


@get(
    "/patrons/{patron:int}/loans",
    opt=guarded(Permission.PATRON_VIEW, example=Example(path={"patron": "{patron}"})),
    summary="A patron's loans",
)
async def list_loans(
    request: ApiRequest,
    patron: PathId,
    closed: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[LoanShown]:
    """Those of the divisions the caller works for. Closed loans are there as long as retention lets them be."""
    cursor = read_cursor(after, int) or 0
    loans = await request.run(
        lambda tx: looking.loans_of_patron(
            tx, request.caller, PatronId(patron), is_open=not closed, after=cursor, limit=limit
        )
    )
    return page(loans, limit, key=lambda loan: loan.id)


@get(
    "/loans/{loan:int}",
    opt=guarded(Permission.PATRON_VIEW, example=Example(path={"loan": "{loan}"})),
    summary="One loan, and who has it",
)
async def show_loan(request: ApiRequest, loan: PathId) -> LoanShown:
    return await request.run(lambda tx: looking.show_loan(tx, request.caller, LoanId(loan)))


@get(
    "/copies/{number:str}",
    opt=guarded(Permission.ITEM_VIEW, example=Example(path={"number": "{item_number}"})),
    summary="Where a copy is",
)
async def show_copy(request: ApiRequest, number: PathCode) -> CopyShown:
    return await request.read(lambda tx: looking.show_copy(tx, request.caller, number))


@post(
    "/scans",
    opt=guarded(
        Permission.PATRON_VIEW,
        example=Example(body={"scan": "{card}"}, answers_neighbours="a scan that means nothing here is told so"),
    ),
    status_code=200,
    summary="What a scan may stand for",
)
async def identify_scan(request: ApiRequest, data: JSONBody[looking.ScanRequest]) -> looking.ScanAnswer:
    """Ten digits may be an item number and a health card: where both are known, `meaning` is `ask`."""
    keyring = request.services.keyring
    return await request.run(lambda tx: looking.identify_scan(tx, request.caller, keyring, data))


@post(
    "/patrons/merge",
    opt=guarded(Permission.PATRON_MERGE, example=Example(body={"temporary": "{temporary_patron}", "real": "{patron}"})),
    status_code=200,
    summary="Merge a temporary patron into the real one",
)
async def merge(request: ApiRequest, data: JSONBody[MergePatrons]) -> Merged:
    """With everything that hangs on the patron: identifiers, memberships, loans, accounts."""
    return await request.run(lambda tx: merge_patrons(tx, request.caller, data))


@get("/own/loans", opt=own_account(example=Example()), summary="My loans")
async def list_own_loans(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[LoanShown]:
    caller, cursor = request.caller, read_cursor(after, int) or 0
    patron = PatronId(caller.patron or 0)
    loans = await request.run(lambda tx: looking.loans_of_patron(tx, caller, patron, after=cursor, limit=limit))
    return page(loans, limit, key=lambda loan: loan.id)


class OwnRenewal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`branch`: whose calendar the new due date must fit; the loans, or none for all."""

    branch: Id
    loans: tuple[Id, ...] = ()


@post(
    "/own/renewals",
    opt=own_account(
        example=Example(body={"branch": "{branch}", "loans": ["{loan}"]}, answers_neighbours=_EACH_BY_ITSELF)
    ),
    status_code=200,
    summary="Renew my loans",
)
async def renew_own(
    request: ApiRequest, data: JSONBody[OwnRenewal], idempotency_key: IdempotencyKey = None
) -> list[RenewalReply]:
    caller = request.caller
    asked = RenewalRequest(branch=data.branch, loans=data.loans, patron=None if data.loans else caller.patron)
    answers = await request.run(lambda tx: operations.renew(tx, caller, asked, idempotency_key))
    return _renewals(answers, request.language)


router = Router(
    path="/",
    route_handlers=[
        check_out,
        check_out_group,
        claim_returned,
        declare_lost,
        found,
        identify_scan,
        list_loans,
        list_own_loans,
        list_work,
        merge,
        record_offline,
        renew,
        renew_own,
        settle_work,
        show_copy,
        show_loan,
        swap_loans,
        take_back,
        undo_checkout,
        undo_return,
    ],
    tags=["circulation"],
)
