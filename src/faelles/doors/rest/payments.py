"""Paying online over REST: orders, what a provider says about them, money back, and which provider it is."""

from litestar import Router, get, post, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded, own_account, public
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import IdempotencyKey, PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.fees.neighbours.model import Neighbour, NeighbourSet, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour, show_neighbour
from faelles.fees.payments import operations, refunds
from faelles.fees.payments.model import (
    OrderShown,
    Outside,
    Pretend,
    Refund,
    RefundRequest,
    SignedMessage,
    StartPayment,
)
from faelles.people.model import Permission

_THIS_ORDER = {"order": "{payment_order}"}
_PAID_ORDER = {"order": "{paid_order}"}
_BACK = "https://bibliotek.example/tilbage"


def outside(request: ApiRequest) -> Outside:
    return Outside(request.services.keyring, request.services.installation)


@post(
    "/own/payment-orders",
    opt=own_account(example=Example(body={"charges": ["{charge}"], "return_url": _BACK})),
    summary="Pay claims online",
)
async def start_payment(
    request: ApiRequest, data: JSONBody[StartPayment], idempotency_key: IdempotencyKey = None
) -> OrderShown:
    """Claims on my account, or on that of somebody whose claims I am liable for. `redirect_url` is where to pay; the
    debt is settled when the provider says so.
    """
    services = request.services
    return await operations.start_payment(
        services.database, outside(request), request.caller, data, key=idempotency_key
    )


@get("/own/payment-orders/{order:int}", opt=own_account(example=Example(path=_THIS_ORDER)), summary="What became of it")
async def show_own_order(request: ApiRequest, order: PathId) -> OrderShown:
    return await request.run(lambda tx: operations.show_order(tx, request.caller, order))


@post(
    "/own/payment-orders/{order:int}/cancellation",
    opt=own_account(example=Example(path=_THIS_ORDER)),
    summary="Think better of it",
)
async def cancel_own_order(request: ApiRequest, order: PathId) -> OrderShown:
    """Until the money is reserved."""
    return await operations.cancel_order(request.services.database, outside(request), request.caller, order)


@get(
    "/payment-orders/{order:int}",
    opt=guarded(Permission.FEE_VIEW, example=Example(path=_THIS_ORDER)),
    summary="A patron's order",
)
async def show_order(request: ApiRequest, order: PathId) -> OrderShown:
    return await request.run(lambda tx: operations.show_order(tx, request.caller, order))


@get(
    "/payment-orders/{order:int}/refunds",
    opt=guarded(Permission.FEE_VIEW, example=Example(path=_PAID_ORDER)),
    summary="What was sent back of an order",
)
async def list_refunds(request: ApiRequest, order: PathId) -> Page[Refund]:
    found = await request.run(lambda tx: refunds.list_refunds(tx, request.caller, order))
    return Page(items=found, next=None)


@post(
    "/payment-orders/{order:int}/refunds",
    opt=guarded(
        Permission.FEE_REFUND,
        example=Example(path=_PAID_ORDER, body={"amount_ore": 1_000, "reason": "Bogen er fundet"}),
    ),
    summary="Send money back through the provider",
)
async def refund(
    request: ApiRequest, order: PathId, data: JSONBody[RefundRequest], idempotency_key: IdempotencyKey = None
) -> Refund:
    """What was paid with the order and is the patron's credit now. `requested`: the provider has not answered yet."""
    return await refunds.refund(
        request.services.database, outside(request), request.caller, order, data, key=idempotency_key
    )


@post(
    "/payments/callbacks/{isil:str}",
    opt=public(
        example=Example(
            path={"isil": "{isil}"}, body={"payload": "{callback_payload}", "signature": "{callback_signature}"}
        )
    ),
    summary="A provider's word about an order",
)
async def receive_callback(request: ApiRequest, isil: PathCode, data: JSONBody[SignedMessage]) -> OrderShown:
    """`payload` is JSON: `{"order": reference, "state": "authorized" | "captured" | "cancelled" | "failed"}`. Said
    again, it changes nothing more.
    """
    return await operations.receive(request.services.database, outside(request), isil, data)


@post(
    "/payments/built-in/{isil:str}",
    opt=public(example=Example(path={"isil": "{isil}"}, body={"order": "{payment_reference}", "state": "authorized"})),
    summary="Pay at the built-in provider",
)
async def pretend_to_pay(request: ApiRequest, isil: PathCode, data: JSONBody[Pretend]) -> OrderShown:
    """For demonstrations: no money moves. There is no such thing in production."""
    return await operations.pretend(request.services.database, outside(request), isil, data)


@get(
    "/payments/provider",
    opt=guarded(Permission.MONEY_SETUP, example=Example()),
    summary="The agency's payment provider",
)
async def show_provider(request: ApiRequest) -> Neighbour:
    return await request.run(lambda tx: show_neighbour(tx, request.caller, Role.PAYMENTS))


@put(
    "/payments/provider",
    opt=guarded(
        Permission.MONEY_SETUP,
        example=Example(body={"adapter": "http", "address": "https://betaling.example/v1", "merchant": "bibliotek"}),
    ),
    summary="Choose the payment provider",
)
async def set_provider(request: ApiRequest, data: JSONBody[SetNeighbour]) -> NeighbourSet:
    """A secret that is made for the agency is in this answer and nowhere else."""
    services = request.services
    return await request.run(
        lambda tx: set_neighbour(tx, request.caller, services.keyring, services.installation, Role.PAYMENTS, data)
    )


router = Router(
    path="/",
    tags=["payments"],
    route_handlers=[
        start_payment,
        show_own_order,
        cancel_own_order,
        show_order,
        list_refunds,
        refund,
        receive_callback,
        pretend_to_pay,
        show_provider,
        set_provider,
    ],
)
