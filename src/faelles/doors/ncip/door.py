"""The door: one message by POST, one answer, all of it NCIP's own words."""

from http import HTTPStatus
from typing import Final

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from faelles.doors.ncip.admission import Admission
from faelles.doors.ncip.creating import create_user
from faelles.doors.ncip.model import Answer, Asked, ProblemError
from faelles.doors.ncip.reading import read
from faelles.doors.ncip.services import CREATE, SERVICES, Service
from faelles.doors.ncip.writing import written
from faelles.doors.rest.problems import log_mistake
from faelles.doors.rest.services import Services
from faelles.doors.turned_away import require_let_in
from faelles.doors.xml_over_http import read_body, send_xml
from faelles.ground.database import Transaction
from faelles.ground.errors import (
    FaellesError,
    ForbiddenError,
    InvalidRequestError,
    TooManyAttemptsError,
    UnavailableError,
)
from faelles.people.model import Caller

PREFIX: Final = "/rest/ncip"
_MOST_BYTES: Final = 65_536


def ncip(services: Services) -> ASGIApp:
    """The door as an ASGI application under `PREFIX`."""
    return _Door(services)


class _Door:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._admission = Admission(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            return
        scope["path_template"] = PREFIX
        if scope["method"] != "POST":
            await send_xml(send, HTTPStatus.METHOD_NOT_ALLOWED, b"")
            return
        try:
            asked = read(await read_body(receive, _MOST_BYTES))
        except InvalidRequestError:
            await send_xml(send, HTTPStatus.BAD_REQUEST, b"")
            return
        await send_xml(send, HTTPStatus.OK, written(asked, await self._answer(scope, asked)))

    async def _answer(self, scope: HTTPScope, asked: Asked) -> Answer | ProblemError:
        try:
            return await self._done(scope, asked)
        except ProblemError as found:
            return found
        except ForbiddenError:
            return _refused("Unauthorized Service For Agency")
        except (UnavailableError, TooManyAttemptsError):
            return _refused("Temporary Processing Failure")
        except FaellesError as found:
            return ProblemError("Element Rule Violated", asked.verb, found.code)
        except Exception as found:  # noqa: BLE001 - a mistake of ours is answered in this interface's form
            log_mistake(found, "")
            return _refused("Temporary Processing Failure")

    async def _done(self, scope: HTTPScope, asked: Asked) -> Answer | ProblemError:
        require_let_in(scope)
        service = SERVICES.get(asked.verb)
        if service is None and asked.verb != CREATE:
            raise ProblemError("Unsupported Service", asked.verb, is_general=True)
        caller = await self._admission.caller(asked, self._services.sign_in_pace.address_of(Request(scope)))
        scope["user"] = caller
        if service is None:
            return await create_user(self._services, caller, asked)
        await self._admission.check_user(caller, asked)
        return await self._in_one_transaction(service, caller, asked)

    async def _in_one_transaction(self, service: Service, caller: Caller, asked: Asked) -> Answer | ProblemError:
        async def work(tx: Transaction) -> Answer | ProblemError:
            """A refusal is committed with the note that somebody was looked at."""
            try:
                return await service(tx, caller, self._services.keyring, asked)
            except ProblemError as found:
                return found

        return await self._services.database.run(caller.agency, caller.actor, work)


def _refused(value: str) -> ProblemError:
    return ProblemError(value, "InitiationHeader", is_general=True)
