"""Scheduled work: what is due when, and once only, wherever it is cut off."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from faelles.ground import jobs
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import InvalidRequestError, RefusedError
from faelles.ground.events import Event, append
from faelles.ground.jobs import Claim, DaysDone, Home, Job, Missed, Slice, due_days
from faelles.ground.night import Night, Outcome
from town import Town

DAY = date(2027, 3, 1)
NOON = datetime(2027, 3, 1, 11, tzinfo=UTC)
COPENHAGEN = Home(1, "DK-1", "Europe/Copenhagen")


class Clock:
    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turned(database: Database, clock: Clock) -> Database:
    return Database(database._pool, clock)


def home(town: Town) -> Home:
    return Home(town.agency, town.isil, "Europe/Copenhagen")


def counting(slices: int = 3, *, name: str = "count", missed: Missed = Missed.LATEST, then=lambda: None) -> Job:
    """A job that appends one event a slice; `then` is called between its work and its end."""

    async def work(tx: Transaction, day: date, begin: str | None) -> Slice:
        place = int(begin or 0)
        await append(tx, Event(kind="counted", subject=place, dimensions={"day": day.isoformat()}))
        then()
        return Slice(next=str(place + 1) if place + 1 < slices else None, counts={"slices": 1})

    return Job(name=name, work=work, missed=missed)


async def counted(database: Database, town: Town) -> list[tuple[str, int]]:
    async with database.transaction(town.agency, SYSTEM) as tx:
        rows = await tx.rows(
            "SELECT dimensions ->> 'day' AS day, subject_id FROM event WHERE agency_id = $1 AND kind = 'counted'"
            " ORDER BY epoch, xid, id",
            tx.agency,
        )
    return [(row["day"], row["subject_id"]) for row in rows]


def days(job: Job, now: datetime, finished: date | None = None, earliest: date | None = None) -> list[date]:
    begun = earliest or finished
    done = DaysDone({job.name: finished} if finished else {}, {job.name: begun} if begun else {})
    return due_days(job, COPENHAGEN, done, now)


@pytest.mark.parametrize("missed", list(Missed))
def test_an_agency_that_never_ran_a_job_begins_with_the_latest_night(missed):
    assert days(counting(missed=missed), NOON) == [DAY]


def test_a_job_is_due_from_its_hour_on_where_the_agency_is():
    job = Job(name="early", work=counting().work, at=time(2))
    last = DAY - timedelta(days=1)
    assert days(job, datetime(2027, 3, 1, 0, 59, tzinfo=UTC), last) == []
    assert days(job, datetime(2027, 3, 1, 1, 0, tzinfo=UTC), last) == [DAY]


def test_a_night_that_skips_the_hour_still_runs_the_job():
    # On 28 March 2027 clocks go from 02:00 to 03:00.
    job = Job(name="gone", work=counting().work, at=time(2, 30))
    assert days(job, datetime(2027, 3, 28, 1, 0, tzinfo=UTC), date(2027, 3, 27)) == [date(2027, 3, 28)]


@pytest.mark.parametrize("missed", list(Missed))
def test_a_night_that_has_an_hour_twice_runs_the_job_once(missed):
    # On 31 October 2027 clocks go from 03:00 back to 02:00.
    job = Job(name="twice", work=counting().work, at=time(2, 30), missed=missed)
    sunday = date(2027, 10, 31)
    assert days(job, datetime(2027, 10, 31, 0, 29, tzinfo=UTC), sunday - timedelta(days=1)) == []
    assert days(job, datetime(2027, 10, 31, 0, 30, tzinfo=UTC), sunday - timedelta(days=1)) == [sunday]
    for minutes in range(30, 24 * 60, 30):
        assert days(job, datetime(2027, 10, 31, tzinfo=UTC) + timedelta(minutes=minutes), sunday) == []


def test_every_missed_day_is_made_up_for_in_order_and_none_from_long_ago():
    each = counting(missed=Missed.EACH)
    assert days(each, NOON, DAY - timedelta(days=3)) == [DAY - timedelta(days=2), DAY - timedelta(days=1), DAY]
    assert days(each, NOON, date(2020, 1, 1))[0] == DAY - jobs.LONGEST_CATCHING_UP


def test_a_job_whose_latest_run_does_for_all_skips_the_days_between():
    assert days(counting(), NOON, DAY - timedelta(days=9)) == [DAY]


def test_a_first_run_that_never_finished_is_made_up_for():
    assert days(counting(missed=Missed.EACH), NOON, earliest=DAY - timedelta(days=1)) == [
        DAY - timedelta(days=1),
        DAY,
    ]


async def test_a_run_does_all_its_slices_once(turned, clock, town):
    night = Night(database=turned, jobs=[counting()], clock=clock)
    [first] = await night.run_due([home(town)])
    assert (first.outcome, first.counts) == (Outcome.DONE, {"slices": 3})
    assert await night.run_due([home(town)]) == []
    assert [number for _, number in await counted(turned, town)] == [0, 1, 2]


async def test_two_planners_at_once_do_the_work_once(turned, clock, town):
    nights = [Night(database=turned, jobs=[counting(5)], clock=clock) for _ in range(4)]
    reports = await asyncio.gather(*(night.run_due([home(town)]) for night in nights))
    outcomes = [report.outcome for found in reports for report in found]
    assert outcomes.count(Outcome.DONE) == 1
    assert [number for _, number in await counted(turned, town)] == [0, 1, 2, 3, 4]


def breaking(at: int) -> Callable[[], None]:
    calls = iter(range(1, 100))

    def then() -> None:
        if next(calls) == at:
            raise RuntimeError

    return then


@pytest.mark.parametrize("at", [1, 2, 3])
async def test_what_was_cut_off_anywhere_goes_on_there(turned, clock, town, at):
    night = Night(database=turned, jobs=[counting(3, then=breaking(at))], clock=clock)
    [broken] = await night.run_due([home(town)])
    assert (broken.outcome, broken.failure) == (Outcome.FAILED, "RuntimeError")
    [too_soon] = await night.run_due([home(town)])
    assert too_soon.outcome is Outcome.ELSEWHERE
    clock.now += timedelta(minutes=1)
    [again] = await night.run_due([home(town)])
    assert (again.outcome, again.counts) == (Outcome.DONE, {"slices": 3})
    assert [number for _, number in await counted(turned, town)] == [0, 1, 2]


async def test_a_holder_that_fell_silent_loses_its_run_and_cannot_go_on(turned, clock, town):
    silent = Claim(counting(), DAY, "silent")
    assert await turned.run(town.agency, SYSTEM, lambda tx: jobs.claim(tx, silent))
    clock.now += jobs.LEASE
    [report] = await Night(database=turned, jobs=[counting()], clock=clock).run_due([home(town)])
    assert report.outcome is Outcome.DONE
    with pytest.raises(jobs.ClaimLostError):
        await turned.run(town.agency, SYSTEM, lambda tx: jobs.next_slice(tx, silent))
    assert len(await counted(turned, town)) == 3


async def test_one_agencys_broken_job_holds_up_neither_its_others_nor_anybody_else(turned, clock, town, neighbour):
    async def refuse(tx: Transaction, _day: date, _begin: str | None) -> Slice:
        if tx.agency == town.agency:
            raise RefusedError("database_busy")
        return Slice()

    night = Night(database=turned, jobs=[Job(name="broken", work=refuse), counting()], clock=clock)
    reports = await night.run_due([home(town), home(neighbour)])
    said = {(report.isil, report.job): report.outcome for report in reports}
    assert said == {
        (town.isil, "broken"): Outcome.FAILED,
        (town.isil, "count"): Outcome.DONE,
        (neighbour.isil, "broken"): Outcome.DONE,
        (neighbour.isil, "count"): Outcome.DONE,
    }


async def test_time_that_is_up_stops_between_slices_and_the_next_planner_goes_on_at_once(turned, clock, town):
    stopped = Night(database=turned, jobs=[counting()], clock=clock, budget=timedelta())
    [report] = await stopped.run_due([home(town)])
    assert report.outcome is Outcome.OUT_OF_TIME
    [report] = await Night(database=turned, jobs=[counting()], clock=clock).run_due([home(town)])
    assert report.outcome is Outcome.DONE


async def test_nights_that_were_missed_are_caught_up_with(turned, clock, town):
    night = Night(database=turned, jobs=[counting(1, missed=Missed.EACH)], clock=clock)
    await night.run_due([home(town)])
    clock.now += timedelta(days=3)
    await night.run_due([home(town)])
    assert [day for day, _ in await counted(turned, town)] == ["2027-03-01", "2027-03-02", "2027-03-03", "2027-03-04"]


async def runs(database, town) -> set[tuple[str, bool]]:
    """The runs on record: which job, and whether of a later day than the first."""
    sql = "SELECT job, day > $2 AS is_later FROM job_run WHERE agency_id = $1"
    async with database.transaction(town.agency, SYSTEM) as tx:
        return {(row["job"], row["is_later"]) for row in await tx.rows(sql, tx.agency, DAY)}


async def test_a_rehearsal_tells_what_would_be_done_and_changes_nothing(turned, clock, town):
    night = Night(database=turned, jobs=[counting()], clock=clock)
    [report] = await night.rehearse([home(town)], DAY)
    assert (report.outcome, report.counts) == (Outcome.REHEARSED, {"slices": 3})
    assert await counted(turned, town) == []
    assert await runs(turned, town) == set()


async def test_a_rehearsal_is_of_the_day_that_it_is_there_and_tells_what_is_broken(turned, clock, town):
    async def broken(_tx: Transaction, _day: date, _begin: str | None) -> Slice:
        raise KeyError

    clock.now = datetime(2027, 2, 28, 23, 5, tzinfo=UTC)
    night = Night(database=turned, jobs=[Job(name="broken", work=broken), counting()], clock=clock)
    reports = await night.rehearse([home(town)])
    assert {report.day for report in reports} == {DAY}
    assert [report.failure for report in reports] == ["KeyError", None]


async def test_a_day_can_be_run_by_hand_before_its_hour(turned, clock, town):
    clock.now = datetime(2027, 2, 28, 23, 5, tzinfo=UTC)
    night = Night(database=turned, jobs=[counting()], clock=clock)
    where_it_is_yesterday = Home(town.agency, "DK-NUUK", "America/Nuuk")
    [report] = await night.run_day([home(town), where_it_is_yesterday], DAY)
    assert (report.isil, report.outcome) == (town.isil, Outcome.DONE)
    assert (await night.run_day([home(town)], DAY))[0].outcome is Outcome.ELSEWHERE


async def test_a_day_that_has_not_begun_is_only_rehearsed(turned, clock, town):
    night = Night(database=turned, jobs=[counting()], clock=clock)
    ahead = DAY + timedelta(days=40)
    with pytest.raises(InvalidRequestError, match="invalid_request"):
        await night.run_day([home(town)], ahead)
    assert await runs(turned, town) == set()
    assert [report.outcome for report in await night.rehearse([home(town)], ahead)] == [Outcome.REHEARSED]
    with pytest.raises(InvalidRequestError, match="invalid_request"):
        await night.rehearse([home(town)], date(9999, 12, 31))


async def test_runs_are_on_record_and_forgotten_in_the_end(turned, clock, town):
    night = Night(database=turned, jobs=[counting(), jobs.FORGET_RUNS], clock=clock)
    await night.run_due([home(town)])
    clock.now += jobs.RUNS_KEPT + timedelta(days=1)
    await night.run_due([home(town)])
    assert await runs(turned, town) == {("count", True), ("forget_job_runs", True)}
