"""A client that we did not write (PyPI `sip2`), as it comes, through a whole visit."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from Sip2.sip2 import Sip2  # type: ignore[import-untyped] # it has no types

from doors.sip2.conftest import Hall

Result = TypeVar("Result")


@pytest.fixture
def client(hall: Hall, tmp_path, capsys) -> Iterator[Sip2]:
    client = Sip2()
    client.hostName, client.hostPort = hall.address
    client.tlsEnable, client.socketTimeout, client.logfile_path = False, 20, str(tmp_path)
    yield client
    for handler in client.log.handlers:
        handler.close()


async def away(work: Callable[[], Result]) -> Result:
    """It blocks: the server needs the loop meanwhile."""
    return await asyncio.to_thread(work)


def said(client: Sip2, request: str, read: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = read(client.get_response(request))
    return found


async def test_a_whole_visit(hall: Hall, client: Sip2):
    made, reader, item = await hall.machine(), await hall.library.reader(), await hall.library.copy()

    def visit() -> list[str]:
        client.connect()
        client.institutionId, client.patron, client.patronpwd = "whatever", reader.card, reader.pin
        steps = [
            said(client, client.sip_login_request(made.username, made.secret), client.sip_login_response)["fixed"][
                "Ok"
            ],
            said(client, client.sip_sc_status_request(), client.sip_sc_status_response)["fixed"]["OnlineStatus"],
            said(client, client.sip_patron_information_request("charged"), client.sip_patron_information_response)[
                "variable"
            ]["BL"][0],
            said(client, client.sip_item_information_request(item), client.sip_item_information_response)["fixed"][
                "CirculationStatus"
            ],
            said(
                client,
                client.sip_checkout_request(item, scRenewalPolicy="Y"),
                client.sip_checkout_response,
            )["fixed"]["Ok"],
            said(client, client.sip_checkin_request(item), client.sip_checkin_response)["fixed"]["Ok"],
            said(client, client.sip_end_patron_session_request(), client.sip_end_patron_session_response)["fixed"][
                "EndSession"
            ],
        ]
        client.disconnect()
        return steps

    assert await away(visit) == ["1", "Y", "Y", "03", "1", "1", "Y"]
    assert await hall.library.state_of(item) == "available"
