"""Nothing personal is kept that the register does not know of. The database itself is walked, so that a table nobody
thought of fails here.
"""

import importlib
import re

import pytest

from faelles.doors.worker.registry import JOBS
from faelles.ground.database import Database
from faelles.ground.i18n import Language, knows
from faelles.policies.knobs import KNOBS
from faelles.privacy.forgetting.nightly import FORGETTING
from faelles.privacy.model import Removed
from faelles.privacy.register import REGISTER
from house import listed, modules, statements, uses

_COLUMNS = """
SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, NULL) AS type,
       EXISTS (SELECT FROM pg_constraint AS k
                WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
                  AND pg_get_constraintdef(k.oid) ~ 'ANY \\(\\(?ARRAY\\[') AS is_choice,
       EXISTS (SELECT FROM pg_constraint AS k
                WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)
                  AND a.attname <> 'agency_id'
                  AND k.confrelid IN ('faelles.patron'::regclass, 'faelles.staff'::regclass)) AS is_person
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'faelles'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
_SHOWN = """
SELECT pg_get_viewdef(oid) AS definition
  FROM pg_class
 WHERE relnamespace = 'faelles'::regnamespace AND relname LIKE 'kept\\_by\\_%'
"""
_LINK_TARGETS = """
SELECT DISTINCT c.relname AS "table", t.relname AS target
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_class AS t ON t.oid = k.confrelid
 WHERE k.contype = 'f' AND c.relnamespace = 'faelles'::regnamespace AND NOT c.relispartition
"""
PERSON = re.compile(r"(patron|person|guardian|liable|addressee|concerning|staff|borrower)(_id)?$")
WORDS = {"text", "jsonb", "json", "bytea", "text[]", "character varying", "xml"}

IN_ENTRIES = {table for entry in REGISTER.entry for table in entry.tables}
LINKED = set(REGISTER.linked.tables)


async def columns(database: Database):
    return await database.outside_agencies(_COLUMNS)


async def test_every_table_that_refers_to_a_person_is_in_an_entry(database: Database):
    found = {row["table"] for row in await columns(database) if row["is_person"] or PERSON.search(row["column"])}
    assert found - IN_ENTRIES == set()


async def test_every_text_is_in_an_entry_or_declared_to_speak_of_nobody(database: Database):
    marks = re.compile(REGISTER.staff_marks.columns)
    unknown = sorted(
        f"{row['table']}.{row['column']}"
        for row in await columns(database)
        if row["type"] in WORDS
        and not row["is_choice"]
        and row["table"] not in IN_ENTRIES
        and row["column"] not in REGISTER.free.get(row["table"], ())
        and not marks.match(row["column"])
    )
    assert not unknown, listed(unknown)


async def test_nothing_is_declared_that_is_not_there(database: Database):
    there = {(row["table"], row["column"]) for row in await columns(database)}
    tables = {table for table, _ in there}
    assert {(table, column) for table, named in REGISTER.free.items() for column in named} - there == set()
    assert (IN_ENTRIES | LINKED) - tables == set()


async def test_what_refers_to_a_loan_a_hold_or_an_account_is_declared_to_be_linked(database: Database):
    reached = {"loan", "hold", "account", "charge", "payment_order"}
    found = {row["table"] for row in await database.outside_agencies(_LINK_TARGETS) if row["target"] in reached}
    assert found - IN_ENTRIES - LINKED == set()


async def test_every_table_of_an_entry_is_shown_to_the_report_and_to_the_person(database: Database):
    source = "\n".join(row["definition"] for row in await database.outside_agencies(_SHOWN))
    not_shown = {
        f"{entry.id}: {table}" for entry in REGISTER.entry for table in entry.tables if f"'{table}'" not in source
    } - {"staff: staff_role"}
    assert not_shown == set()
    assert {entry.id for entry in REGISTER.entry if entry.tables and f"'{entry.id}'" not in source} == set()


def test_every_entry_says_how_it_goes():
    by_night = {entry.id for entry in REGISTER.entry if entry.removed is Removed.NIGHT}
    assert by_night == FORGETTING.keys()
    jobs = {job.name for job in JOBS}
    assert {entry.job for entry in REGISTER.entry if entry.removed is Removed.JOB} <= jobs
    assert [entry.id for entry in REGISTER.entry if entry.removed is Removed.NIGHT and entry.limit is None] == []


def test_limits_are_knobs_or_days():
    for entry in REGISTER.entry:
        if entry.limit is not None:
            assert (entry.limit.knob is None) != (entry.limit.days is None), entry.id
            assert entry.limit.knob is None or entry.limit.knob in KNOBS


async def test_erasing_a_patron_reaches_every_table_that_refers_to_one(database: Database):
    deleted = {
        use.table
        for module in modules()
        if module.name.endswith(("forgetting/store.py", "erasing/store.py"))
        for sql in every_statement(module)
        for use in uses(sql)
        if use.how == "DELETE"
    }
    rows = await database.outside_agencies(_LINK_TARGETS)
    assert {row["table"] for row in rows if row["target"] == "patron"} - deleted == {"school_class"}


def every_statement(module):
    """Those in tuples, too."""
    yield from statements(module).values()
    for value in vars(importlib.import_module(module.dotted)).values():
        if isinstance(value, tuple):
            yield from (each for each in value if isinstance(each, str))


@pytest.mark.parametrize("language", list(Language))
def test_every_word_of_the_record_is_there_in_both_languages(language):
    codes = [
        *(f"privacy_basis_{entry.basis}" for entry in REGISTER.entry),
        *(f"privacy_people_{each}" for entry in REGISTER.entry for each in entry.people),
        *(f"privacy_recipient_{each}" for entry in REGISTER.entry for each in entry.recipients),
        *(f"privacy_removed_{each}" for each in Removed),
    ]
    assert [code for code in codes if not knows(code, language)] == []
