"""What patrons change of their own on a web site: addresses, choices, absence, PIN."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler, branch_coded
from faelles.doors.fbs.handlers.patrons import authenticated
from faelles.doors.fbs.handlers.words import WITHOUT_END
from faelles.doors.fbs.problems import in_their_words
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError, invalid_field
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.patrons.identification.model import SetPin
from faelles.patrons.identification.operations import write_pin
from faelles.patrons.looking.operations import identifiers_asked_for
from faelles.patrons.model import AbsencePeriod
from faelles.patrons.own_account.model import ChangeOwn
from faelles.patrons.own_account.operations import change_own, replace_own_absences
from faelles.patrons.profile.model import SetProfile
from faelles.patrons.profile.operations import set_own_profile
from faelles.patrons.reach import reached, reached_to_change
from faelles.people.model import Caller

_OUR_FIELDS: Final = MappingProxyType(
    {
        "emails": "patron.emailAddresses",
        "phones": "patron.phoneNumbers",
        "interests": "patron.interests",
        "protocols": "patron.notificationProtocols",
        "first_day": "patron.onHold.from",
        "last_day": "patron.onHold.to",
    }
)


class Period(msgspec.Struct, frozen=True):
    from_: date | None = msgspec.field(default=None, name="from")
    to: date | None = None


class EmailSent(msgspec.Struct, frozen=True, rename="camel"):
    email_address: str
    receive_notification: bool


class PhoneSent(msgspec.Struct, frozen=True, rename="camel"):
    phone_number: str
    receive_notification: bool


class Settings(msgspec.Struct, frozen=True, rename="camel"):
    """What a version does not know of stays; addresses that are left out are gone, and so is an absence."""

    preferred_pickup_branch: str
    on_hold: Period | None = None
    email_addresses: tuple[EmailSent, ...] = ()
    phone_numbers: tuple[PhoneSent, ...] = ()
    preferred_language: str | None = None
    receive_postal_mail: bool | UnsetType = UNSET
    guardian_visibility: bool | UnsetType = UNSET
    interests: tuple[str, ...] | UnsetType = UNSET
    notification_protocols: tuple[str, ...] | UnsetType = UNSET

    def __repr__(self) -> str:
        return "Settings()"

    @property
    def profile(self) -> SetProfile:
        """Where several addresses want notices, the first of them is the one that gets them. An empty one is none.
        Raises InvalidRequestError for what is no address.
        """
        emails = sorted(self.email_addresses, key=lambda each: not each.receive_notification)
        phones = sorted(self.phone_numbers, key=lambda each: not each.receive_notification)
        return SetProfile(
            emails=_read(
                "emails",
                [
                    {"address": each.email_address, "takes_notices": each.receive_notification}
                    for each in emails
                    if each.email_address.strip()
                ],
            ).emails,
            phones=_read(
                "phones",
                [
                    {"number": each.phone_number, "takes_notices": each.receive_notification}
                    for each in phones
                    if each.phone_number.strip()
                ],
            ).phones,
            takes_post=self.receive_postal_mail,
            guardian_sees=self.guardian_visibility,
            interests=self.interests,
            protocols=self.notification_protocols,
        )


class PincodeChange(msgspec.Struct, frozen=True, rename="camel"):
    library_card_number: str
    pincode: str | None = None

    def __repr__(self) -> str:
        return "PincodeChange()"


class UpdatePatron(msgspec.Struct, frozen=True, rename="camel"):
    patron: Settings | None = None
    pincode_change: PincodeChange | None = None
    person_identifier: str | None = msgspec.field(default=None, name="guardianPersonId")

    def __repr__(self) -> str:
        return "UpdatePatron()"


async def update_patron(call: Call) -> models.AuthenticatedPatron:
    """Change settings, PIN or both; all of it or none."""
    wanted = call.body(UpdatePatron)

    async def work(tx: Transaction) -> models.AuthenticatedPatron:
        known = await call.patron_known(tx)
        await apply_update(tx, call, known.id, wanted)
        return await authenticated(tx, call, await reached(tx, known.id))

    return await call.run(work)


async def apply_update(tx: Transaction, call: Call, patron: PatronId, wanted: UpdatePatron) -> None:
    await reached_to_change(tx, patron)
    if wanted.patron is not None:
        await apply_settings(tx, call, call.in_name_of(patron), patron, wanted.patron)
    if wanted.pincode_change is not None and wanted.pincode_change.pincode:
        await _change_pin(tx, call, patron, wanted.pincode_change.library_card_number, wanted.pincode_change.pincode)


async def apply_settings(tx: Transaction, call: Call, own: Caller, patron: PatronId, wanted: Settings) -> None:
    settings = await call.settings(tx)
    home = branch_coded(settings, call.division, wanted.preferred_pickup_branch, "patron.preferredPickupBranch")
    known = await reached(tx, patron)
    language = _language(wanted.preferred_language)
    await change_own(tx, own, ChangeOwn(version=known.version, home_branch=home, language=language))
    away = _away(wanted.on_hold, local_date(tx.now, settings.directory.agency.time_zone))
    try:
        await set_own_profile(tx, own, wanted.profile)
        await replace_own_absences(tx, own, away)
    except InvalidRequestError as problem:
        raise in_their_words(problem, _OUR_FIELDS) from None


def _read(field: str, sent: Sequence[Mapping[str, object]]) -> SetProfile:
    """One of the two lists of addresses."""
    try:
        return msgspec.convert({field: sent}, SetProfile)
    except msgspec.ValidationError:
        raise invalid_field(_OUR_FIELDS[field], "field_wrong_form") from None


def _language(wanted: str | None) -> Language | UnsetType:
    if not wanted:
        return UNSET
    try:
        return Language(wanted[:2].lower())
    except ValueError:
        raise invalid_field("patron.preferredLanguage", "field_not_among_choices") from None


def _away(wanted: Period | None, today: date) -> AbsencePeriod | None:
    """An open end is far off."""
    if wanted is None or not (wanted.from_ or wanted.to):
        return None
    return AbsencePeriod(first_day=wanted.from_ or today, last_day=wanted.to or WITHOUT_END)


async def _change_pin(tx: Transaction, call: Call, patron: PatronId, card: str, pin: str) -> None:
    """A new PIN for whoever carries `card`, which must be the patron; it is one PIN for all their cards. Sites that
    know no card send the patron's id. Nobody else is looked at: the patron was reached, and locked, before.
    """
    keyring = call.services.keyring
    if card != str(patron):
        carried = await tx.ask(identifiers_asked_for(tx, call.caller, keyring, card))
        if patron not in {each.patron for each in carried if each.ended_at is None}:
            raise invalid_field("pincodeChange.libraryCardNumber", "identifier_unknown")
    await write_pin(tx, keyring, await reached(tx, patron), new_pin(pin, "pincodeChange.pincode").pin)


def new_pin(pin: str, name: str) -> SetPin:
    try:
        return msgspec.convert({"pin": pin}, SetPin)
    except msgspec.ValidationError:
        raise invalid_field(name, "field_wrong_form") from None


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({"update_patron": update_patron})
