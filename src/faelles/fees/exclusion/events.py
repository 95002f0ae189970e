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


def told(notice: int, excludes_on: date) -> Event:
    """Somebody has the letter, and its time runs."""
    return Event(kind="exclusion_told", subject=notice, dimensions={"excludes_on": excludes_on.isoformat()})


def returned(notice: int) -> Event:
    """The letter came back."""
    return Event(kind="exclusion_returned", subject=notice)
