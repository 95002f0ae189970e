"""SMS and the national mailbox, each through a gateway that takes signed JSON over HTTP (ground/signed_http.py).

    POST {address}/messages   Idempotency-Key: 7.4711.1
    sms:      {"to": "+4512345678", "from": "Biblioteket", "text": "..."}
    mailbox:  {"cpr": "...", "from": "Biblioteket", "title": "...", "text": "...", "language": "da"}

It answers 2xx with {"id": "..."}, the gateway's own name for the message; the same key again is the same message.
"""

import re
from typing import Final

import msgspec

from faelles.ground.clock import Clock, utc_now
from faelles.ground.errors import RefusedError, UnavailableError
from faelles.ground.signed_http import SignedClient
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from faelles.notices.model import ChannelName

_PATH: Final = "/messages"
_ALPHANUMERIC_SENDER: Final = 11
"""Letters of a sender's name that telephones show (3GPP TS 23.040, 9.1.2.5)."""
_ABOUT_US: Final = frozenset({401, 403, 404, 405})
_NOT_A_DIGIT: Final = re.compile(r"[^0-9+]")


class _Answer(msgspec.Struct):
    id: str | None = None


class SmsGateway:
    """Short messages."""

    name = ChannelName.SMS
    is_built_in = False
    at_once = 4

    def __init__(self, client: SignedClient, *, country: str = "45", clock: Clock = utc_now) -> None:
        self._client = client
        self._country = country
        self._clock = clock

    async def deliver(self, envelope: Envelope) -> Delivery:
        message = {
            "to": international(envelope.recipient, self._country),
            "from": envelope.sender[:_ALPHANUMERIC_SENDER],
            "text": envelope.body,
        }
        return await _post(self._client, message, envelope, self._clock)

    async def close(self) -> None:
        return


class MailboxGateway:
    """The national mailbox (Digital Post), where people are known by their CPR number."""

    name = ChannelName.MAILBOX
    is_built_in = False
    at_once = 4

    def __init__(self, client: SignedClient, *, clock: Clock = utc_now) -> None:
        self._client = client
        self._clock = clock

    async def deliver(self, envelope: Envelope) -> Delivery:
        message = {
            "cpr": envelope.recipient,
            "from": envelope.sender,
            "title": envelope.subject,
            "text": envelope.body,
            "language": envelope.language.value,
        }
        return await _post(self._client, message, envelope, self._clock)

    async def close(self) -> None:
        return


def international(number: str, country: str) -> str:
    """A telephone number as E.164 writes it: one without a country is of ours."""
    digits = _NOT_A_DIGIT.sub("", number)
    if digits.startswith("+"):
        return digits
    return f"+{digits[2:]}" if digits.startswith("00") else f"+{country}{digits}"


async def _post(client: SignedClient, message: dict[str, str], envelope: Envelope, clock: Clock) -> Delivery:
    try:
        said = await client.post(_PATH, msgspec.json.encode(message), key=envelope.key, now=clock())
    except UnavailableError:
        return Delivery(Verdict.TRY_AGAIN, detail="gateway_unavailable", is_down=True)
    except RefusedError as problem:
        status = problem.parameters.get("status", 0)
        if status in _ABOUT_US:
            return Delivery(Verdict.UNAVAILABLE, detail=f"http_{status}", is_down=True)
        return Delivery(Verdict.REJECTED, detail=f"http_{status}")
    return Delivery(Verdict.ACCEPTED, reference=_reference(said))


def _reference(said: bytes) -> str | None:
    try:
        return msgspec.json.decode(said, type=_Answer).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
