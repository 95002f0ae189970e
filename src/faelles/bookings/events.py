"""The facts this room emits. None names a patron."""

from faelles.bookings.model import Booking
from faelles.ground.events import Event


def about(kind: str, booking: Booking) -> Event:
    """`kind`: booking.created, booking.changed, booking.cancelled, booking.lent."""
    return Event(
        kind=kind,
        subject=booking.id,
        dimensions={
            "division": booking.division,
            "branch": booking.from_branch,
            "record": booking.record,
            "copies": booking.copies + booking.stocked,
            "days": (booking.last_day - booking.first_day).days + 1,
        },
    )
