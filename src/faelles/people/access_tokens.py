"""Access tokens: a caller, signed by us, good for five minutes at most and checked without asking anybody. Pure."""

import base64
import binascii
import zlib
from datetime import datetime
from functools import lru_cache

import msgspec

from faelles.ground.crypto import Keyring
from faelles.ground.errors import ConflictError, ForbiddenError, UnauthenticatedError
from faelles.people import rules
from faelles.people.model import Caller, KnownCaller, SignedToken

ACCESS_PREFIX = "fa_"
_PURPOSE = "access_token"
_LONGEST = 4096


class _Claims(msgspec.Struct, frozen=True):
    """What an access token says. `expires_at`: seconds since 1970."""

    caller: Caller
    expires_at: int


_claims = msgspec.msgpack.Decoder(_Claims)


def issue_access_token(keyring: Keyring, session: KnownCaller, now: datetime) -> SignedToken:
    """A signed token for `session`, good for five minutes or as long as the session, whichever is less.

    Raises ForbiddenError for a supporter, whose access must end the moment the agency says so.
    """
    if session.caller.support is not None:
        raise ForbiddenError("access_token_not_for_support")
    expires_at = min(now + rules.ACCESS_TOKEN_LENGTH, session.expires_at).replace(microsecond=0)
    claims = msgspec.msgpack.encode(_Claims(session.caller, int(expires_at.timestamp())))
    payload = zlib.compress(claims, level=6)
    secret = ACCESS_PREFIX + _encoded(payload) + "." + _encoded(keyring.sign(_PURPOSE, payload))
    if len(secret) > _LONGEST:
        raise ConflictError("access_token_too_long")
    return SignedToken(secret, expires_at)


def caller_by_access_token(keyring: Keyring, token: str, now: datetime) -> Caller:
    """The caller an access token was signed for. Raises UnauthenticatedError. Asks nobody."""
    claims = _signed_claims(keyring, token)
    if claims is None or now.timestamp() >= claims.expires_at:
        raise UnauthenticatedError("token_not_valid")
    return claims.caller


@lru_cache(maxsize=1024)
def _signed_claims(keyring: Keyring, token: str) -> _Claims | None:
    """What a token says, if we signed it: the same for ever, so remembered. Whether it still counts is asked anew."""
    payload_text, _, signature_text = token.removeprefix(ACCESS_PREFIX).partition(".")
    try:
        payload, signature = _decoded(payload_text), _decoded(signature_text)
        if not keyring.signature_matches(_PURPOSE, payload, signature):
            return None
        # Nothing is unpacked that we did not pack ourselves.
        return _claims.decode(zlib.decompress(payload))
    except (binascii.Error, ValueError, zlib.error, msgspec.DecodeError):
        return None


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
