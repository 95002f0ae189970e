"""Everything about an agency that decisions need, compiled from its tables once per settings revision."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from faelles.agencies import store
from faelles.agencies.calendar import Calendar, ExceptionalDay, Interval, WeeklyHours
from faelles.agencies.model import Agency, Branch, Division, Placement, Service
from faelles.agencies.opening import store as opening
from faelles.agencies.opening.model import CalendarException, OpeningHours
from faelles.agencies.placements import store as placement_store
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import BranchId, DivisionId, PlacementId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyDirectory:
    """Immutable, and true for one settings revision of the agency: keep it under that number, never longer."""

    agency: Agency
    divisions: Mapping[DivisionId, Division]
    branches: Mapping[BranchId, Branch]
    branches_by_code: Mapping[str, Branch]
    placements: Mapping[PlacementId, Placement]
    calendars: Mapping[tuple[BranchId, Service], Calendar]
    """Only the services a branch has hours of its own for; staffed always."""

    def calendar(self, branch: BranchId, service: Service) -> Calendar:
        """The calendar that moves a due date: a branch that does not offer `service` goes by its staffed hours.

        Raises KeyError for a branch of another agency.
        """
        return self.calendars.get((branch, service)) or self.calendars[branch, Service.STAFFED]


async def load_directory(tx: Transaction) -> AgencyDirectory:
    """Read and compile the transaction's agency. Raises NotFoundError where it was never founded."""
    agency = await store.find_agency(tx, tx.agency)
    if agency is None:
        raise NotFoundError("agency_unknown")
    divisions = await store.list_divisions(tx)
    branches = await store.list_branches(tx)
    placements = await placement_store.list_placements(tx)
    calendars = compile_calendars(
        agency, branches, await opening.list_opening_hours(tx), await opening.list_calendar_exceptions(tx)
    )
    return AgencyDirectory(
        agency=agency,
        divisions=MappingProxyType({division.id: division for division in divisions}),
        branches=MappingProxyType({branch.id: branch for branch in branches}),
        branches_by_code=MappingProxyType({branch.code: branch for branch in branches}),
        placements=MappingProxyType({placement.id: placement for placement in placements}),
        calendars=calendars,
    )


def compile_calendars(
    agency: Agency,
    branches: Iterable[Branch],
    opening_hours: Iterable[OpeningHours],
    exceptions: Iterable[CalendarException],
) -> Mapping[tuple[BranchId, Service], Calendar]:
    """One calendar for each service a branch has hours for, and a staffed one in any case."""
    weekly: dict[tuple[BranchId, Service], list[WeeklyHours]] = defaultdict(list)
    for hours in opening_hours:
        weekly[hours.branch, hours.service].append(_weekly(hours))
    exceptional: dict[BranchId, list[CalendarException]] = defaultdict(list)
    for exception in exceptions:
        exceptional[exception.branch].append(exception)
    return MappingProxyType(
        {
            (branch.id, service): Calendar(
                weekly=tuple(weekly.get((branch.id, service), ())),
                exceptions=MappingProxyType(_exceptional_days(exceptional.get(branch.id, ()), service)),
                # The book drop is a hole in the wall: it keeps no holidays. Staff have theirs by custom as well.
                holiday_calendar=None if service is Service.BOOK_DROP else agency.holiday_calendar,
                keeps_customs=service is Service.STAFFED,
                closed_from=branch.closed_from,
            )
            for branch in branches
            for service in Service
            if service is Service.STAFFED or (branch.id, service) in weekly
        }
    )


def _weekly(hours: OpeningHours) -> WeeklyHours:
    return WeeklyHours(hours.weekday, Interval(hours.opens, hours.closes), hours.first_day, hours.ended)


def _exceptional_days(exceptions: Iterable[CalendarException], service: Service) -> dict[date, ExceptionalDay]:
    """What holds for `service`: an exception of its own goes before one for all services."""
    ours = [exception for exception in exceptions if exception.service in {None, service}]
    return {
        exception.day: ExceptionalDay(
            exception.is_open,
            Interval(exception.opens, exception.closes)
            if exception.opens is not None and exception.closes is not None
            else None,
        )
        for exception in sorted(ours, key=lambda exception: exception.service is not None)
    }
