"""The facts this room emits. None names a patron; `subject` is the home branch of whoever it is about."""

from enum import StrEnum

from faelles.ground.events import Dimension, Event
from faelles.ground.ids import BranchId
from faelles.patrons.model import Patron


class PatronEvent(StrEnum):
    REGISTERED = "patron.registered"
    CHANGED = "patron.changed"
    IDENTIFIER_ADDED = "patron.identifier_added"
    IDENTIFIER_ENDED = "patron.identifier_ended"
    PIN_SET = "patron.pin_set"
    PIN_RESET_REQUESTED = "patron.pin_reset_requested"
    EMAIL_CHANGED = "patron.email_changed"
    EMAIL_VERIFIED = "patron.email_verified"
    FAVOURITES_CHANGED = "patron.favourites_changed"
    MEMBERSHIP_STARTED = "patron.membership_started"
    MEMBERSHIP_ENDED = "patron.membership_ended"
    GUARDIAN_ADDED = "patron.guardian_added"
    GUARDIAN_ENDED = "patron.guardian_ended"
    BLOCKED = "patron.blocked"
    UNBLOCKED = "patron.unblocked"
    BLOCKED_CARDS_LISTED = "patron.blocked_cards_listed"
    """A desk fetched the list that it looks in while it cannot ask."""
    ABSENCE_SET = "patron.absence_set"
    ABSENCE_REMOVED = "patron.absence_removed"
    HISTORY_CONSENTED = "patron.history_consented"
    HISTORY_WITHDRAWN = "patron.history_withdrawn"
    """Somebody withdrew, and it does not say who: what was kept goes in the same transaction (`privacy/consents`)."""
    REGISTER_UPDATED = "patron.register_updated"
    """What the person register says of somebody was taken over; what of it, its dimensions tell."""
    MERGED = "patron.merged"
    CLASS_STARTED = "class.started"
    CLASS_MEMBER_ADDED = "class.member_added"
    CLASS_MEMBER_ENDED = "class.member_ended"
    ROSTER_IMPORTED = "class.roster_imported"


def about(patron: Patron, kind: PatronEvent, /, **dimensions: Dimension) -> Event:
    return Event(
        kind=kind.value, subject=patron.home_branch, dimensions={"patron_kind": patron.kind.value, **dimensions}
    )


def at_branch(branch: BranchId, kind: PatronEvent, /, **dimensions: Dimension) -> Event:
    return Event(kind=kind.value, subject=branch, dimensions=dimensions)
