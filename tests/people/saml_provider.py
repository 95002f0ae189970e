"""A SAML provider in this process: pysaml2's own, which answers as the municipal access service does."""

import base64
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.utils import CryptographyDeprecationWarning
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.cryptography import asymmetric
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID

from faelles.ground.clock import utc_now
from faelles.people.federation.keys import new_pair
from faelles.people.federation.model import BASIC_PRIVILEGES

with warnings.catch_warnings():
    # pysaml2's provider lists a cipher that cryptography has moved; our side of it does not come by it.
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)
    from saml2.server import Server

# Both sides read their keys again for whatever they do, and proving each time that their primes are prime was half the
# time of these tests: they have just been made.
asymmetric.load_pem_private_key = partial(load_pem_private_key, password=None, unsafe_skip_rsa_key_validation=True)

ISSUER = "https://adgangsstyring.example/idp"
BASIC_NAMES = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
PASSWORD_CONTEXT = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"}


def privileges(cvr: str, role: str, *places: str) -> str:
    """A list of privileges as the access service sends it."""
    limit = f'<Constraint Name="http://bibliotek.example/constraints/afdeling/1">{",".join(places)}</Constraint>'
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpp:PrivilegeList xmlns:bpp="http://itst.dk/oiosaml/basic_privilege_profile">
  <PrivilegeGroup Scope="urn:dk:gov:saml:cvrNumberIdentifier:{cvr}">
    <Privilege>{role}</Privilege>{limit if places else ""}
  </PrivilegeGroup>
</bpp:PrivilegeList>"""
    return base64.b64encode(xml.encode()).decode()


@dataclass
class SamlProvider:
    folder: Path
    subject: str = "C=DK,O=29189846,CN=Lise Lind,Serial=7c1b"
    attributes: dict[str, Any] = field(default_factory=dict)
    issuer: str = ISSUER
    _settings: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        pair = new_pair(utc_now())
        key, certificate = self.folder / "idp-key.pem", self.folder / "idp-certificate.pem"
        key.write_text(pair.key)
        certificate.write_text(pair.certificate)
        self._settings = {
            "entityid": ISSUER,
            "key_file": str(key),
            "cert_file": str(certificate),
            "allow_unknown_attributes": True,
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [(f"{ISSUER}/sso", BINDING_HTTP_REDIRECT)]},
                    "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": BASIC_NAMES}},
                    "want_authn_requests_signed": True,
                }
            },
        }

    def says_of_library(self, cvr: str, role: str, *places: str) -> None:
        """Whoever comes has one role."""
        listed = privileges(cvr, role, *places)
        self.attributes = {"uid": "LILI", "cn": "Lise Lind", BASIC_PRIVILEGES: listed}

    @property
    def metadata(self) -> str:
        return str(entity_descriptor(IdPConfig().load(self._settings)))

    def answer(self, address: str, our_metadata: bytes, **changes: Any) -> str:
        """The answer to the request that the browser brought to `address`: base64, as the browser posts it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        server = Server(config=IdPConfig().load(self._settings | {"metadata": {"inline": [our_metadata.decode()]}}))
        request = server.parse_authn_request(
            asked["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            relay_state=asked.get("RelayState"),
            sigalg=asked["SigAlg"],
            signature=asked["Signature"],
        )
        told = server.response_args(request.message, [BINDING_HTTP_POST])
        response = server.create_authn_response(
            self.attributes,
            in_response_to=changes.get("in_response_to", told["in_response_to"]),
            destination=told["destination"],
            sp_entity_id=changes.get("audience", told["sp_entity_id"]),
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=self.subject),
            authn=PASSWORD_CONTEXT,
            sign_assertion=changes.get("sign", True),
            sign_response=False,
        )
        return base64.b64encode(str(response).encode()).decode()
