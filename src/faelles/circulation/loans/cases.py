"""From what was read to what is decided: which terms count, on which calendar, on which day. Pure."""

from datetime import date, datetime, timedelta
from typing import Protocol

from faelles.agencies.calendar import Calendar
from faelles.circulation.desk.facts import BookedDays, ItemFacts, PatronFacts, RuledItem
from faelles.circulation.desk.opening import Desk
from faelles.circulation.loans.booked import before_booking, fulfilled_by, next_of_others
from faelles.circulation.loans.due_dates import due_date
from faelles.circulation.loans.facts import LoanFacts, LoanKind, LoanStanding, TouchedHold
from faelles.circulation.loans.lending_rules import LendingCase
from faelles.circulation.loans.renewal_rules import RenewalCase
from faelles.ground.ids import DivisionId
from faelles.policies import model as policies
from faelles.policies.compiled import Terms
from faelles.policies.knobs import DUE_CALENDAR, DUE_WITHIN_MEMBERSHIP, RENEWAL_COUNTS_FROM, RenewalBase


def lending_case(
    desk: Desk,
    *,
    patron: PatronFacts,
    item: ItemFacts,
    loan: LoanFacts | None,
    lent_at: datetime,
    wished_due_on: date | None,
    holds: tuple[TouchedHold, ...] = (),
    is_on_hold_shelf: bool = False,
    bookings: tuple[BookedDays, ...] = (),
) -> LendingCase:
    """One check-out, ready to be decided."""
    today = desk.local_day(lent_at)
    division = desk.division_of(item)
    terms = terms_for(desk, patron, item, lent_at)
    latest, calendar = _latest_due(terms, patron, item, division, today), _calendar(desk, terms)
    ordinary = due_date(today, terms, calendar, not_after=latest)
    booked = next_of_others(bookings, today)
    due_on = before_booking(
        booked,
        ordinary,
        terms,
        no_later_than=lambda day: due_date(today, terms, calendar, not_after=_earlier(latest, day)),
        least=today,
    )
    fulfils = fulfilled_by(bookings, today, due_on)
    return LendingCase(
        patron=patron,
        item=item,
        loan=loan,
        holds=holds,
        is_on_hold_shelf=is_on_hold_shelf,
        division=division,
        is_self_service=desk.is_self_service,
        terms=terms,
        today=today,
        due_on=wished_due_on or (fulfils.last_day if fulfils else due_on),
        booked=booked,
        fulfils=fulfils,
        is_cut_short=wished_due_on is None and fulfils is None and due_on != ordinary,
    )


class AskedFor(Protocol):
    """A loan to renew, as whatever load it was read by hands it out."""

    @property
    def loan(self) -> LoanStanding: ...
    @property
    def item(self) -> RuledItem: ...
    @property
    def waited_for_from(self) -> date | None: ...
    @property
    def bookings(self) -> tuple[BookedDays, ...]: ...


def renewal_of(
    desk: Desk, patron: PatronFacts, each: AskedFor, renewed_at: datetime, terms: Terms | None = None
) -> RenewalCase:
    """One renewal: what a wish is decided by, what a list tells beforehand, and what is said of one that has happened.
    `terms`: where they are known already, of another copy of the same kind.
    """
    return renewal_case(
        desk,
        patron=patron,
        item=each.item,
        loan=each.loan,
        renewed_at=renewed_at,
        waited_for_from=each.waited_for_from,
        bookings=each.bookings,
        terms=terms,
    )


def renewal_case(
    desk: Desk,
    *,
    patron: PatronFacts,
    item: RuledItem,
    loan: LoanStanding,
    renewed_at: datetime,
    waited_for_from: date | None = None,
    bookings: tuple[BookedDays, ...] = (),
    terms: Terms | None = None,
) -> RenewalCase:
    """One renewal, ready to be decided."""
    terms = terms or terms_for(desk, patron, item, renewed_at)
    today = desk.local_day(renewed_at)
    start = loan.due_on if terms[RENEWAL_COUNTS_FROM].value is RenewalBase.OLD_DUE else today
    latest, calendar = _latest_due(terms, patron, item, loan.division, today), _calendar(desk, terms)
    booked = next_of_others(bookings, today)
    due_on = before_booking(
        booked,
        due_date(start, terms, calendar, not_after=latest),
        terms,
        no_later_than=lambda day: due_date(start, terms, calendar, not_after=_earlier(latest, day)),
        least=loan.due_on + timedelta(days=1),
    )
    return RenewalCase(
        patron=patron,
        item=item,
        loan=loan,
        is_waited_for=waited_for_from is not None and waited_for_from <= today,
        is_self_service=desk.is_self_service,
        terms=terms,
        today=today,
        due_on=due_on,
        booked=booked,
    )


def terms_for(desk: Desk, patron: PatronFacts | None, item: RuledItem, moment: datetime) -> Terms:
    """The terms by which the patron has, or would have, the item from `moment` on."""
    return desk.settings.policy.terms(subject_of(desk, patron, item, moment), moment)


def subject_of(desk: Desk, patron: PatronFacts | None, item: RuledItem, moment: datetime) -> policies.Subject:
    """Loan terms come from the item's owner, patron limits from the patron's division, calendars from the branch where
    it happens. The patron counts as a member of the item's division, or of no group.
    """
    agency, division = desk.settings.directory.agency.id, desk.division_of(item)
    membership = patron.membership_in(division, desk.local_day(moment)) if patron else None
    return policies.Subject(
        item=policies.ScopePath(agency, division, item.owner_branch, item.default_placement),
        patron=policies.ScopePath(agency, division),
        desk=policies.ScopePath(agency, desk.place.division, desk.branch),
        patron_group=membership.group if membership else policies.ANY_PATRON,
        material_group=item.material_group,
        loan_kind=policies.LoanKind(loan_kind(item).value),
    )


def loan_kind(item: RuledItem) -> LoanKind:
    return LoanKind.INTERLIBRARY if item.is_placeholder else LoanKind.LOAN


def _calendar(desk: Desk, terms: Terms) -> Calendar:
    """The calendar a due date must be open in: of this branch, for the service the rule names."""
    return desk.settings.directory.calendar(desk.branch, terms[DUE_CALENDAR].value)


def _earlier(latest: date | None, day: date) -> date:
    return day if latest is None else min(latest, day)


def _latest_due(terms: Terms, patron: PatronFacts, item: RuledItem, division: DivisionId, today: date) -> date | None:
    """The day no loan may reach beyond: the lender's own due date, and where set the end of the membership."""
    membership = patron.membership_in(division, today) if terms[DUE_WITHIN_MEMBERSHIP].value else None
    ends = membership.last_day if membership else None
    return min((day for day in (item.lender_due_on, ends) if day is not None), default=None)
