"""23, 63, 01 and 25: who stands at the machine, what they have, and whether their card is any good."""

from functools import partial

from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.self_service import operations
from faelles.circulation.self_service.model import AtMachine, ClaimSeen, HoldSeen, PatronSeen, Recognised
from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import amount, block_text, money, refuse_for, say, shown, stamped
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.ground.database import Transaction
from faelles.people.machines.terminal import Extension, PersonalField, PinRule

_CONTACT = frozenset({PersonalField.ADDRESS, PersonalField.EMAIL, PersonalField.PHONE})
_MOST_LISTED = 500
_LONGEST_REASON = 200
_HOLDS, _OVERDUE, _CHARGED, _FINES = range(4)
_UNAVAILABLE = 5
_NO_COUNTS = codes.REFUSALS["64"]
_LISTED_AS = {_HOLDS: "AS", _UNAVAILABLE: "CD", _OVERDUE: "AT", _CHARGED: "AU", _FINES: "AV"}


async def status(exchange: Exchange) -> Answer:
    """24: flags and debt, no lists."""
    found = await exchange.run(partial(_recognise, exchange, exchange.who))
    return _status_answer(exchange, found)


def _status_answer(exchange: Exchange, found: Recognised) -> Answer:
    if found.patron is None:
        return _nobody(exchange, found)
    fixed = _fixed(exchange, found.patron, is_shown=_is_shown(exchange, found))
    return Answer(fixed, _values(exchange, found.patron, found))


async def information(exchange: Exchange) -> Answer:
    """64: what they have and owe; the list that was asked for, by pages."""
    found = await exchange.run(partial(_recognise, exchange, exchange.who))
    if found.patron is None:
        return _nobody(exchange, found)
    patron = found.patron
    if not _is_shown(exchange, found):
        fixed = {**_NO_COUNTS, **_fixed(exchange, patron, is_shown=False)}
        return Answer(fixed, _values(exchange, patron, found))
    fixed = {
        **_NO_COUNTS,
        **_fixed(exchange, patron, is_shown=True),
        "hold_items_count": codes.count(len(patron.holds)),
        "unavailable_holds_count": codes.count(len(_unavailable(patron))),
        "overdue_items_count": codes.count(len(patron.overdue)),
        "charged_items_count": codes.count(len(patron.loans)),
        "fine_items_count": codes.count(len(patron.claims)),
    }
    values = {
        **_values(exchange, patron, found),
        **_limits(patron),
        **_list(exchange, patron),
        **_personal(exchange, patron),
        **_extensions(exchange, patron),
    }
    return Answer(fixed, values)


async def _recognise(exchange: Exchange, who: AtMachine, tx: Transaction) -> Recognised:
    caller, keyring = exchange.terminal.caller, exchange.services.keyring
    with_contact = not exchange.profile.personal.isdisjoint(_CONTACT)
    found = await operations.patron_at_machine(tx, caller, keyring, who, with_contact=with_contact)
    if found.is_proven:
        exchange.note_proof()
    return found


def _nobody(exchange: Exchange, found: Recognised) -> Answer:
    blocks = [found.block] if found.block else []
    refusal = refuse_for(exchange, blocks, exchange.language)
    return Answer({**refusal.fixed, "patron_status": codes.patron_status(blocks)}, refusal.values)


def _is_shown(exchange: Exchange, found: Recognised) -> bool:
    """Whether the machine's rule lets more be told than that the card is good."""
    return (
        found.is_proven
        or exchange.profile.pin_rule(exchange.terminal.kind) is PinRule.WHEN_GIVEN
        or not (exchange.lacks_pin)
    )


def _fixed(exchange: Exchange, patron: PatronSeen, *, is_shown: bool) -> dict[str, str]:
    return {
        **stamped(exchange),
        "patron_status": codes.patron_status(patron.blocks if is_shown else ()),
        "language": codes.LANGUAGE_CODES[patron.language.value],
    }


def _values(exchange: Exchange, patron: PatronSeen, found: Recognised) -> dict[str, str | list[str]]:
    is_shown = _is_shown(exchange, found)
    is_named = is_shown and PersonalField.NAME in exchange.profile.personal
    values: dict[str, str | list[str]] = {
        "AO": exchange.institution,
        "AA": exchange.card,
        "AE": patron.name if is_named else "",
        "BL": "Y",
        "CQ": codes.yes_no(is_so=found.is_proven),
        "AF": shown(exchange, (block_text(block, patron.language) for block in patron.blocks)),
    }
    if is_shown:
        values |= money(exchange, max(patron.balance_ore, 0))
    else:
        values["AF"] = shown(exchange, [say(exchange, "pin_needed", patron.language)])
    return values


def _limits(patron: PatronSeen) -> dict[str, str]:
    """CB and CC, where there is a limit."""
    loans = {} if patron.max_loans is None else {"CB": codes.count(patron.max_loans)}
    return loans if patron.debt_limit_ore is None else {**loans, "CC": amount(patron.debt_limit_ore)}


def _list(exchange: Exchange, patron: PatronSeen) -> dict[str, list[str]]:
    """The one list that the summary asks for, from BP to BQ (counted from 1)."""
    wanted = exchange.message.fixed["summary"].upper().find("Y")
    if wanted not in _LISTED_AS:
        return {}
    first, last = _number(exchange, "BP", 1), _number(exchange, "BQ", _MOST_LISTED)
    return {_LISTED_AS[wanted]: _listed(exchange, patron, wanted)[max(first, 1) - 1 : last]}


def _listed(exchange: Exchange, patron: PatronSeen, wanted: int) -> list[str]:
    if wanted == _HOLDS:
        return [_hold_text(hold) for hold in patron.holds]
    if wanted == _UNAVAILABLE:
        return [_hold_text(hold) for hold in _unavailable(patron)]
    if wanted == _FINES:
        return [_claim_text(exchange, patron, claim) for claim in patron.claims]
    return [loan.item_number for loan in (patron.overdue if wanted == _OVERDUE else patron.loans)]


def _unavailable(patron: PatronSeen) -> list[HoldSeen]:
    """Holds whose copy is not on the hold shelf yet."""
    return [hold for hold in patron.holds if hold.state is not HoldState.READY]


def _hold_text(hold: HoldSeen) -> str:
    """A copy's number, by which a machine asks on; the title where there is no copy yet."""
    return hold.item_number or hold.title


def _number(exchange: Exchange, field: str, otherwise: int) -> int:
    sent = exchange.message.get(field).strip()
    return int(sent[:9]) if sent.isascii() and sent.isdigit() else otherwise


def _claim_text(exchange: Exchange, patron: PatronSeen, claim: ClaimSeen) -> str:
    """The number that CG pays it by, what is owed, what for."""
    step = f"_{claim.step}" if claim.step else ""
    what = say(exchange, f"charge_{claim.kind}{step}", patron.language)
    return f"{claim.charge} {amount(claim.outstanding_ore)} {what}"


def _personal(exchange: Exchange, patron: PatronSeen) -> dict[str, str]:
    contact = patron.contact
    if contact is None:
        return {}
    found = {
        PersonalField.ADDRESS: exchange.services.address(patron.name, contact),
        PersonalField.EMAIL: contact.email,
        PersonalField.PHONE: contact.phone,
    }
    return {each.value: value for each, value in found.items() if value and each in exchange.profile.personal}


def _extensions(exchange: Exchange, patron: PatronSeen) -> dict[str, str]:
    found = {
        Extension.EXPIRY: f"{patron.member_until:%Y%m%d}" if patron.member_until else None,
        Extension.BIRTH_DATE: f"{patron.birth_date:%Y%m%d}" if patron.birth_date else None,
        Extension.PATRON_CLASS: patron.group,
        Extension.HOME_LIBRARY: exchange.where.code_of(patron.home_branch),
    }
    return {each.value: value for each, value in found.items() if value and exchange.has(each)}


async def block(exchange: Exchange) -> Answer:
    """24 to 01: the machine kept the card, or saw it tried too often."""
    who = AtMachine(card=exchange.card, branch=exchange.branch)
    reason = exchange.message.get("AL").strip()[:_LONGEST_REASON]
    told = reason if reason.isprintable() and reason else say(exchange, "sip2_card_kept")

    async def work(tx: Transaction) -> Recognised:
        caller, keyring = exchange.terminal.caller, exchange.services.keyring
        await operations.block_at_machine(tx, caller, keyring, who, reason=told)
        return await _recognise(exchange, who, tx)

    exchange.proven.forget()
    found = await exchange.run(work)
    answer = _status_answer(exchange, found)
    if found.patron is None or _is_shown(exchange, found):
        return answer
    blocked = say(exchange, "sip2_card_blocked", found.patron.language)
    fixed = {**answer.fixed, "patron_status": codes.REFUSALS["24"]["patron_status"]}
    return Answer(fixed, {**answer.values, "AF": shown(exchange, [blocked])})


async def enable(exchange: Exchange) -> Answer:
    """26 to 25: the block that this machine put on is lifted; others stand."""

    async def work(tx: Transaction) -> Recognised:
        found = await _recognise(exchange, exchange.who, tx)
        if found.patron is None:
            return found
        caller, keyring = exchange.terminal.caller, exchange.services.keyring
        await operations.enable_at_machine(tx, caller, keyring, AtMachine(card=exchange.card, branch=exchange.branch))
        return await _recognise(exchange, exchange.who, tx)

    return _status_answer(exchange, await exchange.run(work))
