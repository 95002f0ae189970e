"""All that somebody has, owes and waits for in one 64: clients of SIP2 in XML ask for every list at once, where a
socket has one. It is what they would see at home, in the machine's division.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from faelles.circulation.claimed.model import OwnClaim
from faelles.circulation.claimed.operations import own_claims_asked_for, own_claims_seen
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.own.model import LoanAtHome, OwnHold
from faelles.circulation.own.operations import holds_asked_for, loans_asked_for
from faelles.circulation.self_service.model import CopyTold, HeldTold
from faelles.circulation.self_service.operations import copies_at_machine, held_at_machine
from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import amount
from faelles.doors.sip2.exchange import Whereabouts
from faelles.doors.sip2.messages import Message
from faelles.doors.sip2.parts import day, described, joined
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.ids import HoldId, ItemNumber, PatronId
from faelles.people.machines.terminal import Terminal
from faelles.people.model import Caller, Grant, Permission

_LISTS: Final = ("AS", "AT", "AU", "AV", "BU", "CD")
"""By their places in the summary. Nothing is ever recalled (BU): a loan lasts, whoever waits."""
_COUNTS: Final = MappingProxyType({"AS": "hold_items_count", "CD": "unavailable_holds_count"})
_MOST: Final = 500


class _Told(NamedTuple):
    copies: Mapping[ItemNumber, CopyTold]
    held: Mapping[HoldId, HeldTold]


async def tell_lists(
    tx: Transaction, terminal: Terminal, where: Whereabouts, patron: PatronId, message: Message, answer: Message
) -> None:
    """Put the lists that `message` asks for into `answer`, those that are empty too."""
    own = _own(terminal, patron)
    at_home, reserved, found = await tx.together(
        loans_asked_for(tx, own), holds_asked_for(tx, own), own_claims_asked_for(tx, own, only_open=True, limit=_MOST)
    )
    await own_claims_seen(tx, own, found.claims)
    loans = sorted(
        (each for each in at_home.lent if each.loan.division == terminal.division),
        key=lambda each: (each.loan.due_on, each.loan.id),
    )
    owed = [each for each in found.claims if each.division == terminal.division]
    told = await _told(tx, terminal.caller, loans, reserved.holds, owed)
    ready = [each for each in reserved.holds if each.state is HoldState.READY]
    waited = [each for each in reserved.holds if each.state is not HoldState.READY]
    today = local_date(tx.now, where.zone.key)
    lists: dict[str, list[str]] = {
        "AS": [_ready(where, each, told) for each in ready],
        "AT": [_charged(each, told) for each in loans if each.loan.is_overdue(today)],
        "AU": [_charged(each, told) for each in loans],
        "AV": [_claimed(where, each, told) for each in owed],
        "BU": [],
        "CD": [_waited(each, told) for each in waited],
    }
    for field, count in _COUNTS.items():
        answer.fixed[count] = codes.count(len(lists[field]))
    pages = partial(_page, message)
    answer.fields |= {field: pages(lists[field]) or [""] for field in _wanted(message)}


def _own(terminal: Terminal, patron: PatronId) -> Caller:
    """The machine in the name of who stands at it."""
    own = Grant(frozenset({Permission.OWN_ACCOUNT}), division=terminal.division)
    return msgspec.structs.replace(terminal.caller, patron=patron, grants=(own,))


async def _told(
    tx: Transaction, caller: Caller, loans: Sequence[LoanAtHome], holds: Sequence[OwnHold], owed: Sequence[OwnClaim]
) -> _Told:
    numbers = {each.item.number for each in loans} | {copy.item_number for each in owed for copy in each.copies}
    copies = await copies_at_machine(tx, caller, sorted(numbers)) if numbers else {}
    held = await held_at_machine(tx, caller, [each.id for each in holds]) if holds else {}
    return _Told({ItemNumber(number): copy for number, copy in copies.items()}, held)


def _wanted(message: Message) -> list[str]:
    summary = message.fixed["summary"].upper()
    return [field for field, asked in zip(_LISTS, summary, strict=False) if asked == "Y"]


def _page(message: Message, listed: Sequence[str]) -> list[str]:
    """From BP to BQ, counted from 1."""
    first, last = _number(message, "BP", 1), _number(message, "BQ", _MOST)
    return list(listed[max(first, 1) - 1 : last])


def _number(message: Message, field: str, otherwise: int) -> int:
    sent = message.get(field).strip()
    return int(sent[:9]) if sent.isascii() and sent.isdigit() else otherwise


def _charged(each: LoanAtHome, told: _Told) -> str:
    """AU, AT: copy, due date, what it is."""
    return joined((each.item.number, day(each.loan.due_on), *described(told.copies.get(each.item.number))))


def _ready(where: Whereabouts, hold: OwnHold, told: _Told) -> str:
    """AS: title's number, copy, number on the hold shelf, last day, where, what it is."""
    held, at = told.held.get(hold.id), where.branches[hold.pickup]
    copy = held.item_number if held else None
    place = f"{at.code} - {at.name}"
    return joined((hold.number, copy, hold.shelf_number, day(hold.pickup_deadline), place, *described(held)))


def _waited(hold: OwnHold, told: _Told) -> str:
    """CD: title's number, copy, until when it is wanted, what it is."""
    held = told.held.get(hold.id)
    return joined((hold.number, held.item_number if held else None, day(hold.interest_until), *described(held)))


def _claimed(where: Whereabouts, claim: OwnClaim, told: _Told) -> str:
    """AV: copy, the claim's number, its day, what is owed, what it is for."""
    number = claim.copies[0].item_number if claim.copies else None
    raised = day(local_date(claim.raised_at, where.zone.key))
    owed = amount(claim.outstanding_ore)
    return joined((number, str(claim.charge), raised, owed, *described(told.copies.get(number) if number else None)))
