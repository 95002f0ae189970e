"""A doubt about a claim, settled on one screen: what it follows from, day by day, what was said, and letting it go."""

import secrets
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.circulation.looking.lateness import Lateness, explain_lateness
from faelles.circulation.looking.model import LoanShown
from faelles.circulation.looking.operations import show_loan
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.money.amounts import AmountText, above_nothing, kroner_text
from faelles.doors.web.patrons.frame import PatronFrame, frame_of, patron_page
from faelles.doors.web.request import WebRequest
from faelles.fees.claims.model import ClaimStory
from faelles.fees.claims.operations import show_claim
from faelles.fees.desk import operations
from faelles.fees.desk.model import Forgive
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import ChargeId, PatronId, RuleId
from faelles.notices.looking.model import Said
from faelles.notices.looking.operations import said_about_claim
from faelles.people.model import Permission
from faelles.policies.operations import list_rules
from faelles.policies.requests import ListRules, RuleFilter, RuleRecord

_MOST_LOANS: Final = 20
_WAIVE: Final = Permission.FEE_WAIVE
_EVER: Final = RuleFilter(include_past_and_planned=True)
_THIS_CLAIM: Final = Example(path={"patron": "{patron}", "charge": "{charge}"})
_LETTING_GO: Final = Example(
    path={"patron": "{patron}", "charge": "{charge}"},
    body={"branch": "{branch}", "amount": "1,00", "reason": "Bogen stod på hylden", "key": "desk-0123456789"},
)


class ForgiveForm(msgspec.Struct, frozen=True, kw_only=True):
    """Without an amount: all that is owed of it."""

    branch: Id
    reason: ShortText
    key: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    amount: AmountText | None = None


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is to say about one claim. `lateness` is of its first loan: a batch has one."""

    story: ClaimStory
    loans: list[LoanShown]
    lateness: Lateness | None
    said: list[Said]
    rule: RuleRecord | None


@get("/patrons/{patron:int}/fees/{charge:int}", opt=guarded(Permission.FEE_VIEW, example=_THIS_CLAIM))
async def show(request: WebRequest, patron: PathId, charge: PathId) -> Response[bytes]:
    return await _page(request, patron, charge)


async def _page(request: WebRequest, patron: int, charge: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[PatronFrame, Dispute]:
        frame = await frame_of(tx, request, patron)
        return frame, await _dispute(tx, request, PatronId(patron), ChargeId(charge))

    frame, dispute = await request.run(work)
    more = {
        "dispute": dispute,
        "claim": dispute.story.claim,
        "owed_text": kroner_text(dispute.story.claim.outstanding_ore),
        "key": f"desk-{secrets.token_hex(12)}",
    }
    return patron_page(request, "dispute", frame, refused=refused, more=more)


async def _dispute(tx: Transaction, request: WebRequest, patron: PatronId, charge: ChargeId) -> Dispute:
    """Of a patron whose frame was made before."""
    caller = request.caller
    story = await show_claim(tx, caller, patron, charge, is_known=True)
    loans = await _loans(tx, request, story, patron)
    lateness = None
    if story.days is not None and loans:
        days = story.days
        first = loans[0]
        lateness = await explain_lateness(
            tx, caller, first.id, due_on=days.due_on, settled_on=days.settled_on, shown=first
        )
    may_see_messages = caller.may(Permission.PATRON_VIEW)
    return Dispute(
        story=story,
        loans=loans,
        lateness=lateness,
        said=await said_about_claim(tx, caller, patron, charge, is_known=True) if may_see_messages else [],
        rule=await _rule(tx, request, story.rule) if story.rule is not None else None,
    )


async def _loans(tx: Transaction, request: WebRequest, story: ClaimStory, patron: PatronId) -> list[LoanShown]:
    """Those that are the caller's to see, and not forgotten yet. Whose claim it is was seen before."""
    known = {patron, story.claim.for_patron}
    found: list[LoanShown] = []
    for each in story.loans[:_MOST_LOANS]:
        try:
            found.append(await show_loan(tx, request.caller, each.loan, known=known))
        except NotFoundError:
            continue
    return found


async def _rule(tx: Transaction, request: WebRequest, rule: RuleId) -> RuleRecord | None:
    """For those who may see rules; the others are told its number."""
    if not request.caller.may(Permission.POLICY_VIEW):
        return None
    found = await list_rules(tx, request.caller, ListRules(filter=_EVER, after=rule - 1, limit=1))
    return found[0] if found and found[0].id == rule else None


@post("/patrons/{patron:int}/fees/{charge:int}/waive", opt=guarded(_WAIVE, example=_LETTING_GO))
async def waive(request: WebRequest, patron: PathId, charge: PathId) -> Response[bytes]:
    """The claim was right, and the library lets it go."""

    async def do() -> Response[Any]:
        form, asked = await _asked(request)
        await request.run(
            lambda tx: operations.waive(tx, request.caller, ChargeId(charge), PatronId(patron), asked, key=form.key)
        )
        return request.go_to(f"/patrons/{patron}/fees/{charge}?done=waived")

    return await sent(request, "forgive", do, lambda refused: _page(request, patron, charge, refused))


@post("/patrons/{patron:int}/fees/{charge:int}/reduce", opt=guarded(_WAIVE, example=_LETTING_GO))
async def reduce(request: WebRequest, patron: PathId, charge: PathId) -> Response[bytes]:
    """The claim was too high."""

    async def do() -> Response[Any]:
        form, asked = await _asked(request)
        await request.run(
            lambda tx: operations.reduce(tx, request.caller, ChargeId(charge), PatronId(patron), asked, key=form.key)
        )
        return request.go_to(f"/patrons/{patron}/fees/{charge}?done=reduced")

    return await sent(request, "forgive", do, lambda refused: _page(request, patron, charge, refused))


async def _asked(request: WebRequest) -> tuple[ForgiveForm, Forgive]:
    form = await request.typed(ForgiveForm)
    amount = above_nothing(form.amount) if form.amount else None
    return form, Forgive(branch=form.branch, amount_ore=amount, reason=form.reason)


router = Router(path="/", route_handlers=[reduce, show, waive])
