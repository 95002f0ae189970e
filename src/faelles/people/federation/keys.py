"""Our own key towards a SAML provider, and its certificate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from faelles.ground.errors import invalid_field

_BITS: Final = 3072
_GOOD_FOR: Final = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class Pair:
    """Both as PEM."""

    key: str
    certificate: str

    def __repr__(self) -> str:
        return "Pair()"


def new_pair(now: datetime) -> Pair:
    """A key and a certificate that it signed itself: the provider trusts it because our metadata was given to it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Faelles")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _GOOD_FOR)
        .sign(key, SHA256())
    )
    return Pair(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        certificate.public_bytes(Encoding.PEM).decode(),
    )


def check_pair(key: str, certificate: str) -> None:
    """Raise InvalidRequestError unless both are PEM and belong together."""
    try:
        private = load_pem_private_key(key.encode(), password=None)
        public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except (ValueError, TypeError):
        raise invalid_field("key", "sign_in_key_unreadable") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != public.public_bytes(*form):
        raise invalid_field("certificate", "sign_in_key_with_certificate")
