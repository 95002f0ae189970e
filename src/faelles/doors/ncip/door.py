"""The door: one message by POST, one answer, all of it NCIP's own words."""

from http import HTTPStatus
from typing import Final
from xml.etree.ElementTree import Element

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from faelles.doors.ncip import messages
from faelles.doors.ncip.admission import Admission
from faelles.doors.ncip.handlers import HANDLERS
from faelles.doors.ncip.messages import Asked, ProblemError
from faelles.doors.rest.problems import log_mistake
from faelles.doors.rest.services import Services
from faelles.doors.xml_over_http import read_body, send_xml
from faelles.ground.database import Transaction
from faelles.ground.errors import FaellesError, ForbiddenError, InvalidRequestError, UnavailableError

PREFIX: Final = "/rest/ncip"
_MOST_BYTES: Final = 65_536


def ncip(services: Services) -> ASGIApp:
    """The door as an ASGI application under `PREFIX`."""
    return _Door(services)


class _Door:
    def __init__(self, services: Services) -> None:
        self._database, self._keyring = services.database, services.keyring
        self._admission = Admission(services.database, services.keyring)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            return
        scope["path_template"] = PREFIX
        if scope["method"] != "POST":
            await send_xml(send, HTTPStatus.METHOD_NOT_ALLOWED, b"")
            return
        try:
            asked = messages.read(await read_body(receive, _MOST_BYTES))
        except InvalidRequestError:
            await send_xml(send, HTTPStatus.BAD_REQUEST, b"")
            return
        await send_xml(send, HTTPStatus.OK, messages.written(await self._answer(scope, asked)))

    async def _answer(self, scope: HTTPScope, asked: Asked) -> Element:
        try:
            return await self._done(scope, asked)
        except ProblemError as found:
            return messages.problem(asked, found)
        except ForbiddenError:
            return messages.problem(asked, _refused("Unauthorized Service For Agency"))
        except UnavailableError:
            return messages.problem(asked, _refused("Temporary Processing Failure"))
        except FaellesError as found:
            return messages.problem(asked, ProblemError("Invalid Request", asked.verb, found.code, is_general=True))
        except Exception as found:  # noqa: BLE001 - a mistake of ours is answered in this interface's form
            log_mistake(found, "")
            return messages.problem(asked, _refused("Temporary Processing Failure"))

    async def _done(self, scope: HTTPScope, asked: Asked) -> Element:
        handler = HANDLERS.get(asked.verb)
        if handler is None:
            raise ProblemError("Unsupported Service", asked.verb, is_general=True)
        caller = await self._admission.caller(asked)
        scope["user"] = caller

        async def work(tx: Transaction) -> Element:
            """A refusal is committed with the note that somebody was looked at."""
            try:
                return await handler(tx, caller, self._keyring, asked)
            except ProblemError as found:
                return messages.problem(asked, found)

        return await self._database.run(caller.agency, caller.actor, work)


def _refused(value: str) -> ProblemError:
    return ProblemError(value, "InitiationHeader", is_general=True)
