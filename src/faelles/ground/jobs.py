"""Work that falls due at an hour of each day: done once for every agency and day, whoever comes first, in slices that
can be gone on with wherever they were cut off.

A job is a function for one slice: it does a piece of work in one transaction and says where the next one begins. The
place is kept in the same transaction, so a crash anywhere neither loses nor repeats a slice. Whoever inserts the row of
(job, agency, day) has claimed it; a holder that falls silent loses it when its lease ends.
Decision: docs/decisions/jobs.md.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import AgencyId

LEASE: Final = timedelta(minutes=2)
"""How long a holder may be silent. A slice takes seconds: no statement runs for more than thirty."""
LONGEST_CATCHING_UP: Final = timedelta(days=31)
RUNS_KEPT: Final = timedelta(days=400)
_PATIENCE: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""Before a failed run is tried again, by how often it has failed; the last for all that follow."""

_CLAIM = """
INSERT INTO job_run AS r (agency_id, job, day, claimed_by, claimed_until, started_at)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (agency_id, job, day) DO UPDATE
   SET claimed_by = $4, claimed_until = $5, attempts = r.attempts + 1
 WHERE r.finished_at IS NULL AND r.claimed_until <= $6
RETURNING attempts
"""
_HELD = """
SELECT cursor, counts::text AS counts
  FROM job_run
 WHERE agency_id = $1 AND job = $2 AND day = $3 AND claimed_by = $4 AND finished_at IS NULL
   FOR NO KEY UPDATE
"""
_KEEP_PLACE = """
UPDATE job_run SET cursor = $4, counts = $5::text::jsonb, claimed_until = $6, finished_at = $7, failure = NULL
 WHERE agency_id = $1 AND job = $2 AND day = $3
"""
_RELEASE = """
UPDATE job_run SET claimed_until = $5
 WHERE agency_id = $1 AND job = $2 AND day = $3 AND claimed_by = $4 AND finished_at IS NULL
"""
_ATTEMPTS = """
SELECT attempts FROM job_run
 WHERE agency_id = $1 AND job = $2 AND day = $3 AND claimed_by = $4 AND finished_at IS NULL
   FOR NO KEY UPDATE
"""
_FAIL = "UPDATE job_run SET claimed_until = $4, failure = $5 WHERE agency_id = $1 AND job = $2 AND day = $3"
_DAYS = """
SELECT job, max(day) FILTER (WHERE finished_at IS NOT NULL) AS finished, min(day) AS earliest
  FROM job_run
 WHERE agency_id = $1
 GROUP BY job
"""
_FORGET = "DELETE FROM job_run WHERE agency_id = $1 AND day < $2"

Counts = Mapping[str, int]


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What one slice did. `next` None: the run is finished; else it is handed to the next slice."""

    next: str | None = None
    counts: Counts = {}


SliceWork = Callable[[Transaction, date, str | None], Awaitable[Slice]]
"""(transaction of the agency, the agency's local day, where to begin) -> what was done."""


class Missed(StrEnum):
    """What becomes of days on which nothing ran."""

    EACH = "each"
    """Each is made up for, in order: what is said on a day must be said once for every day."""
    LATEST = "latest"
    """The latest day's run does the work of all before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    name: str
    work: SliceWork
    at: time = time(2)
    """From what o'clock on, where the agency is."""
    missed: Missed = Missed.LATEST


@dataclass(frozen=True, slots=True)
class Home:
    """An agency as the night sees it: whose work, and where it is what time."""

    agency: AgencyId
    isil: str
    zone: str


@dataclass(frozen=True, slots=True)
class Claim:
    """`holder` differs for every claim, so that one that was taken over cannot be gone on with."""

    job: Job
    day: date
    holder: str


class ClaimLostError(ConflictError):
    """Somebody else does the work now: this holder was silent for too long."""


@dataclass(slots=True)
class DaysDone:
    """For each job the last day it finished, and the first it was begun."""

    finished: dict[str, date] = field(default_factory=dict)
    earliest: dict[str, date] = field(default_factory=dict)


def due_days(job: Job, home: Home, done: DaysDone, now: datetime) -> list[date]:
    """The days whose run of `job` is due and not finished, the earliest first. An agency that never ran it begins with
    the latest; nothing is made up for that lies more than a month back.
    """
    local = now.astimezone(ZoneInfo(home.zone))
    latest = local.date() if local.time() >= job.at else local.date() - timedelta(days=1)
    finished = done.finished.get(job.name)
    first = finished + timedelta(days=1) if finished else min(done.earliest.get(job.name, latest), latest)
    if job.missed is Missed.LATEST:
        first = max(first, latest)
    first = max(first, latest - LONGEST_CATCHING_UP)
    return [first + timedelta(days=number) for number in range((latest - first).days + 1)]


async def days_done(tx: Transaction) -> DaysDone:
    rows = await tx.rows(_DAYS, tx.agency)
    return DaysDone(
        finished={row["job"]: row["finished"] for row in rows if row["finished"] is not None},
        earliest={row["job"]: row["earliest"] for row in rows},
    )


async def claim(tx: Transaction, wanted: Claim) -> bool:
    """Whether the run is ours: nobody had it, or whoever had it fell silent or failed long enough ago."""
    row = await tx.row(_CLAIM, tx.agency, wanted.job.name, wanted.day, wanted.holder, tx.now + LEASE, tx.now)
    return row is not None


async def next_slice(tx: Transaction, claimed: Claim) -> Slice:
    """Do one slice and keep its place, in the one transaction. The counts returned are the whole run's so far.

    Raises ClaimLostError, and whatever the job raises.
    """
    row = await tx.row(_HELD, tx.agency, claimed.job.name, claimed.day, claimed.holder)
    if row is None:
        raise ClaimLostError("job_claim_lost", job=claimed.job.name)
    done = await claimed.job.work(tx, claimed.day, row["cursor"])
    total = Counter(msgspec.json.decode(row["counts"], type=dict[str, int]))
    total.update(done.counts)
    counts = dict(total)
    await tx.execute(
        _KEEP_PLACE,
        tx.agency,
        claimed.job.name,
        claimed.day,
        done.next,
        msgspec.json.encode(counts).decode(),
        tx.now + LEASE,
        tx.now if done.next is None else None,
    )
    return Slice(next=done.next, counts=counts)


async def release(tx: Transaction, claimed: Claim) -> None:
    """Let others go on at once."""
    await tx.execute(_RELEASE, tx.agency, claimed.job.name, claimed.day, claimed.holder, tx.now)


async def fail(tx: Transaction, claimed: Claim, failure: str) -> None:
    """Leave the run alone for a while, the longer the more often it was tried. `failure` is a code, no free text."""
    attempts = await tx.value(_ATTEMPTS, tx.agency, claimed.job.name, claimed.day, claimed.holder)
    if attempts is not None:
        pause = _PATIENCE[min(attempts, len(_PATIENCE)) - 1]
        await tx.execute(_FAIL, tx.agency, claimed.job.name, claimed.day, tx.now + pause, failure)


async def rehearse(tx: Transaction, job: Job, day: date) -> Counts:
    """What a whole run would do, undone again. Nothing of it stays but the numbers that were drawn."""

    async def whole_run() -> Counts:
        total: Counter[str] = Counter()
        place: str | None = None
        while True:
            done = await job.work(tx, day, place)
            total.update(done.counts)
            place = done.next
            if place is None:
                return dict(total)

    return await tx.rehearse(whole_run)


async def forget_runs(tx: Transaction, day: date, _: str | None) -> Slice:
    return Slice(counts={"runs_forgotten": await tx.execute(_FORGET, tx.agency, day - RUNS_KEPT)})


FORGET_RUNS: Final = Job(name="forget_job_runs", work=forget_runs)
