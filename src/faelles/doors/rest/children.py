"""What a guardian sees and does for a child over REST, where the library lets guardians."""

import msgspec
from litestar import Router, get, patch, post
from litestar.params import JSONBody

from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds import operations as holds
from faelles.circulation.holds import reading
from faelles.circulation.holds.model import HoldShown, PlaceHolds
from faelles.circulation.loans import operations as loans
from faelles.circulation.loans.model import RenewalAnswer, RenewalRequest
from faelles.circulation.looking import operations as looking
from faelles.circulation.looking.model import LoanShown
from faelles.doors.rest.access import Example, own_account
from faelles.doors.rest.circulation import OwnRenewal, RenewalReply, told_renewals
from faelles.doors.rest.holds import OrderReply, told_placed
from faelles.doors.rest.own_holds import OwnOrder
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.guardians.operations import acting_for, own_children
from faelles.patrons.looking.model import PatronSummary
from faelles.patrons.own_account.operations import own_home_branch
from faelles.patrons.profile.model import Profile, SetProfile
from faelles.patrons.profile.operations import set_own_profile, show_own_profile

_THIS = {"child": "{child}"}


@get("/", opt=own_account(example=Example()), summary="The children I answer for")
async def list_children(request: ApiRequest) -> Page[PatronSummary]:
    """403 `guardian_view_off` where the library does not let guardians look. One page."""
    return Page(items=await request.run(lambda tx: own_children(tx, request.caller)), next=None)


@get("/{child:int}/loans", opt=own_account(example=Example(path=_THIS)), summary="My child's loans")
async def list_loans_of_child(
    request: ApiRequest, child: PathId, limit: Limit = 50, after: After = None
) -> Page[LoanShown]:
    cursor = read_cursor(after, int) or 0

    async def work(tx: Transaction) -> list[LoanShown]:
        caller = await acting_for(tx, request.caller, PatronId(child))
        return await looking.loans_of_patron(tx, caller, PatronId(child), after=cursor, limit=limit)

    return page(await request.run(work), limit, key=lambda loan: loan.id)


@post(
    "/{child:int}/renewals",
    opt=own_account(example=Example(path=_THIS, body={"branch": "{branch}"})),
    status_code=200,
    summary="Renew my child's loans",
)
async def renew_for_child(
    request: ApiRequest, child: PathId, data: JSONBody[OwnRenewal], idempotency_key: IdempotencyKey = None
) -> list[RenewalReply]:
    async def work(tx: Transaction) -> list[RenewalAnswer]:
        caller = await acting_for(tx, request.caller, PatronId(child))
        branch = data.branch or await own_home_branch(tx, caller)
        asked = RenewalRequest(branch=branch, loans=data.loans, patron=None if data.loans else PatronId(child))
        return await loans.renew(tx, caller, asked, idempotency_key)

    return told_renewals(await request.run(work), request.language)


@get("/{child:int}/holds", opt=own_account(example=Example(path=_THIS)), summary="My child's holds")
async def list_holds_of_child(
    request: ApiRequest, child: PathId, limit: Limit = 50, after: After = None
) -> Page[HoldShown]:
    start = read_cursor(after, int) or 0

    async def work(tx: Transaction) -> list[HoldShown]:
        caller = await acting_for(tx, request.caller, PatronId(child))
        return await reading.holds_of_patron(tx, caller, PatronId(child), is_open=True, after=start, limit=limit)

    return page(await request.run(work), limit, key=lambda hold: hold.id)


@post(
    "/{child:int}/holds",
    opt=own_account(
        example=Example(path=_THIS, body={"wishes": [{"record": "{wished_record}"}], "pickup": "{branch}"})
    ),
    status_code=200,
    summary="Wait for a title for my child",
)
async def place_for_child(
    request: ApiRequest, child: PathId, data: JSONBody[OwnOrder], idempotency_key: IdempotencyKey = None
) -> OrderReply:
    """Each wish is answered by itself, a refused one with every reason."""
    keyring = request.services.keyring
    asked = PlaceHolds(patron=Borrower(patron=child), **msgspec.structs.asdict(data))

    async def work(tx: Transaction) -> OrderReply:
        caller = await acting_for(tx, request.caller, PatronId(child))
        placing = await holds.place_holds(tx, caller, keyring, asked, idempotency_key)
        return OrderReply(transaction=placing.transaction, holds=told_placed(placing.holds, request.language))

    return await request.run(work)


@get("/{child:int}/profile", opt=own_account(example=Example(path=_THIS)), summary="My child's addresses and choices")
async def show_profile_of_child(request: ApiRequest, child: PathId) -> Profile:
    async def work(tx: Transaction) -> Profile:
        return await show_own_profile(tx, await acting_for(tx, request.caller, PatronId(child)))

    return await request.run(work)


@patch(
    "/{child:int}/profile",
    opt=own_account(example=Example(path=_THIS, body={"takes_post": True})),
    summary="Change my child's addresses and choices",
)
async def set_profile_of_child(request: ApiRequest, child: PathId, data: JSONBody[SetProfile]) -> Profile:
    async def work(tx: Transaction) -> Profile:
        return await set_own_profile(tx, await acting_for(tx, request.caller, PatronId(child)), data)

    return await request.run(work)


router = Router(
    path="/own/children",
    tags=["own account"],
    route_handlers=[
        list_children,
        list_loans_of_child,
        renew_for_child,
        list_holds_of_child,
        place_for_child,
        show_profile_of_child,
        set_profile_of_child,
    ],
)
