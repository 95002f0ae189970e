"""The request as the rooms' routes see it: who asks, in which language, and the one way to run an operation."""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

import asyncpg
import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.types import Empty, HTTPReceiveMessage

from faelles.doors.rest.services import Services
from faelles.doors.rest.validation import body_error, refuse_implausible_days, refuse_repeated_keys, unstorable
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.ground.i18n import Language
from faelles.people.model import Caller

Result = TypeVar("Result")

_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_decoders: dict[object, msgspec.json.Decoder[Any]] = {}


class ApiRequest(Request[Caller, str, State]):
    """Litestar's request with this door's vocabulary."""

    @property
    def services(self) -> Services:
        return cast("Services", self.scope["litestar_app"].state["services"])

    @property
    def caller(self) -> Caller:
        """Who asks. Only routes that are not public have one."""
        return cast("Caller", self.scope["user"])

    async def run(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Do `work` in a transaction of the caller's agency, as the caller.

        Raises InvalidRequestError naming a number that is beyond what its column holds.
        """
        caller = self.caller
        return await self._storable(self.services.database.run(caller.agency, caller.actor, work))

    async def read(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """As `run`, in a transaction that cannot write. Not for looks at patrons: those are logged, which writes."""
        caller = self.caller
        return await self._storable(self.services.database.run(caller.agency, caller.actor, work, read_only=True))

    async def look(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """As `run`, where somebody is looked at and nothing changed."""
        caller = self.caller
        return await self._storable(self.services.database.look(caller.agency, caller.actor, work))

    async def _storable(self, done: Awaitable[Result]) -> Result:
        try:
            return await done
        except asyncpg.DataError as problem:
            raise unstorable(problem, await self._sent()) or problem from None

    async def _sent(self) -> dict[str, object]:
        """All of the request in plain values: its parameters by their names, the body without one."""
        query = {name: int(value) for name, value in self.query_params.items() if is_number(value)}
        return {**self.scope.get("path_params", {}), **query, **await self._body_sent()}

    async def _body_sent(self) -> dict[str, object]:
        content = await self.body()
        return {"": msgspec.json.decode(content)} if content else {}

    def header(self, name: bytes) -> str:
        """The value of a header (name in lower case), empty where it was not sent."""
        for key, value in self.scope["headers"]:
            if key == name:
                return value.decode("latin-1")
        return ""

    @property
    def language(self) -> Language:
        """What the request asks to be spoken to in; else the caller's language; else Danish."""
        if asked := preferred_language(self.header(b"accept-language")):
            return asked
        caller: Caller | None = self.scope.get("user")
        return caller.language if caller else Language.DANISH

    async def json(self) -> Any:  # noqa: ANN401 - Litestar's own signature; the value is of the route's declared type
        """The body, decoded straight into the type of the route's `data` parameter.

        Strict, unlike Litestar's own conversion, which would take "5" for 5.
        """
        content = await self.body()
        if not content:
            return Empty
        if not is_plain_json(self.header(b"content-type"), self.header(b"content-encoding")):
            raise HTTPException(status_code=415)
        if b"\\u0000" in content:
            raise InvalidRequestError("text_has_nul")
        decoder = _decoder(self.route_handler)
        try:
            decoded = decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise body_error(problem, content, decoder.type) from None
        refuse_repeated_keys(content)
        refuse_implausible_days(decoded)
        return decoded

    async def body(self) -> bytes:
        """The whole body, read in one go and no further than the limit."""
        if self._body is Empty:
            self._body = await self._read_body()
        return self._body

    async def _read_body(self) -> bytes:
        limit = self.services.limits.body_bytes
        if int(self.header(b"content-length") or 0) > limit:
            raise HTTPException(status_code=413)
        parts: list[bytes] = []
        size = 0
        while True:
            message = cast("HTTPReceiveMessage", await self.receive())
            if message["type"] == "http.disconnect":
                raise InvalidRequestError("client_gone")
            part = message["body"]
            size += len(part)
            if size > limit:
                raise HTTPException(status_code=413)
            parts.append(part)
            if not message["more_body"]:
                return parts[0] if len(parts) == 1 else b"".join(parts)


def is_number(typed: object) -> bool:
    """Whether a text can be the number of something."""
    return isinstance(typed, str) and _NUMBER.fullmatch(typed) is not None


def _decoder(handler: BaseRouteHandler) -> msgspec.json.Decoder[Any]:
    """The decoder for the type of the route's body, made once."""
    wanted = handler.parsed_fn_signature.parameters["data"].annotation
    known = _decoders.get(wanted)
    if known is None:
        known = _decoders[wanted] = msgspec.json.Decoder(wanted)
    return known


@lru_cache(maxsize=256)
def is_plain_json(kind: str, encoding: str) -> bool:
    """Whether a body of this Content-Type and Content-Encoding is what we read: JSON, in UTF-8, not packed."""
    if encoding.strip().lower() not in {"", "identity"}:
        return False
    media_type, _, parameters = kind.partition(";")
    named = [each.partition("=") for each in parameters.split(";")]
    charsets = {value.strip(' "').lower() for name, _, value in named if name.strip().lower() == "charset"}
    return media_type.strip().lower() == "application/json" and charsets <= {"utf-8", "utf8", "us-ascii"}


@lru_cache(maxsize=256)
def preferred_language(accepted: str) -> Language | None:
    """The first of our languages in an Accept-Language header, by its q-values; None where it names none of them."""
    if not accepted:
        return None
    wishes: list[tuple[float, Language]] = []
    for wish in accepted.split(",")[:20]:
        tag, _, quality = wish.strip().partition(";q=")
        primary = tag.strip().partition("-")[0].lower()
        if primary in ("da", "en"):
            wishes.append((_quality(quality), Language(primary)))
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else None


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
