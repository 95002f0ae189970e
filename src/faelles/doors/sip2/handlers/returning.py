"""09: taking back, and where the copy goes now."""

from datetime import datetime, timedelta
from functools import partial

from faelles.circulation.loans.desk import LONGEST_BACKDATING
from faelles.circulation.loans.model import Outcome, Remark, ReturnAnswer, ReturnRequest
from faelles.circulation.loans.offline import Happened, OfflineEntry, record_offline
from faelles.circulation.loans.operations import return_item, take_as_fact
from faelles.circulation.self_service import operations
from faelles.circulation.self_service.model import ItemSeen
from faelles.circulation.transit.model import NextStop, Stop
from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import block_text, receipt, say, shown, stamped
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.doors.sip2.facts import happened_at
from faelles.doors.sip2.handlers.cancelling import cancel_checkout
from faelles.doors.sip2.sorting import collection, sort_bin
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.people.machines.terminal import Alert, Extension

_CLOCKS_DIFFER = timedelta(minutes=5)
"""A return date closer to now than this is the machine's idea of now."""
_ABOUT_THE_COPY = (Extension.CALL_NUMBER, Extension.COLLECTION)


async def check_in(exchange: Exchange) -> Answer:
    if exchange.says("BI"):
        return await cancel_checkout(exchange)
    if exchange.flag("no_block") == "Y":
        return _told(exchange, *await exchange.run(partial(_returned_already, exchange)))
    try:
        return _told(exchange, *await exchange.run(partial(_take_back, exchange, _returned_at(exchange))))
    except InvalidRequestError:
        # A return date from before the loan cannot be right: then it comes back now.
        return _told(exchange, *await exchange.run(partial(_take_back, exchange, None)))


def _returned_at(exchange: Exchange) -> datetime | None:
    """When it was put into the book drop; None for now. Fees stop there."""
    told = exchange.moment("return_date")
    if told is None or exchange.now - told < _CLOCKS_DIFFER or exchange.now - told > LONGEST_BACKDATING:
        return None
    return told


async def _take_back(
    exchange: Exchange, returned_at: datetime | None, tx: Transaction
) -> tuple[ReturnAnswer, ItemSeen | None]:
    caller = exchange.terminal.caller
    request = ReturnRequest(item=exchange.item, branch=exchange.branch, returned_at=returned_at)

    async def deed(key: str | None) -> ReturnAnswer:
        if returned_at is None or key is None:
            return await return_item(tx, caller, ReturnRequest(item=request.item, branch=request.branch), key)
        return await take_as_fact(tx, caller, request, key)

    async def still_stands(answer: ReturnAnswer) -> bool:
        return answer.outcome is Outcome.REFUSED or await operations.lent_as(tx, request.item) is None

    key = exchange.key("return", "" if returned_at is None else returned_at.isoformat())
    answer = await exchange.services.repeats.once(key, deed, still_stands)
    return answer, await _seen(exchange, tx)


async def _returned_already(exchange: Exchange, tx: Transaction) -> tuple[ReturnAnswer, ItemSeen | None]:
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
    is_unknown = seen is None and taken.outcome is Outcome.REFUSED
    outcome = Outcome.REFUSED if is_unknown else Outcome.RETURNED
    return ReturnAnswer(outcome=outcome, loan=taken.loan, next=_next_stop(exchange, seen), blocks=taken.conflicts), seen


def _next_stop(exchange: Exchange, seen: ItemSeen | None) -> NextStop | None:
    if seen is None:
        return None
    bound = seen.bound_for
    if bound is None:
        return NextStop(stop=Stop.SHELVE)
    return NextStop(stop=Stop.SEND, branch=bound, name=_name(exchange, bound))


def _name(exchange: Exchange, branch: int) -> str:
    return next((each.name for each in exchange.where.branches.values() if each.id == branch), "")


async def _seen(exchange: Exchange, tx: Transaction) -> ItemSeen | None:
    """The copy's particulars, where the machine wants them."""
    if not any(exchange.has(each) for each in _ABOUT_THE_COPY):
        return None
    return await operations.item_at_machine(tx, exchange.terminal.caller, exchange.item)


def _told(exchange: Exchange, answer: ReturnAnswer, seen: ItemSeen | None) -> Answer:
    alert = _alert(answer)
    is_taken = answer.outcome in {Outcome.RETURNED, Outcome.FOREIGN} or (
        answer.outcome is Outcome.NOT_ON_LOAN and exchange.profile.takes_back_unlent
    )
    media = seen.copy.material_type if seen else answer.item.material_type if answer.item else "other"
    fixed = {
        "ok": "1" if is_taken else "0",
        "resensitize": codes.yes_no(is_so=is_taken),
        "magnetic_media": codes.yes_no(is_so=codes.is_magnetic(media)),
        "alert": codes.yes_no(is_so=alert is not None and alert in exchange.profile.alerting),
    }
    values: dict[str, str | list[str]] = {
        "AO": exchange.institution,
        "AB": exchange.item,
        "AQ": _home(exchange, answer, seen),
        "AJ": seen.copy.title if seen else answer.item.title if answer.item else "",
        "CK": codes.media_type(media),
        "AF": shown(exchange, _texts(exchange, answer)),
        "AG": receipt(exchange, say(exchange, "sip2_returned", title=answer.item.title if answer.item else "")),
        **_extensions(exchange, answer, seen, alert, media),
    }
    return Answer({**stamped(exchange), **fixed}, values)


def _alert(answer: ReturnAnswer) -> Alert | None:
    """Why somebody, or a sorter, must look at it."""
    if answer.outcome is Outcome.REFUSED:
        return Alert.OTHER
    if answer.outcome is Outcome.FOREIGN or Remark.SEND_TO_LENDER in answer.warnings:
        return Alert.INTERLIBRARY
    return Alert.SEND_ELSEWHERE if answer.next and not answer.next.stays else None


def _home(exchange: Exchange, answer: ReturnAnswer, seen: ItemSeen | None) -> str:
    """AQ: the branch it belongs to; where it stays, this one."""
    if seen is not None:
        return exchange.where.code_of(seen.copy.owner_branch)
    if answer.next is None or answer.outcome is Outcome.FOREIGN:
        return ""
    return exchange.where.code_of(answer.next.branch or exchange.branch)


def _texts(exchange: Exchange, answer: ReturnAnswer) -> list[str]:
    texts = [block_text(each, exchange.language) for each in answer.blocks]
    if answer.outcome is Outcome.NOT_ON_LOAN:
        texts.append(say(exchange, "sip2_not_on_loan"))
    if answer.next and not answer.next.stays and answer.next.name:
        texts.append(say(exchange, "sip2_goes_to", place=answer.next.name))
    return texts


def _extensions(
    exchange: Exchange, answer: ReturnAnswer, seen: ItemSeen | None, alert: Alert | None, media: str
) -> dict[str, str]:
    stop = answer.next
    destination = stop.branch if stop and stop.branch else exchange.branch
    is_bound = stop is not None and stop.branch is not None and not stop.stays
    placement = seen.placement if seen else None
    found = {
        Extension.ALERT_TYPE: exchange.profile.alert_code(alert) if alert else None,
        Extension.DESTINATION: exchange.where.code_of(destination) if is_bound else None,
        Extension.SORT_BIN: sort_bin(
            exchange, alert=alert, destination=destination, material_type=media, placement=placement
        ),
        Extension.CALL_NUMBER: seen.copy.classification if seen else None,
        Extension.COLLECTION: collection(exchange, seen.placement) if seen else None,
    }
    return {each.value: value for each, value in found.items() if value and exchange.has(each)}
