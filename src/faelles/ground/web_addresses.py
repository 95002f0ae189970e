"""Which addresses of other systems are called. A municipality sets them, and the machine that calls is everybody's."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

_THIS_MACHINE: Final = "localhost"


def is_fit(address: str) -> bool:
    """Whether an address may be called in production: over a closed line, and neither this machine nor what lies on its
    own link, where operators' services answer whoever asks from there. Private networks are fit: municipalities'
    systems stand in them. What a name leads to is for the operator's own walls.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    return parts.scheme == "https" and host != "" and not _is_near(host)


def _is_near(host: str) -> bool:
    last = host.rpartition(".")[2]
    if last == _THIS_MACHINE:
        return True
    try:
        place = ipaddress.ip_address(host)
    except ValueError:
        # Resolvers read 127.1 and 0x7f000001 as addresses too; no name ends in a number.
        return last.isdigit() or last.startswith("0x")
    inner = place.ipv4_mapped if isinstance(place, ipaddress.IPv6Address) else None
    place = inner or place
    return place.is_loopback or place.is_link_local or place.is_unspecified or place.is_multicast
