"""What a provider's words mean here: privileges read, and turned into roles at places."""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from faelles.ground.errors import UnauthenticatedError
from faelles.people.federation.model import Granted, PlaceHere, Privilege, RoleHere

_CVR_SCOPE: Final = "urn:dk:gov:saml:cvrNumberIdentifier:"
_NO_COMPANY: Final = "-"
_NOT_IN_USERNAMES: Final = re.compile(r"[^a-z0-9._@-]+")
_LETTERS: Final = {ord("æ"): "ae", ord("ø"): "oe", ord("å"): "aa"}
_LONGEST_USERNAME: Final = 64
_SHORTEST_USERNAME: Final = 2


def privileges(values: Iterable[str]) -> tuple[Privilege, ...]:
    """Of a claim with roles: plain words, or lists of privileges (OIO Basic Privilege Profile) in base64.

    Raises UnauthenticatedError for a list that cannot be read.
    """
    found: list[Privilege] = []
    for each in values:
        listed = _unpacked(each)
        found += [Privilege(outside=each)] if listed is None else _of_list(listed)
    return tuple(found)


def _unpacked(value: str) -> bytes | None:
    """The XML in a value; None for a plain word."""
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None


def _of_list(xml: bytes) -> list[Privilege]:
    try:
        groups = [group for group in fromstring(xml, forbid_dtd=True) if _local(group.tag) == "PrivilegeGroup"]
    except (ParseError, DefusedXmlException, ValueError):
        raise UnauthenticatedError("federated_answer_unreadable") from None
    found: list[Privilege] = []
    for group in groups:
        scope = group.get("Scope", "")
        cvr = scope.removeprefix(_CVR_SCOPE) if scope.startswith(_CVR_SCOPE) else _NO_COMPANY
        limits = [each.text or "" for each in group if _local(each.tag) == "Constraint"]
        named = tuple(place.strip() for limit in limits for place in limit.split(",") if place.strip())
        words = [(each.text or "").strip() for each in group if _local(each.tag) == "Privilege"]
        found += [Privilege(outside=word, cvr=cvr, places=named if limits else None) for word in words if word]
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def granted(
    held: Iterable[Privilege], *, cvr: str | None, roles: Iterable[RoleHere], places: Iterable[PlaceHere]
) -> frozenset[Granted]:
    """The roles that somebody gets. What names another company, or a place that nobody has translated, gives nothing;
    and a privilege that is limited to places is never taken for one that is not.
    """
    here = {place.outside: place for place in places}
    by_word: dict[str, list[RoleHere]] = {}
    for role in roles:
        by_word.setdefault(role.outside, []).append(role)
    found: set[Granted] = set()
    for privilege in (each for each in held if each.cvr in {None, cvr}):
        for role in by_word.get(privilege.outside, ()):
            if not role.is_by_place and privilege.places is None:
                found.add(Granted(role.role, role.division, role.branch))
            elif role.is_by_place:
                known = [here[word] for word in privilege.places or () if word in here]
                found |= {Granted(role.role, place.division, place.branch) for place in known}
    return frozenset(found)


def username_from(claimed: str) -> str:
    """A username in our letters, near to what the provider calls somebody."""
    plain = claimed.strip().lower().translate(_LETTERS)
    name = _NOT_IN_USERNAMES.sub(".", plain).strip("._@-")[:_LONGEST_USERNAME]
    return name if len(name) >= _SHORTEST_USERNAME else f"user.{name or '0'}"
