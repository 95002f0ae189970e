"""SQL for classes and their members. Periods are stored half-open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from faelles.ground.database.transaction import Row, Transaction
from faelles.ground.ids import BranchId, DivisionId, PatronId
from faelles.patrons.classes.model import ClassRole, Enrolment

_DAY = timedelta(days=1)

# One import of a school at a time: a second one waits, and then finds everything done.
_SERIALISE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

_AT_BRANCH = """
SELECT patron_id, branch_id, starting_year, track, ended_on
  FROM school_class
 WHERE agency_id = $1 AND branch_id = $2
 ORDER BY starting_year DESC, track
"""

_ONE = """
SELECT patron_id, branch_id, starting_year, track, ended_on FROM school_class WHERE agency_id = $1 AND patron_id = $2
"""

_OF_MEMBER = """
SELECT c.patron_id, c.branch_id, c.starting_year, c.track, c.ended_on
  FROM class_member AS m
  JOIN school_class AS c ON c.agency_id = m.agency_id AND c.patron_id = m.class_id
  JOIN branch_directory AS b ON b.agency_id = c.agency_id AND b.branch_id = c.branch_id
 WHERE m.agency_id = $1 AND m.patron_id = $2 AND m.valid @> ($3::timestamptz AT TIME ZONE b.time_zone)::date
 ORDER BY c.starting_year DESC, c.track
"""

_INSERT = """
INSERT INTO school_class (agency_id, patron_id, branch_id, starting_year, track) VALUES ($1, $2, $3, $4, $5)
"""

_ENROLLED = """
SELECT m.class_id, m.patron_id, m.role
  FROM class_member AS m
  JOIN school_class AS c ON c.agency_id = m.agency_id AND c.patron_id = m.class_id
 WHERE m.agency_id = $1 AND c.branch_id = $2 AND m.valid @> $3::date
"""

_MEMBERS = """
SELECT patron_id, role, lower(valid) AS starts_on, upper(valid) AS until
  FROM class_member
 WHERE agency_id = $1 AND class_id = $2 AND valid @> $3::date
"""

_ENROL = """
INSERT INTO class_member (agency_id, class_id, patron_id, role, valid)
SELECT $1, m.class, m.patron, m.role, daterange($5, NULL)
  FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS m (class, patron, role)
"""

# Who joined only today leaves no trace; everybody else's last day is yesterday.
_NEVER_JOINED = """
DELETE FROM class_member AS m
 USING unnest($2::bigint[], $3::bigint[]) AS g (class, patron)
 WHERE m.agency_id = $1 AND m.class_id = g.class AND m.patron_id = g.patron AND lower(m.valid) >= $4::date
"""

_LEAVE = """
UPDATE class_member AS m SET valid = daterange(lower(m.valid), $4::date)
  FROM unnest($2::bigint[], $3::bigint[]) AS g (class, patron)
 WHERE m.agency_id = $1 AND m.class_id = g.class AND m.patron_id = g.patron AND m.valid @> $4::date
"""

_MISSING_MEMBERSHIP = """
SELECT wanted AS patron_id
  FROM unnest($2::bigint[]) AS wanted
 WHERE NOT EXISTS (SELECT FROM membership AS m
                    WHERE m.agency_id = $1 AND m.patron_id = wanted AND m.division_id = $3
                      AND m.valid && daterange($4, NULL))
"""

_WITHOUT_CLASS = """
SELECT m.id, m.patron_id
  FROM membership AS m
 WHERE m.agency_id = $1 AND m.patron_id = ANY ($2) AND m.division_id = $3 AND m.role = 'pupil' AND m.valid @> $4::date
   AND NOT EXISTS (SELECT FROM class_member AS c
                    WHERE c.agency_id = $1 AND c.patron_id = m.patron_id AND c.valid @> $4::date)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClass:
    patron: PatronId
    branch: BranchId
    starting_year: int
    track: str
    ended_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMember:
    patron: PatronId
    role: ClassRole
    starts_on: date | None
    ends_on: date | None


async def serialise_imports(tx: Transaction, branch: BranchId) -> None:
    await tx.execute(_SERIALISE, f"roster/{tx.agency}/{branch}")


async def at_branch(tx: Transaction, branch: BranchId) -> list[StoredClass]:
    """A school's classes, the youngest first."""
    return [_class(row) for row in await tx.rows(_AT_BRANCH, tx.agency, branch)]


async def one(tx: Transaction, class_id: PatronId) -> StoredClass | None:
    row = await tx.row(_ONE, tx.agency, class_id)
    return None if row is None else _class(row)


async def of_member(tx: Transaction, patron: PatronId) -> list[StoredClass]:
    """The classes that somebody is in on what is today at each school."""
    return [_class(row) for row in await tx.rows(_OF_MEMBER, tx.agency, patron, tx.now)]


def _class(row: Row) -> StoredClass:
    return StoredClass(
        patron=PatronId(row["patron_id"]),
        branch=BranchId(row["branch_id"]),
        starting_year=row["starting_year"],
        track=row["track"],
        ended_on=row["ended_on"],
    )


async def insert(tx: Transaction, class_id: PatronId, branch: BranchId, starting_year: int, track: str) -> None:
    await tx.execute(_INSERT, tx.agency, class_id, branch, starting_year, track)


async def enrolled(tx: Transaction, branch: BranchId, day: date) -> list[Enrolment]:
    """Who is in which class of the school on a day."""
    return [
        Enrolment(class_id=PatronId(row["class_id"]), patron=PatronId(row["patron_id"]), role=row["role"])
        for row in await tx.rows(_ENROLLED, tx.agency, branch, day)
    ]


async def members(tx: Transaction, class_id: PatronId, day: date) -> list[StoredMember]:
    return [
        StoredMember(
            patron=PatronId(row["patron_id"]),
            role=row["role"],
            starts_on=row["starts_on"],
            ends_on=row["until"] - _DAY if row["until"] else None,
        )
        for row in await tx.rows(_MEMBERS, tx.agency, class_id, day)
    ]


async def enrol(tx: Transaction, enrolments: Sequence[Enrolment], first: date) -> None:
    classes = [each.class_id for each in enrolments]
    people = [each.patron for each in enrolments]
    roles = [each.role for each in enrolments]
    await tx.execute(_ENROL, tx.agency, classes, people, roles, first)


async def leave(tx: Transaction, enrolments: Sequence[Enrolment], today: date) -> int:
    """End memberships of classes, so that they no longer hold today; how many did."""
    classes, people = [each.class_id for each in enrolments], [each.patron for each in enrolments]
    never_joined = await tx.execute(_NEVER_JOINED, tx.agency, classes, people, today)
    return never_joined + await tx.execute(_LEAVE, tx.agency, classes, people, today)


async def without_membership(
    tx: Transaction, people: Sequence[PatronId], division: DivisionId, today: date
) -> list[PatronId]:
    """Those of `people` who are no members of the division, now or later."""
    rows = await tx.rows(_MISSING_MEMBERSHIP, tx.agency, list(people), division, today)
    return [PatronId(row["patron_id"]) for row in rows]


async def pupils_without_class(
    tx: Transaction, people: Sequence[PatronId], division: DivisionId, today: date
) -> list[tuple[PatronId, int]]:
    """Those of `people` who are pupils of the division and in no class any more, with the membership's id."""
    rows = await tx.rows(_WITHOUT_CLASS, tx.agency, list(people), division, today)
    return [(PatronId(row["patron_id"]), row["id"]) for row in rows]
