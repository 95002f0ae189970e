"""Putting the record of processing together, in the caller's language and with the agency's own limits."""

from faelles.ground.database import Transaction
from faelles.ground.i18n import Language, text
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings
from faelles.privacy.limits import Limits, limits_on
from faelles.privacy.model import Entry
from faelles.privacy.record.model import Record, RecordLine
from faelles.privacy.register import REGISTER


async def record_of_processing(tx: Transaction, caller: Caller) -> Record:
    caller.require_throughout(Permission.PRIVACY)
    limits = await limits_on(tx)
    agency = (await current_settings(tx)).directory.agency
    written = REGISTER.record
    is_danish = caller.language is Language.DANISH
    return Record(
        controller=agency.name,
        isil=agency.isil,
        day=limits.day,
        security=written.security_da if is_danish else written.security_en,
        transfers=written.transfers_da if is_danish else written.transfers_en,
        lines=[_line(entry, limits, caller.language) for entry in REGISTER.entry],
    )


def _line(entry: Entry, limits: Limits, language: Language) -> RecordLine:
    return RecordLine(
        id=entry.id,
        title=entry.title(language),
        purpose=entry.purpose(language),
        basis=text(f"privacy_basis_{entry.basis}", language),
        people=", ".join(text(f"privacy_people_{each}", language) for each in entry.people),
        recipients=", ".join(text(f"privacy_recipient_{each}", language) for each in entry.recipients) or "-",
        limit=limit_in_words(entry, limits, language),
        removed=text(f"privacy_removed_{entry.removed}", language, {"job": entry.job or "forget_personal_data"}),
        tables=entry.tables,
    )


def limit_in_words(entry: Entry, limits: Limits, language: Language) -> str:
    """How long, and from when: `30 days from the return`."""
    number, counted_from = limits.number(entry), entry.counted_from(language)
    if entry.limit is None or number is None:
        return counted_from
    return text(f"privacy_limit_{entry.limit.unit}", language, {"number": number, "start": counted_from})
