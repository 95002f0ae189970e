"""What SIP2 in XML says otherwise: lists with `%` between their parts, patron numbers in place of cards, FAUST numbers.

Everything is put over the answer that a socket would get; nothing is decided here.
"""

from collections.abc import Mapping
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from faelles.circulation.self_service.model import CopyTold
from faelles.circulation.self_service.operations import card_of_number, copies_at_machine, number_of, returned_by
from faelles.doors.sip2.exchange import Whereabouts
from faelles.doors.sip2.messages import Message, parse, write
from faelles.doors.sip2.parts import day, described, joined
from faelles.doors.sip2.percent_lists import tell_lists
from faelles.doors.sip2.services import Services
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.people.machines.terminal import DueDateForm, Encoding, Extension, PersonalField, Terminal

_BY_NUMBER, _AS_SENT = "LN:", "ANY:"
_NO_LIMIT: Final = "9999"
_IS_SHOWN: Final = "BV"
"""What an answer has that may tell more than whether a card is good."""
_LONGEST_NUMBER: Final = 18
_DATE: Final = 12
"""The date and the zone of a due date; the time goes after them."""
_TIMEOUT, _RETRIES = 600, 999
_SHOWN: Final = frozenset({Extension.BIRTH_DATE, Extension.PATRON_CLASS, Extension.EXPIRY, Extension.SORT_BIN})


class Heard(msgspec.Struct, frozen=True):
    """A message, and whether its PIN was that of its card."""

    message: Message
    is_proven: bool


def set_up(terminal: Terminal, where: Whereabouts | None = None) -> Terminal:
    """The machine as it is spoken to here, whatever it is on a socket."""
    profile = msgspec.structs.replace(
        terminal.profile,
        encoding=Encoding.UTF_8,
        due_date=DueDateForm.SIP,
        personal=frozenset(PersonalField),
        extensions=_SHOWN,
        library_name=where.name if where else None,
        shows_currency=True,
        screen_width=None,
        timeout_tenths=_TIMEOUT,
        retries=_RETRIES,
    )
    return msgspec.structs.replace(terminal, profile=profile)


async def with_card(services: Services, terminal: Terminal, message: str) -> str:
    """The message with a card where it has a patron number that an answer of ours told."""
    asked = parse(message)
    called = asked.get("AA")
    if called.startswith(_AS_SENT):
        asked.fields["AA"] = [called.removeprefix(_AS_SENT)]
    elif called.startswith(_BY_NUMBER):
        asked.fields["AA"] = [await _card(services, terminal, called.removeprefix(_BY_NUMBER))]
    else:
        return message
    return write(asked.code, asked.fixed, asked.fields)


async def _card(services: Services, terminal: Terminal, told: str) -> str:
    if not (told.isascii() and told.isdigit() and len(told) <= _LONGEST_NUMBER):
        return told
    caller = terminal.caller
    found = await services.database.run(
        caller.agency, caller.actor, lambda tx: card_of_number(tx, caller, PatronId(int(told))), read_only=True
    )
    return found or told


async def reworded(
    services: Services, terminal: Terminal, where: Whereabouts, heard: Heard, answer: Message
) -> Message:
    """The answer in the words of this door. Who was let in is told by number, also where what they asked is refused."""
    if answer.code == "98":
        answer.fields["BX"] = [answer.get("BX") + "N"]
        return answer
    asked, caller = heard.message, terminal.caller
    is_known = heard.is_proven or answer.get("BL") == "Y" or answer.fixed.get("ok") == "1"
    numbers = [number for field in ("AB", "BM", "BN") for number in answer.fields.get(field, ())]
    card = asked.get("AA")

    async def work(tx: Transaction) -> tuple[Mapping[str, CopyTold], PatronId | None]:
        copies = await copies_at_machine(tx, caller, numbers) if numbers else {}
        if answer.code == "10":
            return copies, await returned_by(tx, caller, answer.get("AB"), terminal.branch) if is_known else None
        return copies, await number_of(tx, caller, services.keyring, card) if card and is_known else None

    copies, number = await services.database.run(caller.agency, caller.actor, work, read_only=True)
    _word_lists(answer, copies)
    if number is not None and answer.code == "64" and _IS_SHOWN in answer.fields:
        await services.database.run(
            caller.agency, caller.actor, lambda tx: tell_lists(tx, terminal, where, number, asked, answer)
        )
    if number is not None:
        answer.fields["AA"] = [f"{_BY_NUMBER}{number}"]
    elif "AA" in answer.fields:
        answer.fields["AA"] = [_AS_SENT + card]
    _word_copy(answer, copies.get(answer.get("AB")), where)
    if answer.code == "64":
        _word_limits(answer)
    return answer


def _word_lists(answer: Message, copies: Mapping[str, CopyTold]) -> None:
    for field, how in (("BM", "SUCCESSFUL"), ("BN", "UNSUCCESSFUL")):
        if field in answer.fields:
            answer.fields[field] = [_renewed(number, how, copies.get(number)) for number in answer.fields[field]]


def _renewed(number: str, how: str, copy: CopyTold | None) -> str:
    return joined((number, how, day(copy.due_on if copy else None), *described(copy)))


def _word_copy(answer: Message, copy: CopyTold | None, where: Whereabouts) -> None:
    """The one copy that a loan or a return is about."""
    if answer.get("AH"):
        answer.fields["AH"] = [answer.get("AH")[:_DATE] + "000000"]
    elif answer.code == "30" and copy is not None and copy.due_on is not None:
        answer.fields["AH"] = [day(copy.due_on).ljust(_DATE) + "000000"]
    if answer.get("BK"):
        answer.fields["BK"] = [str(uuid5(NAMESPACE_URL, f"{where.isil}/{answer.get('BK')}"))]
    if copy is None or answer.code not in {"10", "12", "30"}:
        return
    if answer.get("AJ"):
        answer.fields["AJ"] = [copy.identifier.rpartition(":")[2]]
        answer.fields["CH"] = [joined(described(copy))]
    place = where.placements.get(copy.placement)
    if answer.code == "10" and place is not None:
        names = (where.branches[place.branch].name, place.department, place.location, place.sublocation)
        answer.fields["AQ"] = [joined(names)]


def _word_limits(answer: Message) -> None:
    for field in ("BZ", "CA", "CB"):
        answer.fields.setdefault(field, [_NO_LIMIT])
