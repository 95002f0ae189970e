"""The facts of exclusion. A letter is a fact; being excluded is none, it follows from the balance."""

from datetime import date

from faelles.fees.exclusion.model import NewNotice
from faelles.ground.events import Event


def noticed(notice: int, new: NewNotice) -> Event:
    """The notices room writes the letter: `subject` is the notice, whose addressee stands in a row of its own."""
    return Event(
        kind="exclusion_noticed",
        account=new.account,
        subject=notice,
        dimensions={
            "division": new.division,
            "debt_ore": new.debt_ore,
            "limit_ore": new.limit_ore,
            "excludes_on": new.excludes_on.isoformat(),
        },
    )


def put_off(notice: int, excludes_on: date) -> Event:
    """The letter went out late, and its time runs from then."""
    return Event(kind="exclusion_put_off", subject=notice, dimensions={"excludes_on": excludes_on.isoformat()})
