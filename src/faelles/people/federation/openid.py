"""OpenID Connect: the authorization code flow with PKCE (RFC 7636), the answer verified as OpenID Connect Core 1.0,
3.1.3.7, asks. What the provider says of itself, and its keys, are read anew each time: staff sign in rarely, and keys
change.
"""

import ssl
from collections.abc import Awaitable, Mapping
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from faelles.ground.errors import UnauthenticatedError, UnavailableError
from faelles.ground.log import logger
from faelles.people.federation.model import Keyed, Proven

Said = TypeVar("Said")

_SECONDS: Final = 10.0
_LEEWAY: Final = 60
"""How far two clocks may be apart, in seconds."""
_LARGEST_ANSWER: Final = 1024 * 1024
_ALGORITHMS: Final = ("RS256", "PS256", "ES256")
"""Signatures with the provider's own key. Never `none`, and never one with a secret that we know too."""
_SCOPE: Final = "openid profile email"

_log = logger("people.openid")


class _Configuration(msgspec.Struct):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


class _Given(msgspec.Struct):
    id_token: str
    access_token: str


class Asked(msgspec.Struct, frozen=True):
    """What only we know of a request that is under way."""

    state: str
    nonce: str
    verifier: str

    def __repr__(self) -> str:
        return "Asked()"


async def address_of(keyed: Keyed, asked: Asked, return_url: str) -> str:
    """Where the browser goes to sign in. Raises UnavailableError."""
    async with _client() as client:
        configuration = await _configuration(client, keyed.provider.issuer)
    query = {
        "response_type": "code",
        "client_id": keyed.provider.client or "",
        "redirect_uri": return_url,
        "scope": _SCOPE,
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": create_s256_code_challenge(asked.verifier),  # type: ignore[no-untyped-call] # its stubs
        "code_challenge_method": "S256",
    }
    mark = "&" if urlsplit(configuration.authorization_endpoint).query else "?"
    return f"{configuration.authorization_endpoint}{mark}{urlencode(query)}"


async def prove(keyed: Keyed, asked: Asked, *, code: str, issuer: str | None, return_url: str) -> Proven:
    """Who came back with `code`. `issuer`: the one named beside it (RFC 9207), if any.

    Raises UnauthenticatedError whatever is wrong with it, UnavailableError where the provider does not answer.
    """
    provider = keyed.provider
    async with _client() as client:
        configuration = await _configuration(client, provider.issuer)
        if issuer != provider.issuer and (issuer or configuration.authorization_response_iss_parameter_supported):
            raise UnauthenticatedError("federated_answer_refused")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_url,
            "code_verifier": asked.verifier,
        }
        credentials = httpx.BasicAuth(provider.client or "", keyed.secret)
        answer = await _spoken(client.post(configuration.token_endpoint, data=form, auth=credentials))
        if answer.is_client_error:
            raise UnauthenticatedError("federated_answer_refused")
        given = _read(answer, _Given)
        keys = _read(await _spoken(client.get(configuration.jwks_uri)), KeySetSerialization)
    return _proven(keyed, _claims(keyed, asked, given, keys))


def _claims(keyed: Keyed, asked: Asked, given: _Given, keys: KeySetSerialization) -> dict[str, Any]:
    provider = keyed.provider
    try:
        token = jwt.decode(given.id_token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={"iss": {"essential": True, "value": provider.issuer}, "aud": {"value": provider.client}},
            params={"nonce": asked.nonce, "client_id": provider.client, "access_token": given.access_token},
        )
        claims.validate(leeway=_LEEWAY)
    except (JoseError, ValueError, KeyError, TypeError) as problem:
        _log.warning("proof refused", provider=provider.id, reason=type(problem).__name__)
        raise UnauthenticatedError("federated_answer_refused") from None
    return dict(claims)


def _proven(keyed: Keyed, claims: Mapping[str, Any]) -> Proven:
    provider = keyed.provider
    subject = _text(claims, provider.subject_claim or "sub")
    if not subject:
        raise UnauthenticatedError("federated_answer_refused")
    roles = claims.get(provider.role_claim, ())
    listed = (roles,) if isinstance(roles, str) else tuple(roles) if isinstance(roles, list) else ()
    return Proven(
        subject=subject,
        username=_text(claims, provider.username_claim or "preferred_username") or subject,
        name=_text(claims, provider.name_claim or "name"),
        role_values=tuple(each for each in listed if isinstance(each, str)),
        answer=f"oidc/{provider.id}/{claims['nonce']}",
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name, "")
    return found if isinstance(found, str) else ""


async def _configuration(client: httpx.AsyncClient, issuer: str) -> _Configuration:
    answer = await _spoken(client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
    configuration = _read(answer, _Configuration)
    if configuration.issuer != issuer:
        _log.warning("another issuer", issuer=issuer)
        raise UnavailableError("federated_provider_silent")
    return configuration


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=_SECONDS, verify=_trusted(), follow_redirects=False, trust_env=False)


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def _spoken(answering: Awaitable[httpx.Response]) -> httpx.Response:
    try:
        return await answering
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        _log.warning("provider silent", reason=type(problem).__name__)
        raise UnavailableError("federated_provider_silent") from None


def _read(answer: httpx.Response, kind: type[Said]) -> Said:
    if not answer.is_success or len(answer.content) > _LARGEST_ANSWER:
        raise UnavailableError("federated_provider_silent")
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnavailableError("federated_provider_silent") from None
