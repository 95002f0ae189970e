"""All SQL about opening hours and the days outside them."""

from collections.abc import Sequence
from datetime import date

from faelles.agencies.model import Service
from faelles.agencies.opening.model import (
    CalendarException,
    CalendarPeriod,
    OpeningHours,
    SetCalendarDays,
    SetOpeningHours,
)
from faelles.ground.database import Row, Transaction
from faelles.ground.fields import EARLIEST_DAY, LATEST_DAY
from faelles.ground.ids import BranchId

# What was valid before and after the new period goes on; one statement, so that nothing is ever seen half done.
_MAKE_ROOM = """
WITH given_up AS (
    DELETE FROM opening_hours
     WHERE agency_id = $1 AND branch_id = $2 AND service = $3 AND valid && daterange($4, $5, '[]')
    RETURNING agency_id, branch_id, service, weekday, opens, closes, valid
)
INSERT INTO opening_hours (agency_id, branch_id, service, weekday, opens, closes, valid)
SELECT agency_id, branch_id, service, weekday, opens, closes, kept
  FROM given_up, unnest(datemultirange(valid) - datemultirange(daterange($4, $5, '[]'))) AS kept
"""

_INSERT_HOURS = """
INSERT INTO opening_hours (agency_id, branch_id, service, weekday, opens, closes, valid)
SELECT $1, $2, $3, weekday, opens, closes, daterange($4, $5, '[]')
  FROM unnest($6::integer[], $7::time[], $8::time[]) AS week (weekday, opens, closes)
"""

_LIST_HOURS = """
SELECT branch_id, service, weekday, opens, closes, lower(valid) AS first_day, upper(valid) AS ended
  FROM opening_hours
 WHERE agency_id = $1 AND ($2::bigint IS NULL OR branch_id = $2::bigint)
 ORDER BY branch_id, service, valid, weekday, opens
"""

_SET_DAYS = """
INSERT INTO calendar_exception (agency_id, branch_id, day, service, is_open, opens, closes, reason)
SELECT $1, branch, day, $5, $6, $7, $8, $9
  FROM unnest($2::integer[]) AS branch, generate_series($3::date, $4::date, interval '1 day') AS day
    ON CONFLICT ON CONSTRAINT calendar_exception_known_once
    DO UPDATE SET is_open = EXCLUDED.is_open, opens = EXCLUDED.opens, closes = EXCLUDED.closes,
                  reason = EXCLUDED.reason
"""

_CLEAR_DAYS = """
DELETE FROM calendar_exception
 WHERE agency_id = $1 AND branch_id = ANY($2::integer[]) AND day BETWEEN $3 AND $4
   AND ($5::text IS NULL OR service = $5)
"""

_LIST_EXCEPTIONS = """
SELECT branch_id, day, service, is_open, opens, closes, reason
  FROM calendar_exception
 WHERE agency_id = $1 AND ($2::bigint IS NULL OR branch_id = $2::bigint) AND day BETWEEN $3 AND $4
 ORDER BY branch_id, day, service NULLS FIRST
"""


async def replace_opening_hours(tx: Transaction, branch: BranchId, request: SetOpeningHours) -> None:
    period = (request.first_day, request.last_day)
    await tx.execute(_MAKE_ROOM, tx.agency, branch, request.service.value, *period)
    await tx.execute(
        _INSERT_HOURS,
        tx.agency,
        branch,
        request.service.value,
        *period,
        [hours.weekday for hours in request.hours],
        [hours.opens for hours in request.hours],
        [hours.closes for hours in request.hours],
    )


async def list_opening_hours(tx: Transaction, branch: BranchId | None = None) -> list[OpeningHours]:
    """Of one branch, or of all in the agency; past, present and future."""
    return [_opening_hours(row) for row in await tx.rows(_LIST_HOURS, tx.agency, branch)]


async def set_days(tx: Transaction, branches: Sequence[BranchId], request: SetCalendarDays) -> None:
    await tx.execute(
        _SET_DAYS,
        tx.agency,
        branches,
        request.first_day,
        request.last_day,
        None if request.service is None else request.service.value,
        request.is_open,
        request.opens,
        request.closes,
        request.reason,
    )


async def clear_days(tx: Transaction, branches: Sequence[BranchId], period: CalendarPeriod) -> int:
    """Forget the exceptions of a service, or (None) all of them; how many that were."""
    service = None if period.service is None else period.service.value
    return await tx.execute(_CLEAR_DAYS, tx.agency, branches, period.first_day, period.last_day, service)


async def list_calendar_exceptions(
    tx: Transaction, branch: BranchId | None = None, period: tuple[date, date] = (EARLIEST_DAY, LATEST_DAY)
) -> list[CalendarException]:
    """Of one branch, or of all in the agency, from the first to the last day of `period`."""
    return [_exception(row) for row in await tx.rows(_LIST_EXCEPTIONS, tx.agency, branch, *period)]


def _opening_hours(row: Row) -> OpeningHours:
    return OpeningHours(
        branch=row["branch_id"],
        service=Service(row["service"]),
        weekday=row["weekday"],
        opens=row["opens"],
        closes=row["closes"],
        first_day=row["first_day"],
        ended=row["ended"],
    )


def _exception(row: Row) -> CalendarException:
    return CalendarException(
        branch=row["branch_id"],
        day=row["day"],
        service=None if row["service"] is None else Service(row["service"]),
        is_open=row["is_open"],
        opens=row["opens"],
        closes=row["closes"],
        reason=row["reason"],
    )
