"""Booking, changing, cancelling, and looking at what is booked and free. Load, lock, decide, write, emit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from faelles.agencies.model import Service
from faelles.agencies.settings.model import BOOKINGS
from faelles.agencies.settings.operations import is_on
from faelles.bookings import keeping, keeping_store, rules, store
from faelles.bookings.events import about
from faelles.bookings.keeping_store import Days
from faelles.bookings.model import (
    BookableCopy,
    BookAll,
    Booked,
    Booking,
    BookingOutcome,
    BookingState,
    BranchInformation,
    CancelBookings,
    ChangeBooking,
    NewBooking,
    ToPack,
)
from faelles.catalog.operations import current_record
from faelles.circulation.whereabouts.operations import lock_copies
from faelles.ground import events, idempotency
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError
from faelles.ground.ids import BranchId, ItemId, MaterialGroupId, PatronGroupId, PatronId, RecordId
from faelles.notices.model import kinds
from faelles.notices.planning.operations import tell
from faelles.patrons.model import Patron
from faelles.patrons.reach import patron_for, patron_to_change
from faelles.patrons.relations import store as relations
from faelles.people.model import Caller, Permission, Place, listed
from faelles.policies.compiled import Settings, Terms
from faelles.policies.knobs import BOOKING_BUFFER_DAYS, BOOKING_LONGEST_DAYS, LENDABLE, LOAN_DAYS
from faelles.policies.model import ANY_MATERIAL, ANY_PATRON, ScopePath, Subject
from faelles.policies.operations import current_settings

_NEW: Final = 0
"""The id of a booking that is none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """The branch that lends, its rules, and the patron's group there; None: the patron is no member of its division."""

    settings: Settings
    place: Place
    today: date
    group: PatronGroupId | None


async def book(
    tx: Transaction, caller: Caller, patron: PatronId, request: BookAll, *, key: str | None = None
) -> list[Booked]:
    """Book all of a batch or none; each is answered by itself.

    For staff and web sites with HOLD_PLACE at the branch that lends, and for patrons of their own. Raises
    InvalidRequestError for periods that make no sense, NotFoundError for titles and branches that are none.
    """
    known = await _patron(tx, caller, patron, "book")
    if (earlier := await idempotency.recall(tx, "book", key, (patron, request), list[Booked])) is not None:
        return earlier
    counters = [await _counter(tx, caller, known, each.from_branch) for each in request.bookings]
    for number, (counter, wish) in enumerate(zip(counters, request.bookings, strict=True)):
        await _check(tx, counter, wish, f"bookings.{number}.")
    for record in sorted({each.record for each in request.bookings}):
        await store.lock_title(tx, RecordId(record))
    wishes = list(zip(counters, request.bookings, strict=True))
    tried = await tx.rehearse(lambda: _book_all(tx, known, wishes))
    if any(each.outcome is not BookingOutcome.BOOKED for each in tried):
        return [_refused_with(each) for each in tried]
    booked = await _book_all(tx, known, wishes)
    await idempotency.remember(tx, "book", key, (patron, request), booked)
    return booked


def _refused_with(tried: Booked) -> Booked:
    """Nothing is booked of a batch of which anything cannot be."""
    if tried.outcome is BookingOutcome.BOOKED:
        return Booked(outcome=BookingOutcome.OTHER_REFUSED)
    return tried


async def change_booking(
    tx: Transaction, caller: Caller, patron: PatronId, booking: int, request: ChangeBooking
) -> Booked:
    """Change a booking that was not lent yet; where there is not enough for it, it stays as it was. Raises
    NotFoundError `booking_unknown` for one that is none of the patron's.
    """
    known = await _patron(tx, caller, patron, "change_booking")
    found = await _locked(tx, known, booking)
    if found.state is not BookingState.BOOKED:
        return Booked(outcome=BookingOutcome.NOT_CHANGEABLE)
    counter = await _counter(tx, caller, known, found.from_branch)
    wish = rules.changed(found, request)
    await _check(tx, counter, wish)
    await store.lock_title(tx, found.record)
    chosen = await _choose(tx, counter, wish, booking)
    if chosen is None:
        return Booked(outcome=BookingOutcome.NOT_ENOUGH)
    await store.update(tx, booking, wish)
    await keeping.keep(tx, booking, *chosen)
    return await _told(tx, "booking.changed", booking)


async def cancel_bookings(tx: Transaction, caller: Caller, patron: PatronId, request: CancelBookings) -> None:
    """Give up bookings of the patron; cancelled ones stay so. Raises NotFoundError `booking_unknown`, ConflictError
    `booking_lent_already`: all of them or none.
    """
    known = await _patron(tx, caller, patron, "cancel_bookings")
    await store.lock(tx, request.bookings)
    found = {each.id: each for each in await store.find(tx, request.bookings)}
    for wanted in request.bookings:
        each = found.get(wanted)
        if each is None or each.patron != known.id:
            raise NotFoundError("booking_unknown")
        await _counter(tx, caller, known, each.from_branch)
        if each.state in (BookingState.LENT, BookingState.CLOSED):
            raise ConflictError("booking_lent_already")
        if each.state is BookingState.BOOKED:
            await keeping.release(tx, each.id)
            await store.set_state(tx, each.id, BookingState.CANCELLED)
            await events.append(tx, about("booking.cancelled", each))


async def list_bookings(
    tx: Transaction, caller: Caller, patron: PatronId, *, after: int = 0, limit: int = 50
) -> list[Booking]:
    """A patron's bookings, cancelled ones apart: of the divisions that the caller may see, for patrons their own."""
    permission = caller.own_or(Permission.HOLD_VIEW)
    await patron_for(tx, caller, patron, permission, "list_bookings")
    return await store.of_patron(tx, patron, listed(caller.divisions(permission)), after=after, limit=limit)


async def show_booking(tx: Transaction, caller: Caller, patron: PatronId, booking: int) -> Booking:
    """Raises NotFoundError for one that is none of the patron's."""
    found = await list_bookings(tx, caller, patron, after=booking - 1, limit=1)
    if not found or found[0].id != booking:
        raise NotFoundError("booking_unknown")
    return found[0]


async def booking_information(tx: Transaction, caller: Caller, record: RecordId) -> list[BranchInformation]:
    """Of every branch that has the title: how many copies there are to book, and which periods are taken. Nobody is
    named.
    """
    caller.require(caller.own_or(Permission.CATALOG_VIEW))
    await current_record(tx, record)
    settings = await current_settings(tx)
    today = local_date(tx.now, settings.directory.agency.time_zone)
    taken = await store.taken(tx, record, today)
    return [
        BranchInformation(branch=branch, copies=copies, booked=tuple(taken.get(branch, ())))
        for branch, copies in (await store.copies_by_branch(tx, record)).items()
    ]


async def list_to_pack(tx: Transaction, caller: Caller, branch: BranchId, *, days: int = 7) -> list[ToPack]:
    """The copies that leave a branch for bookings in the next `days` days, what should have left among them."""
    settings = await current_settings(tx)
    found = settings.directory.branches.get(branch)
    if found is None:
        raise NotFoundError("branch_unknown")
    caller.require(Permission.LOGISTICS, Place(found.division, found.id))
    today = local_date(tx.now, settings.directory.agency.time_zone)
    return await keeping_store.to_pack(tx, branch, today + timedelta(days=days))


async def _patron(tx: Transaction, caller: Caller, patron: PatronId, operation: str) -> Patron:
    permission = caller.own_or(Permission.HOLD_PLACE)
    return await patron_to_change(tx, caller, patron, permission, operation)


async def _counter(tx: Transaction, caller: Caller, known: Patron, branch: int) -> Counter:
    settings = await current_settings(tx)
    found = settings.directory.branches.get(BranchId(branch))
    if found is None:
        raise NotFoundError("branch_unknown")
    place = Place(found.division, found.id)
    if caller.patron is None:
        caller.require(Permission.HOLD_PLACE, place)
    today = local_date(tx.now, settings.directory.agency.time_zone)
    held = [
        each
        for each in await relations.memberships(tx, known.id)
        if each.division == found.division
        and (each.starts_on is None or each.starts_on <= today)
        and (each.ends_on is None or today <= each.ends_on)
    ]
    takes_bookings = await is_on(tx, found.division, BOOKINGS)
    group = held[0].group if held and takes_bookings else None
    return Counter(settings=settings, place=place, today=today, group=group)


async def _check(tx: Transaction, counter: Counter, wish: NewBooking, place: str = "") -> None:
    """`place`: where in the request the wish stands."""
    await current_record(tx, RecordId(wish.record))
    if BranchId(wish.delivery_branch) not in counter.settings.directory.branches:
        raise NotFoundError("branch_unknown")
    longest = _terms(tx, counter, None)[BOOKING_LONGEST_DAYS].value
    if problems := list(rules.booking_problems(wish, counter.today, longest)):
        raise InvalidRequestError(problems=[replace(each, field=place + each.field) for each in problems])


async def _book_all(tx: Transaction, known: Patron, wishes: Sequence[tuple[Counter, NewBooking]]) -> list[Booked]:
    return [await _book(tx, known, counter, wish) for counter, wish in wishes]


async def _book(tx: Transaction, known: Patron, counter: Counter, wish: NewBooking) -> Booked:
    if counter.group is None:
        return Booked(outcome=BookingOutcome.NOT_ALLOWED)
    chosen = await _choose(tx, counter, wish, _NEW)
    if chosen is None:
        return Booked(outcome=BookingOutcome.NOT_ENOUGH)
    booking = await store.insert(tx, known.id, counter.place.division, wish)
    await keeping.keep(tx, booking, *chosen)
    confirmed = kinds()["booking_confirmed"]
    occasion = f"booking/{booking}"
    await tell(tx, confirmed, known.id, counter.place.division, occasion=occasion, day=wish.first_day, subject=booking)
    return await _told(tx, "booking.created", booking)


async def _choose(
    tx: Transaction, counter: Counter, wish: NewBooking, booking: int
) -> tuple[list[ItemId], list[tuple[int, int]], Days] | None:
    """Copies, counted stock and the days they are busy; None where there is less than the least."""
    terms = _terms(tx, counter, None)
    calendar = counter.settings.directory.calendar(BranchId(wish.delivery_branch), Service.STAFFED)
    busy = rules.busy_days(wish, terms[BOOKING_BUFFER_DAYS].value, calendar)
    bound_until = counter.today + timedelta(days=terms[LOAN_DAYS].value)
    # Read, locked and read again: a copy that was lent meanwhile is not free.
    candidates = {
        each.item for each in await keeping_store.free_copies(tx, wish, busy, booking=booking, bound_until=bound_until)
    }
    await lock_copies(tx, sorted(candidates))
    free = [
        each
        for each in await keeping_store.free_copies(tx, wish, busy, booking=booking, bound_until=bound_until)
        if each.item in candidates
    ]
    lendable = [each.item for each in free if _terms(tx, counter, each)[LENDABLE].value]
    stock = await keeping_store.free_stock(tx, wish, busy, booking=booking)
    numbered, counted = rules.split(wish.wanted, len(lendable), sum(quantity for _, quantity in stock))
    if numbered + counted < wish.minimum:
        return None
    return lendable[:numbered], rules.first_of(stock, counted), busy


def _terms(tx: Transaction, counter: Counter, copy: BookableCopy | None) -> Terms:
    """The terms by which the patron's group has a copy, or whatever the branch has."""
    agency = counter.settings.directory.agency.id
    here = ScopePath(agency, counter.place.division, counter.place.branch, copy.placement if copy else None)
    subject = Subject(
        item=here,
        patron=ScopePath(agency, counter.place.division),
        desk=ScopePath(agency, counter.place.division, counter.place.branch),
        patron_group=counter.group or ANY_PATRON,
        material_group=MaterialGroupId(copy.material_group) if copy else ANY_MATERIAL,
    )
    return counter.settings.policy.terms(subject, tx.now)


async def _locked(tx: Transaction, known: Patron, booking: int) -> Booking:
    await store.lock(tx, [booking])
    found = await store.find(tx, [booking])
    if not found or found[0].patron != known.id:
        raise NotFoundError("booking_unknown")
    return found[0]


async def _told(tx: Transaction, kind: str, booking: int) -> Booked:
    found = (await store.find(tx, [booking]))[0]
    await events.append(tx, about(kind, found))
    return Booked(outcome=BookingOutcome.BOOKED, booking=found)
