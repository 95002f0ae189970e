"""The port to whoever proves who signs in with the nation's login, its adapter, and a pretended one.

OpenID's authorization code flow (RFC 6749, section 4.1), with the userinfo of the libraries' login in front of MitID:

    POST {address}/oauth/token    grant_type, code, redirect_uri, client_id, client_secret
    GET  {address}/userinfo       Bearer      {"attributes": {"cpr": "...", "uniqueId": "..."}}
"""

from typing import Final, Protocol
from urllib.parse import urlencode

import httpx
import msgspec

from faelles.ground.actor import SYSTEM
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import NotFoundError, UnauthenticatedError, UnavailableError
from faelles.ground.log import logger
from faelles.patrons import store as patrons
from faelles.patrons.identification import store as identification
from faelles.patrons.identifiers import IdentifierKind, lookups, normalise, read_cpr
from faelles.people.attempts import REFUSED
from faelles.people.model import IssuedToken
from faelles.people.operations import issue_patron_token
from faelles.people.store import agency_behind_isil

_PRETENDED: Final = "built-in/"
_SECONDS: Final = 10.0

_log = logger("patrons.login")


class LoginProvider(Protocol):
    """Raises UnauthenticatedError for a code that is none, UnavailableError where the provider does not answer."""

    def address(self, return_url: str, state: str) -> str:
        """Where the browser is sent to sign in."""
        ...

    async def cpr_of(self, code: str, return_url: str) -> str:
        """The CPR number of whoever signed in; never kept, never logged."""
        ...


class _Token(msgspec.Struct):
    access_token: str


class _Attributes(msgspec.Struct):
    cpr: str | None = None


class _UserInfo(msgspec.Struct):
    attributes: _Attributes


class OpenIdLogin:
    """The real one."""

    def __init__(self, url: str, client: str, secret: str) -> None:
        self._url, self._client, self._secret = url.rstrip("/"), client, secret

    def address(self, return_url: str, state: str) -> str:
        asked = {"response_type": "code", "client_id": self._client, "redirect_uri": return_url, "state": state}
        return f"{self._url}/oauth/authorize?{urlencode(asked)}"

    async def cpr_of(self, code: str, return_url: str) -> str:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_url,
            "client_id": self._client,
            "client_secret": self._secret,
        }
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
                given = await client.post(f"{self._url}/oauth/token", data=asked)
                token = msgspec.json.decode(_accepted(given), type=_Token).access_token
                told = await client.get(f"{self._url}/userinfo", headers={"Authorization": f"Bearer {token}"})
                cpr = msgspec.json.decode(_accepted(told), type=_UserInfo).attributes.cpr
        except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as problem:
            _log.warning("login silent", reason=type(problem).__name__)
            raise UnavailableError("neighbour_unavailable") from None
        if cpr is None:
            raise UnauthenticatedError("login_refused")
        return cpr


def _accepted(answer: httpx.Response) -> bytes:
    if answer.is_client_error:
        raise UnauthenticatedError("login_refused")
    answer.raise_for_status()
    return answer.content


class BuiltInLogin:
    """Pretends that somebody signed in: the code is `built-in/` and a CPR number that nobody can have. Refused in
    production.
    """

    def address(self, return_url: str, state: str) -> str:
        return f"{return_url}?{urlencode({'state': state})}"

    async def cpr_of(self, code: str, return_url: str) -> str:  # noqa: ARG002 - the port's signature
        read = read_cpr(code.removeprefix(_PRETENDED))
        if not code.startswith(_PRETENDED) or read is None or not read.is_replacement:
            raise UnauthenticatedError("login_refused")
        return read.number


def login_provider(installation: Installation) -> LoginProvider:
    """The provider of the settings. Raises NotFoundError `login_not_set` in production where there is none."""
    settings = installation.register
    if settings.login_url and settings.login_client and settings.login_secret:
        return OpenIdLogin(settings.login_url, settings.login_client, settings.login_secret)
    if installation.is_production:
        raise NotFoundError("login_not_set")
    return BuiltInLogin()


async def sign_in_by_login(
    database: Database, keyring: Keyring, provider: LoginProvider, *, agency_isil: str, code: str, return_url: str
) -> IssuedToken:
    """A session for the patron with the CPR number of whoever signed in at the provider. UnauthenticatedError for
    somebody who is no patron here, as for a code that is none.
    """
    agency = await agency_behind_isil(database, agency_isil.strip())
    if agency is None:
        raise UnauthenticatedError(REFUSED)
    plain = normalise(IdentifierKind.CPR, await provider.cpr_of(code, return_url)) or ""

    async def find(tx: Transaction) -> IssuedToken:
        held = await identification.find(tx, lookups(keyring, tx.agency, IdentifierKind.CPR, plain))
        known = await patrons.load(tx, [each.patron for each in held if each.ended_at is None])
        if len(known) != 1 or known[0].merged_into is not None:
            raise UnauthenticatedError(REFUSED)
        return await issue_patron_token(tx, known[0].id, known[0].language)

    return await database.run(agency, SYSTEM, find)
