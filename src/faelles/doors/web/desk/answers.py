"""What the desk is told of one scan: a tone for ear and eye, sentences, and what can be done about it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from faelles.catalog.model import Record
from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.issues import titled
from faelles.circulation.loans.model import (
    CheckoutAnswer,
    ItemShown,
    Outcome,
    Remark,
    RenewalAnswer,
    ReturnAnswer,
    UndoAnswer,
)
from faelles.circulation.looking.operations import ScanAnswer
from faelles.circulation.transit.model import NextStop, Stop
from faelles.circulation.transit.slips import slip_lines
from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.i18n import Language
from faelles.ground.ids import LoanId, PatronId
from faelles.patrons.looking.model import PatronSummary
from faelles.patrons.model import EndedWhy
from faelles.people.model import Caller

ITEM_NUMBER_DIGITS: Final = 10
_MAY_BE_ANYBODYS: Final = frozenset({EndedWhy.LOST, EndedWhy.STOLEN})


class Tone(StrEnum):
    """How an answer sounds and looks; the words say it too, for nobody should have to hear or see colours."""

    DONE = "done"
    NOTICE = "notice"
    """Done, and there is something to do or to know."""
    ASK = "ask"
    STOP = "stop"


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why not; `rule` says which one won, where it was a rule."""

    code: str
    text: str
    rule: str
    may_override: bool


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One answer in the desk's log. `patron`: who is open now; `loan`: what can be undone."""

    tone: Tone
    code: str
    scanned: str = ""
    patron: PatronId | None = None
    item: ItemShown | None = None
    due_on: date | None = None
    lines: tuple[str, ...] = ()
    whys: tuple[Why, ...] = ()
    slip: tuple[str, ...] = ()
    loan: LoanId | None = None
    was_return: bool = False
    security: str = ""
    """What the copy's security is to be after this: `off`, `on`, or as it is."""
    keeps_panel: bool = False
    """The open patron is as before, but for the one loan more where there is one: nothing is read of them again."""
    choices: tuple[PatronId, ...] = ()
    known: ScanAnswer | None = None
    people: tuple[PatronSummary, ...] = ()
    titles: tuple[Record, ...] = ()
    are_more_people: bool = False
    are_more_titles: bool = False
    conflicts: int = 0
    """How many rules would have said no to what happened without a connection."""

    @property
    def can_be_overridden(self) -> bool:
        return bool(self.whys) and all(why.may_override for why in self.whys)

    @property
    def blocks(self) -> str:
        return ",".join(why.code for why in self.whys)


def opened(known: ScanAnswer, language: Language) -> Entry:
    """The one patron a scan stands for, or once stood for: then somebody else may have the card."""
    (patron,) = known.patrons
    if known.ended_why is None:
        return Entry(tone=Tone.DONE, code="web_patron_open", patron=patron)
    line = i18n.text("web_card_holds_no_longer", language, {"web_ended_why": known.ended_why})
    is_dangerous = known.ended_why in _MAY_BE_ANYBODYS
    return Entry(tone=Tone.STOP if is_dangerous else Tone.NOTICE, code="web_patron_open", patron=patron, lines=(line,))


def of_checkout(
    answer: CheckoutAnswer, request: WebRequest, item: str, patron: PatronId, rules: Mapping[int, str] | None = None
) -> Entry:
    """`rules`: those behind the blocks, in words."""
    is_refused = answer.outcome is Outcome.REFUSED
    lines = _sentences(answer.warnings, request.language)
    if answer.charged_ore:
        lines.append(i18n.text("late_fee", request.language, {"charged_ore": answer.charged_ore}))
    needs_a_look = bool(lines) or bool(answer.item and (answer.item.notes or answer.item.missing_parts))
    moves_more = Remark.HOLD_COLLECTED in answer.warnings or answer.charged_ore > 0
    return Entry(
        tone=Tone.STOP if is_refused else Tone.NOTICE if needs_a_look else Tone.DONE,
        code=f"outcome_{answer.outcome.value}",
        scanned=item,
        patron=patron,
        item=answer.item,
        due_on=answer.due_on,
        lines=tuple(lines),
        whys=_whys(answer.blocks, request, rules),
        loan=answer.loan if answer.outcome is Outcome.LENT else None,
        security="" if is_refused else "off",
        keeps_panel=is_refused or (answer.outcome is Outcome.LENT and not moves_more),
    )


def of_return(answer: ReturnAnswer, request: WebRequest, item: str) -> Entry:
    language = request.language
    lines = _sentences(answer.warnings, language)
    if answer.charged_ore:
        lines.append(i18n.text("late_fee", language, {"charged_ore": answer.charged_ore}))
    return Entry(
        tone=_tone_of(answer, lines),
        code=f"outcome_{answer.outcome.value}",
        scanned=item,
        item=answer.item,
        lines=(*where_to(answer.next, language), *lines),
        whys=_whys(answer.blocks, request),
        slip=slip_lines(answer.next.slip, language, title=titled(answer.item, language) if answer.item else None)
        if answer.next
        else (),
        loan=answer.loan if answer.outcome is Outcome.RETURNED else None,
        was_return=True,
        security="" if answer.outcome is Outcome.REFUSED else "on",
    )


def _tone_of(answer: ReturnAnswer, lines: Sequence[str]) -> Tone:
    if answer.outcome is Outcome.REFUSED:
        return Tone.STOP
    needs_hands = answer.next is not None and answer.next.stop is not Stop.SHELVE
    has_notes = bool(answer.item and (answer.item.notes or answer.item.missing_parts))
    return Tone.NOTICE if lines or needs_hands or has_notes else Tone.DONE


def where_to(stop: NextStop | None, language: Language) -> list[str]:
    """Where a copy goes now, in words."""
    if stop is None:
        return []
    if stop.shelf_number is not None:
        return [i18n.text("stop_hold_shelf_number", language, {"number": stop.shelf_number})]
    code = "send_to" if stop.name is not None else f"stop_{stop.stop}"
    return [i18n.text(code, language, {"name": stop.name})]


def of_undo(answer: UndoAnswer, request: WebRequest, patron: PatronId | None, *, was_return: bool = False) -> Entry:
    released, security = answer.released_ore, "off" if was_return else "on"
    lines = [i18n.text("web_fee_released", request.language, {"released_ore": released})] if released else []
    return Entry(
        tone=Tone.DONE, code="web_undone", item=answer.item, patron=patron, lines=tuple(lines), security=security
    )


def of_renewals(renewed: Sequence[RenewalAnswer], request: WebRequest, patron: PatronId) -> Entry:
    """All renewed, or a line for each that could not be; or nothing there to renew."""
    refused = [each for each in renewed if each.outcome is Outcome.REFUSED]
    lines = [
        f"{titled(each.item, request.language) if each.item else each.loan}: {_reasons(each, request)}"
        for each in refused
    ]
    done = len(renewed) - len(refused)
    told = "web_renewed_count" if renewed else "web_no_loans"
    summary = i18n.text(told, request.language, {"done": done, "count": len(renewed)})
    return Entry(
        tone=Tone.STOP if refused and not done else Tone.NOTICE if refused or not renewed else Tone.DONE,
        code="web_renewed",
        patron=patron,
        lines=(summary, *lines),
    )


def _reasons(answer: RenewalAnswer, request: WebRequest) -> str:
    return " ".join(why.text for why in _whys(answer.blocks, request))


def _sentences(codes: Iterable[str], language: Language) -> list[str]:
    return [i18n.text(code, language) for code in codes]


def _whys(blocks: Iterable[Block], request: WebRequest, rules: Mapping[int, str] | None = None) -> tuple[Why, ...]:
    return tuple(_why(block, request.caller, request.language, rules or {}) for block in blocks)


def _why(block: Block, caller: Caller, language: Language, rules: Mapping[int, str]) -> Why:
    return Why(
        code=block.code,
        text=i18n.text(block.code, language, block.parameters),
        rule=rules.get(block.rule, "") if block.rule is not None else "",
        may_override=block.override is not None and caller.may(block.override),
    )
