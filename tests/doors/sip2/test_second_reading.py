"""What we say as another implementation reads it (PyPI `pysip2`): it writes the requests, with sequence and checksum,
and reads our answers into its own typed messages, or complains.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pysip2
import pytest

from doors.sip2.conftest import Hall
from waiting import PATIENCE

_NOW = "20261122    120000"
_COMMON = {"transaction_date": _NOW, "institution_id": "X", "terminal_password": ""}


class Speaker:
    """One connection; every message has the next number, and its answer the same."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._next = reader, writer, 0

    async def say(self, message: pysip2.SIPMessage) -> Any:
        number, self._next = self._next, (self._next + 1) % 10
        self._writer.write(pysip2.encode_message(message, sequence_number=number, checksum=True, encoding="utf-8"))
        frame = await asyncio.wait_for(self._reader.readuntil(b"\r"), PATIENCE)
        assert pysip2.verify_checksum(frame.removesuffix(b"\r"))
        answer = pysip2.decode_message(frame, encoding="utf-8")
        assert answer.sequence_number == number
        return answer.message


@pytest.fixture
async def speaker(hall: Hall) -> AsyncIterator[Speaker]:
    reader, writer = await asyncio.open_connection(*hall.address)
    yield Speaker(reader, writer)
    writer.close()


async def test_a_whole_visit_is_read_by_another_implementation(hall: Hall, speaker: Speaker):
    made, reader, item = await hall.machine(), await hall.library.reader(), await hall.library.copy()
    waited = await hall.library.copy()
    who = {"patron_identifier": reader.card, "patron_password": reader.pin}
    signed_in = await speaker.say(
        pysip2.LoginRequest(
            uid_algorithm="0", pwd_algorithm="0", login_user_id=made.username, login_password=made.secret
        )
    )
    status = await speaker.say(pysip2.SCStatusRequest(status_code="0", max_print_width="080", protocol_version="2.00"))
    lent = await speaker.say(
        pysip2.CheckoutRequest(
            sc_renewal_policy="N", no_block="N", nb_due_date=_NOW, item_identifier=item, **_COMMON, **who
        )
    )
    seen = await speaker.say(pysip2.PatronInformationRequest(language="000", summary="  Y       ", **_COMMON, **who))
    copy = await speaker.say(pysip2.ItemInformationRequest(item_identifier=item, **_COMMON))
    held = await speaker.say(
        pysip2.HoldRequest(hold_mode="+", item_identifier=waited, expiration_date=None, **_COMMON, **who)
    )
    all_renewed = await speaker.say(pysip2.RenewAllRequest(**_COMMON, **who))
    back = await speaker.say(
        pysip2.CheckinRequest(no_block="N", return_date=_NOW, current_location="", item_identifier=item, **_COMMON)
    )
    ended = await speaker.say(pysip2.EndPatronSessionRequest(**_COMMON, **who))
    assert (signed_in.ok, status.online_status, lent.ok, lent.item_identifier) == ("1", "Y", "1", item)
    assert (seen.valid_patron, seen.valid_patron_password, seen.charged_items) == ("Y", "Y", (item,))
    assert (copy.circulation_status, held.ok, all_renewed.ok) == ("04", "1", "1")
    assert (back.ok, back.item_identifier, ended.end_session) == ("1", item, "Y")
