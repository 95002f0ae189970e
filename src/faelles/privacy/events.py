"""The facts this room emits. None names a patron."""

from enum import StrEnum

from faelles.ground.events import Event
from faelles.ground.ids import AccountId, BranchId


class PrivacyEvent(StrEnum):
    PATRON_ERASED = "privacy.patron_erased"
    CONSENT_GIVEN = "privacy.consent_given"
    CONSENT_WITHDRAWN = "privacy.consent_withdrawn"
    FILE_HANDED_OUT = "privacy.file_handed_out"
    BOOKKEEPING_NAME_OPENED = "privacy.bookkeeping_name_opened"
    ERASURES_REPLAYED = "privacy.erasures_replayed"


def patron_erased(home: BranchId) -> Event:
    """`subject` is the home branch."""
    return Event(kind=PrivacyEvent.PATRON_ERASED, subject=home)


def consent_changed(home: BranchId, kind: str, *, is_given: bool) -> Event:
    event = PrivacyEvent.CONSENT_GIVEN if is_given else PrivacyEvent.CONSENT_WITHDRAWN
    return Event(kind=event, subject=home, dimensions={"consent": kind})


def file_handed_out(home: BranchId) -> Event:
    return Event(kind=PrivacyEvent.FILE_HANDED_OUT, subject=home)


def bookkeeping_name_opened(account: AccountId) -> Event:
    return Event(kind=PrivacyEvent.BOOKKEEPING_NAME_OPENED, account=account)


def erasures_replayed(erased: int, withdrawn: int) -> Event:
    return Event(kind=PrivacyEvent.ERASURES_REPLAYED, dimensions={"erased": erased, "withdrawn": withdrawn})
