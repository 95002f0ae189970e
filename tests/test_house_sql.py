"""Only the owner of a table writes it, and no table of a municipality stands open."""

import ast

import pytest

from faelles.ground.database import Database
from house import MIGRATIONS, Use, listed, migration_room, modules, owners, statements, stores, uses

APPENDED_TO_BY_ALL = {"event", "access_log", "idempotency"}
"""Ground tables that any room may add rows to as part of its one write; nobody but the ground changes them."""

_UNPROTECTED = """
SELECT c.relname
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'agency_id' AND NOT a.attisdropped
 WHERE n.nspname = 'faelles'
   AND c.relkind IN ('r', 'p')
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
   AND NOT (c.relispartition AND NOT has_table_privilege('faelles_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE'))
"""
_WITHOUT_AGENCY = """
SELECT c.relname
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = 'faelles'
   AND c.relkind IN ('r', 'p')
   AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'agency_id')
"""
_TELLS_NOTHING_OF_ANYBODY = {"schema_migration", "event_epoch", "master_key_mark"}
_STRONG_ROLES = """
SELECT rolname FROM pg_roles
 WHERE rolname IN ('faelles_app', 'faelles_owner', 'faelles_lookup')
   AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb)
"""
_OWNED_BY_THE_APPLICATION = """
SELECT d.objid::regclass::text AS thing
  FROM pg_shdepend AS d
 WHERE d.refobjid = 'faelles_app'::regrole
   AND d.deptype = 'o'
   AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_LOOSE_DEFINERS = """
SELECT p.proname
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE n.nspname = 'faelles'
   AND p.prosecdef
   AND (p.proowner <> 'faelles_lookup'::regrole
        OR NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%pg_temp')
        OR EXISTS (SELECT FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) AS a
                    WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE'))
"""
_OPEN_VIEWS = """
SELECT c.relname
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = 'faelles'
   AND c.relkind = 'v'
   AND NOT ('security_invoker=true' = ANY(COALESCE(c.reloptions, '{}')))
"""


def trespasses(room: str, found: frozenset[Use]) -> list[str]:
    """What `room` writes that is not its own."""
    return sorted(
        f"{use.how} {use.table}, which is of {owners()[use.table]}"
        for use in found
        if use.how != "READ"
        and owners().get(use.table, room) != room
        and not (use.table in APPENDED_TO_BY_ALL and use.how == "INSERT")
    )


def test_the_parser_sees_every_way_to_write():
    sql = """
        WITH gone AS (DELETE FROM a RETURNING x) INSERT INTO b SELECT x FROM gone JOIN c ON true
        ON CONFLICT DO UPDATE SET x = 1;
        UPDATE d SET x = 1; MERGE INTO e USING f ON true WHEN MATCHED THEN DELETE; TRUNCATE TABLE g;
        SELECT 1 FROM h FOR NO KEY UPDATE OF h;
        CREATE FUNCTION i() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE j SET x = 1; END $$;
        CREATE TRIGGER k AFTER INSERT OR UPDATE OR DELETE ON l;
    """
    written = {(use.how, use.table) for use in uses(sql) if use.how != "READ"}
    assert written == {
        ("DELETE", "a"), ("INSERT", "b"), ("UPDATE", "d"), ("MERGE", "e"), ("TRUNCATE", "g"), ("UPDATE", "j"),
    }  # fmt: skip


def test_only_the_owner_of_a_table_writes_it():
    found = {
        f"{module.name}:{name}": wrong
        for module in stores()
        for name, sql in statements(module).items()
        if (wrong := trespasses(module.room, uses(sql)))
    }
    assert not found, listed(found)


def test_rooms_read_each_other_through_views():
    found = [
        f"{module.name}:{name} reads {use.table}, which is of {owners()[use.table]}"
        for module in stores()
        for name, sql in statements(module).items()
        for use in uses(sql)
        if use.how == "READ" and owners().get(use.table, "ground") not in ("ground", module.room)
    ]
    assert not found, listed(found)


def test_only_the_owner_of_a_table_copies_rows_into_it():
    found = [
        f"{module.name}:{node.lineno} copies into {table}, which is of {owners()[table]}"
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "copy"
        and node.args
        for table in [getattr(node.args[0], "value", None)]
        if isinstance(table, str) and owners().get(table, module.room) != module.room
    ]
    assert not found, listed(found)


@pytest.mark.parametrize("file", sorted(MIGRATIONS.glob("0*.sql")), ids=lambda file: file.stem)
def test_a_migration_and_its_functions_write_their_rooms_tables(file):
    assert trespasses(migration_room(file), uses(file.read_text(encoding="utf-8"))) == []


async def names(database: Database, sql: str) -> set[str]:
    return {row[0] for row in await database.outside_agencies(sql)}


async def test_every_table_of_an_agency_has_forced_row_policies(database: Database):
    assert await names(database, _UNPROTECTED) == set()


async def test_a_table_without_an_agency_tells_nothing_of_anybody(database: Database):
    assert await names(database, _WITHOUT_AGENCY) == _TELLS_NOTHING_OF_ANYBODY


async def test_no_role_of_the_program_passes_row_policies_or_signs_in(database: Database):
    assert await names(database, _STRONG_ROLES) == set()


async def test_the_application_owns_nothing(database: Database):
    assert await names(database, _OWNED_BY_THE_APPLICATION) == set()


async def test_functions_that_look_across_agencies_are_the_look_up_roles_and_pinned(database: Database):
    assert await names(database, _LOOSE_DEFINERS) == set()


async def test_views_are_read_with_the_readers_rights(database: Database):
    assert await names(database, _OPEN_VIEWS) == set()
