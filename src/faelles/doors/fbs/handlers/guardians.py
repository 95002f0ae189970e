"""Guardians, and what they see and change of children."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.agencies.settings.model import GUARDIAN_VIEW
from faelles.agencies.settings.operations import is_on
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler
from faelles.doors.fbs.facts import models as models_told
from faelles.doors.fbs.handlers.changing import UpdatePatron, apply_update
from faelles.doors.fbs.handlers.patrons import authenticated
from faelles.doors.fbs.versions import person_field
from faelles.ground.database import Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError, invalid_field
from faelles.ground.ids import PatronId
from faelles.notices.guardians.operations import replace_guardian
from faelles.patrons.guardians.model import GuardianGiven
from faelles.patrons.guardians.operations import children_for, require_guardian
from faelles.patrons.identifiers import IdentifierKind, normalise, read_cpr
from faelles.patrons.looking.operations import stands_for
from faelles.patrons.model import Contact
from faelles.patrons.reach import reached


class AddressSent(msgspec.Struct, frozen=True, rename="camel"):
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


class GuardianSent(msgspec.Struct, frozen=True, rename="camel"):
    person_identifier: str
    name: str
    email: str
    mobile_phone_number: str | None = None
    address: AddressSent | None = None

    def __repr__(self) -> str:
        return "GuardianSent()"


class UpdateGuardian(msgspec.Struct, frozen=True, rename="camel"):
    guardian: GuardianSent
    patron_id: int | None = None
    person_identifier: str | None = None

    def __repr__(self) -> str:
        return "UpdateGuardian()"


def number_field(call: Call, *inner: str) -> str:
    """The field that a person's number was sent in, in the body or in what is `inner` of it."""
    model = "" if call.operation.body is None else call.operation.body.name
    for name in inner:
        model = models_told()[model][name].name
    return ".".join((*inner, person_field(model)))


def guardian_given(call: Call, sent: GuardianSent, child: str | None) -> GuardianGiven:
    """Raises InvalidRequestError for a child that would answer for itself, and for an address that is none."""
    own = read_cpr(sent.person_identifier)
    if own is None or (child is not None and own == read_cpr(child)):
        raise invalid_field(number_field(call, "guardian"), "guardian_not_fit")
    if normalise(IdentifierKind.EMAIL, sent.email) is None:
        raise invalid_field("guardian.email", "field_wrong_form")
    address = sent.address or AddressSent()
    given = {
        "name": sent.name,
        "cpr": sent.person_identifier,
        "contact": msgspec.to_builtins(
            Contact(
                street=address.street,
                postal_code=address.postal_code,
                city=address.city,
                country=address.country,
                email=sent.email,
                phone=sent.mobile_phone_number,
            )
        ),
    }
    try:
        return msgspec.convert(given, GuardianGiven)
    except msgspec.ValidationError:
        raise invalid_field("guardian", "field_wrong_form") from None


async def update_guardian(call: Call) -> int:
    """Another guardian in place of those that there are, or a first one; the child's id."""
    wanted = call.body(UpdateGuardian)
    guardian = guardian_given(call, wanted.guardian, wanted.person_identifier)
    keyring = call.services.keyring

    async def work(tx: Transaction) -> int:
        child = await _child(tx, call, wanted)
        await replace_guardian(tx, call.caller, keyring, child, guardian)
        return child

    return await call.run(work)


async def _child(tx: Transaction, call: Call, wanted: UpdateGuardian) -> PatronId:
    if wanted.patron_id is not None:
        return PatronId(wanted.patron_id)
    if not wanted.person_identifier:
        raise invalid_field("patronId", "field_missing")
    cpr = frozenset({IdentifierKind.CPR})
    found = await stands_for(tx, call.caller, call.services.keyring, wanted.person_identifier, cpr)
    if found is None:
        raise NotFoundError("patron_unknown")
    return found


async def wards(call: Call) -> list[models.AuthenticatedPatron]:
    """The children that the guardian behind a CPR number may see."""
    keyring = call.services.keyring

    async def work(tx: Transaction) -> list[models.AuthenticatedPatron]:
        await _require_guardian_view(tx, call)
        children = await children_for(tx, call.caller, keyring, str(call.sent))
        return [await authenticated(tx, call, known) for known in children]

    return await call.run(work)


async def _require_guardian_view(tx: Transaction, call: Call) -> None:
    if not await is_on(tx, call.division, GUARDIAN_VIEW):
        raise ForbiddenError("guardian_view_off")


async def update_ward(call: Call) -> models.AuthenticatedPatron:
    """A guardian changes a child's settings or PIN. Whoever is not the child's guardian is refused, 403."""
    wanted = call.body(UpdatePatron)
    guardian, keyring = wanted.person_identifier or "", call.services.keyring

    async def work(tx: Transaction) -> models.AuthenticatedPatron:
        await _require_guardian_view(tx, call)
        try:
            await require_guardian(tx, call.caller, keyring, guardian, call.patron)
        except NotFoundError:
            raise ForbiddenError("guardian_of_nobody") from None
        known = await call.patron_known(tx)
        await apply_update(tx, call, known.id, wanted)
        return await authenticated(tx, call, await reached(tx, known.id))

    return await call.run(work)


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {"update_guardian": update_guardian, "wards": wards, "update_ward": update_ward}
)
