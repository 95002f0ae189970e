"""Putting answers together: what they share, what a refusal is, and how things are told in the patron's language."""

from collections.abc import Iterable
from datetime import date

from faelles.circulation.desk.blocks import Block
from faelles.doors.sip2 import codes, dates
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.doors.sip2.messages import DEFINITIONS, required
from faelles.doors.sip2.text import lines
from faelles.ground import i18n
from faelles.ground.errors import FaellesError, ForbiddenError, InvalidRequestError, Parameter
from faelles.ground.i18n import Language
from faelles.people.machines.terminal import DueDateForm

_ECHOED = ("AA", "AB", "BK")
"""What was sent comes back, so that a machine knows which of its messages this answers."""
_PATRON_ANSWERS = frozenset({"24", "26", "64"})


def refuse(exchange: Exchange, *texts: str) -> Answer:
    """The answer that says no: complete, and with its reasons. What is required and has nothing to say is empty."""
    code = exchange.message.definition.answer or ""
    values: dict[str, str | list[str]] = {**required(code)}
    if "AO" in values:
        values["AO"] = exchange.institution
    known = {each.identifier for each in DEFINITIONS[code].fields}
    values.update(
        {name: exchange.message.get(name) for name in _ECHOED if name in known and exchange.message.get(name)}
    )
    if code in _PATRON_ANSWERS:
        values |= {"BL": "N", "CQ": "N"}
    values["AF"] = shown(exchange, texts)
    return Answer({**stamped(exchange), **codes.REFUSALS[code]}, values)


def refuse_for(exchange: Exchange, blocks: Iterable[Block], language: Language) -> Answer:
    return refuse(exchange, *(block_text(block, language) for block in blocks))


def refuse_error(exchange: Exchange, problem: FaellesError, language: Language | None = None) -> Answer:
    """What an operation would not do, in the words of its error."""
    spoken = language or exchange.language
    if isinstance(problem, ForbiddenError):
        return refuse(exchange, i18n.text("sip2_not_served", spoken))
    if isinstance(problem, InvalidRequestError) and problem.problems:
        return refuse(exchange, *(i18n.text(each.code, spoken, each.parameters) for each in problem.problems))
    return refuse(exchange, i18n.text(problem.code, spoken, problem.parameters))


def stamped(exchange: Exchange) -> dict[str, str]:
    """What the fixed part of most answers begins or ends with."""
    return {
        "transaction_date": exchange.today_and_now,
        "language": codes.LANGUAGE_CODES[exchange.language.value],
    }


def say(exchange: Exchange, code: str, language: Language | None = None, **parameters: Parameter) -> str:
    return i18n.text(code, language or exchange.language, parameters)


def block_text(block: Block, language: Language) -> str:
    return i18n.text(block.code.value, language, block.parameters)


def shown(exchange: Exchange, texts: Iterable[str]) -> list[str]:
    """AF, as wide as the machine's screen."""
    return [line for text in texts for line in lines(text, exchange.profile.screen_width)]


def receipt(exchange: Exchange, *printed: str) -> list[str]:
    """AG, where the machine prints, as wide as its paper."""
    if not exchange.profile.prints:
        return []
    texts = (*printed, *exchange.profile.print_footer)
    return [line for text in texts for line in lines(text, exchange.print_width)]


def due_date(exchange: Exchange, due_on: date | None) -> str:
    """AH, in the form that this machine reads."""
    if due_on is None:
        return ""
    form = exchange.profile.due_date
    if form is DueDateForm.SIP:
        return dates.end_of(due_on)
    return due_on.isoformat() if form is DueDateForm.ISO else due_on.strftime("%d-%m-%Y")


def amount(ore: int) -> str:
    """BV: kroner and øre with a point."""
    return f"{ore // 100}.{ore % 100:02d}"


def money(exchange: Exchange, ore: int) -> dict[str, str]:
    """BH and BV."""
    currency = {"BH": exchange.currency} if exchange.profile.shows_currency else {}
    return {**currency, "BV": amount(ore)}
