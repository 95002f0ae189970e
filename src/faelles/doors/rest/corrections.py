"""Undoing, losing and finding, what happened offline, and the work list over REST."""

from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody

from faelles.circulation.loans import corrections, losses, offline, offline_log, operations
from faelles.circulation.loans.model import LossAnswer, LossRequest, Outcome, ReturnRequest, UndoAnswer, UndoRequest
from faelles.circulation.loans.offline_log import EntryTaken
from faelles.circulation.loans.offline_model import OfflineEntry
from faelles.circulation.worklist import operations as worklist
from faelles.circulation.worklist.model import Settle, WorkEntry
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.circulation import BlockReply, Message, ReturnReply, told_blocks, told_return
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId, QueryId
from faelles.doors.rest.request import ApiRequest
from faelles.ground import i18n
from faelles.ground.errors import FaellesError, InvalidRequestError, UnavailableError
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, LoanId
from faelles.people.model import Permission

MOST_OFFLINE_ENTRIES: Final = 500


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
    """The loan is open as before; the fee for handing it in late is taken back. Where that makes one loan too many,
    the limit is in `overridden`, and on record as any override.
    """
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
        Permission.LOST,
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
    return told_return(answer, request.language)


class OfflineLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened while nobody could ask, oldest first."""

    entries: Annotated[list[OfflineEntry], msgspec.Meta(min_length=1, max_length=MOST_OFFLINE_ENTRIES)]


class OfflineReply(msgspec.Struct, frozen=True, kw_only=True):
    """How one entry was taken; `problem` where it could mean nothing (a clock ahead, an unknown branch)."""

    entry: OfflineEntry
    outcome: Outcome
    loan: LoanId | None = None
    conflicts: tuple[BlockReply, ...] = ()
    problem: Message | None = None


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
            answers_neighbours="each entry is answered by itself, one that means nothing here as well",
        ),
    ),
    status_code=200,
    summary="Take an offline log as facts",
)
async def record_offline(
    request: ApiRequest, data: JSONBody[OfflineLog], idempotency_key: IdempotencyKey = None
) -> list[OfflineReply]:
    """Each entry by itself, oldest first, in a transaction of its own: one that cannot be taken stops no other. Sent
    again, the log changes nothing; under the same key it gets the same answer. Conflicts are on the work list.
    """
    caller, keyring = request.caller, request.services.keyring
    log = sorted(data.entries, key=lambda entry: entry.happened_at.timestamp())
    taken = await request.run(lambda tx: offline_log.taken_before(tx, caller, keyring, log, idempotency_key))
    if taken is None:
        now = [await _take(request, entry) for entry in log]
        taken = await request.run(
            lambda tx: offline_log.keep_answers(tx, caller, keyring, log, idempotency_key, taken=now)
        )
    return [_told(entry, each, request.language) for entry, each in zip(log, taken, strict=True)]


async def _take(request: ApiRequest, entry: OfflineEntry) -> EntryTaken:
    caller, keyring = request.caller, request.services.keyring
    try:
        return EntryTaken(answer=await request.run(lambda tx: offline.record_offline(tx, caller, keyring, entry)))
    except UnavailableError:
        raise
    except InvalidRequestError as problem:
        wrong = problem.problems[0] if problem.problems else problem
        return EntryTaken(problem=wrong.code, parameters=dict(wrong.parameters))
    except FaellesError as problem:
        return EntryTaken(problem=problem.code, parameters=problem.parameters)


def _told(entry: OfflineEntry, taken: EntryTaken, language: Language) -> OfflineReply:
    answer = taken.answer
    if answer is None:
        code = taken.problem or ""
        told = Message(code, i18n.text(code, language, taken.parameters))
        return OfflineReply(entry=_shown(entry), outcome=Outcome.REFUSED, problem=told)
    return OfflineReply(
        entry=_shown(entry),
        outcome=answer.outcome,
        loan=answer.loan,
        conflicts=told_blocks(answer.conflicts, language),
    )


def _shown(entry: OfflineEntry) -> OfflineEntry:
    """The entry, less the card that was scanned: an answer is read by whoever passes by."""
    return msgspec.structs.replace(entry, card=None)


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


router = Router(
    path="/",
    route_handlers=[
        claim_returned,
        declare_lost,
        found,
        list_work,
        record_offline,
        settle_work,
        undo_checkout,
        undo_return,
    ],
    tags=["corrections"],
)
