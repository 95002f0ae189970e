"""Where what goes to other municipalities is gathered, who may answer for it, and by whose rules they borrow. Pure."""

from datetime import date, datetime
from typing import Final

from faelles.agencies.model import DivisionKind
from faelles.circulation.sharing.store import Counter
from faelles.people.model import Caller, Permission, Place
from faelles.policies.compiled import Settings
from faelles.policies.knobs import HOLD_SLOTS_IN_BY_DATE
from faelles.policies.model import ANY_PATRON, Subject

_LIBRARIES: Final = "library"
"""The patron group of libraries that borrow for others."""


def counter_on(settings: Settings, day: date, now: datetime) -> Counter | None:
    """The public library's first branch; other libraries borrow by the rules for libraries. None: no branch."""
    directory = settings.directory
    public = {division.id for division in directory.divisions.values() if division.kind is DivisionKind.PUBLIC}
    open_ones = (
        branch
        for branch in directory.branches.values()
        if branch.division in public and branch.is_pickup and not branch.is_closed_on(day)
    )
    group = next((each for each, known in settings.patron_groups.items() if known.code == _LIBRARIES), ANY_PATRON)
    branch = min(open_ones, key=lambda branch: branch.code, default=None)
    if branch is None:
        return None
    here, division = settings.at_branch(branch.id), settings.at_division(branch.division)
    terms = settings.policy.terms(Subject(item=here, patron=division, desk=here, patron_group=group), now)
    slots_in = terms[HOLD_SLOTS_IN_BY_DATE].value
    return Counter(division=branch.division, branch=branch.id, group=group, slots_in=slots_in)


def counter_of(caller: Caller, settings: Settings, day: date, now: datetime) -> Counter | None:
    """The counter, to whoever may answer there for what goes between municipalities; where there is none, to whoever
    may in the whole agency. Raises ForbiddenError.
    """
    counter = counter_on(settings, day, now)
    if counter is None:
        caller.require_throughout(Permission.LOGISTICS)
    else:
        caller.require(Permission.LOGISTICS, Place(counter.division, counter.branch))
    return counter
