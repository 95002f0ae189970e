"""Loans and copies looked at, scans recognised, patrons merged over REST."""

from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody

from faelles.circulation.looking import operations as looking
from faelles.circulation.looking.explaining import CheckoutExplained, ExplainCheckout, explain_checkout
from faelles.circulation.looking.histories import copy_history
from faelles.circulation.looking.model import CopyHistory, CopyShown, LoanShown
from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId, LoanId, PatronId
from faelles.patrons.merging.model import Merged, MergePatrons
from faelles.people.model import Permission
from faelles.privacy.consents.history import list_own_history
from faelles.privacy.merging.operations import merge_patrons


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


@get(
    "/items/{item:int}/history",
    opt=guarded(Permission.ITEM_VIEW, example=Example(path={"item": "{item}"})),
    summary="Where a copy has been",
)
async def show_history(request: ApiRequest, item: PathId, limit: Limit = 20) -> CopyHistory:
    """Its latest loans and journeys. Who borrowed stands there for those who may see it, as long as it is kept."""
    return await request.run(lambda tx: copy_history(tx, request.caller, ItemId(item), limit=limit))


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
    "/checkouts/explanations",
    opt=guarded(
        Permission.POLICY_VIEW,
        example=Example(
            body={
                "borrower": {"card": "{card}"},
                "item": "{item_number}",
                "branch": "{branch}",
                "knobs": ["loan_days", "max_loans"],
            }
        ),
    ),
    status_code=200,
    summary="Why a patron would borrow an item on these terms",
)
async def explain_terms(request: ApiRequest, data: JSONBody[ExplainCheckout]) -> CheckoutExplained:
    """Each knob as a check-out would find it: the value, the rule that won, and those that lost. Needs `patron_view` as
    well; nothing is lent.
    """
    keyring = request.services.keyring
    return await request.run(lambda tx: explain_checkout(tx, request.caller, keyring, data))


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
async def list_own_loans(
    request: ApiRequest,
    closed: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[LoanShown]:
    """Closed ones only to whoever agrees to a history: what came back since."""
    caller, cursor = request.caller, read_cursor(after, int) or 0

    async def work(tx: Transaction) -> list[LoanShown]:
        if closed:
            return await list_own_history(tx, caller, after=cursor, limit=limit)
        return await looking.loans_of_patron(tx, caller, caller.oneself(), after=cursor, limit=limit)

    loans = await request.run(work)
    return page(loans, limit, key=lambda loan: loan.id)


router = Router(
    path="/",
    route_handlers=[
        explain_terms,
        identify_scan,
        list_loans,
        list_own_loans,
        merge,
        show_copy,
        show_history,
        show_loan,
    ],
    tags=["loans"],
)
