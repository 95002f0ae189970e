"""Error detection: the sequence number and the checksum at the end of a message.

The checksum is what makes the sum of a message up to and including `AZ`, and itself, 0 modulo 65536. We send the sum
of bytes; several clients sum the code points of their text, so either is taken.
"""

import re
from dataclasses import dataclass

_TRAILER = re.compile(
    rb"AY(?P<sequence>[0-9]*)\|?AZ(?P<checksum>[0-9A-Fa-f]{0,4})[| \x00]*\Z"
    # Without a sequence number: after a field, or after a message that is nothing but its fixed part.
    rb"|(?:(?<=\|)|(?<=\A97)|(?<=\A99.{8}))AZ(?P<alone>[0-9A-Fa-f]{0,4})[ \x00]*\Z"
    rb"|(?:(?<=\|)|(?<=\A99.{8}))AY(?P<unsummed>[0-9]+)\|?\Z",
    re.DOTALL,
)
_LONGEST_TRAILER = 64
_HEXADECIMAL = 16
_MODULUS = 0x10000
_TEXTS = ("utf-8", "cp850", "latin-1")
"""What a client may have taken its code points from."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message as it came. `sequence` is None without AY, `checksum` None without AZ; both are as the client wrote
    them. `summed` is what the checksum speaks of.
    """

    body: bytes
    sequence: bytes | None = None
    checksum: bytes | None = None
    summed: bytes = b""

    @property
    def detects_errors(self) -> bool:
        return self.sequence is not None or self.checksum is not None

    @property
    def is_sound(self) -> bool:
        """Whether the checksum is right: lower case and without leading zeros too."""
        if self.checksum is None:
            return True
        if not self.checksum:
            return False
        claimed = int(self.checksum, _HEXADECIMAL)
        return not (sum(self.summed) + claimed) % _MODULUS or _is_sum_of_text(self.summed, claimed)


def _is_sum_of_text(summed: bytes, claimed: int) -> bool:
    if summed.isascii():
        return False
    texts = (summed.decode(encoding, "replace") for encoding in _TEXTS)
    return any(not (sum(map(ord, text)) + claimed) % _MODULUS for text in texts)


def unseal(frame: bytes) -> Sealed:
    """The message and its trailer apart."""
    found = _TRAILER.search(frame, max(len(frame) - _LONGEST_TRAILER, 0))
    if found is None:
        return Sealed(frame)
    body = frame[: found.start()]
    if found["unsummed"] is not None:
        return Sealed(body, found["unsummed"])
    group = "checksum" if found["checksum"] is not None else "alone"
    return Sealed(body, found["sequence"], found[group], frame[: found.start(group)])


def checksum(summed: bytes) -> bytes:
    """The four digits after `AZ`, for a message up to and including it."""
    return b"%04X" % (-sum(summed) % _MODULUS)


def seal(body: bytes, asked: Sealed | None = None) -> bytes:
    """An answer with the error detection that its request had; the sequence number comes back as it was sent."""
    if asked is None or not asked.detects_errors:
        return body
    summed = body + (b"" if asked.sequence is None else b"AY" + asked.sequence) + b"AZ"
    return summed + checksum(summed)


_RESEND = b"96AZ"
RESEND = _RESEND + checksum(_RESEND)
"""Request SC Resend: it never carries a sequence number."""
