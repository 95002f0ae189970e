"""Speaking to another system over HTTP: JSON out, JSON back, signed with a secret that both sides know.

A signature covers the moment and the message (`t=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "t.message">`), so that
neither can be changed, nor sent again much later. What may have arrived is sent again under the same key, so the other
side must know the key again.
"""

import asyncio
import hmac
import re
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

import httpx

from faelles.ground.errors import RefusedError, UnavailableError
from faelles.ground.log import logger

SIGNATURE_HEADER: Final = "Faelles-Signature"
TOLERANCE: Final = timedelta(minutes=5)
"""How far two clocks may be apart."""
LARGEST_ANSWER: Final = 16 * 1024 * 1024
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_TRY_AGAIN = frozenset({408, 425, 429})
_SERVER_ERRORS = 500

_log = logger("ground.signed_http")


def sign(secret: str, message: bytes, moment: datetime) -> str:
    seconds = int(moment.timestamp())
    return f"t={seconds},v1={_digest(secret, seconds, message)}"


def signature_matches(secret: str, message: bytes, signature: str, now: datetime) -> bool:
    """Whether whoever knows `secret` said `message` a moment ago."""
    parts = _SIGNATURE.fullmatch(signature)
    if parts is None:
        return False
    seconds = int(parts[1])
    is_recent = abs(now.timestamp() - seconds) <= TOLERANCE.total_seconds()
    return hmac.compare_digest(_digest(secret, seconds, message), parts[2]) and is_recent


def _digest(secret: str, seconds: int, message: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + message, "sha256").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedClient:
    """Posts JSON to one system."""

    base_url: str
    secret: str
    seconds_to_answer: float = 10.0
    pauses: tuple[float, ...] = (0.2, 1.0)
    """Seconds before each further attempt."""
    certificate: Path | None = None
    """A PEM file with our own certificate and its key, where the other side wants to see one."""

    async def post(self, path: str, message: bytes, *, key: str, now: datetime) -> bytes:
        """The answer. Raises RefusedError where the system says no, UnavailableError where it does not answer even when
        asked again: then nobody knows whether it heard.
        """
        timeout = httpx.Timeout(self.seconds_to_answer)
        async with httpx.AsyncClient(
            timeout=timeout, verify=_trusted(self.certificate), follow_redirects=False, trust_env=False
        ) as client:
            for pause in (*self.pauses, None):
                answer = await self._attempt(client, path, message, key=key, now=now)
                if answer is not None:
                    return answer
                if pause is not None:
                    await asyncio.sleep(pause)
        raise UnavailableError("neighbour_unavailable")

    async def _attempt(
        self, client: httpx.AsyncClient, path: str, message: bytes, *, key: str, now: datetime
    ) -> bytes | None:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            SIGNATURE_HEADER: sign(self.secret, message, now),
        }
        try:
            async with client.stream(
                "POST", self.base_url.rstrip("/") + path, content=message, headers=headers
            ) as said:
                body = await _bounded(said)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            _log.warning("neighbour silent", reason=type(problem).__name__)
            return None
        if said.status_code >= _SERVER_ERRORS or said.status_code in _TRY_AGAIN:
            _log.warning("neighbour in trouble", status=said.status_code)
            return None
        if not said.is_success:
            raise RefusedError("neighbour_refused", status=said.status_code)
        return body


@cache
def _trusted(certificate: Path | None) -> ssl.SSLContext:
    """Reading all certificate authorities takes a good while: once is enough."""
    context = httpx.create_ssl_context(trust_env=False)
    if certificate is not None:
        context.load_cert_chain(certificate)
    return context


async def _bounded(answer: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise RefusedError("neighbour_answer_unreadable")
        parts.append(part)
    return b"".join(parts)
