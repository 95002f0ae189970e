"""37: a payment at the machine."""

import re

from faelles.circulation.desk.blocks import Block
from faelles.circulation.self_service.model import PayAtMachine
from faelles.circulation.self_service.operations import language_of, pay_at_machine
from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import amount, receipt, refuse, refuse_error, refuse_for, say, stamped
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.fees.desk.model import Receipt
from faelles.ground.database import Transaction
from faelles.ground.errors import FaellesError, UnavailableError
from faelles.ground.i18n import Language

_AMOUNT = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?", re.ASCII)
_CHARGE = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
_LONGEST_REFERENCE = 100


async def pay(exchange: Exchange) -> Answer:
    ore = _ore(exchange.message.get("BV"))
    means = codes.MEANS.get(exchange.message.fixed["payment_type"])
    chosen = exchange.message.get("CG").strip()
    if not ore or means is None:
        return refuse(exchange, say(exchange, "sip2_payment_malformed"))
    if exchange.flag("currency_type") != exchange.currency:
        return refuse(exchange, say(exchange, "currency_differs", currency=exchange.currency))
    if chosen and not _CHARGE.fullmatch(chosen):
        return refuse(exchange, say(exchange, "charge_unknown"))
    request = PayAtMachine(
        who=exchange.who,
        amount_ore=ore,
        currency=exchange.where.currency,
        means=means,
        reference=_reference(exchange, ore),
        charge=int(chosen) if chosen else None,
    )
    caller, keyring = exchange.terminal.caller, exchange.services.keyring

    async def work(tx: Transaction) -> tuple[Block | None, Receipt | None, Language]:
        barred, paid = await pay_at_machine(tx, caller, keyring, request)
        language = exchange.language if paid is None else await language_of(tx, caller, keyring, exchange.card)
        return barred, paid, language

    try:
        barred, paid, language = await exchange.run(work)
    except UnavailableError:
        raise
    except FaellesError as problem:
        return await _refused(exchange, problem)
    if paid is None:
        return refuse_for(exchange, [barred] if barred else [], language)
    values: dict[str, str | list[str]] = {
        "AO": exchange.institution,
        "AA": exchange.card,
        "BK": exchange.message.get("BK") or str(paid.payment),
        "AG": receipt(exchange, say(exchange, "sip2_paid", language, amount_ore=paid.amount_ore)),
    }
    return Answer({**stamped(exchange), "payment_accepted": "Y"}, values)


async def _refused(exchange: Exchange, problem: FaellesError) -> Answer:
    """Anybody may pay, but what is owed is told only to whom the machine may show it."""
    if exchange.lacks_pin:
        return refuse(exchange, say(exchange, "pin_needed"))
    caller, keyring = exchange.terminal.caller, exchange.services.keyring
    language = await exchange.run(lambda tx: language_of(tx, caller, keyring, exchange.card))
    return refuse_error(exchange, problem, language)


def _ore(text: str) -> int | None:
    """`12.50`, `12,5`, `12`: øre; None for nothing, less, and whatever is no amount."""
    found = _AMOUNT.fullmatch(text.strip())
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def _reference(exchange: Exchange, ore: int) -> str:
    """What makes two messages one payment: the machine's own number for it, else what it is. Two machines may count
    alike, so each has its own numbers.
    """
    own = exchange.message.get("BK").strip()
    machine = exchange.terminal.machine
    if own and len(own) <= _LONGEST_REFERENCE and own.isprintable():
        return f"sip2/{machine}/{own}"
    key = exchange.key("pay", amount(ore), exchange.message.get("CG"), own)
    return key or f"sip2/{machine}/{exchange.now.isoformat()}"
