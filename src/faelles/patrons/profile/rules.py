"""What makes a profile acceptable, and how addresses are ordered. Pure."""

from collections.abc import Collection, Iterator, Sequence

from msgspec import UNSET

from faelles.ground.errors import FieldProblem
from faelles.patrons.identifiers import IdentifierKind, normalise
from faelles.patrons.model import PatronKind
from faelles.patrons.profile.model import Choices, NewEmail, NewPhone, SetProfile, Way
from faelles.patrons.rules import problem


def profile_problems(
    request: SetProfile, kind: PatronKind, offered: Collection[str], protocols: Collection[str]
) -> Iterator[FieldProblem]:
    """`offered`: the interests there are; `protocols`: the ways that the patron's division offers."""
    if request.emails is not UNSET:
        yield from _email_problems(request.emails)
    for place, code in enumerate(request.interests or ()):
        if code not in offered:
            yield problem(f"interests.{place}", "interest_not_offered", interest=code)
    for place, protocol in enumerate(request.protocols or ()):
        if protocol not in protocols:
            yield problem(f"protocols.{place}", "protocol_not_offered", protocol=protocol)
    yield from _only_for(request, kind)


def _only_for(request: SetProfile, kind: PatronKind) -> Iterator[FieldProblem]:
    if request.guardian_sees is True and kind is not PatronKind.PERSON:
        yield problem("guardian_sees", "guardian_only_for_persons")
    if request.contact_person and kind is PatronKind.PERSON:
        yield problem("contact_person", "contact_person_not_for_persons")
    if request.isil and kind is not PatronKind.INSTITUTION:
        yield problem("isil", "isil_only_for_institutions")


def _email_problems(emails: Sequence[NewEmail]) -> Iterator[FieldProblem]:
    seen: set[str] = set()
    for place, each in enumerate(emails):
        plain = normalise(IdentifierKind.EMAIL, each.address)
        if plain is None:
            yield problem(f"emails.{place}.address", "identifier_malformed", kind=IdentifierKind.EMAIL.value)
        elif plain in seen:
            yield problem(f"emails.{place}.address", "address_said_twice")
        else:
            seen.add(plain)


def new_emails(emails: Sequence[NewEmail], known: Sequence[Way]) -> list[Way]:
    """In the order of notices: what takes them comes first. What was verified stays so."""
    verified = {way.value: way.verified_at for way in known}
    plain = [(each.address.strip().lower(), each.takes_notices) for each in emails]
    ways = [Way(value=value, takes_notices=takes, verified_at=verified.get(value)) for value, takes in plain]
    return _notices_first(ways)


def new_phones(phones: Sequence[NewPhone]) -> list[Way]:
    by_number = {" ".join(each.number.split()): each.takes_notices for each in phones}
    return _notices_first([Way(value=number, takes_notices=takes) for number, takes in by_number.items()])


def _notices_first(ways: Sequence[Way]) -> list[Way]:
    return sorted(ways, key=lambda way: not way.takes_notices)


def with_first(first: str | None, stored: Sequence[Way]) -> list[Way]:
    """All the ways, the one in the patron's own record first, whether it has a row of its own or not."""
    if first is None:
        return list(stored)
    own = next((way for way in stored if way.value.lower() == first.lower()), None)
    return [own or Way(value=first), *(way for way in stored if way is not own)]


def changed_choices(known: Choices, request: SetProfile) -> Choices:
    wanted = {name: getattr(request, name) for name in Choices.__struct_fields__}
    given = {name: value for name, value in wanted.items() if value is not UNSET}
    return Choices(**{**{name: getattr(known, name) for name in Choices.__struct_fields__}, **given})
