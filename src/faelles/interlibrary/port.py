"""The port to the libraries we deal with, its adapter, and a pretended one."""

from datetime import datetime
from typing import Final, Protocol

import httpx

from faelles.ground.errors import UnavailableError
from faelles.ground.log import logger
from faelles.interlibrary import iso18626
from faelles.interlibrary.model import Wanted

_SECONDS: Final = 15.0

_log = logger("interlibrary")


class Partner(Protocol):
    """Each answers whether the other side took it; asked twice with one number, it is one request. Raises
    UnavailableError where nobody answers.
    """

    async def order(self, ours: str, theirs: str, number: int, wanted: Wanted, now: datetime) -> bool:
        """We want to borrow."""
        ...

    async def expect(self, ours: str, theirs: str, number: int, now: datetime) -> bool:
        """We lend: they are in our queue."""
        ...


class Iso18626Partner:
    def __init__(self, address: str) -> None:
        self._address = address

    async def order(self, ours: str, theirs: str, number: int, wanted: Wanted, now: datetime) -> bool:
        return await self._say(iso18626.request_message(ours, theirs, number, wanted, now))

    async def expect(self, ours: str, theirs: str, number: int, now: datetime) -> bool:
        return await self._say(iso18626.expected_message(ours, theirs, number, now))

    async def _say(self, message: bytes) -> bool:
        headers = {"Content-Type": "application/xml;charset=utf-8"}
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
                answer = await client.post(self._address, content=message, headers=headers)
                answer.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            _log.warning("partner silent", reason=type(problem).__name__)
            raise UnavailableError("neighbour_unavailable") from None
        return iso18626.is_accepted(answer.content)


class BuiltInPartner:
    """Pretends that every library takes every order, for demonstrations and tests. Refused in production."""

    async def order(self, ours: str, theirs: str, number: int, wanted: Wanted, now: datetime) -> bool:  # noqa: ARG002 - the port's signature
        return True

    async def expect(self, ours: str, theirs: str, number: int, now: datetime) -> bool:  # noqa: ARG002 - the port's signature
        return True
