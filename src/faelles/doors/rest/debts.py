"""Exclusion and debt collection over REST."""

from litestar import Router, get, post, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId, QueryId
from faelles.doors.rest.payments import outside
from faelles.doors.rest.request import ApiRequest
from faelles.fees.debt import importing, operations, reconciling
from faelles.fees.debt.model import (
    Answers,
    ClaimShown,
    Exported,
    FilesImported,
    Imported,
    Mismatch,
    OutMessage,
    SettleAnswer,
    SettleFile,
)
from faelles.fees.exclusion import operations as exclusion
from faelles.fees.exclusion.model import NoticeLine, NoticesWritten, StandingNotice
from faelles.fees.neighbours.model import Neighbour, NeighbourSet, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour, show_neighbour
from faelles.ground.i18n import text
from faelles.ground.ids import ChargeId, PatronId
from faelles.people.model import Permission

_COLLECT = Permission.DEBT_COLLECT


class ShownMismatch(Mismatch, frozen=True, kw_only=True):
    text: str
    """What it means, in the caller's language."""
    mend: str
    """What is to be done about it."""


# -- Exclusion


@post("/exclusions/notices", opt=guarded(_COLLECT, example=Example()), summary="Write to those who owe too much")
async def write_notices(request: ApiRequest, after: QueryId = None) -> NoticesWritten:
    """One slice of the debtors; go on with `last` as `after`. Who was written to already is not written to again."""
    return await request.run(lambda tx: exclusion.write_notices(tx, request.caller, after=after or 0))


@get("/exclusions", opt=guarded(_COLLECT, example=Example()), summary="Who is excluded, and who is about to be")
async def list_excluded(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[StandingNotice]:
    """The notices that exclude today or whose time is running, in the order they were written in."""
    cursor = read_cursor(after, int) or 0
    found = await request.run(lambda tx: exclusion.list_standing(tx, request.caller, after=cursor, limit=limit))
    return page(found, limit, key=lambda notice: notice.notice)


@get(
    "/patrons/{patron:int}/exclusions",
    opt=guarded(Permission.FEE_VIEW, example=Example(path={"patron": "{patron}"})),
    summary="What was written to a patron about exclusion",
)
async def list_notices(request: ApiRequest, patron: PathId) -> Page[NoticeLine]:
    """Newest first, with what follows from each today. Paying in full what one of them was about lifts it at once."""
    found = await request.run(lambda tx: exclusion.notices(tx, request.caller, PatronId(patron)))
    return Page(items=found, next=None)


@get("/own/exclusions", opt=own_account(example=Example()), summary="What was written to me about exclusion")
async def list_own_notices(request: ApiRequest) -> Page[NoticeLine]:
    found = await request.run(lambda tx: exclusion.notices(tx, request.caller, request.caller.oneself()))
    return Page(items=found, next=None)


# -- Debt collection


@get("/debts/claims", opt=guarded(_COLLECT, example=Example()), summary="What is at the debtor system")
async def list_claims(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[ClaimShown]:
    cursor = read_cursor(after, int) or 0
    found = await request.run(lambda tx: operations.list_claims(tx, request.caller, after=cursor, limit=limit))
    return page(found, limit, key=lambda claim: claim.charge)


@post(
    "/debts/claims/{charge:int}/offer",
    status_code=204,
    opt=guarded(_COLLECT, example=Example(path={"charge": "{debt_claim}"})),
    summary="Hand over again what was refused",
)
async def offer_again(request: ApiRequest, charge: PathId) -> None:
    """The next export does."""
    await request.run(lambda tx: operations.offer_again(tx, request.caller, ChargeId(charge)))


@post("/debts/exports", opt=guarded(_COLLECT, example=Example()), summary="Tell the debtor system what it must know")
async def export(request: ApiRequest) -> Exported:
    """New claims, and what has changed of those handed over. Sent twice, everything is said once."""
    return await operations.export(request.services.database, outside(request), request.caller)


@post("/debts/imports", opt=guarded(_COLLECT, example=Example()), summary="Take in what the debtor system says")
async def import_files(request: ApiRequest) -> FilesImported:
    """Every file that waits there."""
    return await importing.import_files(request.services.database, outside(request), request.caller)


@get("/debts/messages", opt=guarded(_COLLECT, example=Example()), summary="The outbox")
async def list_debt_messages(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[OutMessage]:
    """For a debtor system that fetches for itself: every message in order, by its number."""
    cursor = read_cursor(after, int) or 0
    found = await request.run(
        lambda tx: operations.messages(tx, outside(request), request.caller, after=cursor, limit=limit)
    )
    return page(found, limit, key=lambda message: message.number)


@post(
    "/debts/answers",
    opt=guarded(
        _COLLECT,
        example=Example(
            body={"answers": [{"id": "B-1", "kind": "payment", "claim": "{debt_claim}", "amount_ore": 100}]},
            answers_neighbours="what is said of a claim that the agency does not know is parked in its own books",
        ),
    ),
    summary="Say something as the debtor system",
)
async def take_answers(request: ApiRequest, data: JSONBody[Answers]) -> Imported:
    """Each under a name of its own; said again it changes nothing."""
    return await request.run(lambda tx: importing.import_answers(tx, request.caller, data.answers))


@post(
    "/debts/answers/settlements",
    status_code=204,
    opt=guarded(_COLLECT, example=Example(body={"answer": "{parked_answer}", "reason": "Aftalt med inddrivelsen"})),
    summary="Take off the report what the debtor system said and nobody can apply",
)
async def settle_answer(request: ApiRequest, data: JSONBody[SettleAnswer]) -> None:
    """What waits for something that will never come, or came again with other words. It moves no money."""
    await request.run(lambda tx: operations.settle_answer(tx, request.caller, data))


@post(
    "/debts/files/settlements",
    status_code=204,
    opt=guarded(_COLLECT, example=Example(body={"file": "{refused_file}", "reason": "Kommet igen, hel"})),
    summary="Take off the report a file that was set aside",
)
async def settle_file(request: ApiRequest, data: JSONBody[SettleFile]) -> None:
    """One that the debtor system has sent anew, or that was none. It moves no money."""
    await request.run(lambda tx: operations.settle_file(tx, request.caller, data))


@get("/debts/reconciliation", opt=guarded(_COLLECT, example=Example()), summary="Whether the two sides agree")
async def reconcile(request: ApiRequest) -> Page[ShownMismatch]:
    """Empty when they do."""
    found = await reconciling.reconcile(request.services.database, outside(request), request.caller)
    lines = [
        ShownMismatch(
            check=each.check,
            subject=each.subject,
            amount_ore=each.amount_ore,
            why=each.why,
            details=each.details,
            text=text(each.check, request.language),
            mend=text(f"{each.check}_mend", request.language),
        )
        for each in found
    ]
    return Page(items=lines, next=None)


@get("/debts/system", opt=guarded(Permission.MONEY_SETUP, example=Example()), summary="The agency's debtor system")
async def show_system(request: ApiRequest) -> Neighbour:
    return await request.run(lambda tx: show_neighbour(tx, request.caller, Role.DEBTS))


@put(
    "/debts/system",
    opt=guarded(Permission.MONEY_SETUP, example=Example(body={"adapter": "file_drop"})),
    summary="Choose the debtor system",
)
async def set_system(request: ApiRequest, data: JSONBody[SetNeighbour]) -> NeighbourSet:
    """Files go to and come from the agency's directory below FAELLES_EXCHANGE."""
    services = request.services
    return await request.run(
        lambda tx: set_neighbour(tx, request.caller, services.keyring, services.installation, Role.DEBTS, data)
    )


router = Router(
    path="/",
    tags=["debts"],
    route_handlers=[
        write_notices,
        list_excluded,
        list_notices,
        list_own_notices,
        list_claims,
        offer_again,
        export,
        import_files,
        list_debt_messages,
        take_answers,
        settle_answer,
        settle_file,
        reconcile,
        show_system,
        set_system,
    ],
)
