"""A patron as this interface shows one, put together from what the rooms know."""

from collections.abc import Sequence
from datetime import date

from faelles.agencies.settings.model import BOOKINGS
from faelles.agencies.settings.operations import is_on
from faelles.circulation.looking.debts import debt_block
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call
from faelles.fees.desk.operations import claims
from faelles.ground import i18n
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronGroupId
from faelles.patrons.blocks.model import Absence, Block, BlockCode
from faelles.patrons.looking.model import PatronView
from faelles.patrons.looking.operations import view
from faelles.patrons.model import Contact, Patron, PatronKind
from faelles.patrons.profile.model import OtherAddress, Profile
from faelles.patrons.profile.operations import list_interests, profile_of
from faelles.patrons.relations.model import Membership
from faelles.policies.compiled import Settings
from faelles.policies.knobs import HOLD_INTEREST_DAYS
from faelles.policies.model import ANY_PATRON, ScopePath, Subject
from faelles.privacy.consents.model import ConsentKind
from faelles.privacy.consents.operations import list_own_consents

PERSON, COMPANY, LIBRARY, GROUP = "PERSON", "COMPANY", "LIBRARY", "GROUP"


async def patron_type(tx: Transaction, call: Call, known: Patron) -> str:
    """A library is an institution that is known by an ISIL."""
    if known.kind is not PatronKind.INSTITUTION:
        return PERSON if known.kind is PatronKind.PERSON else GROUP
    profile = await profile_of(tx, call.in_name_of(known.id), known)
    return LIBRARY if profile.isil else COMPANY


async def show_patron(tx: Transaction, call: Call, known: Patron) -> models.Patron:
    """`known`, who was reached, as they may see themselves: their own address is shown to them, protected or not."""
    own = call.in_name_of(known.id)
    seen = await view(tx, own, known, frozenset({call.division}))
    profile = await profile_of(tx, own, known)
    settings = await call.settings(tx)
    today = local_date(tx.now, settings.directory.agency.time_zone)
    membership = _membership(seen.memberships, today)
    home = settings.directory.branches[seen.home_branch]
    return models.Patron(
        patron_id=seen.id,
        name=seen.name,
        birthday=seen.birth_date,
        address=_address(seen.contact),
        secondary_address=_other_address(profile.other_address),
        email_addresses=_emails(profile),
        phone_numbers=_phones(profile),
        preferred_pickup_branch=home.code,
        preferred_language=seen.language.value,
        on_hold=_on_hold(seen.absences),
        block_status=(*map(_block, seen.blocks), *await _debt(tx, call, known, settings)) or None,
        notification_protocols=profile.protocols,
        receive_postal_mail=profile.takes_post,
        allow_bookings=membership is not None and await is_on(tx, call.division, BOOKINGS),
        default_interest_period=_interest_days(call, tx, settings, known, membership),
        resident=membership is not None,
        guardian_visibility=profile.guardian_sees,
        interests=await _interests(tx, call, profile),
        tags=profile.tags,
        keep_loan_historical_data=seen.keeps_history,
        has_national_registry_synchronization_consent=await _is_synchronised(tx, call, known),
        patron_note=profile.message,
        contact_person=profile.contact_person,
        company_identifier=_number_of(seen),
        isil=profile.isil,
    )


def _membership(memberships: Sequence[Membership], today: date) -> Membership | None:
    """The one that holds today."""
    return next(
        (
            each
            for each in memberships
            if (each.starts_on is None or each.starts_on <= today) and (each.ends_on is None or each.ends_on >= today)
        ),
        None,
    )


def _other_address(other: OtherAddress | None) -> models.Address | None:
    if other is None:
        return None
    return models.Address(
        street=other.street,
        postal_code=other.postal_code,
        city=other.city,
        country=other.country,
        co_name=other.co_name,
    )


def _address(contact: Contact | None) -> models.Address:
    """There always is one, of nulls where nothing is known: sites read its parts unasked."""
    if contact is None:
        return models.Address()
    return models.Address(
        street=contact.street, postal_code=contact.postal_code, city=contact.city, country=contact.country
    )


def _emails(profile: Profile) -> tuple[models.EmailAddress, ...]:
    return tuple(
        models.EmailAddress(
            email_address=each.address,
            receive_notification=each.takes_notices,
            verified=each.verified_at is not None,
        )
        for each in profile.emails or ()
    )


def _phones(profile: Profile) -> tuple[models.PhoneNumber, ...]:
    return tuple(
        models.PhoneNumber(phone_number=each.number, receive_notification=each.takes_notices)
        for each in profile.phones or ()
    )


def _on_hold(absences: Sequence[Absence]) -> models.Period | None:
    """The absence that lasts or comes next."""
    coming = min(absences, key=lambda absence: absence.first_day, default=None)
    return None if coming is None else models.Period(from_=coming.first_day, to=coming.last_day)


def _block(block: Block) -> models.BlockStatus:
    return models.BlockStatus(
        blocked_reason=block.code.value,
        blocked_since=block.starts_on,
        message=i18n.text(f"fbs_block_{block.code.name.lower()}", Language.DANISH),
    )


async def _debt(tx: Transaction, call: Call, known: Patron, settings: Settings) -> tuple[models.BlockStatus, ...]:
    """Who owes too much is blocked since the latest fee, though nobody put a block on."""
    if await debt_block(tx, known.id, call.own_branch(settings, known)) is None:
        return ()
    owed = await claims(tx, call.in_name_of(known.id), known.id, only_open=True, before=None, limit=1)
    if not owed:
        return ()
    since = local_date(owed[0].raised_at, settings.directory.agency.time_zone)
    return (
        models.BlockStatus(
            blocked_reason=BlockCode.DEBT.value,
            blocked_since=since,
            message=i18n.text("fbs_block_debt", Language.DANISH),
        ),
    )


def _interest_days(
    call: Call, tx: Transaction, settings: Settings, known: Patron, membership: Membership | None
) -> int:
    agency = settings.directory.agency.id
    subject = Subject(
        item=ScopePath(agency, call.division),
        patron=ScopePath(agency, call.division),
        desk=ScopePath(agency, call.division, known.home_branch),
        patron_group=PatronGroupId(membership.group) if membership else ANY_PATRON,
    )
    return settings.policy.terms(subject, tx.now)[HOLD_INTEREST_DAYS].value


async def _interests(tx: Transaction, call: Call, profile: Profile) -> tuple[models.Interest, ...]:
    if not profile.interests:
        return ()
    offered = {each.code: each.name for each in await list_interests(tx, call.caller)}
    return tuple(models.Interest(name=code, display_name=offered.get(code, code)) for code in profile.interests)


async def _is_synchronised(tx: Transaction, call: Call, known: Patron) -> bool:
    return any(
        each.kind == ConsentKind.NATIONAL_REGISTER and each.withdrawn_at is None
        for each in await list_own_consents(tx, call.in_name_of(known.id))
    )


def _number_of(seen: PatronView) -> str | None:
    """The number in the company register, else the one that bills go to."""
    numbers = {each.kind.value: each.value for each in seen.identifiers if each.ended_at is None}
    return numbers.get("cvr") or numbers.get("ean")


BLOCKS_THAT_CLIENTS_SET = frozenset(BlockCode) - {BlockCode.MANUAL}
"""The one-letter codes of the interface."""
