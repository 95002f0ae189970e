"""15: placing, changing and cancelling a hold."""

from datetime import date
from functools import partial

from faelles.circulation.self_service.holds import hold_at_machine, still_so
from faelles.circulation.self_service.model import HeldAtMachine, HoldAtMachine, HoldDeed
from faelles.doors.sip2 import codes, dates
from faelles.doors.sip2.answers import receipt, refuse, refuse_for, say, stamped
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import BranchId

_DEEDS = {"+": HoldDeed.PLACE, "-": HoldDeed.CANCEL, "*": HoldDeed.CHANGE}
_THIS_COPY = "3"
_KINDS = frozenset({"", "1", "2", _THIS_COPY})
"""Hold types: other, any copy, one copy. Any copy of one branch (4) is nothing that can be waited for here."""
_LONGEST_TITLE = 200


async def hold(exchange: Exchange) -> Answer:
    """16. A fee for placing there is none: BO is read and changes nothing."""
    deed, kind = _DEEDS.get(exchange.flag("hold_mode")), exchange.message.get("BY").strip()
    title = exchange.message.get("AJ").strip()[:_LONGEST_TITLE]
    lacking = [] if deed is not None else ["hold_mode"]
    lacking += [] if kind in _KINDS else ["BY"]
    lacking += [] if exchange.item or title else ["AB"]
    until = exchange.message.get("BW").strip()
    lacking += [] if not until or _last_day(exchange) else ["BW"]
    if deed is None or lacking:
        return refuse(exchange, say(exchange, "sip2_incomplete", fields=", ".join(lacking)))
    request = HoldAtMachine(
        deed=deed,
        who=exchange.who,
        item=exchange.item or None,
        title=title or None,
        only_this_copy=kind == _THIS_COPY,
        pickup=_pickup(exchange),
        interest_until=_last_day(exchange),
    )
    held = await exchange.run(partial(_hold, exchange, request))
    exchange.note_proof(held.blocks)
    if held.hold is None:
        return refuse_for(exchange, held.blocks, held.language or exchange.language)
    return _told(exchange, held)


def _last_day(exchange: Exchange) -> date | None:
    """BW, the day at the library."""
    until = dates.parse(exchange.message.get("BW"), exchange.where.zone)
    return until.astimezone(exchange.where.zone).date() if until else None


def _pickup(exchange: Exchange) -> BranchId | None:
    """BS, by the branch's code or its name."""
    told = exchange.message.get("BS").strip()
    if not told:
        return None
    found = [branch.id for branch in exchange.where.branches.values() if told in {branch.code, branch.name}]
    if len(found) != 1:
        raise NotFoundError("branch_unknown")
    return found[0]


async def _hold(exchange: Exchange, request: HoldAtMachine, tx: Transaction) -> HeldAtMachine:
    caller, keyring = exchange.caller, exchange.services.keyring

    async def deed(key: str | None) -> HeldAtMachine:
        return await hold_at_machine(tx, caller, keyring, request, key)

    async def still_stands(held: HeldAtMachine) -> bool:
        return await still_so(tx, request.deed, held)

    asked = (request.title, request.only_this_copy, request.pickup, request.interest_until)
    key = exchange.key(request.deed.value, *map(str, asked))
    return await exchange.once(key, deed, still_stands)


def _told(exchange: Exchange, held: HeldAtMachine) -> Answer:
    values: dict[str, str | list[str]] = {
        "AO": exchange.institution,
        "AA": exchange.card,
        "AJ": held.title,
        "AG": receipt(exchange),
    }
    if exchange.item:
        values["AB"] = exchange.item
    if held.interest_until is not None:
        values["BW"] = dates.end_of(held.interest_until)
    if held.position is not None:
        values["BR"] = str(held.position)
    if held.pickup is not None:
        values["BS"] = exchange.where.code_of(held.pickup)
    return Answer({**stamped(exchange), "ok": "1", "available": codes.yes_no(is_so=held.is_available)}, values)
