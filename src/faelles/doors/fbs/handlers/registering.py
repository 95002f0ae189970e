"""New patrons, with what the person register says of them."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler, branch_coded
from faelles.doors.fbs.handlers.changing import EmailSent, PhoneSent, apply_settings, new_pin
from faelles.doors.fbs.handlers.changing import Settings as Wishes
from faelles.doors.fbs.handlers.guardians import AddressSent, GuardianSent, guardian_given, number_field
from faelles.doors.fbs.handlers.patrons import authenticated
from faelles.doors.fbs.handlers.showing import BLOCKS_THAT_CLIENTS_SET
from faelles.doors.fbs.problems import CPR_NUMBER_EXISTS, AnsweredError, in_their_words
from faelles.doors.newcomers import group_of_age
from faelles.ground.clock import age_on, local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.ids import PatronId
from faelles.notices.guardians.operations import register_with_guardian
from faelles.patrons.blocks.model import BlockCode, SetBlock
from faelles.patrons.blocks.operations import set_block
from faelles.patrons.identifiers import IdentifierKind, read_cpr
from faelles.patrons.looking.operations import identifiers_asked_for
from faelles.patrons.model import NewMembership, RegisterPatron, Role
from faelles.patrons.reach import reached
from faelles.patrons.registers.model import Person
from faelles.patrons.registers.operations import as_registration, follow_register, person_with, register_as_said
from faelles.patrons.registers.port import person_register
from faelles.people.model import Permission
from faelles.policies.compiled import Settings
from faelles.privacy.consents.model import ConsentKind, SetConsent
from faelles.privacy.consents.operations import set_consent

_TAKEN: Final = "identifier_taken"


class BlockSent(msgspec.Struct, frozen=True, rename="camel"):
    blocked_reason: str
    blocked_since: date


class CreatePatron(msgspec.Struct, frozen=True, rename="camel"):
    person_identifier: str
    patron: Wishes
    pincode: str | None = None
    national_registry_consent: bool = False
    block_status_request: BlockSent | None = None

    def __repr__(self) -> str:
        return "CreatePatron()"


class PatronWithGuardian(msgspec.Struct, frozen=True, rename="camel"):
    person_identifier: str
    name: str
    preferred_pickup_branch: str
    guardian: GuardianSent
    pincode: str | None = None
    address: AddressSent | None = None
    email_addresses: tuple[EmailSent, ...] = ()
    phone_numbers: tuple[PhoneSent, ...] = ()
    national_registry_consent: bool = False
    block_status_request: BlockSent | None = None

    def __repr__(self) -> str:
        return "PatronWithGuardian()"


async def create_patron(call: Call) -> models.AuthenticatedPatron:
    """A new patron by CPR number: name and address come from the register, never from the web site."""
    wanted = call.body(CreatePatron)
    _check(wanted.pincode, wanted.block_status_request)
    services = call.services
    person = await _person(call, wanted.person_identifier)

    async def work(tx: Transaction) -> models.AuthenticatedPatron:
        settings = await call.settings(tx)
        bare = _registration(tx, call, settings, wanted.person_identifier, wanted.patron.preferred_pickup_branch)
        request = as_registration(person, wanted.person_identifier, bare)
        request = msgspec.structs.replace(request, pin=wanted.pincode)
        patron = (await register_as_said(tx, call.caller, services.keyring, request, person)).patron
        await apply_settings(tx, call, call.in_name_of(patron), patron, wanted.patron)
        await _after(tx, call, patron, wanted.block_status_request, consents=wanted.national_registry_consent)
        return await authenticated(tx, call, await reached(tx, patron))

    try:
        return await call.run(work)
    except ConflictError as problem:
        raise _known_already(problem) from None


async def _person(call: Call, cpr: str) -> Person:
    """Whom the register knows. Somebody who has died is nobody who can be registered. Of a patron of ours it is not
    asked: it may be silent, or not know whom the library registered by hand.
    """
    if await call.read(lambda tx: _is_taken(tx, call, cpr)):
        raise AnsweredError(HTTPStatus.CONFLICT, CPR_NUMBER_EXISTS, _TAKEN)
    try:
        return await person_with(person_register(call.services.installation), cpr)
    except ConflictError:
        raise NotFoundError("person_unknown") from None
    except InvalidRequestError as problem:
        raise in_their_words(problem, {"cpr": number_field(call)}) from None


async def _is_taken(tx: Transaction, call: Call, cpr: str) -> bool:
    call.caller.require(Permission.PATRON_EDIT)
    found = await tx.ask(identifiers_asked_for(tx, call.caller, call.services.keyring, cpr))
    return any(each.kind is IdentifierKind.CPR and each.ended_at is None for each in found)


def _known_already(problem: ConflictError) -> Exception:
    if problem.code != _TAKEN:
        return problem
    return AnsweredError(HTTPStatus.CONFLICT, CPR_NUMBER_EXISTS, _TAKEN)


def _check(pin: str | None, block: BlockSent | None) -> None:
    if pin is not None:
        new_pin(pin, "pincode")
    if block is not None and block.blocked_reason not in {code.value for code in BLOCKS_THAT_CLIENTS_SET}:
        raise invalid_field("blockStatusRequest.blockedReason", "field_not_among_choices")


def _registration(tx: Transaction, call: Call, settings: Settings, cpr: str, branch: str) -> RegisterPatron:
    """A member of the division, in the group of their age."""
    home = branch_coded(settings, call.division, branch, "preferredPickupBranch")
    read = read_cpr(cpr)
    if read is None:
        raise invalid_field(number_field(call), "field_wrong_form")
    today = local_date(tx.now, settings.directory.agency.time_zone)
    group = group_of_age(settings, age_on(read.birth_date, today))
    return RegisterPatron(
        name="-",
        home_branch=home,
        memberships=(NewMembership(division=call.division, role=Role.BORROWER, group=group),),
    )


async def _after(tx: Transaction, call: Call, patron: PatronId, block: BlockSent | None, *, consents: bool) -> None:
    """The block and the consent that were sent with a new patron."""
    if block is not None:
        asked = SetBlock(code=BlockCode(block.blocked_reason), division=call.division, starts_on=block.blocked_since)
        await set_block(tx, call.caller, patron, asked)
    if consents:
        given = SetConsent(kind=ConsentKind.NATIONAL_REGISTER, is_given=True)
        await set_consent(tx, call.caller, call.services.keyring, patron, given)


async def create_with_guardian(call: Call) -> int:
    """A child registered by an adult. Of the child the register tells name and address; of the adult the adult does."""
    wanted = call.body(PatronWithGuardian)
    _check(wanted.pincode, wanted.block_status_request)
    guardian = guardian_given(call, wanted.guardian, wanted.person_identifier)
    services = call.services
    person = await _person(call, wanted.person_identifier)

    async def work(tx: Transaction) -> int:
        settings = await call.settings(tx)
        bare = _registration(tx, call, settings, wanted.person_identifier, wanted.preferred_pickup_branch)
        request = as_registration(person, wanted.person_identifier, bare)
        request = msgspec.structs.replace(request, pin=wanted.pincode)
        made = await register_with_guardian(tx, call.caller, services.keyring, request, guardian)
        await follow_register(tx, made.patron, person)
        wishes = Wishes(
            preferred_pickup_branch=wanted.preferred_pickup_branch,
            email_addresses=wanted.email_addresses,
            phone_numbers=wanted.phone_numbers,
        )
        await apply_settings(tx, call, call.in_name_of(made.patron), made.patron, wishes)
        await _after(tx, call, made.patron, wanted.block_status_request, consents=wanted.national_registry_consent)
        return made.patron

    try:
        return await call.run(work)
    except ConflictError as problem:
        raise _known_already(problem) from None


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "create_patron": create_patron,
        "create_with_guardian": create_with_guardian,
    }
)
