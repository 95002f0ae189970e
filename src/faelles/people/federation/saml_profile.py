"""SAML 2: the web browser profile (saml-profiles-2.0-os, 4.1). We ask with a signed redirect; the provider answers with
a form that the browser posts. Assertions must be signed with a key of the provider's metadata, be for us, and answer
what we asked.

The work is pysaml2's and that of `xmlsec1`, a program which it starts for each signature. Everything here blocks.
"""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from saml2.attribute_converter import ac_factory
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.mdstore import InMemoryMetaData
from saml2.metadata import entity_descriptor

from faelles.ground.errors import UnauthenticatedError, UnavailableError, invalid_field
from faelles.ground.log import logger
from faelles.people.federation.model import Keyed, Proven, Provider

_POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_DIGEST: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SECONDS_APART: Final = 60

_log = logger("people.saml")
# It writes names and whole answers; what went wrong is told by `proof refused`.
logging.getLogger("saml2").setLevel(logging.CRITICAL + 1)


def request(keyed: Keyed, base: str) -> tuple[str, str]:
    """The address where the browser goes to sign in, and the id of the request in it."""
    with _client(keyed, base) as client:
        request_id, sent = client.prepare_for_authenticate(
            entityid=keyed.provider.issuer, binding=_REDIRECT, sign=True, sigalg=_SHA256
        )
    return dict(sent["headers"])["Location"], request_id


def prove(keyed: Keyed, base: str, *, answer: str, request_id: str) -> Proven:
    """Who the provider's answer to our request says it is. Raises UnauthenticatedError whatever is wrong."""
    with _client(keyed, base) as client:
        try:
            read = client.parse_authn_request_response(answer, _POST, outstanding={request_id: ""})
        except Exception as problem:  # noqa: BLE001 - its errors have no root; whatever it stumbles over is refused
            _log.warning("proof refused", provider=keyed.provider.id, reason=type(problem).__name__)
            raise UnauthenticatedError("federated_answer_refused") from None
        # pysaml2 takes an answer to nothing where it holds no outstanding request; we asked, so it must say what.
        if read is None or read.in_response_to != request_id or not _is_for_us(read, keyed.provider, base, request_id):
            raise UnauthenticatedError("federated_answer_refused")
        return _proven(keyed.provider, read)


def _is_for_us(read: Any, provider: Provider, base: str, request_id: str) -> bool:  # noqa: ANN401 - pysaml2 has no types
    """Held against the assertion, which is signed; the response around it need not be, and pysaml2 asks some of this of
    the response alone.
    """
    if len(read.assertions) != 1 or read.issuer() != provider.issuer:
        return False
    said = read.assertions[0]
    limits = said.conditions.audience_restriction if said.conditions else ()
    audiences = {(each.text or "").strip() for limit in limits for each in limit.audience}
    borne = [each.subject_confirmation_data for each in said.subject.subject_confirmation if each.method == _BEARER]
    return (
        said.issuer is not None
        and (said.issuer.text or "").strip() == provider.issuer
        and f"{base}/metadata" in audiences
        and any(each and each.in_response_to == request_id and each.recipient == f"{base}/answer" for each in borne)
    )


def own_metadata(keyed: Keyed, base: str) -> bytes:
    """What the provider is to know of us."""
    with _client(keyed, base) as client:
        return str(entity_descriptor(client.config)).encode()


def check_metadata(metadata: str, issuer: str) -> None:
    """Raise InvalidRequestError unless it is the metadata of that provider."""
    read = InMemoryMetaData(ac_factory(), metadata)
    try:
        read.load()
        asked_at = read.service(issuer, "idpsso_descriptor", "single_sign_on_service", _REDIRECT)
        known = list(read.entity) == [issuer] and bool(asked_at) and bool(read.certs(issuer, "idpsso"))
    except Exception:  # noqa: BLE001 - it raises whatever comes to it for what is not metadata
        known = False
    if not known:
        raise invalid_field("metadata", "sign_in_metadata_unfit")


def _proven(provider: Provider, read: Any) -> Proven:  # noqa: ANN401 - pysaml2 has no types
    said: dict[str, list[str]] = read.ava
    name_id = read.name_id.text if read.name_id is not None else ""
    subject = _first(said, provider.subject_claim) or name_id
    if not subject:
        raise UnauthenticatedError("federated_answer_refused")
    return Proven(
        subject=subject,
        username=_first(said, provider.username_claim or "uid") or subject,
        name=_first(said, provider.name_claim or "cn"),
        role_values=tuple(said.get(provider.role_claim, ())),
        answer=f"saml/{provider.id}/{read.assertion.id}",
    )


def _first(said: dict[str, list[str]], name: str | None) -> str:
    return next(iter(said.get(name or "", ())), "")


@contextmanager
def _client(keyed: Keyed, base: str) -> Iterator[Saml2Client]:
    """pysaml2 as this provider's counterpart. Its key is in a file of its own as long as it works, as it must be."""
    program = shutil.which("xmlsec1")
    if program is None:
        raise UnavailableError("federated_xmlsec_missing")
    with TemporaryDirectory(prefix="faelles-saml-") as folder:
        key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
        key.touch(mode=0o600)
        key.write_text(keyed.secret)
        certificate.write_text(keyed.provider.certificate or "")
        config = SPConfig().load(_settings(keyed, base, program, key, certificate))
        yield Saml2Client(config=config)


def _settings(keyed: Keyed, base: str, program: str, key: Path, certificate: Path) -> dict[str, Any]:
    return {
        "entityid": f"{base}/metadata",
        "xmlsec_binary": program,
        "key_file": str(key),
        "cert_file": str(certificate),
        "encryption_keypairs": [{"key_file": str(key), "cert_file": str(certificate)}],
        "metadata": {"inline": [keyed.metadata or ""]},
        "only_use_keys_in_metadata": True,
        "allow_unknown_attributes": True,
        "accepted_time_diff": _SECONDS_APART,
        "service": {
            "sp": {
                "name": "Faelles",
                "endpoints": {"assertion_consumer_service": [(f"{base}/answer", _POST)]},
                "allow_unsolicited": False,
                "authn_requests_signed": True,
                "want_assertions_signed": True,
                "want_response_signed": False,
                "signing_algorithm": _SHA256,
                "digest_algorithm": _DIGEST,
            }
        },
    }
