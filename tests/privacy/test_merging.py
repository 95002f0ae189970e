"""A temporary patron becomes the real one, and whatever hangs on a patron goes along. The database itself is walked, so
that a table nobody thought of fails here.
"""

import pytest

from circulation.holds.wishing import copies, wish
from circulation.lending_library import LendingLibrary, Reader
from faelles.patrons.merging.model import MergePatrons
from faelles.privacy.merging.operations import merge_patrons
from privacy.lives import live, rows
from privacy.test_register import PERSON

_COLUMNS = """
SELECT c.relname AS "table", a.attname AS "column"
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'faelles'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND a.atttypid = 'bigint'::regtype AND a.attname <> 'agency_id'
"""
_REFERRING = """
SELECT c.relname AS "table", a.attname AS "column"
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey) AND a.attname <> 'agency_id'
 WHERE k.contype = 'f' AND k.confrelid = 'faelles.patron'::regclass AND c.relname <> 'patron'
"""

STAYS = {
    "access_log.person_id": "the log says whom somebody looked at, and is never rewritten",
    "school_class.patron_id": "a class is never temporary",
}
"""What keeps the temporary patron's number, and why."""

_LEFT = (
    """
INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)
VALUES ($1, $2, $3, true, '[2020-01-01,)'), ($1, $3, $2, true, '[2020-01-01,)')
""",
    """
INSERT INTO school_class (agency_id, patron_id, branch_id, starting_year, track)
SELECT $1, $3, min(id), 2020, 'B' || $2::bigint::text FROM branch WHERE agency_id = $1
""",
    """
INSERT INTO class_member (agency_id, class_id, patron_id, role, valid) VALUES ($1, $3, $2, 'pupil', '[2020-01-01,)')
""",
)
_LEFT_ALONE = (
    "INSERT INTO patron_activity (agency_id, patron_id, last_active_at) VALUES ($1, $2, now())",
    """
INSERT INTO consent (agency_id, patron_id, kind, given_at, given_by)
SELECT $1, $2, kind, now(), 'patron' FROM unnest(ARRAY['newsletters', 'recommendations']) AS kind
""",
    "INSERT INTO patron_profile (agency_id, patron_id, message) VALUES ($1, $2, 'Hej')",
    """
INSERT INTO patron_reach (agency_id, patron_id, kind, value, place) VALUES ($1, $2, 'email', 'b@example.invalid', 1)
""",
    "INSERT INTO register_record (agency_id, patron_id, name_said, asked_at) VALUES ($1, $2, 'Søren', now())",
    "INSERT INTO favourite_list (agency_id, patron_id, place, name) VALUES ($1, $2, 1, 'Krimi')",
    "INSERT INTO favourite (agency_id, patron_id, list_place, place, record) VALUES ($1, $2, 1, 1, '870970-basis:1')",
    "UPDATE notice SET concerning_id = $2 WHERE agency_id = $1 AND patron_id = $2",
)


async def found_in(library: LendingLibrary, reader: Reader) -> set[str]:
    """Every column of the database in which the patron's number stands."""
    sure = {(row["table"], row["column"]) for row in await rows(library, _REFERRING)}
    likely = {(row["table"], row["column"]) for row in await rows(library, _COLUMNS) if PERSON.search(row["column"])}
    return {
        f"{table}.{column}"
        for table, column in sure | likely
        if await rows(
            library,
            f"SELECT FROM {table} WHERE agency_id = $1 AND {column} = $2 LIMIT 1",
            library.town.agency,
            reader.id,
        )
    }


async def leave_everything(library: LendingLibrary, reader: Reader) -> None:
    await live(library, reader)
    other = await library.reader()
    for sql in _LEFT:
        await library.run(lambda tx, sql=sql: tx.execute(sql, tx.agency, reader.id, other.id))
    for sql in _LEFT_ALONE:
        await library.run(lambda tx, sql=sql: tx.execute(sql, tx.agency, reader.id))
    title, [item] = await copies(library, 1)
    await library.lend(await library.reader(), item)
    await wish(library, reader, title)
    await library.lend(reader, await library.copy())


async def merge(library: LendingLibrary, temporary: Reader, real: Reader) -> bool:
    async def work(tx) -> bool:
        await tx.execute(
            "UPDATE patron SET is_temporary = true WHERE agency_id = $1 AND id = $2", tx.agency, temporary.id
        )
        request = MergePatrons(temporary=temporary.id, real=real.id)
        return (await merge_patrons(tx, library.librarian, request)).was_done_before

    return await library.run(work)


async def test_whatever_hangs_on_a_patron_goes_to_the_real_one(library: LendingLibrary):
    temporary, real = await library.reader(), await library.reader()
    await leave_everything(library, temporary)
    before = await found_in(library, temporary)
    assert not await merge(library, temporary, real)
    after = await found_in(library, temporary)
    assert after <= STAYS.keys()
    dropped = {"patron_link.patron_id"}
    assert before - after - dropped <= await found_in(library, real)
    assert await merge(library, temporary, real)


async def test_the_walk_leaves_out_no_table_that_refers_to_a_patron(library: LendingLibrary):
    reader = await library.reader()
    await leave_everything(library, reader)
    there = {f"{row['table']}.{row['column']}" for row in await rows(library, _REFERRING)}
    assert there - await found_in(library, reader) <= {"school_class.patron_id"}


async def test_what_both_have_and_can_be_had_once_is_the_real_patrons(library: LendingLibrary):
    temporary, real = await library.reader(), await library.reader()
    for each in (temporary, real):
        await leave_everything(library, each)
    assert not await merge(library, temporary, real)
    agency = library.town.agency
    standing = "SELECT kind FROM consent WHERE agency_id = $1 AND patron_id = $2 AND withdrawn_at IS NULL ORDER BY kind"
    assert [row["kind"] for row in await rows(library, standing, agency, real.id)] == ["newsletters", "recommendations"]
    told = "SELECT occasion FROM notice WHERE agency_id = $1 AND patron_id = $2 AND kind = 'due'"
    assert len(await rows(library, told, agency, real.id)) == 1


@pytest.mark.parametrize("answers", ["temporary", "real"])
async def test_whoever_answered_for_themselves_under_two_names_has_the_loan_alone(
    library: LendingLibrary, answers: str
):
    temporary, real = await library.reader(), await library.reader()
    first, second = (temporary, real) if answers == "temporary" else (real, temporary)
    lent = await library.lend(first, await library.copy(), second_borrower=second.id)
    await merge(library, temporary, real)
    parties = "SELECT patron_id, role FROM loan_borrower WHERE agency_id = $1 AND loan_id = $2"
    assert [tuple(row) for row in await rows(library, parties, library.town.agency, lent.loan)] == [
        (real.id, "primary")
    ]


@pytest.mark.parametrize("table", ["booking", "interlibrary_request"])
async def test_bookings_and_interlibrary_requests_go_along(library: LendingLibrary, table: str):
    temporary, real = await library.reader(), await library.reader()
    await live(library, temporary)
    await merge(library, temporary, real)
    whose = f"SELECT patron_id FROM {table} WHERE agency_id = $1"
    assert [row["patron_id"] for row in await rows(library, whose, library.town.agency)] == [real.id]
