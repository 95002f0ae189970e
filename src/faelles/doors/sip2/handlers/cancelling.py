"""BI: a check-out that cancels a return, a return that cancels a check-out. Nothing else of either is run."""

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import ItemState
from faelles.circulation.loans.model import UndoAnswer
from faelles.circulation.self_service import operations
from faelles.circulation.self_service.model import CancelAtMachine, ItemSeen
from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import due_date, refuse, refuse_for, say, stamped
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.ground.database import Transaction

_Done = tuple[UndoAnswer | None, ItemSeen | None]


async def cancel_checkout(exchange: Exchange) -> Answer:
    """Answers 09: the loan was never made. Where there is none any more, that is so already."""
    request = CancelAtMachine(item=exchange.item, branch=exchange.branch)
    caller = exchange.terminal.caller

    async def work(tx: Transaction) -> _Done:
        undone = await operations.cancel_checkout(tx, caller, request)
        return undone, await operations.item_at_machine(tx, caller, exchange.item)

    undone, seen = await exchange.run(work)
    if seen is None or (undone is None and seen.copy.state is not ItemState.AVAILABLE):
        return refuse(exchange, say(exchange, "sip2_nothing_to_cancel"))
    copy = seen.copy
    fixed = {"ok": "1", "resensitize": "Y", "magnetic_media": codes.yes_no(is_so=codes.is_magnetic(copy.material_type))}
    values = {
        "AO": exchange.institution,
        "AB": exchange.item,
        "AQ": exchange.where.code_of(copy.owner_branch),
        "AJ": copy.title,
        "CK": codes.media_type(copy.material_type),
    }
    return Answer({**stamped(exchange), **fixed, "alert": "N"}, values)


async def cancel_return(exchange: Exchange) -> Answer:
    """Answers 11: the copy was never handed in. Where it is on loan to the patron still, that is so already."""
    caller, keyring = exchange.terminal.caller, exchange.services.keyring

    async def work(tx: Transaction) -> tuple[bool, Block | None, ItemSeen | None]:
        is_theirs, barred = await operations.cancel_return(tx, caller, keyring, exchange.who, exchange.item)
        return is_theirs, barred, await operations.item_at_machine(tx, caller, exchange.item)

    is_theirs, barred, seen = await exchange.run(work)
    blocks = [barred] if barred else []
    exchange.note_proof(blocks)
    if blocks:
        return refuse_for(exchange, blocks, exchange.language)
    if seen is None or not is_theirs:
        return refuse(exchange, say(exchange, "sip2_nothing_to_cancel"))
    copy = seen.copy
    fixed = {
        "ok": "1",
        "renewal_ok": "N",
        "magnetic_media": codes.yes_no(is_so=codes.is_magnetic(copy.material_type)),
        "desensitize": "Y",
    }
    values = {
        "AO": exchange.institution,
        "AA": exchange.card,
        "AB": exchange.item,
        "AJ": copy.title,
        "AH": due_date(exchange, seen.due_on),
        "CK": codes.media_type(copy.material_type),
    }
    return Answer({**stamped(exchange), **fixed}, values)
