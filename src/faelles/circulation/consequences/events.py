"""What is told of dates that moved: how many, never whose."""

from faelles.circulation.consequences.model import MovedDay
from faelles.ground.events import Event


def dates_moved(moved: MovedDay) -> Event:
    return Event(
        kind="branch.dates_moved",
        subject=moved.branch,
        dimensions={
            "from_day": moved.from_day.isoformat(),
            "to_day": moved.to_day.isoformat(),
            "due": moved.due,
            "pickups": moved.pickups,
        },
    )
