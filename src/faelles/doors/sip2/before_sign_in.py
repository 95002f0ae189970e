"""What is said to a machine that has not said who it is: that we are here, and nothing of anybody."""

from zoneinfo import ZoneInfo

from faelles.doors.sip2 import codes, dates
from faelles.doors.sip2.exchange import Answer
from faelles.doors.sip2.handlers.sessions import status_before_sign_in
from faelles.doors.sip2.messages import DEFINITIONS, Message, required
from faelles.doors.sip2.services import Services
from faelles.ground.clock import utc_now
from faelles.ground.errors import TooManyAttemptsError, UnauthenticatedError
from faelles.ground.i18n import Language, text
from faelles.people.machines.terminal import Terminal
from faelles.people.terminals.sign_in import sign_in_terminal

_STATUS = "99"
_PLAIN = "0"
"""The only algorithm there is for names and passwords: none."""
_ZONE = ZoneInfo("Europe/Copenhagen")
_ECHOED = ("AO", "AA", "AB")


async def sign_in(services: Services, message: Message) -> Terminal | None:
    """The machine that this name and secret belong to. What else it says (CP, AO) picks nothing."""
    if message.fixed["uid_algorithm"] != _PLAIN or message.fixed["pwd_algorithm"] != _PLAIN:
        return None
    name, secret = message.get("CN"), message.get("CO")
    try:
        return await sign_in_terminal(services.database, services.keyring, username=name, secret=secret)
    except (UnauthenticatedError, TooManyAttemptsError):
        return None


def answer_stranger(message: Message) -> Answer:
    if message.code == _STATUS:
        return status_before_sign_in(dates.show(utc_now(), _ZONE))
    return stranger_refused(message)


def stranger_refused(message: Message) -> Answer:
    """A whole refusal, with nothing in it but what was sent."""
    code = message.definition.answer or ""
    known = {each.identifier for each in DEFINITIONS[code].fields}
    language = codes.spoken(message.fixed.get("language", ""), Language.DANISH)
    values = {
        **required(code),
        **{name: message.get(name) for name in _ECHOED if name in known and message.get(name)},
    }
    if "CQ" in known:
        values |= {"BL": "N", "CQ": "N"}
    if "AF" in known:
        values["AF"] = text("sip2_sign_in_first", language)
    fixed = {
        "transaction_date": dates.show(utc_now(), _ZONE),
        "language": codes.LANGUAGE_CODES[language.value],
        **codes.REFUSALS[code],
    }
    return Answer(fixed, values)
