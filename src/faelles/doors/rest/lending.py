"""Agreements to lend to another municipality's patrons, over REST."""

from typing import Final

from litestar import Router, delete, get, post
from litestar.params import JSONBody

from faelles.circulation.sharing import agreements
from faelles.circulation.sharing.model import Agreement, AgreementGiven, GiveAgreement
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.people.model import Permission

_EDIT: Final = Permission.AGENCY_EDIT


@get(
    "/",
    opt=guarded(Permission.AGENCY_VIEW, example=Example()),
    summary="What we lend to whom, and who lends to us",
)
async def list_lending_agreements(request: ApiRequest) -> list[Agreement]:
    return await request.read(lambda tx: agreements.list_agreements(tx, request.caller))


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body={"borrower": "{borrower_isil}"})),
    summary="Lend to another municipality's patrons",
)
async def give_lending_agreement(request: ApiRequest, data: JSONBody[GiveAgreement]) -> AgreementGiven:
    """409 where there is one for some of those days already. They see titles that they ask for, never our patrons; we
    see titles that are asked for, never theirs.
    """
    return AgreementGiven(await request.run(lambda tx: agreements.give_agreement(tx, request.caller, data)))


@delete(
    "/{agreement:int}",
    opt=guarded(_EDIT, example=Example(path={"agreement": "{agreement}"})),
    summary="Lend nothing more under an agreement after today",
)
async def end_lending_agreement(request: ApiRequest, agreement: PathId) -> None:
    """What is under way goes on. Only the lender ends it; the borrower is told that there is none."""
    await request.run(lambda tx: agreements.end_agreement(tx, request.caller, agreement))


router = Router(
    path="/lending-agreements",
    route_handlers=[end_lending_agreement, give_lending_agreement, list_lending_agreements],
    tags=["lending"],
)
"""Under /api/v1."""
