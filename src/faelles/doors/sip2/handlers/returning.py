"""09: taking back, and where the copy goes now."""

from datetime import datetime, timedelta
from functools import partial

import msgspec

from faelles.circulation.desk.opening import LONGEST_BACKDATING
from faelles.circulation.loans.model import Outcome, ReturnAnswer, ReturnRequest
from faelles.circulation.loans.offline import record_offline
from faelles.circulation.loans.offline_model import Happened, OfflineEntry
from faelles.circulation.loans.operations import return_item, take_as_fact
from faelles.circulation.loans.replies import shown
from faelles.circulation.self_service import operations
from faelles.circulation.self_service.holds import card_of_hold
from faelles.circulation.self_service.model import ItemSeen
from faelles.circulation.sorting.rules import Sorted
from faelles.circulation.transit.model import JourneyReason, NextStop, Stop, StopAlert
from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import block_text, receipt, say, stamped
from faelles.doors.sip2.answers import shown as on_screen
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.doors.sip2.facts import happened_at
from faelles.doors.sip2.handlers.cancelling import cancel_checkout
from faelles.doors.sip2.sorting import collection, sort_bin
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.people.machines.terminal import Alert, Extension

_CLOCKS_DIFFER = timedelta(minutes=5)
"""A return date closer to now than this is the machine's idea of now."""


async def check_in(exchange: Exchange) -> Answer:
    if exchange.says("BI"):
        return await cancel_checkout(exchange)
    if exchange.flag("no_block") == "Y":
        return _told(exchange, await exchange.run(partial(_returned_already, exchange)), {})
    try:
        answer = await exchange.run(partial(_take_back, exchange, _returned_at(exchange)))
    except InvalidRequestError:
        # A return date from before the loan cannot be right: then it comes back now.
        answer = await exchange.run(partial(_take_back, exchange, None))
    return _told(exchange, answer, await _whose(exchange, answer))


async def _whose(exchange: Exchange, answer: ReturnAnswer) -> dict[str, str]:
    """CY and DA: whose hold it is for, on machines that may know; the name as the library lets a slip say it."""
    hold = answer.next.hold if answer.next else None
    if answer.next is None or hold is None:
        return {}
    told = {}
    if exchange.has(Extension.HOLD_PATRON):
        told["CY"] = await exchange.run(lambda tx: card_of_hold(tx, exchange.terminal.caller, hold))
    if exchange.has(Extension.HOLD_PATRON_NAME) and answer.next.slip is not None:
        told["DA"] = answer.next.slip.patron
    return {field: value for field, value in told.items() if value}


def _returned_at(exchange: Exchange) -> datetime | None:
    """When it was put into the book drop; None for now. Fees stop there."""
    told = exchange.moment("return_date")
    if told is None or exchange.now - told < _CLOCKS_DIFFER or exchange.now - told > LONGEST_BACKDATING:
        return None
    return told


async def _take_back(exchange: Exchange, returned_at: datetime | None, tx: Transaction) -> ReturnAnswer:
    caller = exchange.terminal.caller
    request = ReturnRequest(
        item=exchange.item,
        branch=exchange.branch,
        returned_at=returned_at,
        fulfils_holds=exchange.profile.fulfils_holds,
    )

    async def deed(key: str | None) -> ReturnAnswer:
        if returned_at is not None and key is not None:
            return await take_as_fact(tx, caller, request, key)
        return await return_item(tx, caller, msgspec.structs.replace(request, returned_at=None), key)

    async def still_stands(answer: ReturnAnswer) -> bool:
        return answer.outcome is Outcome.REFUSED or await operations.lent_as(tx, request.item) is None

    key = exchange.key("return", "" if returned_at is None else returned_at.isoformat())
    return await exchange.once(key, deed, still_stands)


async def _returned_already(exchange: Exchange, tx: Transaction) -> ReturnAnswer:
    """No block: it has come back, whatever a rule would say of it."""
    caller, keyring = exchange.terminal.caller, exchange.services.keyring
    entry = OfflineEntry(
        what=Happened.RETURN,
        item=exchange.item,
        branch=exchange.branch,
        happened_at=happened_at(exchange, "return_date", "transaction_date"),
    )
    taken = await record_offline(tx, caller, keyring, entry)
    seen = await operations.item_at_machine(tx, caller, exchange.item)
    if seen is None:
        return ReturnAnswer(outcome=taken.outcome, loan=taken.loan, next=taken.next, blocks=taken.conflicts)
    return ReturnAnswer(
        outcome=Outcome.RETURNED,
        loan=taken.loan,
        item=shown(seen.copy, on_checkout=False),
        next=taken.next or _next_stop(exchange, seen),
        blocks=taken.conflicts,
    )


def _next_stop(exchange: Exchange, seen: ItemSeen) -> NextStop:
    bound = seen.bound_for
    if bound is None:
        return NextStop(stop=Stop.SHELVE)
    return NextStop(stop=Stop.SEND, branch=bound, name=exchange.where.branches[bound].name)


def _told(exchange: Exchange, answer: ReturnAnswer, whose: dict[str, str]) -> Answer:
    alert, item = _alert(answer), answer.item
    is_taken = answer.outcome in {Outcome.RETURNED, Outcome.FOREIGN} or (
        answer.outcome is Outcome.NOT_ON_LOAN and exchange.profile.takes_back_unlent
    )
    title, media = (item.title, item.material_type) if item else ("", "other")
    fixed = {
        "ok": "1" if is_taken else "0",
        "resensitize": codes.yes_no(is_so=is_taken),
        "magnetic_media": codes.yes_no(is_so=codes.is_magnetic(media)),
        "alert": codes.yes_no(is_so=alert is not None and alert in exchange.profile.alerting),
    }
    values: dict[str, str | list[str]] = {
        "AO": exchange.institution,
        "AB": exchange.item,
        "AQ": exchange.where.code_of(item.owner_branch) if item else "",
        "AJ": title,
        "CK": codes.media_type(media),
        "AF": on_screen(exchange, _texts(exchange, answer)),
        "AG": receipt(exchange, say(exchange, "sip2_returned", title=title)) if is_taken else [],
        **_extensions(exchange, answer, alert),
        **whose,
    }
    return Answer({**stamped(exchange), **fixed}, values)


def _alert(answer: ReturnAnswer) -> Alert | None:
    """Why somebody, or a sorter, must look at it."""
    stop = answer.next
    if answer.outcome is Outcome.FOREIGN:
        return Alert.INTERLIBRARY
    if answer.outcome is Outcome.REFUSED or stop is None:
        return Alert.OTHER
    if StopAlert.TO_LENDER is stop.alert or stop.reason is JourneyReason.FOREIGN:
        return Alert.INTERLIBRARY
    if stop.stop is Stop.SEND:
        return Alert.HOLD_ELSEWHERE if stop.reason is JourneyReason.FOR_HOLD else Alert.SEND_ELSEWHERE
    return {Stop.HOLD_SHELF: Alert.HOLD_HERE, Stop.ALERT: Alert.OTHER}.get(stop.stop)


def _texts(exchange: Exchange, answer: ReturnAnswer) -> list[str]:
    texts = [block_text(each, exchange.language) for each in answer.blocks]
    if answer.outcome is Outcome.NOT_ON_LOAN:
        texts.append(say(exchange, "sip2_not_on_loan"))
    return [*texts, *_where_to(exchange, answer.next)]


def _where_to(exchange: Exchange, stop: NextStop | None) -> list[str]:
    """What whoever has the copy in hand does with it, where that is not to put it on its shelf."""
    if stop is None:
        return []
    if stop.alert is not None:
        return [say(exchange, f"why_{stop.alert}")]
    if stop.stop is Stop.HOLD_SHELF:
        return [say(exchange, "stop_hold_shelf")]
    return [] if stop.stays or not stop.name else [say(exchange, "sip2_goes_to", place=stop.name)]


def _sorted(exchange: Exchange, answer: ReturnAnswer, alert: Alert | None) -> Sorted:
    """The copy as the sorter's rules see it."""
    item, stop = answer.item, answer.next
    is_foreign = answer.outcome is Outcome.FOREIGN or alert is Alert.INTERLIBRARY
    return Sorted(
        destination=None if is_foreign else (stop.branch if stop else None) or exchange.branch,
        alert=alert,
        is_for_hold=stop is not None and stop.hold is not None,
        is_foreign=is_foreign,
        material_groups=exchange.where.groups_above(item.material_group) if item else frozenset(),
        material_type=item.material_type if item else None,
        placement=item.placement if item else None,
    )


def _extensions(exchange: Exchange, answer: ReturnAnswer, alert: Alert | None) -> dict[str, str]:
    item, stop = answer.item, answer.next
    bound = stop.branch if stop and not stop.stays else None
    found = {
        Extension.ALERT_TYPE: exchange.profile.alert_code(alert) if alert else None,
        Extension.DESTINATION: exchange.where.code_of(bound) if bound else stop and stop.isil,
        Extension.SORT_BIN: sort_bin(exchange, _sorted(exchange, answer, alert)),
        Extension.CALL_NUMBER: item.classification if item else None,
        Extension.COLLECTION: collection(exchange, item.placement) if item else None,
    }
    return {each.value: value for each, value in found.items() if value and exchange.has(each)}
