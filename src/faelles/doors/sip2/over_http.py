"""SIP2 in XML over HTTP: `POST /rest/sip2/{isil}`, one message and its answer, on the same conversation as the sockets.

    <sip xmlns="http://axiell.com/Schema/sip.xsd" login=".." password=".."><request>99..</request></sip>

Whoever asks signs in with every message, as a machine of the library whose ISIL stands in the address; who guesses at
that, or at patrons' PINs, is held up. What the answers say otherwise than on a socket is in `percent.py`. A request
that is not answered has `<error>` with a sentence in place of `<response>`; neither has a namespace.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from faelles.doors.rest.problems import log_mistake
from faelles.doors.rest.services import Services as HttpServices
from faelles.doors.sip2 import parts, percent
from faelles.doors.sip2.messages import MalformedMessageError, UnknownCommandError, parse, write
from faelles.doors.sip2.services import Services
from faelles.doors.sip2.session import Session
from faelles.doors.turned_away import require_let_in
from faelles.doors.xml_over_http import Header, read_body, send_xml
from faelles.ground import i18n
from faelles.ground.errors import FaellesError, InvalidRequestError, UnauthenticatedError
from faelles.ground.i18n import Language
from faelles.people.machines.terminal import Terminal
from faelles.people.terminals.model import Whence
from faelles.people.terminals.sign_in import sign_in_terminal

PREFIX: Final = "/rest/sip2/"
NAMESPACE: Final = "http://axiell.com/Schema/sip.xsd"
_MOST_BYTES: Final = 65_536
_SERVED: Final = frozenset({"01", "09", "11", "23", "29", "63", "65", "99"})
_ANSWER, _ERROR = "response", "error"


@dataclass(frozen=True, slots=True)
class Asked:
    login: str
    password: str
    message: str


class Unwatched:
    """A witness of nothing: each request is in the log of the HTTP port."""

    def connected(self) -> None: ...

    def disconnected(self, terminal: Terminal | None) -> None: ...

    def signed_in(self, terminal: Terminal, whence: Whence | None) -> None: ...

    def refused(self, reason: str) -> None: ...

    def exchanged(self, terminal: Terminal | None, request: bytes, answer: bytes, seconds: float) -> None: ...


class _NotPostedError(FaellesError):
    """A request by another method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


def over_http(services: HttpServices) -> ASGIApp:
    """The door as an ASGI application under `PREFIX`."""
    return _Door(services)


class _Door:
    def __init__(self, http: HttpServices) -> None:
        self._http = http
        self._services = Services(
            database=http.database, keyring=http.keyring, witness=Unwatched(), address=parts.address
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            return
        scope["path_template"] = PREFIX + "{isil}"
        headers: Sequence[Header] = ()
        try:
            said = _written(_ANSWER, await self._answer(scope, receive))
            status = HTTPStatus.OK
        except FaellesError as problem:
            status, said = HTTPStatus(problem.status), _refused(problem)
            if problem.retry_after is not None:
                headers = [(b"retry-after", str(problem.retry_after).encode())]
        except Exception as problem:  # noqa: BLE001 - a mistake of ours is answered in this interface's form
            log_mistake(problem, "")
            status, said = HTTPStatus.INTERNAL_SERVER_ERROR, _refused(FaellesError("internal_error"))
        await send_xml(send, status, said, headers)

    async def _answer(self, scope: HTTPScope, receive: Receive) -> str:
        require_let_in(scope)
        if scope["method"] != "POST":
            raise _NotPostedError("method_not_allowed")
        asked = _read(await read_body(receive, _MOST_BYTES))
        services, session = self._services, Session(self._services)
        with self._http.guess_pace.at_secrets(self._http.sign_in_pace.address_of(Request(scope))) as guess:
            terminal = await sign_in_terminal(
                services.database, services.keyring, username=asked.login, secret=asked.password
            )
            where = await session.enter(percent.set_up(terminal))
            if scope["path"].removeprefix(PREFIX) not in where.isils:
                raise UnauthenticatedError("sign_in_refused")
            guess.was_right = True
        scope["user"] = terminal.caller
        session.terminal = percent.set_up(terminal, where)
        message = await percent.with_card(services, terminal, asked.message)
        said = await self._said(session, terminal, message)
        sent = parse(message)
        heard = percent.Heard(sent, is_proven=session.has_proven(sent.get("AA").strip()))
        answer = await percent.reworded(services, terminal, where, heard, parse(said.decode()))
        return write(answer.code, answer.fixed, {**answer.fields})

    async def _said(self, session: Session, terminal: Terminal, message: str) -> bytes:
        """The answer to a message. A PIN that did not prove to be right was a guess."""
        asked = parse(message)
        if not asked.get("AD").strip():
            return await _heard(session, message)
        with self._http.guess_pace.at_pins(terminal.caller) as guess:
            said = await _heard(session, message)
            guess.was_right = session.has_proven(asked.get("AA").strip())
        return said


async def _heard(session: Session, message: str) -> bytes:
    reply = session.receive(message.encode())
    said = await reply if isinstance(reply, Awaitable) else reply
    if said is None:
        raise InvalidRequestError("sip2_request_malformed")
    return said


def _read(body: bytes) -> Asked:
    """Raises InvalidRequestError for what is no such request; entities and what lies elsewhere are never looked at."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise InvalidRequestError("sip2_request_malformed") from problem
    request = next((child for child in root if _name(child) == "request"), None)
    if _name(root) != "sip" or request is None:
        raise InvalidRequestError("sip2_request_malformed")
    message = (request.text or "").strip("\r\n")
    try:
        if parse(message).code not in _SERVED:
            raise InvalidRequestError("sip2_request_malformed")
    except (MalformedMessageError, UnknownCommandError) as problem:
        raise InvalidRequestError("sip2_request_malformed") from problem
    return Asked(root.get("login", ""), root.get("password", ""), message)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _refused(problem: FaellesError) -> bytes:
    return _written(_ERROR, i18n.text(problem.code, Language.DANISH, problem.parameters))


def _written(child: str, said: str) -> bytes:
    root = Element(f"{{{NAMESPACE}}}sip")
    SubElement(root, child).text = said
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
