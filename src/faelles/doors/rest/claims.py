"""One claim over REST, for whoever has to answer a doubt about it: its story, its lateness, what was said."""

from datetime import date
from typing import Annotated

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from faelles.circulation.looking.lateness import Lateness, explain_lateness
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.fees.claims import operations
from faelles.fees.claims.model import ClaimStory
from faelles.fees.desk.model import Receipt
from faelles.ground.ids import ChargeId, LoanId, PatronId
from faelles.notices.looking.model import Said
from faelles.notices.looking.operations import said_about_claim
from faelles.people.model import Permission

_VIEW = Permission.FEE_VIEW
_THIS_CLAIM = Example(path={"patron": "{patron}", "charge": "{charge}"})
Reference = Annotated[str, QueryParameter(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


@get("/patrons/{patron:int}/charges/{charge:int}", opt=guarded(_VIEW, example=_THIS_CLAIM), summary="One claim")
async def show_claim(request: ApiRequest, patron: PathId, charge: PathId) -> ClaimStory:
    """With the days and the rule it follows from, its loans, and every entry of the ledger about it."""
    return await request.run(lambda tx: operations.show_claim(tx, request.caller, PatronId(patron), ChargeId(charge)))


@get(
    "/patrons/{patron:int}/charges/{charge:int}/notices",
    opt=guarded(Permission.PATRON_VIEW, example=_THIS_CLAIM),
    summary="What was said about a claim and its loans",
)
async def list_said(request: ApiRequest, patron: PathId, charge: PathId) -> Page[Said]:
    """The earliest first: always one page."""
    said = await request.run(lambda tx: said_about_claim(tx, request.caller, PatronId(patron), ChargeId(charge)))
    return Page(items=said, next=None)


@get(
    "/patrons/{patron:int}/receipts",
    opt=guarded(_VIEW, example=Example(path={"patron": "{payer}"}, query={"reference": "{paid_reference}"})),
    summary="A receipt once more",
)
async def show_receipt(request: ApiRequest, patron: PathId, reference: Reference) -> Receipt:
    """By the payment's reference."""
    return await request.run(lambda tx: operations.show_receipt(tx, request.caller, PatronId(patron), reference))


@get(
    "/loans/{loan:int}/lateness",
    opt=guarded(_VIEW, example=Example(path={"loan": "{loan}"})),
    summary="Why a loan is so many days late",
)
async def show_lateness(
    request: ApiRequest, loan: PathId, due_on: FromQuery[date | None] = None, settled_on: FromQuery[date | None] = None
) -> Lateness:
    """Day by day, by the rules and the calendar of the day it was settled; without days as it stands today."""
    return await request.run(
        lambda tx: explain_lateness(tx, request.caller, LoanId(loan), due_on=due_on, settled_on=settled_on)
    )


router = Router(path="/", route_handlers=[list_said, show_claim, show_lateness, show_receipt], tags=["fees"])
