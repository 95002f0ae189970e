"""A patron's own pages: loans, holds and fees; renewing, cancelling, being away."""

from datetime import date
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.agencies import operations as agencies
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.holds.model import HoldShown
from faelles.circulation.holds.reading import holds_of_patron
from faelles.circulation.loans import operations
from faelles.circulation.loans.model import RenewalRequest
from faelles.circulation.looking.model import LoanShown
from faelles.circulation.looking.operations import loans_of_patron
from faelles.doors.rest.access import Example, own_account
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.desk import answers
from faelles.doors.web.patrons.holds import cancel_one
from faelles.doors.web.problems import told
from faelles.doors.web.request import WebRequest
from faelles.fees.desk.model import ClaimLine
from faelles.fees.desk.operations import claims
from faelles.fees.exclusion.model import NoticeLine
from faelles.fees.exclusion.operations import standing_notices
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.fields import Id
from faelles.patrons.looking.model import PatronView
from faelles.patrons.model import AbsencePeriod
from faelles.patrons.own_account import operations as own
from faelles.policies.operations import current_settings

_MOST: Final = 200
_MINE: Final = "/mine"


class RenewForm(msgspec.Struct, frozen=True, kw_only=True):
    """One loan, or none for all."""

    loan: Id | None = None
    key: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class CancelForm(msgspec.Struct, frozen=True, kw_only=True):
    hold: Id


class AbsenceForm(msgspec.Struct, frozen=True, kw_only=True):
    first_day: date
    last_day: date


class Mine(msgspec.Struct, frozen=True, kw_only=True):
    patron: PatronView
    loans: list[LoanShown]
    holds: list[HoldShown]
    claims: list[ClaimLine]
    exclusions: list[NoticeLine]
    """That stand, or are to come."""
    branches: dict[int, str]
    today: date

    @property
    def ready(self) -> list[HoldShown]:
        return [each for each in self.holds if each.state is HoldState.READY]

    @property
    def owed_ore(self) -> int:
        return sum(each.outstanding_ore for each in self.claims)


@get("/mine", opt=own_account(example=Example()))
async def show(request: WebRequest) -> Response[bytes]:
    return await _mine(request)


async def _mine(request: WebRequest, said: tuple[str, ...] = ()) -> Response[bytes]:
    mine = await request.run(lambda tx: _load(tx, request))
    return request.page("own/mine.html", {"mine": mine, "said": said})


async def _load(tx: Transaction, request: WebRequest) -> Mine:
    caller = request.caller
    patron = caller.oneself()
    settings = await current_settings(tx)
    branches = await agencies.list_branches(tx, caller, limit=_MOST)
    return Mine(
        patron=await own.show_own(tx, caller),
        loans=await loans_of_patron(tx, caller, patron, limit=_MOST),
        holds=await holds_of_patron(tx, caller, patron, limit=_MOST),
        claims=await claims(tx, caller, patron, only_open=True, before=None, limit=_MOST),
        exclusions=[each for each in await standing_notices(tx, caller, patron) if each.excludes_on is not None],
        branches={each.id: each.name for each in branches},
        today=local_date(tx.now, settings.directory.agency.time_zone),
    )


@post("/mine/renewals", opt=own_account(example=Example()), status_code=200)
async def renew(request: WebRequest) -> Response[bytes]:
    """Each loan is answered by itself; why not, where one was not."""
    form, caller = await request.typed(RenewForm), request.caller

    async def work(tx: Transaction) -> tuple[str, ...]:
        asked = RenewalRequest(
            branch=await own.own_home_branch(tx, caller),
            loans=(form.loan,) if form.loan else (),
            patron=None if form.loan else caller.patron,
        )
        renewed = await operations.renew(tx, caller, asked, form.key)
        return answers.of_renewals(renewed, request, caller.oneself()).lines

    return await _mine(request, await request.run(work))


@post("/mine/holds/cancel", opt=own_account(example=Example(body={"hold": "{planned_hold}"})), status_code=200)
async def cancel(request: WebRequest) -> Response[bytes]:
    form = await request.typed(CancelForm)
    try:
        await request.run(lambda tx: cancel_one(tx, request, form.hold))
    except ConflictError as problem:
        return await _mine(request, tuple(told(problem, request)))
    return request.go_to(f"{_MINE}#holds")


@post(
    "/mine/absences",
    opt=own_account(example=Example(body={"first_day": "2026-12-01", "last_day": "2150-01-31"})),
    status_code=200,
)
async def be_away(request: WebRequest) -> Response[bytes]:
    """Holds keep their place and are skipped meanwhile."""
    form = await request.typed(AbsenceForm)
    period = AbsencePeriod(first_day=form.first_day, last_day=form.last_day)
    await request.run(lambda tx: own.set_own_absence(tx, request.caller, period))
    return request.go_to(f"{_MINE}#absence")


@post("/mine/absences/{absence:int}/end", opt=own_account(example=Example(path={"absence": "{absence}"})))
async def be_back(request: WebRequest, absence: PathId) -> Response[bytes]:
    await request.run(lambda tx: own.remove_own_absence(tx, request.caller, absence))
    return request.go_to(f"{_MINE}#absence")


router = Router(path="/", route_handlers=[be_away, be_back, cancel, renew, show])
