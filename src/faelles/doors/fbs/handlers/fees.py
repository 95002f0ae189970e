"""What a patron owes, and payments that were made at the web site's own payment gateway."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.agencies.settings import rules
from faelles.agencies.settings.model import PAYMENTS
from faelles.agencies.settings.operations import asked_for as settings_asked_for
from faelles.agencies.settings.operations import is_on
from faelles.circulation.availability.model import LentCopy
from faelles.circulation.availability.operations import copies_lent
from faelles.circulation.claimed.model import ClaimedCopy, OwnClaim
from faelles.circulation.claimed.operations import own_claims_asked_for, own_claims_seen
from faelles.circulation.expected.operations import expected_fees as expected
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler, number
from faelles.doors.fbs.handlers.catalog import material_group, periodical
from faelles.doors.fbs.handlers.words import local
from faelles.fees.desk.model import ClaimLine, Means, Pay, StatementLine
from faelles.fees.desk.operations import claims, pay, statement
from faelles.fees.model import ChargeKind, EntryKind
from faelles.fees.settled.model import Settlement
from faelles.fees.settled.operations import settlements
from faelles.ground import i18n
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, RefusedError, invalid_field
from faelles.ground.fields import HIGHEST_ID
from faelles.ground.i18n import Language
from faelles.ground.ids import ChargeId
from faelles.patrons.model import Patron
from faelles.patrons.reach import there
from faelles.policies.compiled import Settings
from faelles.policies.operations import settings_for

REGISTERED: Final = "paymentRegistered"
BY_OTHER_ORDER: Final = "paymentRegisteredByDifferentOrderId"
NOT_ALLOWED: Final = "paymentNotAllowedByClient"

_MOST_FEES: Final = 500
_LONGEST_ORDER: Final = 150
_MOST_ENTRIES: Final = 2_000
_EXPECTED: Final = -1
"""The id of a fee that is none yet."""
_TRANSACTIONS: Final[Mapping[EntryKind, str]] = MappingProxyType(
    {
        EntryKind.CHARGE: "creation",
        EntryKind.PAYMENT: "payment",
        EntryKind.REDUCTION: "reduction",
        EntryKind.WAIVER: "write_off",
        EntryKind.REVERSAL: "cancellation",
    }
)
_UNDONE: Final[Mapping[EntryKind, str]] = MappingProxyType(
    {
        EntryKind.CHARGE: "cancellation",
        EntryKind.PAYMENT: "payment_reduction",
        EntryKind.REDUCTION: "creation",
        EntryKind.WAIVER: "write_off_reduction",
        EntryKind.REVERSAL: "creation",
    }
)
"""What undoing an entry is called."""
_COMPENSATIONS: Final = frozenset({ChargeKind.REPLACEMENT, ChargeKind.PROCESSING})


class Order(msgspec.Struct, frozen=True, rename="camel"):
    order_id: str
    fee_ids: tuple[int, ...]


async def fees(call: Call) -> list[models.Fee]:
    """The patron's fees in this division, newest first; what is settled only where it is asked for."""
    with_paid, with_unpayable = call.flag("includepaid"), call.flag("includenonpayable")

    async def work(tx: Transaction) -> list[models.Fee]:
        own = call.own
        patron, stored, owed = await tx.together(
            call.patron_asked_for(tx),
            settings_asked_for(tx, call.division),
            own_claims_asked_for(tx, own, only_open=not with_paid, limit=_MOST_FEES),
        )
        there(patron)
        found = [each for each in owed.claims if each.division == call.division]
        await own_claims_seen(tx, own, found)
        settings = await settings_for(tx, owed.revision)
        settled = await settlements(tx, [each.charge for each in found if each.outstanding_ore <= 0])
        shown = _shown(settings, found, settled, may_pay=rules.is_on(stored, PAYMENTS))
        return [fee for fee in shown if with_unpayable or fee.payable_by_client or fee.paid_date is not None]

    return await call.look(work)


async def _claims(tx: Transaction, call: Call, known: Patron, *, only_open: bool) -> list[ClaimLine]:
    own = call.in_name_of(known.id)
    found = await claims(tx, own, known.id, only_open=only_open, before=None, limit=_MOST_FEES)
    return [each for each in found if each.division == call.division]


def _shown(
    settings: Settings,
    found: Sequence[OwnClaim],
    settled: Mapping[ChargeId, Settlement],
    *,
    may_pay: bool,
) -> list[models.Fee]:
    zone = settings.directory.agency.time_zone
    return [
        models.Fee(
            fee_id=claim.charge,
            type=fee_type(claim.kind),
            amount=in_kroner(claim.outstanding_ore if claim.outstanding_ore > 0 else claim.charged_ore),
            reason_message=reason(claim.kind, claim.step, claim.reason),
            creation_date=local_date(claim.raised_at, zone),
            due_date=local_date(claim.raised_at, zone),
            paid_date=_day(settled.get(claim.charge), zone),
            payable_by_client=may_pay and claim.outstanding_ore > 0,
            materials=tuple(material(settings, copy) for copy in claim.copies),
        )
        for claim in found
    ]


def _day(settled: Settlement | None, zone: str) -> date | None:
    moment: datetime | None = settled.at if settled else None
    return None if moment is None else local_date(moment, zone)


def fee_type(kind: ChargeKind) -> str:
    return "compensation" if kind in _COMPENSATIONS else "fee"


def in_kroner(ore: int) -> float:
    return round(ore / 100, 2)


def reason(kind: ChargeKind, step: int, said: str | None) -> str:
    """What was written on the bill, else what such a fee is for."""
    if said:
        return said
    code = f"charge_{kind.value}_{step}" if kind is ChargeKind.OVERDUE else f"charge_{kind.value}"
    return i18n.text(code, Language.DANISH)


def material(settings: Settings, copy: LentCopy | ClaimedCopy) -> models.FeeMaterial:
    return models.FeeMaterial(
        record_id=copy.number,
        material_group=material_group(settings, copy.material_group),
        material_item_number=copy.item_number,
        periodical=None if copy.issue is None else periodical(copy.issue),
    )


async def pay_fees(call: Call) -> list[models.PaymentConfirmation]:
    """Enter that whole fees were paid with an order at the gateway. The same order again gets the same confirmation."""
    order = call.body(Order)
    if not order.order_id.strip() or len(order.order_id) > _LONGEST_ORDER:
        raise invalid_field("orderId", "field_wrong_form")
    if len(order.fee_ids) > _MOST_FEES or not all(0 < fee <= HIGHEST_ID for fee in order.fee_ids):
        raise invalid_field("feeIds", "field_wrong_form")

    async def work(tx: Transaction) -> list[models.PaymentConfirmation]:
        known = await call.patron_known(tx)
        return [await _pay(tx, call, known, order.order_id, ChargeId(fee)) for fee in dict.fromkeys(order.fee_ids)]

    return await call.run(work)


async def _pay(tx: Transaction, call: Call, known: Patron, order: str, fee: ChargeId) -> models.PaymentConfirmation:
    try:
        return await _pay_owed(tx, call, known, order, fee)
    except RefusedError:
        # Another order was quicker. What is owed is locked by now, so it is looked at once more and not again.
        return await _pay_owed(tx, call, known, order, fee)


async def _pay_owed(
    tx: Transaction, call: Call, known: Patron, order: str, fee: ChargeId
) -> models.PaymentConfirmation:
    found = await _claims(tx, call, known, only_open=False)
    claim = next((each for each in found if each.charge == fee), None)
    if claim is None or not await is_on(tx, call.division, PAYMENTS):
        return _confirmation(order, fee, NOT_ALLOWED)
    if claim.outstanding_ore <= 0:
        return await _paid_before(tx, order, fee)
    settings = await call.settings(tx)
    request = Pay(
        branch=call.own_branch(settings, known),
        amount_ore=claim.outstanding_ore,
        currency=settings.directory.agency.currency,
        means=Means.ONLINE,
        reference=_reference(order, fee),
        charges=(fee,),
    )
    try:
        receipt = await pay(tx, call.caller, claim.for_patron, request)
    except ConflictError:
        return _confirmation(order, fee, BY_OTHER_ORDER)
    return _confirmation(order, fee, REGISTERED, receipt.payment)


async def _paid_before(tx: Transaction, order: str, fee: ChargeId) -> models.PaymentConfirmation:
    settled = (await settlements(tx, [fee])).get(fee)
    if settled is not None and settled.reference == _reference(order, fee):
        return _confirmation(order, fee, REGISTERED, settled.payment)
    return _confirmation(order, fee, BY_OTHER_ORDER)


def _reference(order: str, fee: ChargeId) -> str:
    """An order pays several fees, and each is a payment of its own."""
    return f"web/{order}/{fee}"


def _confirmation(order: str, fee: ChargeId, status: str, payment: int | None = None) -> models.PaymentConfirmation:
    return models.PaymentConfirmation(
        fee_id=fee,
        order_id=order,
        payment_status=status,
        confirmation_id=None if payment is None else str(payment),
    )


async def expected_fees(call: Call) -> list[models.Fee]:
    """What every overdue loan would cost if it came back today: no fee yet, and nothing to pay."""

    async def work(tx: Transaction) -> list[models.Fee]:
        known = await call.patron_known(tx)
        own, settings = call.in_name_of(known.id), await call.settings(tx)
        found = [each for each in await expected(tx, own, known.id) if each.division == call.division]
        copies = await copies_lent(tx, [loan for each in found for loan in each.loans])
        return [
            models.Fee(
                fee_id=_EXPECTED,
                type="fee",
                amount=in_kroner(each.amount_ore),
                reason_message=i18n.text("fbs_expected_fee", Language.DANISH),
                creation_date=local_date(tx.now, settings.directory.agency.time_zone),
                due_date=None,
                paid_date=None,
                payable_by_client=False,
                materials=tuple(material(settings, copies[loan]) for loan in each.loans if loan in copies),
            )
            for each in found
        ]

    return await call.run(work)


async def fee_transactions(call: Call) -> list[models.FeeTransaction]:
    """Everything that was entered on one of the patron's fees, in order."""
    fee = ChargeId(number(call.path["feeId"], "feeId"))

    async def work(tx: Transaction) -> list[models.FeeTransaction]:
        known = await call.patron_known(tx)
        claim = next((each for each in await _claims(tx, call, known, only_open=False) if each.charge == fee), None)
        if claim is None:
            raise NotFoundError("charge_unknown")
        entries = await statement(tx, call.caller, claim.for_patron, before=None, limit=_MOST_ENTRIES)
        zone = (await call.settings(tx)).directory.agency.time_zone
        return _transactions([each for each in reversed(entries) if each.charge == fee], fee, zone)

    return await call.run(work)


def _transactions(entries: Sequence[StatementLine], fee: ChargeId, zone: str) -> list[models.FeeTransaction]:
    kinds = {each.entry: each.kind for each in entries}
    return [
        models.FeeTransaction(
            fee_id=fee,
            transaction_id=each.entry,
            parent_transaction_id=each.reverses,
            type=_TRANSACTIONS[each.kind] if each.reverses is None else _UNDONE[kinds.get(each.reverses, each.kind)],
            amount=in_kroner(abs(each.amount_ore)),
            creation_time=local(each.at, zone),
        )
        for each in entries
    ]


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "fees": fees,
        "pay_fees": pay_fees,
        "expected_fees": expected_fees,
        "fee_transactions": fee_transactions,
    }
)
