"""Circulation over REST: lending, taking back, renewing, undoing, and what goes wrong with copies.

A refusal is a problem, 422, with every block in it; a renewal of several loans answers each by itself.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from faelles.circulation.desk.blocks import Block, CirculationRefusedError
from faelles.circulation.desk.issues import titled
from faelles.circulation.loans import groups, operations
from faelles.circulation.loans.model import (
    CheckoutAnswer,
    CheckoutRequest,
    Outcome,
    RenewalAnswer,
    RenewalRequest,
    ReturnAnswer,
    ReturnRequest,
)
from faelles.circulation.transit.model import NextStop
from faelles.circulation.transit.slips import slip_lines
from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.parameters import IdempotencyKey
from faelles.doors.rest.request import ApiRequest
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Id
from faelles.ground.i18n import Language
from faelles.patrons.own_account.operations import own_home_branch
from faelles.people.model import Permission

_EACH_BY_ITSELF: Final = "each loan is answered by itself, one that is not there as well"


class Message(msgspec.Struct, frozen=True):
    """What a person should hear, with its code."""

    code: str
    text: str


class ReturnReply(ReturnAnswer, frozen=True, kw_only=True):
    """`messages` end with why the copy goes where it goes; `slip` is what is printed and put into it, a line each."""

    messages: list[Message]
    slip: tuple[str, ...] = ()


class BlockReply(Block, frozen=True, kw_only=True):
    text: str


class CheckoutReply(CheckoutAnswer, frozen=True, kw_only=True):
    """`blocks` with their texts: in a stack, a pair is refused by itself."""

    blocks: tuple[BlockReply, ...] = ()
    messages: list[Message]


class PairReply(msgspec.Struct, frozen=True, kw_only=True):
    pair: groups.Pair
    answer: CheckoutReply


class RenewalReply(RenewalAnswer, frozen=True, kw_only=True):
    """`blocks` with their texts."""

    blocks: tuple[BlockReply, ...] = ()


def _messages(codes: Iterable[str], language: Language) -> list[Message]:
    return [Message(code, i18n.text(code, language)) for code in codes]


def told_blocks(blocks: Iterable[Block], language: Language) -> tuple[BlockReply, ...]:
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
    return _told(answer, request.language)


def _told(answer: CheckoutAnswer, language: Language) -> CheckoutReply:
    texts = {
        "blocks": told_blocks(answer.blocks, language),
        "messages": _messages([f"outcome_{answer.outcome.value}", *answer.warnings], language),
    }
    return CheckoutReply(**(msgspec.structs.asdict(answer) | texts))


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
    return told_return(answer, request.language)


def told_return(answer: ReturnAnswer, language: Language) -> ReturnReply:
    """The answer with what a person should hear, or the refusal as an error."""
    if answer.outcome is Outcome.REFUSED:
        raise CirculationRefusedError(answer.blocks)
    said = _messages([f"outcome_{answer.outcome.value}", *answer.warnings], language)
    if answer.charged_ore:
        said.append(Message("late_fee", i18n.text("late_fee", language, {"charged_ore": answer.charged_ore})))
    title = titled(answer.item, language) if answer.item else None
    return ReturnReply(
        **msgspec.structs.asdict(answer),
        messages=said + _where_and_why(answer.next, language),
        slip=slip_lines(answer.next.slip, language, title=title) if answer.next else (),
    )


def _where_and_why(stop: NextStop | None, language: Language) -> list[Message]:
    """Where the copy goes now, and what decided that."""
    if stop is None:
        return []
    if stop.shelf_number is not None:
        code = "stop_hold_shelf_number"
    else:
        code = "send_to" if stop.name is not None else f"stop_{stop.stop}"
    where = Message(code, i18n.text(code, language, {"name": stop.name, "number": stop.shelf_number}))
    why = [(f"why_{each.code}", each.parameters) for each in stop.why]
    return [where, *(Message(code, i18n.text(code, language, figures)) for code, figures in why)]


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
    """By loans, by patron (all that is open) or by item. Each loan is answered by itself; 404 for an item that nobody
    has on loan.
    """
    answers = await request.run(lambda tx: operations.renew(tx, request.caller, data, idempotency_key))
    if data.item is not None and not answers:
        raise NotFoundError("loan_not_found")
    return told_renewals(answers, request.language)


def told_renewals(answers: Iterable[RenewalAnswer], language: Language) -> list[RenewalReply]:
    return [
        RenewalReply(**(msgspec.structs.asdict(answer) | {"blocks": told_blocks(answer.blocks, language)}))
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
) -> list[PairReply]:
    """One transaction; each pair is answered by itself, and one that is refused does not stop the others."""
    keyring = request.services.keyring
    answers = await request.run(lambda tx: groups.checkout_group(tx, request.caller, keyring, data, idempotency_key))
    return [PairReply(pair=each.pair, answer=_told(each.answer, request.language)) for each in answers]


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


class OwnRenewal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`branch`: whose calendar the new due date must fit, the home branch where none is given; the loans, or none for
    all.
    """

    branch: Id | None = None
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

    async def work(tx: Transaction) -> list[RenewalAnswer]:
        branch = data.branch or await own_home_branch(tx, caller)
        asked = RenewalRequest(branch=branch, loans=data.loans, patron=None if data.loans else caller.patron)
        return await operations.renew(tx, caller, asked, idempotency_key)

    return told_renewals(await request.run(work), request.language)


router = Router(
    path="/",
    route_handlers=[check_out, check_out_group, renew, renew_own, swap_loans, take_back],
    tags=["circulation"],
)
