"""What belongs to a patron besides loans: numbers, favourites, consents, the way back to a forgotten PIN."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.doors.fbs import choice_models as choices
from faelles.doors.fbs.call import Call, Handler
from faelles.doors.fbs.handlers.patrons import authenticated
from faelles.doors.fbs.problems import AnsweredError
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.notices.links.operations import ask_pin_reset
from faelles.patrons.favourites.model import SetFavourites
from faelles.patrons.favourites.operations import set_favourites, show_favourites
from faelles.patrons.identification.model import BlockCard
from faelles.patrons.identification.operations import add_to, block_card
from faelles.patrons.identifiers import IdentifierKind, normalise
from faelles.patrons.links.model import Asked, UsePinReset
from faelles.patrons.links.operations import use_pin_reset
from faelles.patrons.looking.operations import view
from faelles.patrons.model import NewIdentifier
from faelles.patrons.profile.operations import profile_of
from faelles.patrons.reach import reached, reached_to_change
from faelles.privacy.consents.model import ConsentKind, ConsentLine, SetConsent
from faelles.privacy.consents.operations import list_consents, set_own_consent
from faelles.privacy.erasing.model import ErasureRefusedError
from faelles.privacy.erasing.operations import erase_own

_TYPES: Final[Mapping[IdentifierKind, str]] = MappingProxyType(
    {
        IdentifierKind.CARD: "LIBRARY_CARD",
        IdentifierKind.UNI_LOGIN: "UNI_LOGIN",
        IdentifierKind.EMAIL: "EMAIL",
        IdentifierKind.CVR: "CVR",
        IdentifierKind.EAN: "EAN",
    }
)
_CONSENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ConsentKind.HISTORY: "KEEP_HISTORICAL_LOAN_DATA",
        ConsentKind.NATIONAL_REGISTER: "SYNC_WITH_NATIONAL_REGISTRY",
    }
)
_CREATED: Final = "EMAIL_IDENTIFIER_CREATED"
_MOST_CARDS: Final = 10


class Blocked(msgspec.Struct, frozen=True):
    identifier: str


class FavoriteSent(msgspec.Struct, frozen=True, rename="camel"):
    bibliographic_record_id: str
    periodical_number: str | None = None
    periodical_volume: str | None = None
    periodical_year: str | None = None


class FavoritesSent(msgspec.Struct, frozen=True):
    name: str
    favorites: tuple[FavoriteSent, ...] = ()


class NewPin(msgspec.Struct, frozen=True):
    uuid: str
    pincode: str

    def __repr__(self) -> str:
        return "NewPin()"


async def identifiers(call: Call) -> list[choices.LoanerIdentifier]:
    """What the patron is recognised by now, by kind. A civil registration number is never shown."""

    async def work(tx: Transaction) -> list[choices.LoanerIdentifier]:
        known = await call.patron_known(tx)
        seen = await view(tx, call.in_name_of(known.id), known, frozenset({call.division}))
        found = [
            choices.LoanerIdentifier(
                identifier=each.value,
                identifier_type=_TYPES[each.kind],
                status="ACTIVE",
                description=None,
                expiry_date=None,
            )
            for each in seen.identifiers
            if each.value is not None and each.ended_at is None and each.kind in _TYPES
        ]
        return sorted(found, key=lambda each: (each.identifier_type, each.identifier))

    return await call.run(work)


async def block_identifier(call: Call) -> None:
    """The patron's card is lost: from now on it opens nothing."""
    card = call.body(Blocked).identifier
    try:
        request = msgspec.convert({"value": card}, BlockCard)
    except msgspec.ValidationError:
        raise invalid_field("identifier", "field_wrong_form") from None
    await call.run(lambda tx: block_card(tx, call.caller, call.services.keyring, call.patron, request))


async def add_mail_identifier(call: Call) -> choices.EmailIdentifier:
    """Let the patron sign in with an e-mail address that is theirs and was verified."""
    address = normalise(IdentifierKind.EMAIL, str(call.sent))
    if address is None:
        raise invalid_field("emailAddress", "field_wrong_form")

    async def work(tx: Transaction) -> str:
        known = await call.patron_known(tx)
        own = call.in_name_of(known.id)
        mails = {each.address.lower(): each.verified_at for each in (await profile_of(tx, own, known)).emails or ()}
        if address.lower() not in mails:
            return "EMAIL_ADDRESS_DOES_NOT_BELONG_TO_LOANER"
        if mails[address.lower()] is None:
            return "EMAIL_ADDRESS_NOT_VERIFIED"
        held = (await view(tx, own, known, None)).identifiers
        if sum(each.ended_at is None for each in held) >= _MOST_CARDS:
            return "TOO_MANY_LIBRARY_CARDS_ALREADY"
        new = NewIdentifier(IdentifierKind.EMAIL, address)
        await add_to(tx, call.services.keyring, await reached_to_change(tx, known.id), new)
        return _CREATED

    try:
        result = await call.run(work)
    except ConflictError:
        result = "IDENTIFIER_EXISTS_ON_AGENCY"
    return choices.EmailIdentifier(result, success=result == _CREATED)


async def favorites(call: Call) -> list[choices.Favorites]:
    async def work(tx: Transaction) -> list[choices.Favorites]:
        return [
            choices.Favorites(
                patron_id=call.patron,
                name=each.name,
                favorites=tuple(
                    choices.Favorite(
                        bibliographic_record_id=favourite.record,
                        periodical_number=favourite.periodical_number,
                        periodical_volume=favourite.periodical_volume,
                        periodical_year=favourite.periodical_year,
                    )
                    for favourite in each.favourites
                ),
            )
            for each in await show_favourites(tx, call.caller, call.patron)
        ]

    return await call.run(work)


async def save_favorites(call: Call) -> None:
    """These lists in place of those there were."""
    lists = call.body(tuple[FavoritesSent, ...])
    wanted = {
        "lists": [
            {
                "name": each.name,
                "favourites": [
                    {
                        "record": favourite.bibliographic_record_id,
                        "periodical_year": favourite.periodical_year,
                        "periodical_volume": favourite.periodical_volume,
                        "periodical_number": favourite.periodical_number,
                    }
                    for favourite in each.favorites
                ],
            }
            for each in lists
        ]
    }
    try:
        request = msgspec.convert(wanted, SetFavourites)
    except msgspec.ValidationError:
        raise invalid_field("favorites", "field_wrong_form") from None
    await call.run(lambda tx: set_favourites(tx, call.caller, call.patron, request))


async def reset_pin(call: Call) -> None:
    """Mail a link to choose a new PIN with: 404 for nobody's address, 400 for one that several have."""
    address = str(call.sent)
    if normalise(IdentifierKind.EMAIL, address) is None:
        raise invalid_field("emailAddress", "field_wrong_form")
    services = call.services
    asked = await call.run(lambda tx: ask_pin_reset(tx, services.keyring, services.installation, address))
    if asked is Asked.NOBODY:
        raise NotFoundError("patron_unknown")
    if asked is Asked.SEVERAL:
        raise AnsweredError(HTTPStatus.BAD_REQUEST, "severalPatronsFound", "fbs_several_patrons")


async def replace_pin(call: Call) -> None:
    """Choose a new PIN by the link that was mailed; 404 for one that is over or never was."""
    sent = call.body(NewPin)
    try:
        request = msgspec.convert({"token": sent.uuid.lower(), "pin": sent.pincode}, UsePinReset)
    except msgspec.ValidationError as problem:
        field = "pincode" if "$.pin" in str(problem) else "uuid"
        raise invalid_field(field, "field_wrong_form") from None
    await call.run(lambda tx: use_pin_reset(tx, call.services.keyring, request))


async def consents(call: Call) -> list[choices.Consent]:
    async def work(tx: Transaction) -> list[choices.Consent]:
        zone = (await call.settings(tx)).directory.agency.time_zone
        return _standing(await list_consents(tx, call.caller, call.patron), zone)

    return await call.run(work)


def _standing(lines: Sequence[ConsentLine], zone: str) -> list[choices.Consent]:
    """Those that this interface knows of and that stand."""
    given: list[tuple[str, datetime]] = [
        (_CONSENTS[each.kind], each.given_at) for each in lines if each.withdrawn_at is None and each.kind in _CONSENTS
    ]
    return [choices.Consent(kind, local_date(moment, zone)) for kind, moment in given]


def _consent_to(kind: ConsentKind) -> Handler:
    async def handler(call: Call) -> object:
        is_given = call.sent if isinstance(call.sent, bool) else bool(call.sent["consent"])

        async def work(tx: Transaction) -> object:
            known = await call.patron_known(tx)
            asked = SetConsent(kind=kind, is_given=is_given)
            done = await set_own_consent(tx, call.in_name_of(known.id), call.services.keyring, asked)
            if call.operation.reply is not None and call.operation.reply.is_list:
                return _standing(done.consents, (await call.settings(tx)).directory.agency.time_zone)
            return await authenticated(tx, call, await reached(tx, known.id))

        return await call.run(work)

    return handler


async def delete_patron(call: Call) -> None:
    """Erase the patron, who wants to be no patron any longer. Refused, 400, while something is lent to them or owed."""

    async def work(tx: Transaction) -> None:
        known = await call.patron_known(tx)
        await erase_own(tx, call.in_name_of(known.id), call.services.keyring)

    try:
        await call.run(work)
    except (ConflictError, ErasureRefusedError):
        raise AnsweredError(HTTPStatus.BAD_REQUEST, "patronNotDeletable", "fbs_patron_not_deletable") from None


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "identifiers": identifiers,
        "block_identifier": block_identifier,
        "add_mail_identifier": add_mail_identifier,
        "favorites": favorites,
        "save_favorites": save_favorites,
        "reset_pin": reset_pin,
        "replace_pin": replace_pin,
        "consents": consents,
        "consent_to_history": _consent_to(ConsentKind.HISTORY),
        "consent_to_registry": _consent_to(ConsentKind.NATIONAL_REGISTER),
        "delete_patron": delete_patron,
    }
)
