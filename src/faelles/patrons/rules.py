"""What makes a registration or a change acceptable. Pure: requests in, problems out."""

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import UNSET

from faelles.ground.clock import age_on
from faelles.ground.errors import FieldProblem
from faelles.ground.fields import is_plausible
from faelles.patrons.identifiers import IdentifierKind, normalise, read_cpr
from faelles.patrons.model import (
    AbsencePeriod,
    ChangePatron,
    Contact,
    NewGuardian,
    NewIdentifier,
    NewMembership,
    PatronKind,
    RegisterPatron,
    Role,
)

ADULT_AT = 18
"""Of age, and so able to answer for somebody else's debts (Værgemålsloven § 1)."""

_KINDS_OF = {
    PatronKind.PERSON: {IdentifierKind.CARD, IdentifierKind.CPR, IdentifierKind.UNI_LOGIN, IdentifierKind.EMAIL},
    PatronKind.GROUP: {IdentifierKind.CARD, IdentifierKind.EMAIL},
    PatronKind.INSTITUTION: {IdentifierKind.CARD, IdentifierKind.EMAIL, IdentifierKind.CVR, IdentifierKind.EAN},
}

Normalised = tuple[IdentifierKind, str]


def problem(field: str, code: str, **parameters: str | int) -> FieldProblem:
    return FieldProblem(field, code, parameters)


def is_adult(born: date | None, on: date) -> bool:
    """Nobody is taken for a child whose birth date we do not know."""
    return born is None or age_on(born, on) >= ADULT_AT


def birth_date(stated: date | None, identifiers: Sequence[Normalised]) -> date | None:
    """The stated birth date, or the one a CPR number says."""
    if stated is not None:
        return stated
    found = (read_cpr(value) for kind, value in identifiers if kind is IdentifierKind.CPR)
    return next((cpr.birth_date for cpr in found if cpr), None)


def normalised(identifiers: Sequence[NewIdentifier]) -> list[Normalised]:
    """The identifiers in their stored form; those that have none are left out (`identifier_problems` names them)."""
    return [(given.kind, plain) for given in identifiers if (plain := normalise(given.kind, given.value)) is not None]


def registration_problems(request: RegisterPatron, today: date) -> list[FieldProblem]:
    """Everything that is wrong with a registration, by field."""
    return [
        *_birth_date_problems("birth_date", request.kind, request.birth_date, today),
        *_cpr_problems(request.birth_date, request.identifiers, today),
        *identifier_problems("identifiers", request.kind, request.identifiers),
        *_findable(request),
        *contact_problems("contact", request.contact),
        *_each("memberships", [membership_problems(each, request.kind) for each in request.memberships]),
        *_each("guardians", [guardian_problems(each, today) for each in request.guardians]),
    ]


def _findable(request: RegisterPatron) -> Iterator[FieldProblem]:
    """A person is known by something that can be scanned or typed; a class or an institution may be known by name. A
    membership may come later: until then a loan is refused for want of one.
    """
    if request.kind is PatronKind.PERSON and not request.identifiers:
        yield problem("identifiers", "identifier_needed")


def change_problems(change: ChangePatron, kind: PatronKind, today: date) -> list[FieldProblem]:
    found: list[FieldProblem] = []
    if change.birth_date is not UNSET:
        found += _birth_date_problems("birth_date", kind, change.birth_date, today)
    if change.contact is not UNSET:
        found += contact_problems("contact", change.contact)
    return found


def identifier_problems(field: str, kind: PatronKind, identifiers: Sequence[NewIdentifier]) -> Iterator[FieldProblem]:
    """A card number that reads as a CPR number is refused, for that would keep a CPR number in clear.

    `field` is empty where the request is a single identifier.
    """
    seen: set[tuple[IdentifierKind, str | None]] = set()
    for place, given in enumerate(identifiers):
        where = f"{field}.{place}." if field else ""
        plain = given.kind, normalise(given.kind, given.value)
        if given.kind not in _KINDS_OF[kind]:
            yield problem(f"{where}kind", "identifier_not_for_this_kind", kind=given.kind.value)
        elif plain[1] is None:
            yield problem(f"{where}value", "identifier_malformed", kind=given.kind.value)
        elif given.kind is not IdentifierKind.CPR and read_cpr(given.value) is not None:
            yield problem(f"{where}value", "identifier_reads_as_cpr", kind=given.kind.value)
        elif plain in seen:
            yield problem(f"{where}value", "identifier_repeated", kind=given.kind.value)
        seen.add(plain)


def membership_problems(membership: NewMembership, kind: PatronKind) -> Iterator[FieldProblem]:
    if kind is not PatronKind.PERSON and membership.role is not Role.BORROWER:
        yield problem("role", "role_only_for_persons", role=membership.role.value)
    for field in ("starts_on", "ends_on"):
        day: date | None = getattr(membership, field)
        if day is not None and not is_plausible(day):
            yield problem(field, "date_not_plausible")
    if membership.starts_on and membership.ends_on and membership.ends_on < membership.starts_on:
        yield problem("ends_on", "period_ends_before_it_starts")


def guardian_problems(guardian: NewGuardian, today: date) -> Iterator[FieldProblem]:
    """Either somebody known or somebody new, and of age as far as we know."""
    if (guardian.patron is None) == (guardian.name is None):
        yield problem("patron", "guardian_known_or_new")
        return
    yield from _birth_date_problems("birth_date", PatronKind.PERSON, guardian.birth_date, today)
    yield from _cpr_problems(guardian.birth_date, guardian.identifiers, today)
    yield from identifier_problems("identifiers", PatronKind.PERSON, guardian.identifiers)
    yield from contact_problems("contact", guardian.contact)
    if not is_adult(birth_date(guardian.birth_date, normalised(guardian.identifiers)), today):
        yield problem("birth_date", "guardian_not_adult", age=ADULT_AT)


def absence_problems(absence: AbsencePeriod, today: date) -> Iterator[FieldProblem]:
    if not is_plausible(absence.last_day) or not is_plausible(absence.first_day):
        yield problem("last_day", "date_not_plausible")
    elif absence.last_day < absence.first_day:
        yield problem("last_day", "period_ends_before_it_starts")
    elif absence.last_day < today:
        yield problem("last_day", "period_is_past")


def contact_problems(field: str, contact: Contact) -> Iterator[FieldProblem]:
    if contact.email is not None and normalise(IdentifierKind.EMAIL, contact.email) is None:
        yield problem(f"{field}.email", "identifier_malformed", kind=IdentifierKind.EMAIL.value)


def _birth_date_problems(field: str, kind: PatronKind, born: date | None, today: date) -> Iterator[FieldProblem]:
    if born is None:
        return
    if kind is not PatronKind.PERSON:
        yield problem(field, "birth_date_only_for_persons")
    elif born > today:
        yield problem(field, "birth_date_in_future")
    elif not is_plausible(born):
        yield problem(field, "date_not_plausible")


def _cpr_problems(born: date | None, identifiers: Sequence[NewIdentifier], today: date) -> Iterator[FieldProblem]:
    """What a CPR number says must be possible, and agree with what else is said. Two of them are one too many."""
    numbers = [read_cpr(given.value) for given in identifiers if given.kind is IdentifierKind.CPR]
    if len(numbers) > 1:
        yield problem("identifiers", "one_cpr_only")
    for cpr in numbers:
        if cpr is None:
            continue
        if cpr.birth_date > today:
            yield problem("identifiers", "identifier_malformed", kind=IdentifierKind.CPR.value)
        elif born is not None and born != cpr.birth_date and not cpr.is_replacement:
            yield problem("birth_date", "birth_date_differs_from_cpr")


def _each(field: str, found: Sequence[Iterator[FieldProblem]]) -> Iterator[FieldProblem]:
    for place, problems in enumerate(found):
        for each in problems:
            yield FieldProblem(f"{field}.{place}.{each.field}", each.code, each.parameters)
