"""Whose a copy is that lies on the desk, or stands on the hold shelf for nobody. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeGuard

from faelles.circulation.holds.facts import Copy, Waiting
from faelles.circulation.holds.matching import Costs, first_in_line
from faelles.circulation.holds.title import moment, supply_for, wantings
from faelles.items.model import IN_THE_WORKSHOP
from faelles.policies.compiled import Settings
from faelles.policies.knobs import LocalsFirst


@dataclass(frozen=True, slots=True)
class Claimant:
    """The first in line that the copy fits, and everybody before it with the reason, for the match log."""

    hold: Waiting | None = None
    passed: tuple[Mapping[str, str | int], ...] = ()


def may_serve(copy: Copy | None) -> TypeGuard[Copy]:
    """Whether it is in a state to be handed out to anybody at all."""
    return copy is not None and copy.condition not in IN_THE_WORKSHOP


def serves_locals_first(settings: Settings, copy: Copy, now: datetime, today: date) -> bool:
    return supply_for(copy, moment(settings, now, today, Costs())).locals_first is not LocalsFirst.NOBODY


def claimant(settings: Settings, waiting: Sequence[Waiting], copy: Copy | None, now: datetime, today: date) -> Claimant:
    """Who gets a copy that is in hand now, in the order of ranks and without a window."""
    if not waiting or not may_serve(copy):
        return Claimant()
    at = moment(settings, now, today, Costs())
    found, passed = first_in_line(wantings(waiting, at), copy.item, supply_for(copy, at), at.judge)
    told = tuple({"hold": each.hold, "why": each.why.value} for each in passed)
    if found is None:
        return Claimant(passed=told)
    return Claimant(next(hold for hold in waiting if hold.id == found.hold), told)
